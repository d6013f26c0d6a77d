//! What is installed in an image, by the databases that package managers leave in it: dpkg (also `status.d` of distroless
//! images), apk, and Python's dist-info; and which package a file is from. What no database lists, no scanner sees.
//!
//! Never looks at the content of a file that is no record of a package manager.

mod apk;
mod dpkg;
mod paths;
mod python;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::files::join;
use paths::Paths;

/// Which package manager a package belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ecosystem {
    /// dpkg.
    #[serde(rename = "deb")]
    Debian,
    /// apk.
    #[serde(rename = "apk")]
    Alpine,
    /// Python distributions.
    #[serde(rename = "pypi")]
    Python,
}

impl Ecosystem {
    /// Its type in a package URL: `deb`, `apk`, `pypi`.
    pub fn purl_type(self) -> &'static str {
        match self {
            Ecosystem::Debian => "deb",
            Ecosystem::Alpine => "apk",
            Ecosystem::Python => "pypi",
        }
    }
}

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Whose it is.
    pub ecosystem: Ecosystem,
    /// Its name, as its record spells it.
    pub name: String,
    /// Its version, as its record spells it.
    pub version: String,
    /// `amd64`, `all`, `x86_64`; none for Python.
    pub architecture: Option<String>,
    /// The source package that it was built from, with its version.
    pub source: Option<(String, String)>,
    /// The file or directory that says that it is installed, relative to the root.
    pub record: Vec<u8>,
    /// Its files and links in the image, relative to the root and through links of directories; each once, sorted.
    pub files: Vec<Vec<u8>>,
    /// Who maintains it, `name <address>`.
    pub maintainer: Option<String>,
    /// Its home page.
    pub homepage: Option<String>,
    /// One line.
    pub summary: Option<String>,
    /// Its licence as the record spells it: an SPDX expression, or free text. Debian's stand in `copyright` files.
    pub license: Option<String>,
    /// Names of installed packages of the same ecosystem that it asks for, sorted; of a choice those that are there.
    pub depends: Vec<String>,
}

/// All packages of an image.
#[derive(Clone, Debug, Default)]
pub struct Packages {
    /// By ecosystem, name and version.
    pub all: Vec<Package>,
    owners: HashMap<Vec<u8>, usize>,
}

impl Packages {
    /// Reads the databases.
    pub fn find(facts: &Facts<'_>) -> Packages {
        let files = facts.files();
        let paths = Paths::new(files);
        let mut all = dpkg::packages(files, &paths);
        all.extend(apk::packages(files, &paths));
        all.extend(python::packages(facts, &paths));
        for package in &mut all {
            // no database lists what `compileall` or the first import made
            let made: Vec<_> = package
                .files
                .iter()
                .flat_map(|path| paths::bytecode(files, path))
                .collect();
            package.files.extend(made);
            package.files.sort();
            package.files.dedup();
        }
        all.sort_by(|one, other| {
            let key = |package: &Package| {
                let Package {
                    ecosystem,
                    name,
                    version,
                    record,
                    ..
                } = package;
                (*ecosystem, name.clone(), version.clone(), record.clone())
            };
            key(one).cmp(&key(other))
        });
        let mut owners = HashMap::new();
        for (at, package) in all.iter().enumerate() {
            for path in &package.files {
                // the first one: a distribution that Debian packages belongs to Debian
                owners.entry(path.clone()).or_insert(at);
            }
        }
        Packages { all, owners }
    }

    /// The number, in [`Packages::all`], of the package that has the file at `path`.
    pub fn owner(&self, path: &[u8]) -> Option<usize> {
        self.owners.get(path).copied()
    }

    /// The number of the system's package that brought a Python distribution: the owner of its metadata.
    pub(crate) fn brought_by(&self, distribution: &Package) -> Option<usize> {
        let record = &distribution.record;
        let names: [&[u8]; 3] = [b"METADATA", b"PKG-INFO", b"RECORD"];
        let inside = names.iter().map(|name| join(record, name));
        let mut owners = inside
            .chain([record.clone()])
            .filter_map(|path| self.owner(&path));
        owners.find(|owner| self.all[*owner].ecosystem != Ecosystem::Python)
    }

    /// The packages of one ecosystem.
    pub fn of(&self, ecosystem: Ecosystem) -> impl Iterator<Item = &Package> {
        let is_of = move |package: &&Package| package.ecosystem == ecosystem;
        self.all.iter().filter(is_of)
    }
}

#[cfg(test)]
mod tests;
