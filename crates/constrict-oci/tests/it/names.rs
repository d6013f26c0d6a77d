//! References and platforms: tables of the grammar and of what serves what.

use constrict_oci::{Descriptor, Digest, Index, MediaType, Platform, Reference};
use proptest::prelude::*;

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn references_have_a_full_and_a_familiar_form() {
    let digested = format!("python@{DIGEST}");
    let both = format!("r.example:5000/a/b:t@{DIGEST}");
    for (text, full, familiar) in [
        ("python", "docker.io/library/python", "python"),
        (
            "python:3.11",
            "docker.io/library/python:3.11",
            "python:3.11",
        ),
        ("library/python", "docker.io/library/python", "python"),
        (
            "docker.io/python:3",
            "docker.io/library/python:3",
            "python:3",
        ),
        (
            "index.docker.io/library/python",
            "docker.io/library/python",
            "python",
        ),
        ("me/app", "docker.io/me/app", "me/app"),
        (
            "docker.io/library/a/b",
            "docker.io/library/a/b",
            "library/a/b",
        ),
        ("localhost/app", "localhost/app", "localhost/app"),
        (
            "localhost:5000",
            "docker.io/library/localhost:5000",
            "localhost:5000",
        ),
        (
            "localhost:5000/app:v1",
            "localhost:5000/app:v1",
            "localhost:5000/app:v1",
        ),
        ("r.example/app", "r.example/app", "r.example/app"),
        ("Registry/app", "Registry/app", "Registry/app"),
        (
            "127.0.0.1:5000/a/b/c",
            "127.0.0.1:5000/a/b/c",
            "127.0.0.1:5000/a/b/c",
        ),
        ("[::1]:5000/app", "[::1]:5000/app", "[::1]:5000/app"),
        (
            "a__b/c-d---e/f.g_h:T_.-x",
            "docker.io/a__b/c-d---e/f.g_h:T_.-x",
            "a__b/c-d---e/f.g_h:T_.-x",
        ),
        (
            &digested,
            &format!("docker.io/library/{digested}"),
            &digested,
        ),
        (&both, &both, &both),
    ] {
        let reference = Reference::parse(text).expect(text);
        assert_eq!(
            (
                reference.to_string().as_str(),
                reference.familiar().as_str()
            ),
            (full, familiar),
            "{text}"
        );
        assert_eq!(Reference::parse(full).unwrap(), reference);
        assert_eq!(Reference::parse(familiar).unwrap(), reference);
    }
}

#[test]
fn malformed_references_name_the_part_that_is_wrong() {
    let long = "a/".repeat(130) + "b";
    let tag = format!("a:{}", "t".repeat(129));
    let id = "a".repeat(64);
    for (text, reason) in [
        ("", "it is empty"),
        (":tag", "the repository is empty"),
        ("Python", "the repository `Python` must be lower case"),
        ("r.example/App:1", "the repository `App` must be lower case"),
        ("a//b", "the repository `a//b` has an empty component"),
        ("/a", "the repository `/a` has an empty component"),
        ("a/", "the repository `a/` has an empty component"),
        (
            "a..b",
            "`a..b` must be letters and digits, with `.`, `_`, `__` or dashes between them",
        ),
        (
            "-a",
            "`-a` must be letters and digits, with `.`, `_`, `__` or dashes between them",
        ),
        (
            "a___b",
            "`a___b` must be letters and digits, with `.`, `_`, `__` or dashes between them",
        ),
        (
            "x/../y",
            "`..` must be letters and digits, with `.`, `_`, `__` or dashes between them",
        ),
        (
            "a b",
            "`a b` must be letters and digits, with `.`, `_`, `__` or dashes between them",
        ),
        ("a:", "the tag is empty"),
        (
            "a:.b",
            "the tag `.b` must be letters, digits, `_`, `.` and `-`, and not start with `.` or `-`",
        ),
        ("a:b/c", "the port of `a:b` is not a number"),
        ("a@sha256:00", "`sha256:00` is not a digest"),
        ("r.example:x/a", "the port of `r.example:x` is not a number"),
        (
            "-r.example/a",
            "`-r.example` is not a registry's host or host:port",
        ),
        ("[::1/a", "`[::1` is not a registry's host or host:port"),
        (&long, "the name is longer than 255 characters"),
        (&tag, "the tag is longer than 128 characters"),
        (&id, "64 hex digits are an image id, not a repository"),
    ] {
        let message = Reference::parse(text).expect_err(text).to_string();
        assert_eq!(
            message,
            format!("`{text}` is not an image reference: {reason}")
        );
    }
}

#[test]
fn latest_is_for_references_without_tag_and_digest() {
    let latest = |text: &str| Reference::parse(text).unwrap().or_latest().familiar();
    assert_eq!(latest("python"), "python:latest");
    assert_eq!(latest("python:3"), "python:3");
    assert_eq!(
        latest(&format!("python@{DIGEST}")),
        format!("python@{DIGEST}")
    );
}

proptest! {
    #[test]
    fn any_text_parses_or_is_refused_without_panic(text in "[a-zA-Z0-9.:/@_\\[\\]-]{0,40}") {
        if let Ok(reference) = Reference::parse(&text) {
            prop_assert_eq!(Reference::parse(&reference.to_string()).unwrap(), reference.clone());
            prop_assert_eq!(Reference::parse(&reference.familiar()).unwrap(), reference);
        }
    }
}

#[test]
fn platforms_have_one_spelling() {
    for (text, normal) in [
        ("linux/amd64", "linux/amd64"),
        ("linux/x86_64", "linux/amd64"),
        ("LINUX/X86-64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/6", "linux/arm/v6"),
        ("linux/armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("linux/i386", "linux/386"),
        ("arm64", "linux/arm64"),
        ("macos/arm64", "darwin/arm64"),
        ("linux/riscv64", "linux/riscv64"),
    ] {
        assert_eq!(Platform::parse(text).expect(text).to_string(), normal);
    }
    assert_eq!(Platform::parse("linux").unwrap(), Platform::host());
    for text in [
        "",
        "linux/",
        "/amd64",
        "a/b/c/d",
        "linux/am d64",
        "nonsense",
    ] {
        assert!(Platform::parse(text).is_err(), "{text}");
    }
}

fn index(platforms: &[&str]) -> Index {
    let entry = |(number, text): (usize, &&str)| {
        let mut entry = Descriptor::of(MediaType::OciManifest, &[number as u8]);
        entry.platform = (!text.is_empty()).then(|| {
            let mut parts = text.split('/').map(str::to_owned);
            let mut part = || parts.next().unwrap_or_default();
            Platform {
                os: part(),
                architecture: part(),
                variant: part(),
                ..Platform::default()
            }
        });
        entry
    };
    Index::oci(platforms.iter().enumerate().map(entry).collect())
}

#[test]
fn the_best_entry_of_an_index_is_chosen() {
    for (wanted, offered, chosen) in [
        ("linux/amd64", &["linux/arm64", "linux/amd64"][..], Some(1)),
        ("linux/amd64", &["linux/386", "linux/amd64"], Some(1)),
        ("linux/amd64", &["linux/386"], Some(0)),
        ("linux/amd64", &["linux/amd64", "linux/amd64"], Some(0)),
        ("linux/amd64", &["linux/amd64/v3", "linux/amd64"], Some(1)),
        (
            "linux/amd64/v3",
            &["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"],
            Some(1),
        ),
        ("linux/amd64", &["unknown/unknown"], None),
        ("linux/amd64", &["windows/amd64"], None),
        ("linux/amd64", &["", "linux/amd64"], Some(1)),
        ("linux/amd64", &["linux/arm64", ""], Some(1)),
        ("linux/arm64", &["linux/arm/v7", "linux/arm64/v8"], Some(1)),
        (
            "linux/arm64",
            &["linux/arm/v5", "linux/arm/v7", "linux/arm/v6"],
            Some(1),
        ),
        (
            "linux/arm/v7",
            &["linux/arm/v5", "linux/arm/v6", "linux/arm64"],
            Some(1),
        ),
        ("linux/arm/v6", &["linux/arm/v7"], None),
        ("linux/arm/v7", &["linux/arm"], Some(0)),
        ("linux/s390x", &["linux/amd64"], None),
    ] {
        let index = index(offered);
        let found = index
            .select(&Platform::parse(wanted).unwrap())
            .map(|entry| entry.digest);
        assert_eq!(
            found,
            chosen.map(|number: u8| Digest::of(&[number])),
            "{wanted} of {offered:?}"
        );
    }
}
