//! What an image has, and what all outcomes say together.

use super::*;
use crate::facts::Facts;
use crate::sample::Sample;

const STATUS: &str = "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\n\
                      Version: 3.0.11-1~deb12u1\n\nPackage: openssl\nStatus: install ok installed\nArchitecture: amd64\n\
                      Version: 3.0.11-1~deb12u1\n\nPackage: libc6\nStatus: install ok installed\nArchitecture: amd64\n\
                      Source: glibc (2.36-9)\nVersion: 2.36-9+b1\n\nPackage: python3-six\nStatus: install ok installed\n\
                      Architecture: all\nSource: six\nVersion: 1.16.0-4\n";

fn sample() -> Sample {
    Sample::new()
        .file("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
        .file("var/lib/dpkg/status", STATUS)
        .file(
            "var/lib/dpkg/info/python3-six.list",
            "/usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA\n",
        )
        .file(
            "usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: six\nVersion: 1.16.0\n",
        )
        .file(
            "usr/local/lib/python3.11/site-packages/Flask_Login-0.6.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: Flask_Login\nVersion: 0.6\n",
        )
        .program("usr/bin/python3.11", "")
        .program("usr/local/bin/python3.11", "")
        .file("usr/lib/python3.11/os.py", "")
        .file("usr/local/lib/python3.11/os.py", "")
}

#[test]
fn subjects_are_source_packages_and_distributions_that_are_not_debians() {
    let image = sample().image();
    let facts = Facts::new(&image);
    let subjects = Subjects::of(facts.packages(), facts.system());
    let listed = |ecosystem| -> Vec<String> {
        let shown = |subject: &Subject| {
            let binaries: Vec<&str> = subject.binaries.iter().map(String::as_str).collect();
            format!("{} {} {binaries:?}", subject.name, subject.version)
        };
        subjects.all(ecosystem).map(shown).collect()
    };
    assert_eq!(
        listed(Ecosystem::Debian),
        [
            "glibc 2.36-9 [\"libc6\"]",
            "openssl 3.0.11-1~deb12u1 [\"libssl3\", \"openssl\"]",
            "six 1.16.0-4 [\"python3-six\"]",
        ]
    );
    assert_eq!(listed(Ecosystem::Python), ["flask-login 0.6 []"]);
    assert_eq!(
        (subjects.debians, subjects.architecture.as_deref()),
        (1, Some("amd64"))
    );
    assert_eq!(
        (subjects.release.as_deref(), subjects.system.as_str()),
        (Some("12"), "debian 12")
    );
    assert_eq!(subjects.described(Ecosystem::Debian), "4 Debian packages");
    assert_eq!(
        subjects.described(Ecosystem::Python),
        "1 Python distribution"
    );
}

#[test]
fn other_distributions_have_no_release_of_debian() {
    for release in [
        "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=22.04\n",
        "ID=debian\n",
        "",
    ] {
        let image = Sample::new().file("etc/os-release", release).image();
        let facts = Facts::new(&image);
        assert_eq!(
            Subjects::of(facts.packages(), facts.system()).release,
            None,
            "{release}"
        );
    }
}

#[test]
fn what_no_source_covers_is_not_checked() {
    let image = sample().image();
    let facts = Facts::new(&image);
    let subjects = Subjects::of(facts.packages(), facts.system());
    let none = Vulnerabilities::new(Vec::new(), &subjects);
    assert_eq!(
        (none.not_checked(), none.is_checked()),
        (vec![NO_SOURCE], false)
    );
    let checked = |ecosystem| Outcome::Checked {
        source: "x".into(),
        ecosystem,
        packages: 1,
        what: String::new(),
        known: Vec::new(),
        not_compared: Vec::new(),
        as_of: None,
    };
    let half = Vulnerabilities::new(vec![checked(Ecosystem::Python)], &subjects);
    assert_eq!(half.not_checked(), ["no source covers 4 Debian packages"]);
    let whole = vec![checked(Ecosystem::Python), checked(Ecosystem::Debian)];
    let whole = Vulnerabilities::new(whole, &subjects);
    assert!(whole.not_checked().is_empty() && whole.is_checked() && whole.known().is_empty());
    let empty = Vulnerabilities::new(vec![checked(Ecosystem::Python)], &Subjects::default());
    let alpine = "1 Alpine package: the order of apk's versions is not known here";
    let mut musl = Subjects::default();
    musl.add(
        Ecosystem::Alpine,
        "musl".into(),
        "1.2.5-r0".into(),
        Some("musl".into()),
    );
    let of_alpine = Vulnerabilities::new(vec![checked(Ecosystem::Python)], &musl);
    assert_eq!(of_alpine.not_checked(), [alpine]);
    assert_eq!(
        empty.not_checked(),
        ["the image has no record of a package manager: what is installed is not known"]
    );
}

#[test]
fn outcomes_are_json_and_back() {
    let outcome = Outcome::NotChecked {
        source: Some("debian-security".into()),
        ecosystem: Some(Ecosystem::Debian),
        why: "offline".into(),
    };
    let text = serde_json::to_string(&outcome).unwrap();
    let expected =
        r#"{"outcome":"not-checked","source":"debian-security","ecosystem":"deb","why":"offline"}"#;
    assert_eq!(text, expected);
    assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), outcome);
}
