//! What is looked for: the installed packages by the names that advisories use. Of Debian these are source packages.
//!
//! A Python distribution that a Debian package brought is that package's: its fixes come without a new version upstream,
//! so an upstream version says nothing.

use std::collections::{BTreeMap, BTreeSet};

use constrict_python::name::Name;

use crate::facts::system::System;
use crate::packages::{Ecosystem, Package, Packages};

/// An installed package, as advisories name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The normalised name of a distribution, or a source package of Debian.
    pub name: String,
    /// Its version; of Debian the source's.
    pub version: String,
    /// Debian: the binary packages of that source.
    pub binaries: BTreeSet<String>,
}

/// All of an image.
#[derive(Clone, Debug, Default)]
pub struct Subjects {
    pub(super) by_name: BTreeMap<(Ecosystem, String), Vec<Subject>>,
    /// Debian's release, such as `12`; none if the image is another distribution's, or does not say.
    pub release: Option<String>,
    /// The distribution as os-release names it: `debian 12`.
    pub system: String,
    /// dpkg's name of the image's architecture.
    pub architecture: Option<String>,
    /// How many Python distributions are Debian's.
    pub debians: usize,
}

impl Subjects {
    /// Those of an image.
    pub fn of(packages: &Packages, system: &System) -> Subjects {
        let version = system.version();
        let is_debian = system.id() == "debian" && !version.is_empty();
        let mut subjects = Subjects {
            release: is_debian.then(|| major(version)),
            system: format!("{} {version}", system.id()).trim().to_string(),
            architecture: architecture(packages),
            ..Subjects::default()
        };
        for package in &packages.all {
            if package.ecosystem == Ecosystem::Python && packages.brought_by(package).is_some() {
                subjects.debians += 1;
                continue;
            }
            let (name, version, binary) = identity(package);
            subjects.add(package.ecosystem, name, version, binary);
        }
        subjects
    }

    /// Adds an installed package.
    pub fn add(
        &mut self,
        ecosystem: Ecosystem,
        name: String,
        version: String,
        binary: Option<String>,
    ) {
        let known = self.by_name.entry((ecosystem, name.clone())).or_default();
        let at = known.iter().position(|subject| subject.version == version);
        let at = at.unwrap_or_else(|| {
            known.push(Subject {
                name,
                version,
                binaries: BTreeSet::new(),
            });
            known.len() - 1
        });
        known[at].binaries.extend(binary);
    }

    /// The installed versions of a package.
    pub fn get(&self, ecosystem: Ecosystem, name: &str) -> &[Subject] {
        let key = (ecosystem, name.to_string());
        self.by_name.get(&key).map_or(&[], Vec::as_slice)
    }

    /// All of an ecosystem.
    pub fn all(&self, ecosystem: Ecosystem) -> impl Iterator<Item = &Subject> {
        let of = move |entry: &(&(Ecosystem, String), &Vec<Subject>)| entry.0.0 == ecosystem;
        self.by_name
            .iter()
            .filter(of)
            .flat_map(|(_, subjects)| subjects)
    }

    /// The ecosystems of what is installed.
    pub fn ecosystems(&self) -> impl Iterator<Item = Ecosystem> + use<> {
        let all: BTreeSet<Ecosystem> = self.by_name.keys().map(|key| key.0).collect();
        all.into_iter()
    }

    /// How many packages of an ecosystem are installed.
    pub fn count(&self, ecosystem: Ecosystem) -> usize {
        match ecosystem {
            Ecosystem::Python => self.all(ecosystem).count(),
            _ => self.all(ecosystem).map(|each| each.binaries.len()).sum(),
        }
    }

    /// What is installed of an ecosystem, for people: `12 Python distributions`.
    pub fn described(&self, ecosystem: Ecosystem) -> String {
        let count = self.count(ecosystem);
        let plural = if count == 1 { "" } else { "s" };
        match ecosystem {
            Ecosystem::Python => format!("{count} Python distribution{plural}"),
            Ecosystem::Alpine => format!("{count} Alpine package{plural}"),
            Ecosystem::Debian if self.release.is_some() => {
                format!("{count} Debian package{plural}")
            }
            Ecosystem::Debian => format!("{count} dpkg package{plural}"),
        }
    }
}

/// The name and version that advisories use, and the binary package.
fn identity(package: &Package) -> (String, String, Option<String>) {
    match package.ecosystem {
        Ecosystem::Python => {
            let name = Name::parse(&package.name).map(|name| name.as_str().to_string());
            let name = name.unwrap_or_else(|_| package.name.to_ascii_lowercase());
            (name, package.version.clone(), None)
        }
        Ecosystem::Debian | Ecosystem::Alpine => {
            let own = || (package.name.clone(), package.version.clone());
            let (name, version) = package.source.clone().unwrap_or_else(own);
            (name, version, Some(package.name.clone()))
        }
    }
}

/// `12` of `12`, `12.5`, `"12 (bookworm)"`.
fn major(version: &str) -> String {
    let end = version.find(|c: char| !c.is_ascii_digit());
    version[..end.unwrap_or(version.len())].to_string()
}

/// The architecture that most of dpkg's packages have.
fn architecture(packages: &Packages) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let named = packages.of(Ecosystem::Debian);
    for name in named.filter_map(|package| package.architecture.as_deref()) {
        if name != "all" {
            *counts.entry(name).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count)?;
    Some(most.0.to_string())
}
