//! Known vulnerabilities: OSV records of directories, files and servers, Debian's security suite, and what is not checked.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use constrict_testing::{FileServer, LayerTar, Response};

use crate::machine::{Machine, Outcome};

const STATUS: &str = "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\n\
                      Version: 3.0.11-1~deb12u1\n\n";

fn record(id: &str, ecosystem: &str, name: &str, fixed: &str) -> String {
    format!(
        r#"{{"id": "{id}", "modified": "2024-05-01T00:00:00Z", "aliases": ["CVE-2024-{}"], "summary": "about {name}",
        "database_specific": {{"severity": "HIGH"}}, "affected": [{{"package": {{"ecosystem": "{ecosystem}", "name": "{name}"}},
        "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]}}]}}"#,
        id.len()
    )
}

/// A machine with a root directory `root` that has a distribution and a Debian package.
fn machine() -> Machine {
    let machine = Machine::new();
    let site = "root/usr/local/lib/python3.11/site-packages/Flask_Login-0.6.dist-info/METADATA";
    machine.write(
        site,
        "Metadata-Version: 2.1\nName: Flask_Login\nVersion: 0.6\n",
    );
    machine.write("root/usr/local/lib/python3.11/os.py", "");
    machine.write("root/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
    machine.write("root/var/lib/dpkg/status", STATUS);
    machine
}

fn look(machine: &Machine, arguments: &[&str]) -> Outcome {
    let mut all = vec!["vulnerabilities", "root"];
    all.extend(arguments);
    machine.run(&all)
}

const PYTHON: &str =
    "flask-login 0.6\n  PYSEC-1 (CVE-2024-7)  fixed in 0.7  high\n    about flask-login\n\n";
const HALF: &str = "root: 1 known vulnerability in 1 package, 1 of them fixed by a newer version; not everything was checked\n";

#[test]
fn records_of_a_directory_are_compared_with_both_ecosystems() {
    let machine = machine();
    let python = record("PYSEC-1", "PyPI", "flask-login", "0.7");
    machine.write("osv/PyPI/PYSEC-1.json", &python);
    machine.write(
        "osv/a.json",
        &record("DSA-1", "Debian:12", "openssl", "3.0.13-1"),
    );
    machine.write(
        "osv/b.jsonl",
        &record("DSA-22", "Debian:12", "openssl", "3.0.9-1").replace('\n', ""),
    );
    machine.write("osv/README.md", "no record");
    let outcome = look(&machine, &["--source", "osv"]);
    let expected = format!(
        "openssl 3.0.11-1~deb12u1 (libssl3)\n  DSA-1 (CVE-2024-5)  fixed in 3.0.13-1  high\n    about openssl\n\n{PYTHON}\
         root: 2 known vulnerabilities in 2 packages, 2 of them fixed by a newer version\n\
         checked: 1 Debian package against 2 records (osv, as of 2024-05-01)\n\
         checked: 1 Python distribution against 1 record (osv, as of 2024-05-01)\n"
    );
    assert_eq!(
        (outcome.stdout, outcome.stderr, outcome.status),
        (expected, String::new(), 0)
    );
    assert_eq!(
        look(&machine, &["--source", "osv", "--fail-on", "fixed"]).status,
        1
    );
}

#[test]
fn without_a_source_nothing_is_checked() {
    let machine = machine();
    let outcome = look(&machine, &["--fail-on", "any"]);
    let expected = "root: not checked for vulnerabilities\nnot checked: no source is configured: a flag or \
                    `[vulnerabilities] sources = [\"debian-security\"]` in `constrict.toml` names one\n";
    assert_eq!((outcome.stdout.as_str(), outcome.status), (expected, 1));
    let json = look(&machine, &["--format", "json"]).stdout;
    assert!(json.contains("\"checked\": false"), "{json}");
}

#[test]
fn a_server_is_asked_whether_its_records_have_changed() {
    let machine = machine();
    let server = FileServer::start();
    let text = record("PYSEC-1", "PyPI", "flask-login", "0.7");
    let tagged = Response::new(200, text.clone()).header("ETag", "\"one\"");
    server.put("/PYSEC-1.json", tagged);
    let url = server.url("/PYSEC-1.json");
    let expected = format!(
        "{PYTHON}{HALF}checked: 1 Python distribution against 1 record ({url}, as of 2024-05-01)\n\
         not checked: no source covers 1 Debian package\n"
    );
    let first = look(&machine, &["--source", &url]);
    assert_eq!(
        (first.stdout.as_str(), first.stderr.as_str()),
        (expected.as_str(), "")
    );
    server.put("/PYSEC-1.json", Response::new(304, ""));
    assert_eq!(look(&machine, &["--source", &url]).stdout, expected);
    let asked = server.requests();
    assert_eq!(asked[0].header("if-none-match"), None);
    assert_eq!(asked[1].header("if-none-match"), Some("\"one\""));
    server.put(
        "/PYSEC-1.json",
        Response::new(200, text.replace("0.7", "0.8")),
    );
    assert!(
        look(&machine, &["--source", &url])
            .stdout
            .contains("fixed in 0.8")
    );
    let kept = std::fs::read_dir(machine.path("data/constrict/advisories")).unwrap();
    assert_eq!(kept.count(), 2);
    assert_eq!(machine.left_behind(), [""; 0]);
}

#[test]
fn a_source_that_fails_is_not_checked() {
    let machine = machine();
    let server = FileServer::start();
    server.put("/page", Response::new(200, "<html>"));
    let refused = {
        let gone = FileServer::start();
        gone.url("/all.zip")
    };
    let (missing, page) = (server.url("/all.zip"), server.url("/page"));
    for (arguments, why) in [
        (
            vec!["--source", &missing],
            "cannot download `URL`: http status: 404",
        ),
        (
            vec!["--source", &refused],
            "cannot download `URL`: io: Connection refused",
        ),
        (
            vec!["--offline", "--source", &missing],
            "it is not asked, being offline",
        ),
        (
            vec!["--source", &page],
            "it has no record of OSV: `CONTENT`: it is no JSON",
        ),
        (
            vec!["--source", "nowhere"],
            "cannot read `nowhere`: No such file or directory",
        ),
        (
            vec!["--offline", "--source", "debian-security"],
            "it is not asked, being offline",
        ),
    ] {
        let source = *arguments.last().unwrap();
        let outcome = look(&machine, &arguments);
        let told = outcome
            .stdout
            .replace(source, "SOURCE")
            .replace("SOURCE`", "URL`");
        let why = why.replace("nowhere", "URL");
        let (head, content) = why.split_once("`CONTENT`").unwrap_or((&why, ""));
        let expected =
            format!("root: not checked for vulnerabilities\nnot checked: SOURCE: {head}");
        assert!(
            told.starts_with(&expected) && told.contains(content),
            "{expected}\n{told}"
        );
        let rest = "\nnot checked: no source covers 1 Debian package\nnot checked: no source covers 1 Python distribution\n";
        assert!(told.ends_with(rest), "{told}");
        assert_eq!(
            look(&machine, &["--fail-on", "any", "--source", source]).status,
            1
        );
    }
    // and after it was there: what is kept does not stand for what cannot be asked
    let text = record("PYSEC-1", "PyPI", "flask-login", "0.7");
    server.put("/all.zip", Response::new(200, text));
    assert!(
        look(&machine, &["--source", &missing])
            .stdout
            .starts_with(PYTHON)
    );
    server.put("/all.zip", Response::new(404, ""));
    let told = look(&machine, &["--source", &missing]).stdout;
    assert!(told.starts_with("root: not checked"), "{told}");
}

#[test]
fn sources_of_the_configuration_are_taken() {
    let machine = machine();
    machine.write(
        "osv/PYSEC-1.json",
        &record("PYSEC-1", "PyPI", "flask-login", "0.7"),
    );
    machine.write("constrict.toml", "[vulnerabilities]\nsources = [\"osv\"]\n");
    let told = look(&machine, &[]).stdout;
    assert!(told.starts_with(&format!("{PYTHON}{HALF}")), "{told}");
    machine.write(
        "other.json",
        &record("PYSEC-1", "PyPI", "flask-login", "0.6"),
    );
    let told = look(&machine, &["--source", "other.json"]).stdout;
    assert!(
        told.starts_with("root: no known vulnerability in what was checked; not"),
        "{told}"
    );
}

#[test]
fn an_image_of_another_distribution_is_not_debians() {
    let machine = machine();
    machine.write("root/etc/os-release", "ID=ubuntu\nVERSION_ID=\"22.04\"\n");
    let told = look(&machine, &["--source", "debian-security"]).stdout;
    let expected = "root: not checked for vulnerabilities\nnot checked: debian-security: the image is `ubuntu 22.04`, no release \
                    of Debian\n";
    assert!(told.starts_with(expected), "{told}");
}

/// A zip that the system's `zip` makes of a directory.
fn zipped(directory: &Path) -> bool {
    let made = Command::new("zip")
        .args(["-q", "-r", "../all.zip", "."])
        .current_dir(directory)
        .status();
    match made {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("skipped: `zip`: {error}");
            false
        }
    }
}

#[test]
fn a_zip_of_records_is_read_as_the_directory_is() {
    let machine = machine();
    for number in 0..50 {
        let name = if number == 7 { "flask-login" } else { "other" };
        let text = record(&format!("PYSEC-{number}"), "PyPI", name, "0.7");
        machine.write(&format!("osv/PYSEC-{number}.json"), &text);
    }
    if !zipped(&machine.path("work/osv")) {
        return;
    }
    let of_directory = look(&machine, &["--source", "osv"]).stdout;
    assert!(of_directory.contains("PYSEC-7") && of_directory.contains("against 50 records"));
    let of_zip = look(&machine, &["--source", "all.zip"]).stdout;
    assert_eq!(of_zip.replace("all.zip", "osv"), of_directory);
}

#[test]
fn an_archive_is_looked_at_as_a_directory_is() {
    let machine = machine();
    let layer = LayerTar::new()
        .file("etc/os-release", 0o644, "ID=debian\nVERSION_ID=12\n")
        .file("var/lib/dpkg/status", 0o644, STATUS);
    machine
        .registry()
        .add_image("library/app", "1", &[layer.build()]);
    machine.write(
        "dsa.json",
        &record("DSA-1", "Debian:12", "openssl", "3.0.13-1"),
    );
    let outcome = machine.run(&["vulnerabilities", "app:1", "--source", "dsa.json"]);
    let expected = "openssl 3.0.11-1~deb12u1 (libssl3)\n  DSA-1 (CVE-2024-5)  fixed in 3.0.13-1  high\n    about openssl\n\n\
                    app:1: 1 known vulnerability in 1 package, 1 of them fixed by a newer version\n\
                    checked: 1 Debian package against 1 record (dsa.json, as of 2024-05-01)\n";
    assert_eq!(
        (outcome.stdout.as_str(), outcome.status),
        (expected, 0),
        "{}",
        outcome.stderr
    );
}

#[test]
fn network_privileged_a_base_without_security_updates_lacks_what_apt_would_bring() {
    let machine = crate::machine!();
    let build = |tag: &str, dockerfile: &str| {
        machine.write("Dockerfile", dockerfile);
        machine.ok(&["build", "-q", "--bases", "debian", "-t", tag, "."])
    };
    build("new", "FROM debian:bookworm-slim\n");
    // a mirror that has no security suite
    let server = FileServer::start();
    let settings = format!("[debian]\nsecurity = \"{}\"\n", server.url("/none"));
    machine.write("constrict.toml", &settings);
    build("old", "FROM debian:bookworm-slim\n");
    machine.write("constrict.toml", "");
    let told = |image: &str| {
        machine.ok(&[
            "vulnerabilities",
            image,
            "--source",
            "debian-security",
            "--format",
            "json",
        ])
    };
    let known = |document: &str| -> Vec<serde_json::Value> {
        let document: serde_json::Value = serde_json::from_str(document).unwrap();
        assert_eq!(document["checked"], true, "{document}");
        document["known"].as_array().unwrap().clone()
    };
    assert_eq!(known(&told("new")), [serde_json::Value::Null; 0]);
    let old = known(&told("old"));
    let (mut binaries, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for each in &old {
        let text = |name: &str| each[name].as_str().unwrap().to_string();
        ids.insert(text("id"));
        let names = each["binaries"].as_array().unwrap().iter();
        binaries.extend(names.map(|name| name.as_str().unwrap().to_string()));
        let judged = Command::new("dpkg")
            .args([
                "--compare-versions",
                &text("installed"),
                "lt",
                &text("fixed"),
            ])
            .status();
        assert!(judged.is_ok_and(|status| status.success()), "{each}");
    }
    eprintln!("{} known in {} packages", old.len(), binaries.len());
    assert!(ids.iter().any(|id| id.starts_with("CVE-20")), "{ids:?}");
    // what apt would install from there is what is listed
    build(
        "judge",
        "FROM old\nCOPY --from=new /etc/apt/ /etc/apt/\n\
         RUN rm -rf /var/lib/apt/lists/* && apt-get update && apt-get -s dist-upgrade > /upgrades\n",
    );
    let upgrades = machine.ok(&["run", "--rm", "judge", "cat", "/upgrades"]);
    let from_there = upgrades
        .lines()
        .filter(|line| line.starts_with("Inst ") && line.contains("Debian-Security:"));
    let expected: BTreeSet<String> = from_there
        .filter_map(|line| line.split(' ').nth(1))
        .map(String::from)
        .collect();
    assert_eq!(binaries, expected);
}
