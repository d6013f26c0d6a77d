//! What the official `debian` images have beside their packages, and what the slim ones leave out. Writes nothing.

use crate::sources::Mirrors;
use crate::suite::Suite;

/// The two flavours of the official images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Everything that the packages ship.
    Full,
    /// Without documentation (licences stay), manuals and translations.
    Slim,
}

/// A file of the image that no package ships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Path below the root.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// Its bytes.
    pub content: String,
}

/// Left out of slim images; a `*` stands for any characters, slashes too.
const EXCLUDED: [&str; 8] = [
    "/usr/share/doc/*",
    "/usr/share/gnome/help/*/*",
    "/usr/share/info/*",
    "/usr/share/linda/*",
    "/usr/share/lintian/overrides/*",
    "/usr/share/locale/*",
    "/usr/share/man/*",
    "/usr/share/omf/*/*-*.emf",
];

/// Kept in slim images although excluded.
const INCLUDED: [&str; 8] = [
    "/usr/share/doc/*/copyright",
    "/usr/share/gnome/help/*/C/*",
    "/usr/share/locale/all_languages",
    "/usr/share/locale/currency/*",
    "/usr/share/locale/l10n/*",
    "/usr/share/locale/languages",
    "/usr/share/locale/locale.alias",
    "/usr/share/omf/*/*-C.emf",
];

/// Whether an image of this flavour has a path (below the root) of a package: for [`crate::unpack::unpack`].
pub fn keeps(flavour: Flavour, path: &str) -> bool {
    let absolute = format!("/{path}");
    let matches = |patterns: &[&str]| {
        patterns
            .iter()
            .any(|pattern| matches_pattern(pattern, &absolute))
    };
    // the directory that the licence is in
    let documented = path
        .strip_prefix("usr/share/doc/")
        .is_some_and(|rest| !rest.contains('/'));
    flavour == Flavour::Full || documented || matches(&INCLUDED) || !matches(&EXCLUDED)
}

fn matches_pattern(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| path.strip_prefix(start)) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(start) => rest = &rest[start + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

/// What the images of languages have beside the slim ones, so that extensions can be built and sources fetched.
///
/// Of `buildpack-deps` without ImageMagick, Mercurial and Subversion, which double its size.
pub const BUILD_TOOLS: [&str; 47] = [
    "autoconf",
    "automake",
    "bzip2",
    "curl",
    "default-libmysqlclient-dev",
    "dpkg-dev",
    "file",
    "g++",
    "gcc",
    "git",
    "gnupg",
    "libbz2-dev",
    "libc6-dev",
    "libcurl4-openssl-dev",
    "libdb-dev",
    "libevent-dev",
    "libffi-dev",
    "libgdbm-dev",
    "libglib2.0-dev",
    "libgmp-dev",
    "libjpeg-dev",
    "libkrb5-dev",
    "liblzma-dev",
    "libmaxminddb-dev",
    "libncurses-dev",
    "libpng-dev",
    "libpq-dev",
    "libreadline-dev",
    "libsqlite3-dev",
    "libssl-dev",
    "libtool",
    "libwebp-dev",
    "libxml2-dev",
    "libxslt1-dev",
    "libyaml-dev",
    "make",
    "openssh-client",
    "patch",
    "pkg-config",
    "procps",
    "tk-dev",
    "unzip",
    "uuid-dev",
    "wget",
    "xz-utils",
    "zip",
    "zlib1g-dev",
];

/// The files to add: apt and dpkg configuration, apt sources that name `mirrors`, and no services at installation.
pub fn files(suite: Suite, flavour: Flavour, mirrors: &Mirrors) -> Vec<File> {
    let file = |path: &str, content: String| File {
        path: path.to_owned(),
        mode: 0o644,
        content,
    };
    let clean = "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true";
    let mut list = vec![
        file(
            "etc/apt/apt.conf.d/docker-autoremove-suggests",
            "Apt::AutoRemove::SuggestsImportant \"false\";\n".to_owned(),
        ),
        file(
            "etc/apt/apt.conf.d/docker-clean",
            format!(
                "DPkg::Post-Invoke {{ \"{clean}\"; }};\nAPT::Update::Post-Invoke {{ \"{clean}\"; }};\n\n\
                 Dir::Cache::pkgcache \"\";\nDir::Cache::srcpkgcache \"\";\n"
            ),
        ),
        file(
            "etc/apt/apt.conf.d/docker-gzip-indexes",
            "Acquire::GzipIndexes \"true\";\n".to_owned(),
        ),
        file(
            "etc/apt/apt.conf.d/docker-no-languages",
            "Acquire::Languages \"none\";\n".to_owned(),
        ),
        file(
            "etc/apt/sources.list.d/debian.sources",
            apt_sources(suite, mirrors),
        ),
        file(
            "etc/dpkg/dpkg.cfg.d/docker-apt-speedup",
            "force-unsafe-io\n".to_owned(),
        ),
        File {
            path: "usr/sbin/policy-rc.d".to_owned(),
            mode: 0o755,
            content: "#!/bin/sh\n\n# no service is started when a package is installed\nexit 101\n"
                .to_owned(),
        },
    ];
    if flavour == Flavour::Slim {
        let excluded = EXCLUDED.map(|pattern| format!("path-exclude {pattern}\n"));
        let included = INCLUDED.map(|pattern| format!("path-include {pattern}\n"));
        list.push(file(
            "etc/dpkg/dpkg.cfg.d/docker",
            excluded.concat() + &included.concat(),
        ));
    }
    list
}

fn apt_sources(suite: Suite, mirrors: &Mirrors) -> String {
    let paragraph = |uri: &str, suites: String| {
        format!(
            "Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: main\n\
             Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
        )
    };
    let main = [Some(suite.codename().to_owned()), suite.updates()];
    let mut text = paragraph(
        &mirrors.main,
        main.into_iter().flatten().collect::<Vec<_>>().join(" "),
    );
    if let (Some(uri), Some(name)) = (&mirrors.security, suite.security()) {
        text.push('\n');
        text.push_str(&paragraph(uri, name));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slim_images_keep_licences_and_programs() {
        let kept = [
            "usr/bin/ls",
            "usr/share/doc",
            "usr/share/doc/bash",
            "usr/share/doc/bash/copyright",
            "usr/share/man",
        ];
        let dropped = [
            "usr/share/doc/bash/NEWS.gz",
            "usr/share/man/man1/ls.1.gz",
            "usr/share/locale/de/LC_MESSAGES/x.mo",
        ];
        for path in kept {
            assert!(keeps(Flavour::Slim, path), "{path}");
        }
        for path in dropped {
            assert!(!keeps(Flavour::Slim, path), "{path}");
            assert!(keeps(Flavour::Full, path), "{path}");
        }
    }

    #[test]
    fn sources_name_updates_and_security() {
        let mirrors = Mirrors {
            main: "http://mirror.example/debian".to_owned(),
            security: Some("http://mirror.example/debian-security".to_owned()),
            signed_by: None,
        };
        let expected = "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n\
                        Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n\
                        Types: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\n\
                        Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n";
        assert_eq!(apt_sources(Suite::Bookworm, &mirrors), expected);
    }
}
