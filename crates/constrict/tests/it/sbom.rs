//! `constrict sbom`: of images, archives and directories; equal images give equal bytes.

use serde_json::Value;

use crate::machine;
use crate::machine::Machine;

const INFO: &str = "site/lib/python3.11/site-packages/six-1.16.0.dist-info";

/// A machine with an image of one distribution, and the files that it is made of.
fn with_distribution(machine: &Machine) {
    let metadata = "Name: six\nVersion: 1.16.0\nLicense: MIT\n";
    machine.write(&format!("{INFO}/METADATA"), metadata);
    machine.build(
        "reg.example/team/app:1",
        "FROM scratch\nCOPY site /opt/site\n",
    );
}

fn components(document: &str) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(document).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let components = document["components"].as_array().unwrap().iter();
    components
        .map(|one| {
            (
                text(&one["purl"]),
                text(&one["evidence"]["occurrences"][0]["location"]),
            )
        })
        .collect()
}

#[test]
fn privileged_an_image_of_the_store_is_listed_as_spdx() {
    let machine = machine!();
    with_distribution(&machine);
    let document = machine.ok(&["sbom", "reg.example/team/app:1"]);
    let digest = machine.ok(&[
        "inspect",
        "--type=image",
        "--format={{.Id}}",
        "reg.example/team/app:1",
    ]);
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["spdxVersion"], "SPDX-2.3");
    assert_eq!(document["creationInfo"]["created"], "1980-01-02T00:00:00Z");
    let packages = document["packages"].as_array().unwrap();
    assert_eq!(packages.len(), 2);
    let root = packages[0]["externalRefs"][0]["referenceLocator"]
        .as_str()
        .unwrap();
    let version = packages[0]["versionInfo"].as_str().unwrap();
    assert!(
        root.starts_with(&format!("pkg:oci/app@{version}?arch="))
            && root.ends_with("&repository_url=reg.example%2Fteam%2Fapp&tag=1"),
        "{root} {digest}"
    );
    assert_eq!(packages[1]["licenseDeclared"], "MIT");
    let source = packages[1]["sourceInfo"].as_str().unwrap();
    assert!(
        source.starts_with(&format!("found by /opt/{INFO} in layer sha256:")),
        "{source}"
    );
}

#[test]
fn privileged_archives_and_directories_are_listed_too_and_twice_the_same() {
    let machine = machine!();
    with_distribution(&machine);
    machine.ok(&["save", "-o", "app.tar", "reg.example/team/app:1"]);
    for (subject, place) in [
        ("reg.example/team/app:1", format!("/opt/{INFO}")),
        ("app.tar", format!("/opt/{INFO}")),
        ("site", format!("/{}", INFO.trim_start_matches("site/"))),
    ] {
        let list = ["sbom", "--format=cyclonedx", "--files", subject];
        let document = machine.ok(&list);
        assert_eq!(
            components(&document),
            [("pkg:pypi/six@1.16.0".to_string(), place)]
        );
        assert!(document.contains("/METADATA\""), "{document}");
        machine.ok(&[&list[..], &["-o", "again.json"]].concat());
        let again = std::fs::read(machine.path("work/again.json")).unwrap();
        assert_eq!(machine.shown(&again), document, "{subject}");
    }
}

#[test]
fn spdx_has_no_list_of_files() {
    let machine = Machine::new();
    let outcome = machine.run(&["sbom", "--files", "app"]);
    assert_eq!(
        (outcome.status, outcome.stderr.as_str()),
        (
            2,
            "error: `--files` is not for SPDX, whose files need SHA-1\n\
             hint: --format cyclonedx has files with SHA-256\n"
        )
    );
}
