//! Versions against ranges: every kind of event, both orders, and what cannot be compared.

use super::*;

/// The verdict on `installed`; `affected` is the record's entry without its package.
fn verdict(ecosystem: Ecosystem, installed: &str, affected: &str) -> String {
    let affected: Affected = serde_json::from_str(affected).unwrap();
    match affected.verdict(ecosystem, installed) {
        Verdict::Affected { fixed: Some(fixed) } => format!("affected, fixed in {fixed}"),
        Verdict::Affected { fixed: None } => "affected".into(),
        Verdict::Unaffected => "unaffected".into(),
        Verdict::NotCompared(why) => why,
    }
}

/// `introduced 0, fixed 2` as a range.
fn range(kind: &str, events: &str) -> String {
    let events: Vec<Value> = events
        .split(", ")
        .map(|event| {
            let (name, version) = event.split_once(' ').unwrap();
            serde_json::json!({ name: version })
        })
        .collect();
    serde_json::json!({ "type": kind, "events": events }).to_string()
}

fn ranges(all: &[&str]) -> String {
    let all: Vec<String> = all.iter().map(|each| range("ECOSYSTEM", each)).collect();
    format!("{{\"ranges\": [{}]}}", all.join(","))
}

fn table(ecosystem: Ecosystem, cases: &[(&[&str], &str, &str)]) {
    for (events, installed, expected) in cases {
        let found = verdict(ecosystem, installed, &ranges(events));
        assert_eq!(found, *expected, "{installed} in {events:?}");
    }
}

#[test]
fn events_of_python_are_judged_in_the_order_of_pep_440() {
    let all: &[&str] = &["introduced 0, fixed 2.31"];
    let unsorted: &[&str] = &["fixed 1.26.5, introduced 2.0, introduced 0, fixed 2.0.7"];
    let two: &[&str] = &["introduced 1.0, fixed 1.5", "introduced 2.0, fixed 2.2"];
    let last: &[&str] = &["introduced 1.0, last_affected 1.9"];
    let open: &[&str] = &["introduced 3.0rc1"];
    let limited: &[&str] = &["introduced 0, limit 2.0"];
    let either: &[&str] = &["introduced 0, limit 2.0, limit 3.0"];
    let unlimited: &[&str] = &["introduced 0, fixed 5, limit *"];
    let local: &[&str] = &["introduced 0, fixed 2.1.0+cpu2"];
    table(
        Ecosystem::Python,
        &[
            (all, "2.30.0", "affected, fixed in 2.31"),
            (all, "2.31", "unaffected"),
            (all, "2.31.0", "unaffected"),
            (all, "2.31rc1", "affected, fixed in 2.31"),
            (all, "2.31.dev4", "affected, fixed in 2.31"),
            (all, "2.31.post1", "unaffected"),
            (all, "2.9", "affected, fixed in 2.31"),
            (all, "1!0.1", "unaffected"),
            (all, "0.dev1", "affected, fixed in 2.31"),
            (all, "2.31+local", "unaffected"),
            (all, "2.30+local", "affected, fixed in 2.31"),
            (unsorted, "1.26.4", "affected, fixed in 1.26.5"),
            (unsorted, "1.26.5", "unaffected"),
            (unsorted, "1.27", "unaffected"),
            (unsorted, "2.0", "affected, fixed in 2.0.7"),
            (unsorted, "2.0.7", "unaffected"),
            (two, "0.9", "unaffected"),
            (two, "1.0", "affected, fixed in 1.5"),
            (two, "1.5", "unaffected"),
            (two, "2.1", "affected, fixed in 2.2"),
            (two, "2.2", "unaffected"),
            (last, "1.0.dev1", "unaffected"),
            (last, "1.9", "affected"),
            (last, "1.9+cpu", "affected"),
            (last, "1.9.post1", "unaffected"),
            (last, "1.9.1", "unaffected"),
            (open, "3.0b2", "unaffected"),
            (open, "3.0rc1", "affected"),
            (open, "4", "affected"),
            (limited, "1.9", "affected"),
            (limited, "2.0", "unaffected"),
            (either, "2.5", "affected"),
            (either, "3.0", "unaffected"),
            (unlimited, "4", "affected, fixed in 5"),
            (local, "2.1.0+cpu1", "affected, fixed in 2.1.0+cpu2"),
            (local, "2.1.0+cpu2", "unaffected"),
        ],
    );
}

#[test]
fn events_of_debian_are_judged_in_the_order_of_dpkg() {
    let all: &[&str] = &["introduced 0, fixed 3.0.11-1~deb12u2"];
    let epoch: &[&str] = &["introduced 1:9.0, fixed 1:9.16.48-1"];
    let last: &[&str] = &["introduced 0, last_affected 2.36-9+deb12u3"];
    table(
        Ecosystem::Debian,
        &[
            (
                all,
                "3.0.11-1~deb12u1",
                "affected, fixed in 3.0.11-1~deb12u2",
            ),
            (all, "3.0.11-1~deb12u2", "unaffected"),
            (all, "3.0.11-1~deb12u2+b1", "unaffected"),
            (all, "3.0.11-1", "unaffected"),
            (all, "3.0.9-1", "affected, fixed in 3.0.11-1~deb12u2"),
            (all, "1:1.0", "unaffected"),
            (all, "0~git1", "affected, fixed in 3.0.11-1~deb12u2"),
            (epoch, "9.17", "unaffected"),
            (epoch, "1:9.16.27-1", "affected, fixed in 1:9.16.48-1"),
            (epoch, "2:1", "unaffected"),
            (last, "2.36-9+deb12u3", "affected"),
            (last, "2.36-9+deb12u10", "unaffected"),
            (last, "2.36-9", "affected"),
        ],
    );
}

#[test]
fn listed_versions_count_besides_ranges() {
    let listed = r#"{"versions": ["1.0", "1.1.0", "release-9"]}"#;
    let both = r#"{"versions": ["1.0"], "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]},
                  {"type": "ECOSYSTEM", "events": [{"introduced": "2"}, {"fixed": "3"}]}]}"#;
    for (affected, installed, expected) in [
        (listed, "1.0", "affected"),
        (listed, "1.0.0", "affected"),
        (listed, "1.1", "affected"),
        (listed, "1.0+cu121", "affected"),
        (listed, "1.2", "unaffected"),
        (listed, "release-9", "affected"),
        (listed, "release-10", "`release-10` is no version"),
        (both, "1.0", "affected"),
        (both, "2.5", "affected, fixed in 3"),
        (both, "1.5", "unaffected"),
    ] {
        assert_eq!(
            verdict(Ecosystem::Python, installed, affected),
            expected,
            "{installed}"
        );
    }
}

#[test]
fn what_cannot_be_compared_is_never_unaffected() {
    let commits = r#"{"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}"#;
    let semantic = format!(
        "{{\"ranges\": [{}]}}",
        range("SEMVER", "introduced 0, fixed 2.0.0")
    );
    let other = format!("{{\"ranges\": [{}]}}", range("OTHER", "introduced 0"));
    let python = Ecosystem::Python;
    for (ecosystem, affected, installed, expected) in [
        (python, "{}", "1", "the record names no versions"),
        (
            python,
            r#"{"ranges": null, "versions": null}"#,
            "1",
            "the record names no versions",
        ),
        (
            python,
            commits,
            "1",
            "the record names commits, and no versions",
        ),
        (python, &semantic, "1.9", "affected, fixed in 2.0.0"),
        (
            Ecosystem::Debian,
            &semantic,
            "1.9",
            "the record has a range of type `SEMVER`",
        ),
        (
            python,
            &other,
            "1",
            "the record has a range of type `OTHER`",
        ),
        (
            python,
            &ranges(&["introduced 0, fixed later"]),
            "1",
            "`later` is no version",
        ),
        (
            python,
            &ranges(&["introduced 0, fixed 2"]),
            "1.x",
            "`1.x` is no version",
        ),
        (
            python,
            &ranges(&["fixed 2"]),
            "1",
            "the record has a range without a beginning",
        ),
        (
            python,
            r#"{"ranges": [{"type": "ECOSYSTEM"}]}"#,
            "1",
            "the record has a range without a beginning",
        ),
        (
            Ecosystem::Alpine,
            &ranges(&["introduced 0"]),
            "1",
            "the order of Alpine's versions is not known",
        ),
        // one range that says yes is enough
        (
            python,
            &ranges(&["introduced 0, fixed later", "introduced 1"]),
            "1",
            "affected",
        ),
        (
            python,
            &ranges(&["introduced 0, fixed later", "introduced 2"]),
            "1",
            "`later` is no version",
        ),
    ] {
        assert_eq!(
            verdict(ecosystem, installed, affected),
            expected,
            "{installed} {affected}"
        );
    }
    let long = "1".repeat(300);
    assert!(verdict(python, &long, &ranges(&["introduced 0"])).ends_with("is no version"));
}

#[test]
fn a_record_tells_its_names_severity_and_summary() {
    let record: Record = serde_json::from_str(
        r#"{"id": "GHSA-1", "aliases": ["CVE-2024-2", "GHSA-1"], "upstream": ["CVE-2024-1"], "withdrawn": null,
            "details": "\n  first line\nsecond", "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}],
            "database_specific": {"severity": "HIGH"}, "affected": [{}, {"ecosystem_specific": {"urgency": "unimportant"}}]}"#,
    )
    .unwrap();
    assert!(!record.is_withdrawn());
    assert_eq!(record.aliases(), ["CVE-2024-1", "CVE-2024-2"]);
    assert_eq!(record.summary(), "first line");
    let affected = record.affected.clone().unwrap();
    assert_eq!(record.severity(&affected[0]).as_deref(), Some("high"));
    let plain = Record {
        database_specific: None,
        ..record.clone()
    };
    assert_eq!(
        plain.severity(&affected[1]).as_deref(),
        Some("CVSS:3.1/AV:N")
    );
    let bare = Record {
        severity: None,
        ..plain
    };
    assert_eq!(bare.severity(&affected[1]).as_deref(), Some("unimportant"));
    let withdrawn: Record =
        serde_json::from_str(r#"{"withdrawn": "2024-01-01T00:00:00Z"}"#).unwrap();
    assert!(withdrawn.is_withdrawn());
}
