//! Release, Packages, Contents, apt sources, relations, paragraphs and status files.

use std::collections::{BTreeMap, BTreeSet};

use constrict_debian::compression::Compression;
use constrict_debian::contents::{Location, find_paths, find_sonames};
use constrict_debian::packages::{Field, MultiArch, read_packages};
use constrict_debian::paragraph::Paragraph;
use constrict_debian::relation::{Alternatives, Relation};
use constrict_debian::release::{Freshness, Release};
use constrict_debian::sources::{
    Mirrors, SignedBy, Source, debian_mirrors, parse_deb822, parse_list,
};
use constrict_debian::status::read_installed;
use constrict_debian::suite::{PythonVersion, Suite};
use constrict_debian::version::Version;
use proptest::prelude::*;
use time::macros::datetime;

const SUM: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const RELEASE: &str = "\
Origin: Debian
Label: Debian-Security
Suite: oldstable-security
Codename: bookworm-security
Date: Sat, 10 Feb 2024 11:07:25 UTC
Valid-Until: Sat, 17 Feb 2024 11:07:25 UTC
Acquire-By-Hash: yes
Architectures: amd64 arm64
Components: updates/main updates/contrib
MD5Sum:
 d41d8cd98f00b204e9800998ecf8427e 0 main/binary-amd64/Packages
SHA256:
 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08        4 main/binary-amd64/Packages
 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08        4 main/binary-amd64/Packages.gz
 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08        4 main/binary-amd64/Packages.xz
";

#[test]
fn release_names_its_best_index() {
    let release = Release::parse(RELEASE.as_bytes()).unwrap();
    assert_eq!(release.codename.as_deref(), Some("bookworm-security"));
    assert_eq!(release.components, ["main", "contrib"]);
    assert_eq!(release.date, datetime!(2024-02-10 11:07:25 UTC));
    let file = release.packages_file("main", "amd64").unwrap();
    assert_eq!(file.path, "main/binary-amd64/Packages.xz");
    assert_eq!(
        file.fetch_path,
        format!("main/binary-amd64/by-hash/SHA256/{SUM}")
    );
    assert_eq!((file.compression, file.size), (Compression::Xz, 4));
    assert!(file.check(b"test").is_ok());
    assert_eq!(
        file.check(b"tes").unwrap_err().to_string(),
        "`main/binary-amd64/Packages.xz` has 3 bytes, the index says 4"
    );
    assert!(
        file.check(b"tent")
            .unwrap_err()
            .to_string()
            .contains("the index says 9f86d0")
    );
    assert_eq!(
        release
            .packages_file("main", "mips")
            .unwrap_err()
            .to_string(),
        "release file lists no `main/binary-mips/Packages`"
    );
}

#[test]
fn release_goes_stale() {
    let release = Release::parse(RELEASE.as_bytes()).unwrap();
    let check = |now, freshness| {
        release
            .check_freshness(now, freshness)
            .map_err(|error| error.to_string())
    };
    assert_eq!(
        check(datetime!(2024-02-12 0:00 UTC), Freshness::Checked),
        Ok(())
    );
    assert_eq!(
        check(datetime!(2024-03-01 0:00 UTC), Freshness::Checked),
        Err("release file expired at 2024-02-17T11:07:25Z".to_owned())
    );
    assert_eq!(
        check(datetime!(2024-03-01 0:00 UTC), Freshness::Ignored),
        Ok(())
    );
    assert!(check(datetime!(2024-01-01 0:00 UTC), Freshness::Checked).is_err());
}

#[test]
fn release_paths_stay_inside_the_suite() {
    let text = RELEASE.replace("main/binary-amd64/Packages.xz", "../../etc/passwd");
    assert!(
        Release::parse(text.as_bytes())
            .unwrap_err()
            .to_string()
            .contains("leaves the suite")
    );
}

const PACKAGES: &str = "\
Package: libc6
Source: glibc
Version: 2.36-9+deb12u4
Architecture: amd64
Multi-Arch: same
Essential: yes
Maintainer: somebody
Installed-Size: 12986
Provides: libc6-2.36,
 libfoo (= 3)
Depends: libgcc-s1, libcrypt1 (>= 1:4.4.10-10~)
Priority: optional
Section: libs
Filename: pool/main/g/glibc/libc6_2.36-9+deb12u4_amd64.deb
Size: 4
SHA256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
Description: two lines
 of text

Package: other
Version: 1
Architecture: arm64
Filename: pool/o.deb
Size: 4
SHA256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
";

#[test]
fn packages_of_the_architecture_are_read() {
    let list = read_packages(PACKAGES.as_bytes(), "amd64").unwrap();
    let [package] = &list[..] else {
        panic!("{list:?}")
    };
    assert_eq!(
        (&*package.name, package.version.as_str(), package.multi_arch),
        ("libc6", "2.36-9+deb12u4", MultiArch::Same)
    );
    assert_eq!(
        (package.essential, package.installed_size, package.size),
        (true, 12986, 4)
    );
    assert_eq!(
        (&*package.priority, &*package.section),
        ("optional", "libs")
    );
    assert_eq!(
        package.relation_text(Field::Provides),
        Some("libc6-2.36, libfoo (= 3)")
    );
    let depends: Vec<String> = package
        .relations(Field::Depends)
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(depends, ["libgcc-s1", "libcrypt1 (>= 1:4.4.10-10~)"]);
}

#[test]
fn broken_packages_are_errors() {
    let changes = [
        ("Size: 4\n", "", "Packages: no field `Size`"),
        (
            "pool/main/g",
            "../g",
            "archive path `../g/glibc/libc6_2.36-9+deb12u4_amd64.deb`: leaves the archive",
        ),
        ("Size: 4", "Size: four", "Packages, line 15: not a number"),
        (
            "Package: libc6",
            "Package: ../libc6",
            "package name `../libc6`: is none",
        ),
        (
            "Source: glibc",
            "Source glibc",
            "Packages, line 2: no colon in a field",
        ),
    ];
    for (from, to, expected) in changes {
        let error = read_packages(PACKAGES.replacen(from, to, 1).as_bytes(), "amd64").unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn contents_find_paths_and_sonames() {
    let index = "FILE   LOCATION\n\
        bin/ls                    utils/coreutils\n\
        lib/x86_64-linux-gnu/libpq.so.5 libs/libpq5,contrib/libs/libpq5-alt\n\
        usr/lib/x86_64-linux-gnu/libfoo.so.1\t libs/libfoo1\n\
        usr/lib/x86_64-linux-gnu/private/libfoo.so.1  libs/private\n\
        usr/share/a file with blanks   misc/blanks\n";
    let location = |path: &str, package: &str| Location {
        path: path.to_owned(),
        package: package.to_owned(),
    };
    let asked =
        BTreeSet::from(["/bin/ls", "usr/share/a file with blanks", "usr/none"].map(str::to_owned));
    let expected = BTreeMap::from([
        ("/bin/ls".to_owned(), vec![location("bin/ls", "coreutils")]),
        (
            "usr/share/a file with blanks".to_owned(),
            vec![location("usr/share/a file with blanks", "blanks")],
        ),
    ]);
    assert_eq!(find_paths(index.as_bytes(), &asked).unwrap(), expected);
    let asked = BTreeSet::from(["libpq.so.5", "libfoo.so.1"].map(str::to_owned));
    let path = "lib/x86_64-linux-gnu/libpq.so.5";
    let expected = BTreeMap::from([
        (
            "libfoo.so.1".to_owned(),
            vec![location("usr/lib/x86_64-linux-gnu/libfoo.so.1", "libfoo1")],
        ),
        (
            "libpq.so.5".to_owned(),
            vec![location(path, "libpq5"), location(path, "libpq5-alt")],
        ),
    ]);
    assert_eq!(
        find_sonames(index.as_bytes(), &asked, "x86_64-linux-gnu").unwrap(),
        expected
    );
}

fn source(uri: &str, suite: &str) -> Source {
    Source {
        uri: uri.to_owned(),
        suite: suite.to_owned(),
        components: vec!["main".to_owned()],
        signed_by: None,
        architectures: Vec::new(),
        trusted: false,
    }
}

#[test]
fn both_forms_of_apt_sources_are_read() {
    let list = "# comment\ndeb [arch=amd64,arm64 signed-by=/k.gpg] http://mirror.example/debian/ bookworm main # why\n\
                deb-src http://mirror.example/debian bookworm main\ndeb cdrom:[Debian]/ bookworm main\n\
                deb http://mirror.example/debian-security bookworm-security main\n";
    let main = Source {
        signed_by: Some(SignedBy::Paths(vec!["/k.gpg".to_owned()])),
        architectures: vec!["amd64".to_owned(), "arm64".to_owned()],
        ..source("http://mirror.example/debian", "bookworm")
    };
    let security = source("http://mirror.example/debian-security", "bookworm-security");
    let found = parse_list(list).unwrap();
    assert_eq!(found, [main.clone(), security.clone()]);
    let deb822 = "Types: deb deb-src\n# http://snapshot.example/\nURIs: http://mirror.example/debian\n\
                  Suites: bookworm bookworm-updates\nComponents: main\nTrusted: yes\n\n\
                  Enabled: no\nTypes: deb\nURIs: http://other.example\nSuites: x\nComponents: main\n";
    let trusted = |suite| Source {
        trusted: true,
        ..source("http://mirror.example/debian", suite)
    };
    assert_eq!(
        parse_deb822(deb822).unwrap(),
        [trusted("bookworm"), trusted("bookworm-updates")]
    );
    let expected = Mirrors {
        main: main.uri,
        security: Some(security.uri),
        signed_by: main.signed_by,
    };
    assert_eq!(debian_mirrors(&found), Some(expected));
    assert_eq!(
        debian_mirrors(&[source("http://ppa.example", "nodistro")]),
        None
    );
}

#[test]
fn inline_keys_of_sources_are_unfolded() {
    let text = "Types: deb\nURIs: http://a.example\nSuites: s\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abcd\n -----END PGP PUBLIC KEY BLOCK-----\n";
    let expected =
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabcd\n-----END PGP PUBLIC KEY BLOCK-----\n";
    assert_eq!(
        parse_deb822(text).unwrap()[0].signed_by,
        Some(SignedBy::Inline(expected.to_owned()))
    );
}

#[test]
fn broken_sources_are_errors() {
    let error = parse_list("\ndep http://a.example x main\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "sources.list, line 2: neither `deb` nor `deb-src`"
    );
    assert_eq!(
        parse_deb822("Types: deb\nSuites: x\n")
            .unwrap_err()
            .to_string(),
        "apt sources: no field `URIs`"
    );
}

#[test]
fn relations_are_read_and_printed() {
    for text in [
        "a1",
        "libc6 (>= 2.36-9)",
        "python3:any (<< 3.12)",
        "foo [amd64 arm64] | bar:amd64 (= 1:2) [!i386]",
    ] {
        let list = Alternatives::parse_list(text).unwrap();
        assert_eq!(list[0].to_string(), text);
    }
    assert_eq!(Alternatives::parse_list("aa (>1), bb , ").unwrap().len(), 2);
    for text in [
        "a (>= 1",
        "A_b",
        "aa (~ 1)",
        "aa <!nocheck>",
        "aa [",
        "aa bb",
        "aa (>= 1_2)",
        "aa:",
    ] {
        assert!(Relation::parse(text).is_err(), "{text}");
    }
    let relation = Relation::parse("foo [amd64 !arm64]").unwrap();
    assert!(
        relation.applies_on("amd64")
            && !relation.applies_on("arm64")
            && !relation.applies_on("i386")
    );
    assert!(!Relation::parse("foo [!i386]").unwrap().applies_on("i386"));
}

#[test]
fn paragraphs_keep_lines_and_order() {
    let text = "Package: a\nDescription: one\n two\n .\nEmpty:\nList:\n first\n second\n\n";
    let paragraph = Paragraph::parse_one("control", text.as_bytes()).unwrap();
    assert_eq!(paragraph.get("description"), Some("one\ntwo\n."));
    assert_eq!(paragraph.get("List"), Some("\nfirst\nsecond"));
    assert_eq!(paragraph.to_text(), text);
    for broken in [" a\n", "a\n", "A: 1\na: 2\n", "A: 1\n\nB: 2\n", ""] {
        assert!(
            Paragraph::parse_one("control", broken.as_bytes()).is_err(),
            "{broken:?}"
        );
    }
}

#[test]
fn installed_packages_of_a_status_file() {
    let text = "Package: aa\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nProvides: bb (= 2), cc\n\n\
                Package: dd\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n";
    let list = read_installed(text.as_bytes()).unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!((list[0].name.as_str(), list[0].provides.len()), ("aa", 2));
}

#[test]
fn suites_by_name_and_number() {
    assert_eq!(Suite::parse("12.5").unwrap(), Suite::Bookworm);
    assert_eq!(Suite::parse("unstable").unwrap(), Suite::Sid);
    assert_eq!(
        Suite::parse("trixie").unwrap().security().as_deref(),
        Some("trixie-security")
    );
    assert_eq!(Suite::Sid.updates(), None);
    assert!(Suite::parse("stable").is_err());
    assert_eq!(
        PythonVersion::parse("3.11").unwrap(),
        PythonVersion {
            major: 3,
            minor: 11
        }
    );
    for text in ["3", "3.011", "3.11.2", "3.x", "+3.1"] {
        assert!(PythonVersion::parse(text).is_err(), "{text}");
    }
}

fn version_text() -> impl Strategy<Value = String> {
    "([0-9]{1,2}:)?[0-9][0-9a-zA-Z.+~]{0,6}(-[0-9a-z.+~]{1,4})?"
}

proptest! {
    #[test]
    fn versions_are_totally_ordered(a in version_text(), b in version_text(), c in version_text()) {
        let [a, b, c] = [a, b, c].map(|text| Version::parse(&text).unwrap());
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
        prop_assert_eq!(Version::parse(a.as_str()).unwrap(), a);
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,80}|[a-z0-9:() <>=,|\\[\\]!.\n-]{0,80}") {
        let relations = Alternatives::parse_list(&text);
        if let Ok(list) = relations {
            for item in list {
                prop_assert_eq!(&Alternatives::parse_list(&item.to_string()).unwrap(), &[item]);
            }
        }
        let bytes = text.as_bytes();
        if let Ok(paragraph) = Paragraph::parse_one("control", bytes) {
            prop_assert_eq!(Paragraph::parse_one("control", paragraph.to_text().as_bytes()).unwrap(), paragraph);
        }
        let outcomes = [
            Release::parse(bytes).is_ok(),
            read_packages(bytes, "amd64").is_ok_and(|list| !list.is_empty()),
            read_installed(bytes).is_ok_and(|list| !list.is_empty()),
        ];
        prop_assert_eq!(outcomes, [false; 3]);
        prop_assert!(find_paths(bytes, &BTreeSet::new()).unwrap().is_empty());
        prop_assert!(parse_list(&text).map_or(0, |list| list.len()) < 80);
        prop_assert!(parse_deb822(&text).map_or(0, |list| list.len()) < 80);
    }

    #[test]
    fn changed_indices_never_panic(place in 0usize..700, value in any::<u8>()) {
        let mut bytes = PACKAGES.as_bytes().to_vec();
        let place = place % bytes.len();
        bytes[place] = value;
        prop_assert!(read_packages(&bytes[..], "amd64").map_or(0, |list| list.len()) <= 3);
        let mut bytes = RELEASE.as_bytes().to_vec();
        let place = place % bytes.len();
        bytes[place] = value;
        if let Ok(release) = Release::parse(&bytes) {
            prop_assert!(release.architectures.len() < 5);
        }
    }
}
