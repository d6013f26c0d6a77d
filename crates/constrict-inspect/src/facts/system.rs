//! The distribution of an image and its C library. Source: os-release(5).

use std::collections::BTreeMap;

use crate::files::Files;

/// Which distribution it is, as far as it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// The members of os-release.
    pub release: BTreeMap<String, String>,
    /// The C libraries whose loaders are there.
    pub libcs: Vec<Libc>,
}

/// A C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Libc {
    /// The GNU C library.
    Glibc,
    /// musl.
    Musl,
}

impl Libc {
    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Libc::Glibc => "glibc",
            Libc::Musl => "musl",
        }
    }
}

impl System {
    /// Reads os-release and looks for loaders.
    pub fn read(files: &Files) -> System {
        let text = ["etc/os-release", "usr/lib/os-release"]
            .iter()
            .find_map(|path| files.text(path.as_bytes(), 64 << 10));
        let mut libcs = Vec::new();
        for directory in ["lib64", "lib", "usr/lib64", "usr/lib"] {
            for (name, _) in files.list(directory.as_bytes()) {
                let libc = if name.starts_with(b"ld-linux")
                    || name == b"ld64.so.1"
                    || name == b"ld64.so.2"
                {
                    Libc::Glibc
                } else if name.starts_with(b"ld-musl-") && name.ends_with(b".so.1") {
                    Libc::Musl
                } else {
                    continue;
                };
                let whole = files.is_file(&crate::files::join(directory.as_bytes(), name));
                if whole && !libcs.contains(&libc) {
                    libcs.push(libc);
                }
            }
        }
        System {
            release: parse(&text.unwrap_or_default()),
            libcs,
        }
    }

    /// `debian`, `alpine`; empty if it does not say.
    pub fn id(&self) -> &str {
        self.release.get("ID").map_or("", String::as_str)
    }

    /// `12`, `3.19.1`.
    pub fn version(&self) -> &str {
        self.release.get("VERSION_ID").map_or("", String::as_str)
    }

    /// Whether packages are Debian's or a child's.
    pub fn is_debian_like(&self) -> bool {
        let like = self.release.get("ID_LIKE").map_or("", String::as_str);
        ["debian", "ubuntu"].contains(&self.id()) || like.split(' ').any(|id| id == "debian")
    }
}

fn parse(text: &str) -> BTreeMap<String, String> {
    let unquoted = |value: &str| value.trim().trim_matches(['"', '\'']).to_string();
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim().to_string(), unquoted(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn debian_is_known_by_its_release_and_loader() {
        let image = Sample::new()
            .link("etc/os-release", "../usr/lib/os-release")
            .file(
                "usr/lib/os-release",
                "PRETTY_NAME=\"Ubuntu 24.04\"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID='24.04'\n",
            )
            .link("lib64", "usr/lib64")
            .link(
                "usr/lib64/ld-linux-x86-64.so.2",
                "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
            )
            .link("lib", "usr/lib")
            .program("usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "")
            .image();
        let system = System::read(&image.files);
        assert_eq!((system.id(), system.version()), ("ubuntu", "24.04"));
        assert!(system.is_debian_like());
        assert_eq!(system.libcs, [Libc::Glibc]);
    }

    #[test]
    fn alpine_has_musl() {
        let image = Sample::new()
            .file("etc/os-release", "ID=alpine\nVERSION_ID=3.19.1\n")
            .program("lib/ld-musl-x86_64.so.1", "")
            .image();
        let system = System::read(&image.files);
        assert_eq!((system.id(), system.is_debian_like()), ("alpine", false));
        assert_eq!(system.libcs, [Libc::Musl]);
    }

    #[test]
    fn a_loader_that_is_not_there_is_no_c_library() {
        let image = Sample::new()
            .link("lib64/ld-linux-x86-64.so.2", "/gone")
            .image();
        assert_eq!(System::read(&image.files), System::default());
    }
}
