//! Platforms, `os/architecture[/variant]`: parsing, normal forms, and which entry of an index serves which platform.
//! Never looks at a file of the host.
//!
//! Names and the order of fallbacks are containerd's `platforms` package: an entry of a lower variant serves, arm64 runs
//! 32-bit arm, amd64 runs 386.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::nullable;
use crate::{Error, Result};

/// An operating system and a processor, in normal form when made by [`Platform::parse`] or [`Platform::normalised`].
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// `amd64`, `arm64`, ... as Go names them.
    #[serde(default, deserialize_with = "nullable::or_default")]
    pub architecture: String,
    /// `linux`, ... as Go names them.
    #[serde(default, deserialize_with = "nullable::or_default")]
    pub os: String,
    /// Of Windows: the build the image needs.
    #[serde(
        rename = "os.version",
        default,
        deserialize_with = "nullable::or_default"
    )]
    #[serde(skip_serializing_if = "nullable::is_default")]
    pub os_version: String,
    /// Of Windows: features the image needs.
    #[serde(
        rename = "os.features",
        default,
        deserialize_with = "nullable::or_default"
    )]
    #[serde(skip_serializing_if = "nullable::is_default")]
    pub os_features: Vec<String>,
    /// The variant of the processor, `v7`; empty for the usual one.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub variant: String,
}

impl Platform {
    /// Reads `linux/amd64`, `linux/arm/v7`, `arm64` (Linux assumed) or `linux` (the host's processor assumed).
    pub fn parse(text: &str) -> Result<Platform> {
        let fault = |reason| Error::Platform {
            text: text.to_owned(),
            reason,
        };
        let parts: Vec<&str> = text.split('/').collect();
        let word = |part: &&str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        };
        if !parts.iter().all(word) {
            return Err(fault("each part must be letters, digits, `_`, `-` or `.`"));
        }
        let platform = match parts[..] {
            [one] if is_os(one) => Platform::of(one, &Platform::host().architecture, ""),
            [one] if is_architecture(&Platform::of("linux", one, "").architecture) => {
                Platform::of("linux", one, "")
            }
            [_] => {
                return Err(fault(
                    "it is neither a known operating system nor a known architecture",
                ));
            }
            [os, architecture] => Platform::of(os, architecture, ""),
            [os, architecture, variant] => Platform::of(os, architecture, variant),
            _ => return Err(fault("there are more than three parts")),
        };
        Ok(platform)
    }

    /// The normal form of the given names.
    pub fn of(os: &str, architecture: &str, variant: &str) -> Platform {
        let platform = Platform {
            architecture: architecture.to_owned(),
            os: os.to_owned(),
            variant: variant.to_owned(),
            ..Platform::default()
        };
        platform.normalised()
    }

    /// The platform that this program runs on.
    pub fn host() -> Platform {
        let architecture = match std::env::consts::ARCH {
            "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
            "powerpc64" => "ppc64",
            "mips64" if cfg!(target_endian = "little") => "mips64le",
            "mips" if cfg!(target_endian = "little") => "mipsle",
            other => other,
        };
        Platform::of(std::env::consts::OS, architecture, "")
    }

    /// Names as Go spells them, in lower case, and no variant where it is the usual one.
    pub fn normalised(&self) -> Platform {
        let os = match self.os.to_lowercase().as_str() {
            "macos" => "darwin".to_owned(),
            other => other.to_owned(),
        };
        let architecture = self.architecture.to_lowercase();
        let variant = self.variant.to_lowercase();
        let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
            ("i386" | "i486" | "i586" | "i686" | "x86", _) => ("386", String::new()),
            ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", String::new()),
            ("x86_64" | "x86-64" | "amd64", _) => ("amd64", variant),
            ("aarch64" | "arm64", "8" | "v8" | "v8.0") => ("arm64", String::new()),
            ("aarch64" | "arm64", _) => ("arm64", variant),
            ("armhf", _) => ("arm", "v7".to_owned()),
            ("armel", _) => ("arm", "v6".to_owned()),
            ("arm", "" | "7") => ("arm", "v7".to_owned()),
            ("arm", "5" | "6" | "8") => ("arm", format!("v{variant}")),
            (other, _) => (other, variant),
        };
        Platform {
            architecture: architecture.to_owned(),
            os,
            variant,
            ..self.clone()
        }
    }

    /// How well an image for `offered` serves this platform: 0 is best, `None` not at all.
    pub fn rank(&self, offered: &Platform) -> Option<usize> {
        let (wanted, offered) = (self.normalised(), offered.normalised());
        if wanted.os != offered.os {
            return None;
        }
        let serves = |(architecture, variant): &(String, String)| {
            *architecture == offered.architecture && *variant == offered.variant
        };
        wanted.fallbacks().iter().position(serves)
    }

    /// Architectures and variants that this normal platform runs, best first.
    fn fallbacks(&self) -> Vec<(String, String)> {
        let mut list = vec![(self.architecture.clone(), self.variant.clone())];
        let level = self
            .variant
            .strip_prefix('v')
            .and_then(|level| level.parse::<u32>().ok());
        match self.architecture.as_str() {
            "amd64" => {
                let lower = (2..level.unwrap_or(1).min(9))
                    .rev()
                    .map(|level| ("amd64".into(), format!("v{level}")));
                list.extend(lower);
                if level.is_some() {
                    list.push(("amd64".into(), String::new()));
                }
                list.push(("386".into(), String::new()));
            }
            "arm" => list.extend(arm_below(level.unwrap_or(7))),
            "arm64" => {
                if !self.variant.is_empty() {
                    list.push(("arm64".into(), String::new()));
                }
                list.extend(arm_below(9));
            }
            _ => {}
        }
        list
    }
}

/// The 32-bit arm variants below `level`; the oldest that Linux images exist for is v5.
fn arm_below(level: u32) -> impl Iterator<Item = (String, String)> {
    (5..level.min(9))
        .rev()
        .map(|level| ("arm".to_owned(), format!("v{level}")))
}

fn is_os(name: &str) -> bool {
    const KNOWN: [&str; 8] = [
        "linux", "windows", "darwin", "macos", "freebsd", "netbsd", "openbsd", "solaris",
    ];
    KNOWN.contains(&name.to_lowercase().as_str())
}

fn is_architecture(name: &str) -> bool {
    const KNOWN: [&str; 14] = [
        "386", "amd64", "arm", "arm64", "loong64", "mips", "mipsle", "mips64", "mips64le", "ppc64",
        "ppc64le", "riscv64", "s390x", "wasm",
    ];
    KNOWN.contains(&name)
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if self.variant.is_empty() {
            Ok(())
        } else {
            write!(f, "/{}", self.variant)
        }
    }
}

impl FromStr for Platform {
    type Err = Error;
    fn from_str(text: &str) -> Result<Platform> {
        Platform::parse(text)
    }
}
