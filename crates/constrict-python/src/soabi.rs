//! File names of extension modules: for which module, X.Y, machine and C library an object is made.
//!
//! Format: `name.cpython-311-x86_64-linux-gnu.so`, `name.abi3.so`, `name.so`; the debug and free-threaded flags `d`,
//! `t`, and before 3.8 `m`.

use serde::{Deserialize, Serialize};

use crate::tag::{Libc, Platform};

/// What the name of an extension module says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The module's last name: `_mysql`.
    pub module: String,
    /// What follows it.
    pub abi: Abi,
}

/// The tag in the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Abi {
    /// `.so`: any interpreter takes it.
    None,
    /// `.abi3.so`: the stable ABI.
    Stable,
    /// `.cpython-311-x86_64-linux-gnu.so`.
    Exact {
        /// X and Y.
        python: (u8, u8),
        /// `d`, `t`, `m` after the version.
        flags: String,
        /// `x86_64-linux-gnu`, if it is there.
        triplet: Option<String>,
    },
    /// `.pypy39-pp73-….so`, `.cp311-win_amd64.pyd` and others that CPython on Linux never takes.
    Foreign(String),
}

impl Extension {
    /// Reads a file name; [`None`] if it isn't one of an extension module (`libx.so.1`, `a.py`).
    pub fn parse(file: &str) -> Option<Extension> {
        if let Some(stem) = file.strip_suffix(".pyd") {
            let (module, rest) = stem.split_once('.').unwrap_or((stem, ""));
            return Some(Extension {
                module: module.to_owned(),
                abi: Abi::Foreign(format!("{rest}.pyd").trim_start_matches('.').to_owned()),
            });
        }
        let stem = file.strip_suffix(".so")?;
        let (module, tag) = match stem.split_once('.') {
            Some((module, tag)) => (module, Some(tag)),
            None => (stem, None),
        };
        let abi = match tag {
            None => Abi::None,
            Some("abi3") => Abi::Stable,
            Some(tag) => match tag.strip_prefix("cpython-").and_then(exact) {
                Some(abi) => abi,
                None if tag.starts_with("cpython-")
                    || tag.starts_with("pypy")
                    || tag.starts_with("graalpy") =>
                {
                    Abi::Foreign(tag.to_owned())
                }
                None => return None,
            },
        };
        (!module.is_empty()).then(|| Extension {
            module: module.to_owned(),
            abi,
        })
    }
}

/// `311-x86_64-linux-gnu`, `37m`, `313t-aarch64-linux-musl`.
fn exact(tag: &str) -> Option<Abi> {
    let (version, triplet) = match tag.split_once('-') {
        Some((version, triplet)) => (version, Some(triplet.to_owned())),
        None => (tag, None),
    };
    let end = version
        .find(|next: char| !next.is_ascii_digit())
        .unwrap_or(version.len());
    let (digits, flags) = version.split_at(end);
    let (major, minor) = digits.split_at_checked(1)?;
    Some(Abi::Exact {
        python: (major.parse().ok()?, minor.parse().ok()?),
        flags: flags.to_owned(),
        triplet,
    })
}

/// The suffixes that the interpreter looks for, in its order.
pub fn suffixes(platform: &Platform) -> Vec<String> {
    let (major, minor) = platform.python;
    let flags = match () {
        () if platform.free_threaded => "t",
        () if minor < 8 => "m",
        () => "",
    };
    let libc = match platform.libc {
        Libc::Musl(_) => "musl",
        Libc::Glibc(_) => "gnu",
    };
    let environment = match platform.machine.as_str() {
        "armv7l" | "armv6l" | "arm" => format!("{libc}eabihf"),
        _ => libc.to_owned(),
    };
    let machine = match platform.machine.as_str() {
        "armv7l" | "armv6l" => "arm",
        "i686" | "i586" => "i386",
        "ppc64le" => "powerpc64le",
        other => other,
    };
    let mut suffixes = vec![format!(
        ".cpython-{major}{minor}{flags}-{machine}-linux-{environment}.so"
    )];
    if minor < 12 && matches!(platform.libc, Libc::Musl(_)) {
        // builds for musl called themselves gnu until configure told the two apart
        let gnu = environment.replacen("musl", "gnu", 1);
        suffixes.push(format!(
            ".cpython-{major}{minor}{flags}-{machine}-linux-{gnu}.so"
        ));
    }
    if !platform.free_threaded {
        suffixes.push(".abi3.so".to_owned());
    }
    suffixes.push(".so".to_owned());
    suffixes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        let exact = |python, flags: &str, triplet: Option<&str>| Abi::Exact {
            python,
            flags: flags.to_owned(),
            triplet: triplet.map(str::to_owned),
        };
        for (file, expected) in [
            (
                "_mysql.cpython-39-x86_64-linux-gnu.so",
                Some(("_mysql", exact((3, 9), "", Some("x86_64-linux-gnu")))),
            ),
            (
                "a.cpython-313t-aarch64-linux-musl.so",
                Some(("a", exact((3, 13), "t", Some("aarch64-linux-musl")))),
            ),
            ("a.cpython-37m.so", Some(("a", exact((3, 7), "m", None)))),
            ("_rust.abi3.so", Some(("_rust", Abi::Stable))),
            ("_yaml.so", Some(("_yaml", Abi::None))),
            (
                "a.pypy39-pp73-x86_64-linux-gnu.so",
                Some(("a", Abi::Foreign("pypy39-pp73-x86_64-linux-gnu".to_owned()))),
            ),
            (
                "a.cp311-win_amd64.pyd",
                Some(("a", Abi::Foreign("cp311-win_amd64.pyd".to_owned()))),
            ),
            ("libpq.so.5", None),
            ("libfoo.1.2.so", None),
            (".so", None),
            ("a.py", None),
        ] {
            let found = Extension::parse(file).map(|extension| (extension.module, extension.abi));
            assert_eq!(
                found,
                expected.map(|(module, abi)| (module.to_owned(), abi)),
                "{file}"
            );
        }
    }

    #[test]
    fn interpreters_look_for_their_own_first() {
        let platform = |python, machine: &str, libc| Platform {
            python,
            free_threaded: false,
            machine: machine.to_owned(),
            libc,
        };
        assert_eq!(
            suffixes(&platform((3, 11), "x86_64", Libc::Glibc(None))),
            [".cpython-311-x86_64-linux-gnu.so", ".abi3.so", ".so"]
        );
        assert_eq!(
            suffixes(&platform((3, 7), "aarch64", Libc::Musl(None)))[0],
            ".cpython-37m-aarch64-linux-musl.so"
        );
        assert_eq!(
            suffixes(&platform((3, 12), "armv7l", Libc::Glibc(None)))[0],
            ".cpython-312-arm-linux-gnueabihf.so"
        );
    }
}
