//! The orders of versions that advisories count on: Debian's and PEP 440's. Never guesses at a version that neither knows.

use std::cmp::Ordering;

use constrict_debian::version::Version as DebianVersion;
use constrict_python::version::Version as PythonVersion;

use crate::packages::Ecosystem;

/// Longest version that is read, bytes.
const LIMIT: usize = 256;

/// A version in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Debian(DebianVersion),
    Python(PythonVersion),
}

impl Version {
    /// Reads a version; why not, as a clause.
    pub(super) fn parse(ecosystem: Ecosystem, text: &str) -> Result<Version, String> {
        let unreadable = || {
            let shown: String = text.chars().take(64).collect();
            format!("`{shown}` is no version")
        };
        if text.len() > LIMIT {
            return Err(unreadable());
        }
        match ecosystem {
            Ecosystem::Debian => DebianVersion::parse(text)
                .map(Version::Debian)
                .map_err(|_| unreadable()),
            Ecosystem::Python => PythonVersion::parse(text)
                .map(Version::Python)
                .map_err(|_| unreadable()),
            Ecosystem::Alpine => Err("the order of Alpine's versions is not known".into()),
        }
    }

    /// How an installed version stands to a bound. A local version (`2.1.0+cpu`) is the public one with patches: it counts
    /// only where the bound has one too, as in the specifiers of PEP 440.
    pub(super) fn against(&self, bound: &Version) -> Ordering {
        match (self, bound) {
            (Version::Debian(one), Version::Debian(other)) => one.cmp(other),
            (Version::Python(one), Version::Python(other)) if other.is_local() => one.cmp(other),
            (Version::Python(one), Version::Python(other)) => one.public().cmp(other),
            // both are read with the ecosystem of one package
            (Version::Debian(_), _) => Ordering::Less,
            (Version::Python(_), _) => Ordering::Greater,
        }
    }

    /// The order of bounds among themselves.
    pub(super) fn order(&self, other: &Version) -> Ordering {
        match (self, other) {
            (Version::Python(one), Version::Python(other)) => one.cmp(other),
            _ => self.against(other),
        }
    }
}

#[cfg(test)]
mod tests;
