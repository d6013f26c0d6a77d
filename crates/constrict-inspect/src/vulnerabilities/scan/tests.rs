//! Whole documents against a few installed packages.

use super::*;

fn subjects() -> Subjects {
    let mut subjects = Subjects {
        release: Some("12".into()),
        system: "debian 12".into(),
        ..Subjects::default()
    };
    let binary = |name: &str| Some(name.to_string());
    subjects.add(Ecosystem::Python, "flask-login".into(), "0.6".into(), None);
    subjects.add(Ecosystem::Python, "odd".into(), "1.x".into(), None);
    let version = || "3.0.11-1".to_string();
    subjects.add(
        Ecosystem::Debian,
        "openssl".into(),
        version(),
        binary("libssl3"),
    );
    subjects.add(
        Ecosystem::Debian,
        "openssl".into(),
        version(),
        binary("openssl"),
    );
    subjects
}

fn record(id: &str, ecosystem: &str, name: &str, fixed: &str) -> String {
    format!(
        r#"{{"id": "{id}", "modified": "2024-05-0{}T00:00:00Z", "summary": "about {name}", "affected": [{{"package":
        {{"ecosystem": "{ecosystem}", "name": "{name}"}}, "ranges": [{{"type": "ECOSYSTEM", "events":
        [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]}}]}}"#,
        id.len() % 9 + 1
    )
}

/// `source ecosystem: what; known…; not compared…; as of`, or why not.
fn told(outcomes: &[Outcome]) -> Vec<String> {
    let of = |outcome: &Outcome| match outcome {
        Outcome::Checked {
            what,
            known,
            not_compared,
            as_of,
            ..
        } => {
            let known: Vec<String> = known
                .iter()
                .map(|known| format!("{} {} < {:?}", known.id, known.package, known.fixed))
                .collect();
            let not: Vec<String> = not_compared
                .iter()
                .map(|entry| format!("{}: {}", entry.id, entry.why))
                .collect();
            format!("{what} {known:?} {not:?} {as_of:?}")
        }
        Outcome::NotChecked { why, .. } => format!("not checked: {why}"),
    };
    outcomes.iter().map(of).collect()
}

fn scanned(documents: &[&str]) -> Vec<String> {
    let subjects = subjects();
    let mut scan = Scan::new(&subjects, "test");
    for (number, document) in documents.iter().enumerate() {
        scan.document(&format!("{number}.json"), document.as_bytes());
    }
    told(&scan.finish())
}

#[test]
fn records_of_both_ecosystems_have_an_outcome_each() {
    let documents = [
        record("PYSEC-1", "PyPI", "Flask_Login", "0.7"),
        record("PYSEC-22", "PyPI", "flask-login", "0.5"),
        record("PYSEC-3", "PyPI", "unheard", "9"),
        record("DEBIAN-CVE-2024-1", "Debian:12", "openssl", "3.0.13-1"),
        record("DEBIAN-CVE-2024-2", "Debian:11", "openssl", "9"),
        record("DEBIAN-CVE-2024-3", "Debian", "openssl", "9"),
        record("DEBIAN-CVE-2024-4", "Debian:12", "libssl3", "9"),
        record("GO-1", "Go", "openssl", "9"),
    ];
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    assert_eq!(
        scanned(&documents),
        [
            "2 Debian packages against 3 records [\"DEBIAN-CVE-2024-1 openssl < Some(\\\"3.0.13-1\\\")\", \
             \"DEBIAN-CVE-2024-3 openssl < Some(\\\"9\\\")\"] [] Some(\"2024-05-09T00:00:00Z\")",
            "2 Python distributions against 3 records [\"PYSEC-1 flask-login < Some(\\\"0.7\\\")\"] [] \
             Some(\"2024-05-09T00:00:00Z\")",
        ]
    );
}

#[test]
fn a_document_may_hold_many_records() {
    let (one, two) = (
        record("A", "PyPI", "flask-login", "1"),
        record("B", "PyPI", "flask-login", "2"),
    );
    let expected = "2 Python distributions against 2 records [\"A flask-login < Some(\\\"1\\\")\", \
                    \"B flask-login < Some(\\\"2\\\")\"] [] Some(\"2024-05-02T00:00:00Z\")";
    for document in [
        format!("[{one}, {two}]"),
        format!("{one}\n{two}\n"),
        format!("{one}{two}"),
        format!("{{ \"vulns\": [{one}, {two}]}}"),
        format!("\n[{one}]\n[{two}]"),
    ] {
        assert_eq!(scanned(&[&document]), [expected], "{document}");
    }
}

#[test]
fn withdrawn_records_count_as_read_and_find_nothing() {
    let text = record("A", "PyPI", "flask-login", "1");
    let withdrawn = text.replace("\"id\"", "\"withdrawn\": \"2024-01-01T00:00:00Z\", \"id\"");
    assert_eq!(
        scanned(&[&withdrawn]),
        ["2 Python distributions against 1 record [] [] Some(\"2024-05-02T00:00:00Z\")"]
    );
}

#[test]
fn what_cannot_be_read_or_compared_is_said() {
    let good = record("A", "PyPI", "other", "1");
    let odd = record("ODD", "PyPI", "odd", "1");
    let strange = record("B", "PyPI", "flask-login", "1").replace("\"0\"", "0");
    let found = scanned(&[&good, &odd, "{", "", "<html>", "{}", "3", &strange]);
    assert_eq!(
        found,
        ["2 Python distributions against 3 records [] [\"1.json: it is no record of OSV\"] Some(\"2024-05-04T00:00:00Z\")"
            .replace(
                "[\"1.json: it is no record of OSV\"]",
                "[\"2.json: it is no JSON\", \"3.json: it is empty\", \"4.json: it is no JSON\", \"5.json: it is no record of OSV\", \
                 \"6.json: it is no record of OSV\", \"7.json: `B` is not as OSV's records are\", \"ODD: `1.x` is no version\"]"
            )]
    );
}

#[test]
fn records_about_what_is_not_installed_are_checked() {
    let subjects = Subjects::default();
    let mut scan = Scan::new(&subjects, "test");
    scan.document("a", record("A", "PyPI", "flask-login", "1").as_bytes());
    let outcomes = scan.finish();
    let expected = "0 Python distributions against 1 record [] [] Some(\"2024-05-02T00:00:00Z\")";
    assert_eq!(told(&outcomes), [expected]);
    let all = super::super::Vulnerabilities::new(outcomes, &subjects);
    assert!(!all.is_checked() && all.not_checked().len() == 1);
}

#[test]
fn nothing_that_applies_is_not_checked() {
    let go = record("GO-1", "Go", "x", "1");
    let old = record("D", "Debian:11", "openssl", "1");
    assert_eq!(scanned(&[]), ["not checked: it has no record of OSV"]);
    assert_eq!(
        scanned(&["<html>"]),
        ["not checked: it has no record of OSV: `0.json`: it is no JSON"]
    );
    assert_eq!(
        scanned(&[&go, &old]),
        ["not checked: its records are about Debian:11, Go, and not about debian 12"]
    );
}

#[test]
fn ubuntus_packages_are_not_debians() {
    let mut subjects = subjects();
    subjects.release = None;
    subjects.system = "ubuntu 22.04".into();
    let mut scan = Scan::new(&subjects, "test");
    let record = record("D", "Debian:12", "openssl", "9");
    scan.document("d", record.as_bytes());
    assert_eq!(
        told(&scan.finish()),
        ["not checked: its records are about Debian:12, and not about ubuntu 22.04"]
    );
}

#[test]
fn parts_of_a_source_are_put_together() {
    let subjects = subjects();
    let (mut one, mut two) = (Scan::new(&subjects, "test"), Scan::new(&subjects, "test"));
    one.document("a", record("A", "PyPI", "flask-login", "1").as_bytes());
    two.document("b", record("BB", "PyPI", "flask-login", "2").as_bytes());
    two.unreadable("c", "it is too long");
    one.add(two);
    assert_eq!(
        told(&one.finish()),
        [
            "2 Python distributions against 2 records [\"A flask-login < Some(\\\"1\\\")\", \
          \"BB flask-login < Some(\\\"2\\\")\"] [\"c: it is too long\"] Some(\"2024-05-03T00:00:00Z\")"
        ]
    );
}
