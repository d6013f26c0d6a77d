//! The check of images: at the end of a build, of images, archives, layouts and directories.

use serde_json::Value;

use crate::machine;
use crate::machine::Machine;

const BROKEN: &str = "FROM scratch\nCOPY --chmod=755 start.sh /start.sh\nCMD [\"/start.sh\"]\n";

/// A machine with a script whose interpreter the image does not have.
fn with_script(machine: &Machine) {
    machine.write("start.sh", "#!/bin/bash\necho hello\n");
    machine.write("Dockerfile", BROKEN);
}

#[test]
fn privileged_an_image_that_cannot_start_gets_no_name() {
    let machine = machine!();
    with_script(&machine);
    let build = [
        "build",
        "--network=none",
        "--progress=plain",
        "-t",
        "a:1",
        ".",
    ];
    let outcome = machine.run(&[&build[..], &["--check=error"]].concat());
    assert_eq!(outcome.status, 1, "{outcome:?}");
    let found = outcome
        .stderr
        .find("error[missing-interpreter]: this image cannot start:");
    assert!(found.is_some(), "{}", outcome.stderr);
    assert!(
        outcome.stderr.ends_with(
            "error: the image was built and is not kept: it cannot do its job\n\
             hint: --check warn builds it all the same, `constrict explain RULE` says more\n"
        ),
        "{}",
        outcome.stderr
    );
    assert_eq!(machine.ok(&["images", "-q"]), "");

    let outcome = machine.run(&[&build[..], &["--check=warn"]].concat());
    assert_eq!(outcome.status, 0, "{outcome:?}");
    assert!(
        outcome.stderr.contains("error[missing-interpreter]:"),
        "{}",
        outcome.stderr
    );
    let outcome = machine.run(&[&build[..], &["--check=off"]].concat());
    assert_eq!(outcome.status, 0);
    assert!(
        !outcome.stderr.contains("missing-interpreter"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn privileged_a_rule_is_allowed_by_a_comment_and_by_the_configuration() {
    let machine = machine!();
    with_script(&machine);
    let build = [
        "build",
        "--network=none",
        "--progress=plain",
        "--check=error",
        ".",
    ];
    machine.write(
        "Dockerfile",
        &format!("# constrict: allow=missing-interpreter\n{BROKEN}"),
    );
    assert_eq!(machine.run(&build).status, 0);
    machine.write("Dockerfile", BROKEN);
    assert_eq!(machine.run(&build).status, 1);
    machine.write(
        "constrict.toml",
        "[check]\nallow = [\"missing-interpreter\"]\n",
    );
    assert_eq!(machine.run(&build).status, 0);
    machine.write(
        "constrict.toml",
        "[check]\nallow = [\"missing-interpretre\"]\n",
    );
    let outcome = machine.run(&build);
    assert_eq!(outcome.status, 2);
    assert!(
        outcome.stderr.ends_with(
            "error: no rule `missing-interpretre`\nhint: `constrict explain` lists the rules\n"
        ),
        "{}",
        outcome.stderr
    );
}

#[test]
fn privileged_images_archives_and_layouts_are_seen_alike() {
    let machine = machine!();
    with_script(&machine);
    let build = [
        "build",
        "--network=none",
        "-q",
        "-t",
        "a:1",
        "-o",
        "type=docker,dest=docker.tar",
        "-o",
        "type=oci,dest=oci.tar",
        ".",
    ];
    machine.ok(&build);
    let layout = machine.path("work").join("layout");
    std::fs::create_dir(&layout).unwrap();
    let unpacked = std::process::Command::new("tar")
        .arg("-xf")
        .arg(machine.path("work").join("oci.tar"))
        .arg("-C")
        .arg(&layout)
        .status()
        .unwrap();
    assert!(unpacked.success());
    let mut rules = Vec::new();
    for subject in ["a:1", "docker.tar", "oci.tar", "layout"] {
        let outcome = machine.run(&["check", "--format=json", subject]);
        assert_eq!(outcome.status, 1, "{subject}: {outcome:?}");
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(report["image"], subject);
        let found = report["findings"].as_array().unwrap().iter();
        rules.push(
            found
                .map(|finding| finding["rule"].as_str().unwrap().to_string())
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(rules[0], ["missing-interpreter"]);
    assert!(rules.iter().all(|found| *found == rules[0]), "{rules:?}");
}

#[test]
fn privileged_findings_are_told_as_sarif() {
    let machine = machine!();
    with_script(&machine);
    machine.ok(&["build", "--network=none", "-q", "-t", "a:1", "."]);
    let outcome = machine.run(&["check", "--format=sarif", "a:1"]);
    assert_eq!(outcome.status, 1, "{outcome:?}");
    let log: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(
        run["tool"]["driver"]["rules"][0]["id"],
        "missing-interpreter"
    );
    let result = &run["results"][0];
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&"missing-interpreter".into(), &"error".into())
    );
    let text = result["message"]["text"].as_str().unwrap();
    assert!(text.starts_with("this image cannot start:"), "{text}");
    let place = &result["locations"][0]["physicalLocation"];
    assert!(place["artifactLocation"]["uri"].is_string(), "{place}");
}

#[test]
fn privileged_a_root_directory_is_looked_at_without_a_command() {
    let machine = machine!();
    with_script(&machine);
    machine.ok(&["build", "--network=none", "-q", "-o", "root", "."]);
    let outcome = machine.run(&["check", "root"]);
    assert_eq!(
        (outcome.status, outcome.stdout.as_str()),
        (0, "root: nothing found\n"),
        "{outcome:?}"
    );
}

#[test]
fn rules_are_explained() {
    let machine = Machine::new();
    let page = machine.ok(&["explain", "missing-interpreter"]);
    assert!(page.starts_with("# missing-interpreter\n"), "{page}");
    let list = machine.ok(&["explain"]);
    assert!(
        list.lines()
            .any(|line| line.starts_with("missing-interpreter ")),
        "{list}"
    );
    let outcome = machine.run(&["explain", "nothing"]);
    assert_eq!(
        (outcome.status, outcome.stderr.as_str()),
        (
            2,
            "error: no rule `nothing`\nhint: `constrict explain` lists the rules\n"
        )
    );
}
