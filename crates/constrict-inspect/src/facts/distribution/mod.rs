//! The installed Python distributions, from their dist-info and egg-info. What a distribution says of itself is read when
//! it is asked for. Never follows what another distribution carries (`_vendor`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use constrict_python::dist_info::parse_directory_name;
use constrict_python::name::Name;

use super::Facts;
use crate::files::{Files, file_name, join, parent};

mod document;

pub(crate) use document::metadata;
pub use document::{Documents, Recorded};

/// Every distribution, wherever it lies.
#[derive(Clone, Debug, Default)]
pub struct Distributions {
    /// By path.
    pub all: Vec<Distribution>,
    owners: OnceLock<BTreeMap<Vec<u8>, usize>>,
}

/// One installed distribution.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// Normalised (PEP 503).
    pub name: String,
    /// As it is written.
    pub version: String,
    /// The dist-info or egg-info, relative to the root.
    pub info: Vec<u8>,
    /// The directory that it is installed in.
    pub site: Vec<u8>,
    documents: OnceLock<Documents>,
}

impl Distributions {
    /// Looks at the names of what lies in the tree; reads metadata only where a name has no version.
    pub fn find(facts: &Facts<'_>) -> Distributions {
        let named = |info: &Vec<u8>| Distribution::named(facts.files(), info);
        Distributions {
            all: facts.landmarks().infos.iter().filter_map(named).collect(),
            owners: OnceLock::new(),
        }
    }

    /// Every distribution with this name (any spelling), by path.
    pub fn by_name(&self, name: &str) -> impl Iterator<Item = &Distribution> {
        let name = normalised(name);
        self.all.iter().filter(move |found| found.name == name)
    }

    /// The distributions of one site directory.
    pub fn in_site(&self, site: &[u8]) -> impl Iterator<Item = &Distribution> {
        self.all.iter().filter(move |found| found.site == site)
    }

    /// The directories that distributions are installed in.
    pub fn sites(&self) -> BTreeSet<&[u8]> {
        self.all.iter().map(|found| found.site.as_slice()).collect()
    }

    /// The distribution whose record lists the file at this path; no link is followed.
    pub fn owner_of(&self, files: &Files, path: &[u8]) -> Option<&Distribution> {
        let owners = self.owners.get_or_init(|| {
            let records = self.all.iter().enumerate().flat_map(|(at, found)| {
                let record = &found.documents(files).record;
                record
                    .iter()
                    .map(move |recorded| (recorded.path.clone(), at))
            });
            records.collect()
        });
        self.all
            .get(*owners.get(path.strip_prefix(b"/").unwrap_or(path))?)
    }

    /// The distribution that has a console script of this name, and the object that the script calls: `flask.cli:main`.
    pub fn console_script(&self, files: &Files, name: &str) -> Option<(&Distribution, &str)> {
        self.all.iter().find_map(|found| {
            let mut scripts = found.documents(files).scripts();
            let (_, object) = scripts.find(|(script, _)| *script == name)?;
            Some((found, object))
        })
    }

    /// Bytes of the files of a distribution that are in the image.
    pub fn size(&self, facts: &Facts<'_>, of: &Distribution) -> u64 {
        let files = facts.files();
        let record = &of.documents(files).record;
        let size = |path: &[u8]| files.node(path).map_or(0, |node| node.size());
        record.iter().map(|recorded| size(&recorded.path)).sum()
    }
}

impl Distribution {
    /// The distribution that a dist-info or egg-info is of.
    fn named(files: &Files, info: &[u8]) -> Option<Distribution> {
        let found = parse_directory_name(std::str::from_utf8(file_name(info)).ok()?)?;
        let (name, version) = match found.version {
            Some(version) => (found.name, version),
            None => document::name_and_version(files, info).unwrap_or((found.name, String::new())),
        };
        Some(Distribution {
            name: name.as_str().to_string(),
            version,
            info: info.to_vec(),
            site: parent(info).to_vec(),
            documents: OnceLock::new(),
        })
    }

    /// What the distribution says of itself, read once.
    pub fn documents(&self, files: &Files) -> &Documents {
        self.documents
            .get_or_init(|| Documents::read(files, &self.info, &self.site))
    }

    /// The interpreter that searches its site directory, by the prefix that both have; relative to the root.
    pub fn interpreter(&self, files: &Files) -> Option<Vec<u8>> {
        let version = parent(&self.site);
        let bin = join(parent(parent(version)), b"bin");
        let names = [file_name(version), b"python3", b"python"];
        let mut paths = names.iter().map(|name| join(&bin, name));
        paths.find(|path| files.is_file(path))
    }

    /// The path of a file of its metadata.
    pub fn file(&self, name: &str) -> Vec<u8> {
        join(&self.info, name.as_bytes())
    }
}

/// A name as PEP 503 normalises it; what is no name stays as it is.
pub fn normalised(name: &str) -> String {
    Name::parse(name).map_or_else(|_| name.to_string(), |name| name.as_str().to_string())
}

#[cfg(test)]
mod tests;
