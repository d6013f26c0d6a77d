//! Versions of distributions (PEP 440) and the X.Y of interpreters.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// A version, ordered as PEP 440 orders them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub(crate) pep440_rs::Version);

impl Version {
    /// Reads a version: `1.0`, `2.0.0rc1`, `1!3.0.post1+local`.
    ///
    /// # Errors
    ///
    /// [`Error::Version`] if PEP 440 doesn't know it.
    pub fn parse(text: &str) -> Result<Version> {
        pep440_rs::Version::from_str(text.trim())
            .map(Version)
            .map_err(|_| Error::Version(text.to_owned()))
    }

    /// The numbers of the release: `[3, 11, 4]`.
    pub fn release(&self) -> Vec<u64> {
        self.0.release().to_vec()
    }

    /// An alpha, beta, candidate or development release.
    pub fn is_prerelease(&self) -> bool {
        self.0.any_prerelease()
    }

    /// Whether it has a local part: `+cpu` of `2.1.0+cpu`.
    pub fn is_local(&self) -> bool {
        !self.0.local().is_empty()
    }

    /// The version without its local part.
    pub fn public(&self) -> Version {
        Version(self.0.clone().without_local())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// X and Y at the start of an interpreter's version: `3.11.4+`, `3.9`, `3.13.0rc2`, `3.11.4.final.0`.
pub fn parse_python(text: &str) -> Option<(u8, u8)> {
    let mut parts = text.trim().split('.');
    let major = parts.next()?.parse().ok()?;
    let second = parts.next()?;
    let digits = second
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(second.len());
    Some((major, second[..digits].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_order_as_pep_440_says() {
        let written = [
            "0.9",
            "1.0.dev1",
            "1.0a1",
            "1.0rc1",
            "1.0",
            "1.0.post1",
            "1.10",
            "1!0.1",
        ];
        let versions: Vec<_> = written
            .iter()
            .map(|text| Version::parse(text).unwrap())
            .collect();
        let mut sorted = versions.clone();
        sorted.sort();
        assert_eq!(sorted, versions);
        assert!(versions[2].is_prerelease() && !versions[4].is_prerelease());
        assert_eq!(
            Version::parse("1.0").unwrap(),
            Version::parse("1.0.0").unwrap()
        );
        assert!(Version::parse("1.x").is_err());
    }

    #[test]
    fn local_versions_have_a_public_one() {
        let local = Version::parse("2.1.0+cpu").unwrap();
        let public = Version::parse("2.1.0").unwrap();
        assert!(local.is_local() && !public.is_local() && local > public);
        assert_eq!((local.public(), public.public()), (public.clone(), public));
    }

    #[test]
    fn interpreter_versions_give_x_and_y() {
        for (text, expected) in [
            ("3.11.4+", Some((3, 11))),
            ("3.9", Some((3, 9))),
            ("3.13rc2", Some((3, 13))),
            ("3.12.1.final.0", Some((3, 12))),
            ("3", None),
            ("x.y", None),
            ("3.x", None),
        ] {
            assert_eq!(parse_python(text), expected, "{text}");
        }
    }
}
