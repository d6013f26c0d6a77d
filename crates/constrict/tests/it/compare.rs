//! `compare` and `size`: images, archives, directories and Dockerfiles, limits and baselines.

use serde_json::Value;

use crate::machine;
use crate::machine::Machine;

/// A machine with two Dockerfiles that differ by a set-uid file, a shell and a file that is deleted later.
fn with_two(machine: &Machine) {
    machine.write("program", "#!/bin/sh\n");
    machine.write("data.bin", "1234567890");
    machine.write(
        "Dockerfile.single",
        "FROM scratch\nCOPY data.bin /deleted\nCOPY --chmod=4755 program /bin/bash\nCOPY data.bin /app/data.bin\n\
         COPY data.bin /deleted\nEXPOSE 80\nCMD [\"/bin/bash\"]\n",
    );
    machine.write(
        "Dockerfile",
        "FROM scratch AS data\nCOPY data.bin /app/data.bin\n\
         FROM data AS final\nUSER 1000\n",
    );
}

const TWO: [&str; 7] = [
    "compare",
    "-q",
    "--file",
    "Dockerfile.single",
    "--file",
    "Dockerfile",
    "--differences",
];

#[test]
fn privileged_dockerfiles_are_built_and_compared() {
    let machine = machine!();
    with_two(&machine);
    let table = machine.ok(&TWO);
    let lines: Vec<&str> = table
        .lines()
        .take_while(|line| !line.starts_with("Trust"))
        .collect();
    assert_eq!(
        lines,
        [
            "                                             Dockerfile.single  Dockerfile  change",
            "",
            "Size",
            "* size on disk                                        40 bytes    10 bytes   -75 %",
            "* files as a container sees them                      30 bytes    10 bytes   -67 %",
            "* size as pushed                                     473 bytes   136 bytes   -71 %",
            "* bytes that later layers hide                        10 bytes     0 bytes  -100 %",
            "* files                                                      3           1      -2",
            "* layers                                                     4           1      -3",
            "",
            "Attack surface",
            "* set-uid and set-gid files                                  1           0      -1",
            "* shells                                                     1           0      -1",
            "* commands on PATH                                           1           0      -1",
            "",
        ]
    );
    assert!(table.contains("run-time user"), "{table}");
    assert!(
        table.contains("known vulnerabilities: not checked"),
        "{table}"
    );
    assert_eq!(machine.ok(&["images", "-q"]), "", "nothing gets a name");
}

#[test]
fn privileged_what_is_behind_a_number_is_listed() {
    let machine = machine!();
    with_two(&machine);
    let table = machine.ok(&[&TWO[..], &["--show", "set-id,hidden"]].concat());
    let (_, listed) = table.split_once("\nhidden: ").unwrap();
    assert_eq!(
        listed,
        "\
bytes that later layers hide
  why: they are stored and downloaded, anybody can read them, and no container uses them
  source: CIS Docker Benchmark 1.7.0, 4.7
  Dockerfile.single: 10 bytes
    /deleted (10 bytes of layer 0, written again by layer 3)
  Dockerfile: 0 bytes

set-id: set-uid and set-gid files
  why: they run with the rights of their owner, whoever starts them
  source: CIS Docker Benchmark 1.7.0, 4.8
  Dockerfile.single: 1
    /bin/bash (mode 4755, owner 0:0)
  Dockerfile: 0
"
    );
}

#[test]
fn privileged_limits_and_baselines_hold_the_line() {
    let machine = machine!();
    with_two(&machine);
    machine.ok(&[
        &TWO[..],
        &["--fail-if", "shells>0", "--fail-if", "unpacked>1kB"],
    ]
    .concat());
    let outcome = machine.run(&[
        "compare",
        "-q",
        "--file",
        "Dockerfile.single",
        "--fail-if",
        "shells>0",
    ]);
    assert_eq!(outcome.status, 1);
    assert_eq!(
        outcome.stderr,
        "error: limit `shells>0`: shells of `Dockerfile.single`: 1\nhint: --show ROW lists what is behind a number\n"
    );
    // what nobody has looked for is never 0
    let outcome = machine.run(&[
        "compare",
        "-q",
        "--file",
        "Dockerfile",
        "--fail-if",
        "vulnerabilities>0",
    ]);
    assert_eq!(outcome.status, 1);
    assert!(outcome.stderr.contains("not checked"), "{}", outcome.stderr);

    machine.ok(&[
        "compare",
        "-q",
        "--file",
        "Dockerfile",
        "--format",
        "json",
        "-o",
        "kept.json",
    ]);
    machine.ok(&[
        "compare",
        "-q",
        "--file",
        "Dockerfile",
        "--baseline",
        "kept.json",
    ]);
    let outcome = machine.run(&[
        "compare",
        "-q",
        "--file",
        "Dockerfile.single",
        "--baseline",
        "kept.json",
    ]);
    assert_eq!(outcome.status, 1);
    let worse = "error: worse than the baseline: set-uid and set-gid files: 0 before, 1 now\n";
    assert!(outcome.stderr.contains(worse), "{}", outcome.stderr);
}

#[test]
fn privileged_names_archives_layouts_and_directories_give_the_same_numbers() {
    let machine = machine!();
    with_two(&machine);
    let build = ["build", "-q", "--network=none", "-f", "Dockerfile.single"];
    machine.ok(&[&build[..], &["-t", "a:1", "."]].concat());
    machine.ok(&[&build[..], &["-o", "type=docker,dest=a.tar", "."]].concat());
    machine.ok(&[&build[..], &["-o", "type=oci,dest=oci.tar", "."]].concat());
    std::fs::create_dir(machine.path("work/layout")).unwrap();
    let unpacked = std::process::Command::new("tar")
        .args(["-xf", "oci.tar", "-C", "layout"])
        .current_dir(machine.path("work"))
        .status();
    assert!(unpacked.unwrap().success());
    machine.ok(&[&build[..], &["-o", "root", "."]].concat());
    let json = machine.ok(&[
        "compare", "a:1", "a.tar", "layout", "root", "--format", "json",
    ]);
    let document: Value = serde_json::from_str(&json).unwrap();
    let texts = |name: &str| -> Vec<String> {
        let rows = document["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == name).unwrap();
        let values = row["values"].as_array().unwrap().iter();
        values
            .map(|value| value["text"].as_str().unwrap().to_string())
            .collect()
    };
    assert_eq!(texts("visible"), ["30 bytes"; 4]);
    assert_eq!(texts("set-id"), ["1"; 4]);
    assert_eq!(texts("unpacked")[..3], ["40 bytes"; 3]);
    assert_eq!(texts("capabilities"), ["0", "0", "0", "not checked"]);
    for row in ["compressed", "user", "ports", "runs"] {
        assert_eq!(texts(row)[3], "not known", "{row}");
        assert_ne!(texts(row)[0], "not known", "{row}");
    }
}

#[test]
fn privileged_targets_are_columns_and_formats_are_written() {
    let machine = machine!();
    with_two(&machine);
    let both = ["compare", "-q", "--target", "data", "--target", "final"];
    let markdown = machine.ok(&[&both[..], &["--format", "markdown", "--differences"]].concat());
    let note = "known vulnerabilities: not checked: no source is configured: a flag or \\`\\[vulnerabilities\\] sources = \
                \\[\"debian-security\"\\]\\` in \\`constrict.toml\\` names one\n";
    let lines = "|  | data | final | change |\n|---|---:|---:|---:|\n| **Trust** | | | |\n\
                 | **run-time user** | root (no USER) | uid 1000 |  |\n\n";
    assert_eq!(markdown, format!("{lines}{note}"));
    machine.ok(&[&both[..], &["--format", "html", "-o", "page.html"]].concat());
    let page = std::fs::read_to_string(machine.path("work/page.html")).unwrap();
    assert!(
        page.to_ascii_lowercase().starts_with("<!doctype html>"),
        "{}",
        &page[..200]
    );
    assert!(page.contains(r#""name":"final""#));
}

#[test]
fn wrong_use_of_compare_is_told() {
    let machine = Machine::new();
    let told = |arguments: &[&str]| {
        let outcome = machine.run(arguments);
        assert_eq!(outcome.status, 2, "{outcome:?}");
        outcome.stderr.lines().next().unwrap().to_string()
    };
    assert_eq!(told(&["compare"]), "error: nothing to compare");
    assert_eq!(
        told(&["compare", "a", "--fail-if", "shell>0"]),
        "error: `--fail-if shell>0`: no row `shell`"
    );
    assert_eq!(told(&["compare", "a", "--show", "x"]), "error: no row `x`");
    machine.write("kept.json", "{}");
    assert_eq!(
        told(&["compare", "a", "--baseline", "kept.json"]),
        "error: `kept.json` is no comparison: missing field `version` at line 1 column 2"
    );
    assert_eq!(
        told(&["size", "a", "--format", "browse"]),
        "error: `--format browse` needs a terminal"
    );
}

#[test]
fn privileged_sizes_are_told_as_text() {
    let machine = machine!();
    with_two(&machine);
    let build = ["build", "-q", "--network=none", "-f", "Dockerfile.single"];
    machine.ok(&[&build[..], &["-t", "a:1", "."]].concat());
    let text = machine.ok(&["size", "a:1"]);
    assert_eq!(
        text,
        "\
a:1: 40B on disk, 473B as pushed, 30B as a container sees it

Layers (unpacked, as pushed, hidden by later ones)
       10B      104B       10B  COPY data.bin /deleted # buildkit
       10B      129B         -  COPY --chmod=4755 program /bin/bash # buildkit
       10B      136B         -  COPY data.bin /app/data.bin # buildkit
       10B      104B         -  COPY data.bin /deleted # buildkit

Kinds
       30B  data (3 files)
        0B  native (0 files)
        0B  bytecode (0 files)
        0B  source (0 files)
        0B  metadata (0 files)
        0B  cache (0 files)
        0B  documentation (0 files)

In no package
       30B  in 3 files

Hidden by later layers: 10B in 1 files
       10B  /deleted of layer 0, written again by layer 3

What could go
       10B  hidden-files: files that later layers hide: 0 deleted, 1 written again
            when they are made and removed in one RUN, or stay in another stage
            most in / (10B)
"
    );
}

#[test]
fn privileged_files_that_a_layer_deletes_are_hidden() {
    let machine = machine!();
    machine.write("data.bin", "1234567890");
    machine.build(
        "a:1",
        "FROM base:1\nCOPY data.bin /big\nCOPY data.bin /dir/x\nRUN rm -r /big /dir\n",
    );
    let json = machine.ok(&["size", "a:1", "--format", "json"]);
    let document: Value = serde_json::from_str(&json).unwrap();
    let total = &document["size"]["total"];
    let (unpacked, visible) = (&total["unpacked"], &total["visible"]);
    assert_eq!(unpacked.as_u64().unwrap() - visible.as_u64().unwrap(), 20);
    let lost: Vec<_> = document["size"]["lost"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lost| {
            (
                lost["path"].as_str().unwrap(),
                lost["loss"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(lost, [("/big", "deleted"), ("/dir/x", "deleted")]);
}
