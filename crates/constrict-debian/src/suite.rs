//! Facts about Debian's releases: names, numbers, where their updates live. Which packages a suite carries is read
//! from its indices, never from here.

use std::fmt;

use crate::packages::Package;
use crate::unpack::Layout;
use crate::{Error, Result};

/// A Debian release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suite {
    /// Debian 11
    Bullseye,
    /// Debian 12
    Bookworm,
    /// Debian 13
    Trixie,
    /// Debian 14
    Forky,
    /// Unstable, never released
    Sid,
}

impl Suite {
    /// All, oldest first.
    pub const ALL: [Suite; 5] = [
        Suite::Bullseye,
        Suite::Bookworm,
        Suite::Trixie,
        Suite::Forky,
        Suite::Sid,
    ];

    /// Reads a codename (`bookworm`), a release number (`12`, `12.5`) or `unstable`.
    ///
    /// `stable`, `oldstable` and `testing` move and are refused; ask the Release file for its codename instead.
    pub fn parse(text: &str) -> Result<Suite> {
        let major = text.split('.').next().unwrap_or(text);
        let named = |suite: &Suite| {
            suite.codename() == text
                || suite
                    .number()
                    .is_some_and(|number| number.to_string() == major)
        };
        match text {
            "unstable" => Ok(Suite::Sid),
            _ => Suite::ALL
                .into_iter()
                .find(named)
                .ok_or_else(|| Error::value("suite", text, "is not known")),
        }
    }

    /// The codename, which is the directory below `dists/`.
    pub fn codename(self) -> &'static str {
        match self {
            Suite::Bullseye => "bullseye",
            Suite::Bookworm => "bookworm",
            Suite::Trixie => "trixie",
            Suite::Forky => "forky",
            Suite::Sid => "sid",
        }
    }

    /// The release number.
    pub fn number(self) -> Option<u32> {
        match self {
            Suite::Bullseye => Some(11),
            Suite::Bookworm => Some(12),
            Suite::Trixie => Some(13),
            Suite::Forky => Some(14),
            Suite::Sid => None,
        }
    }

    /// Whether its official images have a merged `/usr`.
    pub fn layout(self) -> Layout {
        if self == Suite::Bullseye {
            Layout::Split
        } else {
            Layout::Merged
        }
    }

    /// The suite of point-release updates on the main archive, such as `bookworm-updates`.
    pub fn updates(self) -> Option<String> {
        (self != Suite::Sid).then(|| format!("{}-updates", self.codename()))
    }

    /// The suite on the security archive, such as `bookworm-security`.
    pub fn security(self) -> Option<String> {
        (self != Suite::Sid).then(|| format!("{}-security", self.codename()))
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.codename())
    }
}

/// A Python minor release, `X.Y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PythonVersion {
    /// X
    pub major: u32,
    /// Y
    pub minor: u32,
}

impl PythonVersion {
    /// Reads `X.Y` without leading zeros.
    pub fn parse(text: &str) -> Result<PythonVersion> {
        let numbers = text
            .split_once('.')
            .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let version = numbers.map(|(major, minor)| PythonVersion { major, minor });
        version
            .filter(|v| v.to_string() == text)
            .ok_or_else(|| Error::value("python version", text, "is not `X.Y`"))
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The Python 3 releases that indices carry (a package `python3.Y` exists), ascending.
pub fn pythons<'a>(packages: impl IntoIterator<Item = &'a Package>) -> Vec<PythonVersion> {
    let numbers = packages
        .into_iter()
        .filter_map(|package| package.name.strip_prefix("python"));
    let mut list: Vec<_> = numbers
        .filter_map(|number| PythonVersion::parse(number).ok())
        .collect();
    list.retain(|version| version.major == 3);
    list.sort_unstable();
    list.dedup();
    list
}

/// The architecture's library directory name, such as `x86_64-linux-gnu`.
pub fn triplet(architecture: &str) -> Option<&'static str> {
    Some(match architecture {
        "amd64" => "x86_64-linux-gnu",
        "arm64" => "aarch64-linux-gnu",
        "armhf" => "arm-linux-gnueabihf",
        "armel" => "arm-linux-gnueabi",
        "i386" => "i386-linux-gnu",
        "ppc64el" => "powerpc64le-linux-gnu",
        "riscv64" => "riscv64-linux-gnu",
        "s390x" => "s390x-linux-gnu",
        _ => return None,
    })
}
