//! Where a build's input comes from and where its results go.

use std::process::Command;

use serde_json::Value;

use crate::machine;
use crate::machine::Machine;

const DOCKERFILE: &str = "FROM scratch\nCOPY file /dir/file\n";

fn build(machine: &Machine, arguments: &[&str]) -> String {
    let mut all = vec!["build", "-q", "--network=none"];
    all.extend(arguments);
    machine.ok(&all).trim_end().to_string()
}

#[test]
fn privileged_dockerfile_and_context_come_from_where_they_are_said_to_be() {
    let machine = machine!();
    machine.write("file", "content\n");
    machine.write("Dockerfile", DOCKERFILE);
    machine.write("other/Other", DOCKERFILE);
    let digest = build(&machine, &["."]);
    assert_eq!(build(&machine, &["-f", "other/Other", "."]), digest);
    let fed = machine.feed(&["build", "-q", "-f-", "."], DOCKERFILE.as_bytes());
    assert_eq!(fed.stdout.trim_end(), digest);
    let tar = Command::new("tar")
        .args(["-c", "file", "Dockerfile"])
        .current_dir(machine.path("work"))
        .output()
        .unwrap();
    let fed = machine.feed(&["build", "-q", "-"], &tar.stdout);
    assert_eq!(fed.stdout.trim_end(), digest, "{}", fed.stderr);
    let fed = machine.feed(&["build", "-q", "-"], b"FROM scratch\nENV A=b\n");
    assert_eq!(fed.status, 0, "{}", fed.stderr);
    assert!(
        machine.left_behind().is_empty(),
        "{:?}",
        machine.left_behind()
    );
}

#[test]
fn privileged_facts_are_written_to_files() {
    let machine = machine!();
    machine.write("file", "content\n");
    machine.write("Dockerfile", DOCKERFILE);
    let digest = build(
        &machine,
        &[
            "-t",
            "a:1",
            "--iidfile",
            "id",
            "--metadata-file",
            "facts",
            ".",
        ],
    );
    let read = |name: &str| std::fs::read_to_string(machine.path("work").join(name)).unwrap();
    assert_eq!(read("id"), digest);
    let facts: Value = serde_json::from_str(&read("facts")).unwrap();
    assert_eq!(facts["containerimage.digest"], digest);
    assert_eq!(facts["image.name"], "docker.io/library/a:1");
}

#[test]
fn privileged_results_are_files_and_archives() {
    let machine = machine!();
    machine.write("file", "content\n");
    machine.write("Dockerfile", DOCKERFILE);
    build(&machine, &["-o", "out", "."]);
    let copied = std::fs::read_to_string(machine.path("work/out/dir/file")).unwrap();
    assert_eq!(copied, "content\n");
    let names = |output: &str| {
        let list = Command::new("tar")
            .args(["-t", "-f", output])
            .current_dir(machine.path("work"))
            .output()
            .unwrap();
        String::from_utf8(list.stdout).unwrap()
    };
    build(&machine, &["-o", "type=tar,dest=files.tar", "."]);
    assert_eq!(names("files.tar"), "dir/\ndir/file\n");
    build(&machine, &["-t", "a:1", "-o", "type=oci,dest=oci.tar", "."]);
    assert!(
        names("oci.tar").contains("oci-layout\n"),
        "{}",
        names("oci.tar")
    );
    build(
        &machine,
        &["-t", "a:1", "-o", "type=docker,dest=docker.tar", "."],
    );
    assert!(
        names("docker.tar").contains("manifest.json\n"),
        "{}",
        names("docker.tar")
    );
}

#[test]
fn privileged_plain_progress_is_a_line_an_event() {
    let machine = machine!();
    machine.write("Dockerfile", "FROM base:1\nRUN echo hello\n");
    let outcome = machine.run(&["build", "--network=none", "-t", "a", "."]);
    assert_eq!(outcome.stdout, "");
    let steps: Vec<&str> = outcome
        .stderr
        .lines()
        .filter(|line| line.contains("RUN echo hello") || line.ends_with(" hello"))
        .collect();
    assert_eq!(steps.len(), 2, "{}", outcome.stderr);
    let summary = outcome.stderr.lines().last().unwrap();
    assert!(
        summary.starts_with("built a:latest sha256:")
            && summary.ends_with(", 0 of 1 steps cached)"),
        "{summary}"
    );
    let again = machine.run(&["build", "--network=none", "-t", "a", "."]);
    assert!(again.stderr.contains(" CACHED\n"), "{}", again.stderr);
}

#[test]
fn privileged_what_is_copied_is_looked_at_again_only_if_something_changed() {
    let machine = machine!();
    machine.write("file", "one\n");
    machine.write("sub/other", "other\n");
    machine.write(
        "Dockerfile",
        "FROM base:1 AS first\nWORKDIR /w\nCOPY file sub ./\nFROM base:1\nCOPY --from=first /w /w\n",
    );
    let pause = || std::thread::sleep(std::time::Duration::from_millis(2100));
    let build = || build(&machine, &["."]);
    pause();
    let first = build();
    // a plan needs the indexes of layers, and would have them made again
    let indexes = machine.path("data/constrict/indexes");
    let listed = || std::fs::read_dir(&indexes).unwrap().map(Result::unwrap);
    assert!(listed().count() > 0);
    listed().for_each(|index| std::fs::remove_file(index.path()).unwrap());
    assert_eq!(build(), first);
    assert_eq!(listed().count(), 0);

    // content of the same size and with the same time
    let file = machine.path("work/file");
    let modified = std::fs::metadata(&file).unwrap().modified().unwrap();
    let mut digests = vec![first.clone()];
    for content in ["two\n", "one\n"] {
        machine.write("file", content);
        let opened = std::fs::File::options().write(true).open(&file).unwrap();
        opened.set_modified(modified).unwrap();
        digests.push(build());
        pause();
        digests.push(build());
    }
    let [_, changed, same, back, still] = &digests[..] else {
        panic!("{digests:?}")
    };
    assert_ne!(changed, &first);
    assert_eq!((same, back, still), (changed, &first, &first));
}
