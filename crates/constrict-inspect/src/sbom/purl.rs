//! Package URLs: `pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc`.
//!
//! Source: ECMA-427 (package URL) and its type definitions `deb`, `apk`, `pypi`, `oci`, `generic`. Qualifiers `distro` and
//! `upstream` are as Syft and vulnerability scanners write them.

use constrict_oci::{Digest, Reference};

use crate::facts::distribution::normalised;
use crate::facts::system::System;
use crate::packages::{Ecosystem, Package};

/// That of an installed package.
pub(super) fn package(package: &Package, system: &System) -> String {
    let fallback = match package.ecosystem {
        Ecosystem::Python => {
            let name = encoded(&normalised(&package.name));
            return with_version(format!("pkg:pypi/{name}"), &package.version);
        }
        Ecosystem::Debian => "debian",
        Ecosystem::Alpine => "alpine",
    };
    let distribution = match system.id() {
        "" => fallback.to_string(),
        id => id.to_ascii_lowercase(),
    };
    let kind = package.ecosystem.purl_type();
    let (namespace, name) = (encoded(&distribution), package.name.to_ascii_lowercase());
    let name = encoded(&name);
    let mut url = with_version(format!("pkg:{kind}/{namespace}/{name}"), &package.version);
    let release = match system.version() {
        "" => distribution,
        version => format!("{distribution}-{version}"),
    };
    let upstream = package.source.as_ref().and_then(|(name, version)| {
        match (*name == package.name, *version == package.version) {
            (true, true) => None,
            (false, true) => Some(name.clone()),
            (_, false) => Some(format!("{name}@{version}")),
        }
    });
    let qualifiers = [
        ("arch", package.architecture.clone()),
        ("distro", Some(release)),
        ("upstream", upstream),
    ];
    qualify(&mut url, &qualifiers);
    url
}

/// That of something that no package manager installed.
pub(super) fn generic(name: &str, version: &str) -> String {
    with_version(format!("pkg:generic/{}", encoded(name)), version)
}

/// That of an image.
pub(super) fn image(reference: &Reference, digest: &Digest, architecture: &str) -> String {
    let repository = reference.repository();
    let name = repository.rsplit('/').next().unwrap_or(repository);
    let mut url = with_version(format!("pkg:oci/{}", encoded(name)), &digest.to_string());
    let architecture = (!architecture.is_empty()).then(|| architecture.to_string());
    let qualifiers = [
        ("arch", architecture),
        ("repository_url", Some(reference.name())),
        ("tag", reference.tag().map(ToString::to_string)),
    ];
    qualify(&mut url, &qualifiers);
    url
}

fn with_version(url: String, version: &str) -> String {
    match version {
        "" => url,
        version => format!("{url}@{}", encoded(version)),
    }
}

fn qualify(url: &mut String, qualifiers: &[(&str, Option<String>)]) {
    let mut sign = '?';
    for (key, value) in qualifiers {
        if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
            *url += &format!("{sign}{key}={}", encoded(value));
            sign = '&';
        }
    }
}

/// Percent-encoded, but for letters, digits and `.-_~:`.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(id: &str, version: &str) -> System {
        let release = [("ID", id), ("VERSION_ID", version)];
        let owned = |(name, value): (&str, &str)| (name.to_string(), value.to_string());
        System {
            release: release.into_iter().map(owned).collect(),
            libcs: Vec::new(),
        }
    }

    fn url(ecosystem: Ecosystem, name: &str, version: &str, source: (&str, &str)) -> String {
        let found = Package {
            ecosystem,
            name: name.into(),
            version: version.into(),
            architecture: (ecosystem != Ecosystem::Python).then(|| "amd64".into()),
            source: (!source.0.is_empty()).then(|| (source.0.into(), source.1.into())),
            record: Vec::new(),
            files: Vec::new(),
            maintainer: None,
            homepage: None,
            summary: None,
            license: None,
            depends: Vec::new(),
        };
        let system = match ecosystem {
            Ecosystem::Alpine => system("alpine", "3.19.1"),
            _ => system("debian", "12"),
        };
        package(&found, &system)
    }

    #[test]
    fn packages_have_the_urls_that_scanners_know() {
        assert_eq!(
            url(
                Ecosystem::Debian,
                "libc6",
                "2.36-9+deb12u9",
                ("glibc", "2.36-9+deb12u9")
            ),
            "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64&distro=debian-12&upstream=glibc"
        );
        assert_eq!(
            url(
                Ecosystem::Debian,
                "libgcc-s1",
                "12.2.0-14+b1",
                ("gcc-12", "12.2.0-14")
            ),
            "pkg:deb/debian/libgcc-s1@12.2.0-14%2Bb1?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2.0-14"
        );
        assert_eq!(
            url(
                Ecosystem::Debian,
                "libcrypt1",
                "1:4.4.33-2",
                ("libcrypt1", "1:4.4.33-2")
            ),
            "pkg:deb/debian/libcrypt1@1:4.4.33-2?arch=amd64&distro=debian-12"
        );
        assert_eq!(
            url(Ecosystem::Alpine, "musl", "1.2.4-r2", ("musl", "1.2.4-r2")),
            "pkg:apk/alpine/musl@1.2.4-r2?arch=amd64&distro=alpine-3.19.1"
        );
        assert_eq!(
            url(Ecosystem::Python, "Zope.Interface", "6.1", ("", "")),
            "pkg:pypi/zope-interface@6.1"
        );
        assert_eq!(generic("python", "3.11.9"), "pkg:generic/python@3.11.9");
    }

    #[test]
    fn an_image_has_its_repository_and_digest() {
        let digest = Digest::of(b"");
        let reference = Reference::parse("localhost:5000/team/app:1").unwrap();
        assert_eq!(
            image(&reference, &digest, "amd64"),
            format!(
                "pkg:oci/app@{digest}?arch=amd64&repository_url=localhost:5000%2Fteam%2Fapp&tag=1"
            )
        );
    }
}
