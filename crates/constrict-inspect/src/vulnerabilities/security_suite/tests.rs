//! Versions of the suite, and ids in changelogs.

use super::*;

const CHANGELOG: &str = "openssl (3.0.15-1~deb12u1) bookworm-security; urgency=medium

  * CVE-2024-5535 (SSL_select_next_proto buffer overread), CVE-2024-9143.
  * no ids: CVE-24-1, CVE-2024-, CVE-2024-12, CVE-2024-9143b

 -- A Maintainer <a@debian.example>  Sun, 27 Oct 2024 17:54:12 +0000

openssl (3.0.13-1~deb12u2) bookworm; urgency=medium

  * Fix CVE-2024-4741 (not CVE-2024-5535).

 -- A Maintainer <a@debian.example>  Mon, 01 Jul 2024 17:54:12 +0000

openssl (3.0.13-1~deb12u1) bookworm; urgency=medium

  * CVE-2023-6129

 -- A Maintainer <a@debian.example>  Mon, 01 Apr 2024 17:54:12 +0000
";

fn subjects() -> Subjects {
    let mut subjects = Subjects {
        release: Some("12".into()),
        ..Subjects::default()
    };
    for (name, version, binary) in [
        ("openssl", "3.0.13-1~deb12u1", "libssl3"),
        ("openssl", "3.0.13-1~deb12u1", "openssl"),
        ("glibc", "2.36-9+deb12u10", "libc6"),
        ("linux", "6.1.90-1", "linux-libc-dev"),
        ("zlib", "1:1.2.13", "zlib1g"),
    ] {
        let binary = Some(binary.to_string());
        subjects.add(Ecosystem::Debian, name.into(), version.into(), binary);
    }
    subjects
}

fn suite() -> BTreeMap<String, String> {
    [
        ("openssl", "3.0.15-1~deb12u1"),
        ("glibc", "2.36-9+deb12u9"),
        ("linux", "6.1.153-1"),
        ("other", "9"),
    ]
    .map(|(name, version)| (name.to_string(), version.to_string()))
    .into()
}

#[test]
fn ids_stand_in_entries_newer_than_the_installed_version() {
    let all = ["CVE-2024-4741", "CVE-2024-5535", "CVE-2024-9143"];
    assert_eq!(ids(CHANGELOG, "3.0.13-1~deb12u1"), all);
    assert_eq!(
        ids(CHANGELOG, "3.0.13-1~deb12u2"),
        ["CVE-2024-5535", "CVE-2024-9143"]
    );
    assert_eq!(ids(CHANGELOG, "3.0.15-1"), [""; 0]);
    assert_eq!(ids(CHANGELOG, "1.0").len(), 4);
    assert_eq!(ids(CHANGELOG, "no version"), [""; 0]);
}

#[test]
fn newer_versions_are_known_and_fixed() {
    let subjects = subjects();
    let (found, unknown) = outdated(&subjects, &suite());
    let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
    assert_eq!((names, unknown.len()), (vec!["linux", "openssl"], 0));
    let with_ids = found.into_iter().map(|found| {
        let ids = match is_kernel(&found.name) {
            true => Err("headers".to_string()),
            false => Ok(ids(CHANGELOG, &found.installed)),
        };
        (found, ids)
    });
    let outcome = outcome(
        "debian-security",
        "bookworm-security",
        &subjects,
        with_ids.collect(),
        unknown,
        "2026-01-01T00:00:00Z".into(),
    );
    let Outcome::Checked { what, known, .. } = outcome else {
        panic!("checked");
    };
    assert_eq!(
        what,
        "5 Debian packages against bookworm-security: only what is fixed there"
    );
    let told: Vec<String> = known
        .iter()
        .map(|known| format!("{} {:?} {}", known.id, known.binaries, known.summary))
        .collect();
    assert_eq!(
        told,
        [
            "linux 6.1.153-1 [\"linux-libc-dev\"] bookworm-security has it; its ids are not listed: headers",
            "CVE-2024-4741 [\"libssl3\", \"openssl\"] ",
            "CVE-2024-5535 [\"libssl3\", \"openssl\"] ",
            "CVE-2024-9143 [\"libssl3\", \"openssl\"] ",
        ]
    );
}

#[test]
fn versions_that_are_none_are_not_compared() {
    let mut subjects = Subjects::default();
    subjects.add(Ecosystem::Debian, "other".into(), "a_b".into(), None);
    let (found, unknown) = outdated(&subjects, &suite());
    assert_eq!((found.len(), unknown.len()), (0, 1));
    assert_eq!(unknown[0].why, "`a_b` is no version");
}

#[test]
fn kernels_are_known_by_their_source() {
    for (name, expected) in [
        ("linux", true),
        ("linux-6.1", true),
        ("linux-signed-amd64", true),
        ("linux-base", false),
        ("linuxptp", false),
    ] {
        assert_eq!(is_kernel(name), expected, "{name}");
    }
}
