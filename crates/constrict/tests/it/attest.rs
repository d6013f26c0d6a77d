//! Documents about an image: written beside it, kept with it, pushed with it; and what they never say.

use constrict_oci::Digest;
use serde_json::{Value, json};

use crate::machine;
use crate::machine::Machine;

const DOCKERFILE: &str = "FROM base:1 AS builder\nRUN echo made > /made\n\
    FROM scratch\nARG VERSION\nARG API_TOKEN\nCOPY --from=builder /made /made\nCOPY site /opt/site\n";

/// A machine with something to build, which is written as `x.tar` and pushed with all documents.
fn built(machine: &Machine, more: &[&str]) -> (String, Digest) {
    let info = "site/lib/python3.11/site-packages/six-1.16.0.dist-info/METADATA";
    machine.write(info, "Name: six\nVersion: 1.16.0\n");
    machine.write("Dockerfile", DOCKERFILE);
    let name = format!("{}/team/app:1", machine.registry().host());
    let output = ["-o", "type=oci,dest=x.tar", "--sbom=spdx,cyclonedx"];
    let common = ["build", "-q", "--network=none", "-t", &name, "--push"];
    let all = [&common[..], &output, more, &["."]].concat();
    let digest = machine.ok(&all);
    (name, Digest::parse(digest.trim_end()).unwrap())
}

/// The files beside `x.tar`, by the kind of artifact that they are.
fn beside(machine: &Machine) -> Vec<(String, Vec<u8>)> {
    let file = |(kind, ending): (&str, &str)| {
        let path = machine.path("work").join(format!("x.tar.{ending}"));
        (kind.to_string(), std::fs::read(path).unwrap())
    };
    let files = [
        ("application/spdx+json", "spdx.json"),
        ("application/vnd.cyclonedx+json", "cdx.json"),
        ("application/vnd.in-toto+json", "provenance.json"),
    ];
    files.map(file).into()
}

fn provenance(machine: &Machine) -> Value {
    let (_, text) = beside(machine).pop().unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn privileged_documents_lie_beside_the_output_and_are_pushed_with_the_image() {
    let machine = machine!();
    let (name, digest) = built(&machine, &["--provenance=true"]);
    let written = beside(&machine);
    assert_eq!(machine.registry().referrers("team/app", &digest), written);
    // a bill that `sbom` writes of the image is the same
    let spdx = machine.command(&["sbom", &name]).output().unwrap().stdout;
    assert_eq!(spdx, written[0].1);

    // they stay with the image, under whatever name it is pushed
    let other = format!("{}/other/app:2", machine.registry().host());
    machine.ok(&["tag", &name, &other]);
    machine.ok(&["push", &other]);
    assert_eq!(machine.registry().referrers("other/app", &digest), written);
    machine.ok(&["prune", "-f"]);
    machine.ok(&["push", &other]);

    // a build without them takes nothing away
    let (_, again) = built(&machine, &["--sbom=false"]);
    assert_eq!(again, digest);
    machine.registry().forget_referrers();
    let third = format!("{}/third/app:1", machine.registry().host());
    machine.ok(&["tag", &name, &third]);
    machine.ok(&["push", &third]);
    assert_eq!(machine.registry().referrers("third/app", &digest), written);
    let tag = format!("sha256-{}", digest.hex());
    assert!(machine.registry().manifest("third/app", &tag).is_some());
}

#[test]
fn privileged_provenance_tells_what_an_image_was_made_of() {
    let machine = machine!();
    machine.registry().add_blob("team/app", b"");
    let (name, digest) = built(
        &machine,
        &["--provenance=mode=max", "--build-arg=VERSION=1.2"],
    );
    let statement = provenance(&machine);
    let (_, base) = machine.registry().manifest("library/base", "1").unwrap();
    let base = Digest::of(&base);
    let invocation = statement["predicate"]["runDetails"]["metadata"]["invocationId"].clone();
    assert!(invocation.as_str().unwrap().starts_with("sha256:"));
    let platform =
        statement["predicate"]["buildDefinition"]["externalParameters"]["platform"].clone();
    assert_eq!(
        statement,
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": name, "digest": {"sha256": digest.hex()}}],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": "urn:constrict:build:dockerfile:1",
                    "externalParameters": {
                        "context": {"kind": "directory"},
                        "dockerfile": "Dockerfile",
                        "platform": platform,
                        "buildArgs": {"VERSION": "1.2"},
                        "labels": {},
                        "namedContexts": {},
                        "network": "none",
                        "secrets": [],
                    },
                    "internalParameters": {
                        "buildPlatform": platform,
                        "sourceDateEpoch": 315_619_200,
                    },
                    "resolvedDependencies": [
                        {
                            "uri": "urn:constrict:dockerfile:Dockerfile",
                            "digest": {"sha256": Digest::of(DOCKERFILE.as_bytes()).hex()},
                        },
                        {
                            "uri": format!("pkg:docker/base@1?digest={base}"),
                            "digest": {"sha256": base.hex()},
                        },
                    ],
                },
                "runDetails": {
                    "builder": {
                        "id": "urn:constrict:builder",
                        "version": {"constrict": env!("CARGO_PKG_VERSION")},
                    },
                    "metadata": {"invocationId": invocation},
                },
            },
        })
    );
    let first = beside(&machine);
    built(
        &machine,
        &[
            "--provenance=mode=max",
            "--build-arg=VERSION=1.2",
            "--no-cache",
        ],
    );
    assert_eq!(beside(&machine), first);
}

#[test]
fn privileged_secrets_are_in_no_provenance() {
    let machine = machine!();
    machine.write("secret", "hunter2-e5c1\n");
    let told = |mode: &str| {
        built(
            &machine,
            &[
                mode,
                "--secret=id=s,src=secret",
                "--build-arg=API_TOKEN=hunter2-api",
                "--build-arg=INDEX=https://ci:hunter2-url@index.example/simple",
                "--build-arg=VERSION=1.2-plain",
                "--label=password=hunter2-label",
            ],
        );
        let (_, text) = beside(&machine).pop().unwrap();
        String::from_utf8(text).unwrap()
    };
    let (least, most) = (told("--provenance=mode=min"), told("--provenance=mode=max"));
    for text in [&least, &most] {
        assert!(!text.contains("hunter2"), "{text}");
        // their names are told
        for name in ["\"s\"", "API_TOKEN", "INDEX", "password"] {
            assert!(text.contains(name), "{name} {text}");
        }
    }
    assert!(most.contains("1.2-plain") && !least.contains("1.2-plain"));
}

#[test]
fn what_is_not_done_is_said() {
    let machine = Machine::new();
    let outcome = machine.run(&["build", "--sbom=generator=scanner", "."]);
    assert_eq!(
        (outcome.status, outcome.stderr.as_str()),
        (
            2,
            "error: `--sbom generator=scanner`: no generator is run\n\
             hint: --sbom spdx and --sbom cyclonedx are written by constrict itself\n"
        )
    );
    let outcome = machine.run(&["build", "--attest=type=vex", "."]);
    assert_eq!(
        (outcome.status, outcome.stderr.as_str()),
        (
            2,
            "error: no attestation `vex`\nhint: there is type=sbom and type=provenance\n"
        )
    );
}
