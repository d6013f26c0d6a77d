//! Wheel tags and wheel file names: which wheels an interpreter on a machine can load.
//!
//! Never looks at the host. Format: `python-abi-platform` (PEP 425) with sets joined by dots, manylinux (PEP 600 and
//! its three older names), musllinux (PEP 656).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// One tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tag {
    /// `cp311`, `py3`, `py2`.
    pub python: String,
    /// `cp311`, `abi3`, `none`.
    pub abi: String,
    /// `any`, `manylinux_2_17_x86_64`, `linux_x86_64`.
    pub platform: String,
}

impl Tag {
    /// Reads a tag; a compressed set gives several: `py2.py3-none-any`.
    ///
    /// # Errors
    ///
    /// [`Error::Tag`] unless there are three parts and at most 256 combinations.
    pub fn parse_set(text: &str) -> Result<Vec<Tag>> {
        let refused = || Error::Tag(text.to_owned());
        let parts: Vec<&str> = text.trim().split('-').collect();
        let [pythons, abis, platforms] = parts[..] else {
            return Err(refused());
        };
        let count = |set: &str| set.split('.').count();
        if parts.iter().any(|part| part.is_empty())
            || count(pythons)
                .saturating_mul(count(abis))
                .saturating_mul(count(platforms))
                > 256
        {
            return Err(refused());
        }
        let mut tags = Vec::new();
        for python in pythons.split('.') {
            for abi in abis.split('.') {
                for platform in platforms.split('.') {
                    tags.push(Tag {
                        python: python.to_owned(),
                        abi: abi.to_owned(),
                        platform: platform.to_owned(),
                    });
                }
            }
        }
        Ok(tags)
    }

    /// Whether the interpreter can load it.
    pub fn fits(&self, platform: &Platform) -> bool {
        self.misfit(platform).is_none()
    }

    /// Why the interpreter can't load it.
    pub fn misfit(&self, platform: &Platform) -> Option<Misfit> {
        if !fits_python(self, platform) {
            return Some(Misfit::Python);
        }
        misfit_platform(&self.platform, platform)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}-{}", self.python, self.abi, self.platform)
    }
}

/// The C library of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Libc {
    /// The GNU C library, with its version if it is known.
    Glibc(Option<(u32, u32)>),
    /// musl, with its version if it is known.
    Musl(Option<(u32, u32)>),
}

/// What wheels are chosen or judged for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// X and Y of CPython.
    pub python: (u8, u8),
    /// A build without the global lock (`cp313t`).
    pub free_threaded: bool,
    /// As `uname -m` says: `x86_64`, `aarch64`.
    pub machine: String,
    /// The C library.
    pub libc: Libc,
}

/// Why a tag doesn't fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Misfit {
    /// For another interpreter or X.Y.
    Python,
    /// For another system: Windows, macOS.
    System,
    /// For another architecture.
    Machine,
    /// For the other C library.
    Libc,
    /// For a later version of the same C library.
    LibcVersion {
        /// The least version that it needs.
        needed: (u32, u32),
    },
}

fn fits_python(tag: &Tag, platform: &Platform) -> bool {
    let (major, minor) = platform.python;
    let thread = if platform.free_threaded { "t" } else { "" };
    let digits = |text: &str| -> Option<(u8, u8)> {
        let (first, rest) = text.split_at_checked(1)?;
        Some((
            first.parse().ok()?,
            if rest.is_empty() {
                0
            } else {
                rest.parse().ok()?
            },
        ))
    };
    let up_to = |(x, y): (u8, u8)| x == major && y <= minor;
    match tag.abi.as_str() {
        "none" => match tag.python.strip_prefix("py") {
            Some(version) => digits(version).is_some_and(up_to),
            // `cp39-none-any`: pip takes the exact version only
            None => tag
                .python
                .strip_prefix("cp")
                .and_then(digits)
                .is_some_and(|version| version == (major, minor) || version == (major, 0)),
        },
        "abi3" => {
            let version = tag.python.strip_prefix("cp").and_then(digits);
            !platform.free_threaded
                && version.is_some_and(|version| version >= (3, 2) && up_to(version))
        }
        abi => {
            let plain = format!("cp{major}{minor}{thread}");
            // until 3.7 the ABI carried `m` for pymalloc
            let exact = abi == plain || (minor < 8 && abi == format!("{plain}m"));
            exact && tag.python == format!("cp{major}{minor}")
        }
    }
}

fn misfit_platform(tag: &str, platform: &Platform) -> Option<Misfit> {
    if tag == "any" {
        return None;
    }
    let linux = ["manylinux", "musllinux", "linux"];
    if !linux.iter().any(|prefix| tag.starts_with(prefix)) {
        return Some(Misfit::System);
    }
    let machine = format!("_{}", platform.machine);
    let Some(kind) = tag.strip_suffix(&machine) else {
        return Some(Misfit::Machine);
    };
    let (needed, have) = match (kind, platform.libc) {
        ("linux", _) => return None,
        (kind, Libc::Glibc(have)) if kind.starts_with("manylinux") => (least_glibc(kind), have),
        (kind, Libc::Musl(have)) if kind.starts_with("musllinux") => {
            (numbers(kind, "musllinux_"), have)
        }
        _ => return Some(Misfit::Libc),
    };
    match (needed, have) {
        (Some(needed), Some(have)) if needed > have => Some(Misfit::LibcVersion { needed }),
        _ => None,
    }
}

/// The glibc that a manylinux name stands for.
fn least_glibc(kind: &str) -> Option<(u32, u32)> {
    match kind {
        "manylinux1" => Some((2, 5)),
        "manylinux2010" => Some((2, 12)),
        "manylinux2014" => Some((2, 17)),
        _ => numbers(kind, "manylinux_"),
    }
}

fn numbers(kind: &str, prefix: &str) -> Option<(u32, u32)> {
    let (major, minor) = kind.strip_prefix(prefix)?.split_once('_')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The parts of a wheel's file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelName {
    /// As written, runs of separators being `_`.
    pub distribution: String,
    /// As written.
    pub version: String,
    /// The build number, if any.
    pub build: Option<String>,
    /// What the set of tags stands for.
    pub tags: Vec<Tag>,
}

impl WheelName {
    /// Reads `numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`.
    ///
    /// # Errors
    ///
    /// [`Error::Tag`] unless it has five or six parts.
    pub fn parse(file: &str) -> Result<WheelName> {
        let refused = || Error::Tag(file.to_owned());
        let stem = file.strip_suffix(".whl").ok_or_else(refused)?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (build, from) = match parts.len() {
            5 => (None, 2),
            6 => (Some(parts[2].to_owned()), 3),
            _ => return Err(refused()),
        };
        Ok(WheelName {
            distribution: parts[0].to_owned(),
            version: parts[1].to_owned(),
            build,
            tags: Tag::parse_set(&parts[from..].join("-"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misfit(tag: &str, python: (u8, u8), libc: Libc) -> Option<Misfit> {
        let platform = Platform {
            python,
            free_threaded: false,
            machine: "x86_64".to_owned(),
            libc,
        };
        let tags = Tag::parse_set(tag).unwrap();
        let mut reasons = tags.iter().map(|tag| tag.misfit(&platform));
        if reasons.clone().any(|reason| reason.is_none()) {
            return None;
        }
        reasons.next().flatten()
    }

    #[test]
    fn tags_fit_what_they_name() {
        let glibc = Libc::Glibc(Some((2, 31)));
        let musl = Libc::Musl(Some((1, 2)));
        for (tag, python, libc, expected) in [
            ("py3-none-any", (3, 11), glibc, None),
            ("py2.py3-none-any", (3, 11), musl, None),
            ("py2-none-any", (3, 11), glibc, Some(Misfit::Python)),
            ("py312-none-any", (3, 11), glibc, Some(Misfit::Python)),
            (
                "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
                (3, 11),
                glibc,
                None,
            ),
            (
                "cp311-cp311-manylinux_2_17_x86_64",
                (3, 12),
                glibc,
                Some(Misfit::Python),
            ),
            (
                "cp311-cp311-manylinux_2_34_x86_64",
                (3, 11),
                glibc,
                Some(Misfit::LibcVersion { needed: (2, 34) }),
            ),
            (
                "cp311-cp311-manylinux_2_34_x86_64",
                (3, 11),
                Libc::Glibc(None),
                None,
            ),
            (
                "cp311-cp311-manylinux2014_x86_64",
                (3, 11),
                musl,
                Some(Misfit::Libc),
            ),
            ("cp311-cp311-musllinux_1_1_x86_64", (3, 11), musl, None),
            (
                "cp311-cp311-musllinux_1_1_x86_64",
                (3, 11),
                glibc,
                Some(Misfit::Libc),
            ),
            ("cp37-abi3-manylinux1_x86_64", (3, 12), glibc, None),
            (
                "cp312-abi3-manylinux1_x86_64",
                (3, 11),
                glibc,
                Some(Misfit::Python),
            ),
            ("cp37-cp37m-manylinux1_x86_64", (3, 7), glibc, None),
            (
                "cp38-cp38m-manylinux1_x86_64",
                (3, 8),
                glibc,
                Some(Misfit::Python),
            ),
            ("cp311-cp311-linux_x86_64", (3, 11), musl, None),
            (
                "cp311-cp311-linux_aarch64",
                (3, 11),
                musl,
                Some(Misfit::Machine),
            ),
            (
                "cp311-cp311-win_amd64",
                (3, 11),
                glibc,
                Some(Misfit::System),
            ),
            (
                "cp313-cp313t-linux_x86_64",
                (3, 13),
                glibc,
                Some(Misfit::Python),
            ),
        ] {
            assert_eq!(misfit(tag, python, libc), expected, "{tag} {python:?}");
        }
    }

    #[test]
    fn wheel_names_have_five_or_six_parts() {
        let wheel = WheelName::parse("a_b-1.0-2-py2.py3-none-any.whl").unwrap();
        assert_eq!(
            (
                &*wheel.distribution,
                &*wheel.version,
                wheel.build.as_deref()
            ),
            ("a_b", "1.0", Some("2"))
        );
        let tags: Vec<_> = wheel.tags.iter().map(Tag::to_string).collect();
        assert_eq!(tags, ["py2-none-any", "py3-none-any"]);
        for name in ["a-1.0.whl", "a-1.0-py3-none-any.zip", "a-1.0-py3--any.whl"] {
            assert!(WheelName::parse(name).is_err(), "{name}");
        }
    }
}
