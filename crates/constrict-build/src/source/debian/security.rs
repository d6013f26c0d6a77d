//! Debian's security suite as the mirror has it: the newest version of every source package, and their changelogs.
//! Never says what that means for an image.

use std::collections::BTreeMap;
use std::io::Read;

use constrict_debian::compression::Compression;
use constrict_debian::deb::{Kind, read_deb};
use constrict_debian::packages::{Package, read_packages};
use constrict_debian::resolve::Choice;
use constrict_debian::suite::Suite;
use constrict_debian::version::Version;
use time::format_description::well_known::Rfc3339;

use super::Debian;
use super::fetch::{Fetcher, INDEX_LIMIT, shown};
use crate::error::{IoContext, Result};
use crate::layers::Layers;

/// Most bytes of a changelog; the kernel's has three million.
const CHANGELOG_LIMIT: u64 = 16 << 20;

/// How many packages of a source are looked through for a changelog.
const TRIES: usize = 4;

/// A security suite.
pub struct SecuritySuite<'a> {
    /// `bookworm-security`
    pub name: String,
    /// The `Date` of its Release file, as RFC 3339.
    pub date: String,
    fetcher: Fetcher<'a>,
    archive: String,
    packages: Vec<Package>,
}

impl Debian {
    /// The security suite of a release (`12`, `bookworm`), for an architecture as dpkg names it.
    ///
    /// # Errors
    ///
    /// Why there is none, or what keeps the mirror from telling.
    pub fn security<'a>(
        &'a self,
        release: &str,
        architecture: &'a str,
        layers: &'a Layers,
    ) -> Result<SecuritySuite<'a>> {
        let none = |fact: String| Err(crate::Error::Invalid(fact));
        let suite = Suite::parse(release)?;
        let Some(name) = suite.security() else {
            return none(format!("{suite} has no security suite"));
        };
        let fetcher = self.fetcher(architecture, layers)?;
        let mirrors = &fetcher.archive.mirrors;
        let archive = mirrors.security.as_ref().unwrap_or(&mirrors.main).clone();
        let Some(release) = fetcher.release(&archive, &name, suite.codename())? else {
            return none(format!("`{}` has no `{name}`", shown(&archive)));
        };
        let known = release.architectures.iter();
        if !known.clone().any(|known| known == architecture) {
            return none(format!("`{name}` has no packages for {architecture}"));
        }
        let (_, _, file) = fetcher.file(&archive, &name, &release)?;
        let path = fetcher.index(&archive, &name, &file)?;
        let opened = std::fs::File::open(&path).at("open", &path)?;
        let decoder = file.compression.line_decoder(opened, INDEX_LIMIT);
        let packages = read_packages(decoder.at("read", &path)?, architecture)?;
        let date = release.date.format(&Rfc3339);
        Ok(SecuritySuite {
            date: date.unwrap_or_else(|_| release.date.to_string()),
            name,
            fetcher,
            archive,
            packages,
        })
    }
}

impl SecuritySuite<'_> {
    /// The newest version of each source package.
    pub fn newest(&self) -> BTreeMap<String, String> {
        let mut newest: BTreeMap<&str, Version> = BTreeMap::new();
        for package in &self.packages {
            let (name, version) = package.source();
            // a version that is none cannot be compared with another
            let Ok(version) = Version::parse(version) else {
                continue;
            };
            let known = newest.get(name);
            if known.is_none_or(|known| *known < version) {
                newest.insert(name, version);
            }
        }
        let owned = |(name, version): (&str, Version)| (name.to_string(), version.to_string());
        newest.into_iter().map(owned).collect()
    }

    /// The changelog of a source package in its newest version, from the smallest package that has it; `None` if none has.
    pub fn changelog(&self, source: &str, version: &str) -> Result<Option<String>> {
        let mut built: Vec<&Package> = self
            .packages
            .iter()
            .filter(|package| package.source() == (source, version))
            .collect();
        built.sort_by_key(|package| (package.size, package.name.clone()));
        for package in built.into_iter().take(TRIES) {
            let choice = Choice {
                package,
                archive: &self.archive,
            };
            let paths = self.fetcher.packages(&[&choice], &())?;
            let path = paths.first().expect("one was asked for");
            let deb = std::fs::File::open(path).at("open", path)?;
            if let Some(text) = changelog(std::io::BufReader::new(deb), &package.name)? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }
}

/// The changelog in a package; that of a native package has no `Debian` in its name.
fn changelog(deb: impl Read, name: &str) -> Result<Option<String>> {
    let folder = format!("usr/share/doc/{name}/");
    let mut found: BTreeMap<usize, String> = BTreeMap::new();
    read_deb(deb, |_, entry, content| -> Result<()> {
        let names = ["changelog.Debian.gz", "changelog.gz", "changelog.Debian"];
        let inside = entry.path.strip_prefix(&folder);
        let rank = names.iter().position(|name| inside == Some(name));
        if let (Some(rank), Kind::File) = (rank, &entry.kind) {
            let compression = match entry.path.ends_with(".gz") {
                true => Compression::Gzip,
                false => Compression::None,
            };
            let mut text = Vec::new();
            let decoder = compression.decoder(content, CHANGELOG_LIMIT);
            let read = decoder.and_then(|mut decoder| decoder.read_to_end(&mut text));
            read.at("read", &entry.path)?;
            found.insert(rank, String::from_utf8_lossy(&text).into_owned());
        }
        Ok(())
    })?;
    Ok(found.into_values().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An uncompressed package with these files.
    fn package(files: &[(&str, &[u8])]) -> Vec<u8> {
        let tar = |files: &[(&str, &[u8])]| {
            let mut builder = tar::Builder::new(Vec::new());
            for (path, content) in files {
                let mut header = tar::Header::new_gnu();
                header.set_size(content.len() as u64);
                header.set_mode(0o644);
                header.set_uid(0);
                header.set_gid(0);
                header.set_mtime(0);
                builder.append_data(&mut header, path, *content).unwrap();
            }
            builder.into_inner().unwrap()
        };
        let control = tar(&[("control", b"Package: x\nVersion: 1\nArchitecture: all\n")]);
        let mut bytes = b"!<arch>\n".to_vec();
        let members = [
            ("debian-binary", b"2.0\n".to_vec()),
            ("control.tar", control),
            ("data.tar", tar(files)),
        ];
        for (name, content) in members {
            let header = format!(
                "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
                0,
                0,
                0,
                644,
                content.len()
            );
            bytes.extend(header.as_bytes());
            bytes.extend(&content);
            bytes.extend(vec![b'\n'; content.len() % 2]);
        }
        bytes
    }

    #[test]
    fn changelogs_are_debians_or_those_of_native_packages() {
        let upstream: (&str, &[u8]) = ("usr/share/doc/x/changelog.Debian", b"debian's");
        let other: (&str, &[u8]) = ("usr/share/doc/y/changelog.Debian", b"another's");
        let read = |files: &[(&str, &[u8])]| changelog(&*package(files), "x").unwrap();
        assert_eq!(read(&[other, upstream]).as_deref(), Some("debian's"));
        assert_eq!(read(&[other]), None);
        let broken: (&str, &[u8]) = ("usr/share/doc/x/changelog.gz", b"no gzip");
        assert!(changelog(&*package(&[broken]), "x").is_err());
    }
}
