//! `lint`: whole outputs in the three formats, and the exit status.

use serde_json::{Value, json};

use crate::machine::Machine;

const DOCKERFILE: &str = "FROM python:3.11-slim\nMAINTAINER x\nEXPOSE 8000\nRUN apt-get update \\\n  && apt-get install -y curl\nCMD [\"uvicorn\", \"app:app\"]\n";

#[test]
fn findings_are_printed_with_their_lines() {
    let machine = Machine::new();
    machine.write("Dockerfile", DOCKERFILE);
    let outcome = machine.run(&["lint"]);
    let expected = "\
warning[MaintainerDeprecated]: Maintainer instruction is deprecated in favor of using label
  --> Dockerfile:2  MAINTAINER x
error[DL4000]: MAINTAINER is deprecated: a label says the same
  --> Dockerfile:2  MAINTAINER x
warning[DL3008]: no version of `curl` is named: `curl=VERSION`
  --> Dockerfile:4  RUN apt-get update \\
info[DL3015]: recommended packages come along: `apt-get install --no-install-recommends`
  --> Dockerfile:4  RUN apt-get update \\
info[DL3009]: the lists of apt-get stay in the layer: `&& rm -rf /var/lib/apt/lists/*`
  --> Dockerfile:4  RUN apt-get update \\
warning[loopback-only]: `uvicorn` listens on 127.0.0.1, which EXPOSE does not reach
  --> Dockerfile:6  CMD [\"uvicorn\", \"app:app\"]
  hint: `--host 0.0.0.0`
Dockerfile: 1 error, 3 warnings, 2 info
";
    assert_eq!(
        (
            outcome.status,
            outcome.stdout.as_str(),
            outcome.stderr.as_str()
        ),
        (1, expected, "")
    );
}

#[test]
fn json_has_every_fact_of_a_finding() {
    let machine = Machine::new();
    machine.write(
        "a/Dockerfile",
        "FROM python:3.11-slim\nCMD python \\\n  app.py\n",
    );
    let text = machine.ok(&["lint", "--format=json", "--rules=buildkit", "a"]);
    let expected = json!({
        "findings": [{
            "file": "a/Dockerfile",
            "line": 2,
            "end_line": 3,
            "rule": "JSONArgsRecommended",
            "family": "buildkit",
            "severity": "warning",
            "message": "JSON arguments recommended for CMD to prevent unintended behavior related to OS signals",
            "hint": null,
            "url": "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/",
        }],
        "errors": [],
    });
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
}

#[test]
fn sarif_has_the_structure_of_its_standard() {
    let machine = Machine::new();
    machine.write("Dockerfile", "FROM a:1 AS B\nCOPPY x y\n");
    let outcome = machine.run(&["lint", "--format=sarif"]);
    let place = |line: u64| {
        json!([{ "physicalLocation": {
            "artifactLocation": { "uri": "Dockerfile" },
            "region": { "startLine": line, "endLine": line },
        } }])
    };
    let expected = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "constrict",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": [
                    {
                        "id": "StageNameCasing",
                        "shortDescription": { "text": "Stage names should be lowercase" },
                        "defaultConfiguration": { "level": "warning" },
                        "helpUri": "https://docs.docker.com/go/dockerfile/rule/stage-name-casing/",
                    },
                    {
                        "id": "dockerfile-error",
                        "shortDescription": { "text": "a Dockerfile can be built" },
                        "defaultConfiguration": { "level": "error" },
                    },
                ],
            } },
            "columnKind": "unicodeCodePoints",
            "results": [
                {
                    "ruleId": "StageNameCasing",
                    "ruleIndex": 0,
                    "level": "warning",
                    "message": { "text": "Stage name 'B' should be lowercase" },
                    "locations": place(1),
                },
                {
                    "ruleId": "dockerfile-error",
                    "ruleIndex": 1,
                    "level": "error",
                    "message": { "text": "unknown instruction: `COPPY` (did you mean `COPY`?)" },
                    "locations": place(2),
                },
            ],
        }],
    });
    assert_eq!(outcome.status, 1);
    assert_eq!(
        serde_json::from_str::<Value>(&outcome.stdout).unwrap(),
        expected
    );
}

#[test]
fn the_exit_status_is_that_of_the_worst() {
    let machine = Machine::new();
    let status = |arguments: &[&str], text: &str| {
        let arguments: Vec<&str> = ["lint", "--rules=buildkit", "-"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        machine.feed(&arguments, text.as_bytes()).status
    };
    assert_eq!(status(&[], "FROM a\n"), 0);
    assert_eq!(status(&[], "FROM a\nCMD b\n"), 0);
    assert_eq!(status(&["--strict"], "FROM a\nCMD b\n"), 1);
    assert_eq!(status(&["--strict"], "FROM a\n"), 0);
    assert_eq!(status(&[], "# check=error=true\nFROM a\nCMD b\n"), 1);
    assert_eq!(status(&[], "FROM\n"), 1);
    let outcome = machine.run(&["lint", "nosuch"]);
    let stderr = "error: no Dockerfile at `nosuch`\nhint: constrict lint PATH says where the Dockerfile is\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (2, stderr));
}

#[test]
fn variables_of_base_images_come_from_their_registry() {
    let machine = Machine::new();
    let host = machine.registry().host();
    let text = format!("FROM {host}/nosuch:1\nLABEL a=$JAVA_HOME b=$NOPE\n");
    let told = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["lint", "--rules=buildkit", "--format=json", "-"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        let outcome = machine.feed(&arguments, text.as_bytes());
        let document: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let messages = document["findings"].as_array().unwrap().iter();
        messages
            .map(|finding| finding["message"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // nobody knows that image: what bases often set may be set
    let unknown = ["Usage of undefined variable '$NOPE'"];
    assert_eq!(told(&["--offline"]), unknown);
    assert_eq!(told(&[]), unknown);
    machine.registry().add_image("nosuch", "1", &[]);
    let known = [
        "Usage of undefined variable '$JAVA_HOME'",
        "Usage of undefined variable '$NOPE'",
    ];
    assert_eq!(told(&[]), known);
    assert_eq!(told(&["--offline"]), unknown);
}

#[test]
fn the_ignore_file_beside_the_dockerfile_counts() {
    let machine = Machine::new();
    machine.write(
        "Dockerfile",
        "# check=experimental=all\nFROM scratch\nCOPY secret.key /\n",
    );
    machine.write(".dockerignore", "*.key\n");
    let text = machine.ok(&["lint", "--rules", "buildkit"]);
    let expected = "\
warning[CopyIgnoredFile]: Attempting to Copy file \"secret.key\" that is excluded by .dockerignore
  --> Dockerfile:3  COPY secret.key /
Dockerfile: 1 warning
";
    assert_eq!(text, expected);
    assert_eq!(
        machine.ok(&["lint", "--rules", "constrict", "Dockerfile"]),
        "Dockerfile: nothing found\n"
    );
}
