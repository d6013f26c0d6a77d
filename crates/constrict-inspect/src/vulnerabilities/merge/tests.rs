//! Records with names in common.

use super::*;
use crate::packages::Ecosystem;

fn known(id: &str, aliases: &[&str], package: &str, fixed: Option<&str>) -> Known {
    Known {
        id: id.into(),
        aliases: aliases.iter().map(ToString::to_string).collect(),
        ecosystem: Ecosystem::Python,
        package: package.into(),
        installed: "1.0".into(),
        binaries: Vec::new(),
        fixed: fixed.map(String::from),
        summary: String::new(),
        severity: None,
        source: "test".into(),
    }
}

fn told(all: Vec<Known>) -> Vec<String> {
    let of = |known: &Known| {
        let fixed = known.fixed.as_deref().unwrap_or("none");
        format!("{} {} {:?} {fixed}", known.package, known.id, known.aliases)
    };
    merged(all).iter().map(of).collect()
}

#[test]
fn records_that_share_a_name_are_one() {
    let all = vec![
        known("PYSEC-1", &["CVE-2024-1", "GHSA-1"], "a", Some("1.9")),
        known("GHSA-1", &["CVE-2024-1"], "a", Some("1.10")),
        known("GHSA-2", &["CVE-2024-2"], "a", None),
        known("GHSA-1", &["CVE-2024-1"], "b", None),
        known("CVE-2024-2", &[], "a", Some("3")),
    ];
    assert_eq!(
        told(all),
        [
            "a CVE-2024-2 [\"GHSA-2\"] 3",
            "a GHSA-1 [\"CVE-2024-1\", \"PYSEC-1\"] 1.10",
            "b GHSA-1 [\"CVE-2024-1\"] none",
        ]
    );
}

#[test]
fn a_record_may_connect_two_others() {
    let all = vec![
        known("A", &[], "a", None),
        known("B", &[], "a", None),
        known("C", &["A", "B"], "a", None),
    ];
    assert_eq!(told(all), ["a A [\"B\", \"C\"] none"]);
}

#[test]
fn an_advisory_about_several_stays_only_where_one_of_them_is_missing() {
    let bundle = || known("DSA-1", &["CVE-2024-1", "CVE-2024-2"], "a", Some("2"));
    let one = || known("DEBIAN-CVE-2024-1", &["CVE-2024-1"], "a", Some("2"));
    let two = || known("DEBIAN-CVE-2024-2", &["CVE-2024-2"], "a", Some("2"));
    assert_eq!(
        told(vec![bundle(), one(), two()]),
        [
            "a DEBIAN-CVE-2024-1 [\"CVE-2024-1\"] 2",
            "a DEBIAN-CVE-2024-2 [\"CVE-2024-2\"] 2",
        ]
    );
    assert_eq!(
        told(vec![bundle(), one()]),
        [
            "a DEBIAN-CVE-2024-1 [\"CVE-2024-1\"] 2",
            "a DSA-1 [\"CVE-2024-1\", \"CVE-2024-2\"] 2",
        ]
    );
    assert_eq!(told(vec![bundle(), bundle()]).len(), 1);
}
