//! `--progress rawjson`, which docs/progress.md describes.

use serde_json::Value;

use crate::machine;
use crate::machine::{Machine, Outcome};

/// The objects on standard error, times and sizes replaced.
fn events(outcome: &Outcome) -> Vec<String> {
    let parse = |line: &str| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        assert!(event["time"].is_f64(), "{line}");
        event.as_object_mut().unwrap().remove("time");
        for field in ["seconds", "size", "digest"] {
            if event.get(field).is_some() {
                event[field] = "…".into();
            }
        }
        event.to_string()
    };
    outcome.stderr.lines().map(parse).collect()
}

fn build(machine: &Machine, dockerfile: &str) -> Outcome {
    machine.write("Dockerfile", dockerfile);
    machine.run(&[
        "build",
        "--network=none",
        "--progress=rawjson",
        "-t",
        "app:1",
        ".",
    ])
}

#[test]
fn privileged_rawjson_is_an_object_an_event() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    machine.build("before", "FROM base:1\nRUN echo one\n");
    let outcome = build(&machine, "FROM base:1\nRUN echo one\nRUN echo two\n");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (0, ""));
    let expected = [
        r#"{"name":"resolving base images","type":"phase"}"#,
        r#"{"name":"[base:1] FROM base:1","type":"cached","vertex":0}"#,
        r#"{"name":"[stage-0 2/3] RUN echo one","type":"cached","vertex":1}"#,
        r#"{"name":"[stage-0 3/3] RUN echo two","type":"started","vertex":2}"#,
        r#"{"line":"two","type":"log","vertex":2}"#,
        r#"{"name":"[stage-0 3/3] RUN echo two","seconds":"…","type":"finished","vertex":2}"#,
        r#"{"name":"assembling the image","type":"phase"}"#,
        r#"{"name":"storing the image","type":"phase"}"#,
        r#"{"cached":1,"digest":"…","layers":3,"names":["docker.io/library/app:1"],"seconds":"…","size":"…","steps":2,"type":"result"}"#,
    ];
    assert_eq!(events(&outcome), expected);
}

#[test]
fn privileged_rawjson_tells_failures_and_warnings() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let outcome = build(&machine, "from base:1 AS x\nRUN echo oh; exit 3\n");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (1, ""));
    let events = events(&outcome);
    let warning = r#"{"message":"'AS' and 'from' keywords' casing do not match","span":[0,16],"type":"warning"}"#;
    assert!(events.contains(&warning.into()), "{events:#?}");
    let failed = r#"{"name":"[x 2/2] RUN echo oh; exit 3","type":"failed","vertex":1}"#;
    assert!(events.contains(&failed.into()), "{events:#?}");
    let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
    assert_eq!(
        (&last["type"], &last["status"]),
        (&"error".into(), &1.into())
    );
    let text = "error: [x 2/2] RUN echo oh; exit 3 failed\n  --> Dockerfile:2\n  2 | RUN echo oh; exit 3\n\
                cause: `echo oh; exit 3` ended with exit status 3\n   | oh";
    assert_eq!(last["text"], text);
}

#[test]
fn privileged_rawjson_tells_transfers() {
    let machine = machine!();
    let outcome = machine.run(&["pull", "--progress=rawjson", "base:1"]);
    let events = events(&outcome);
    for state in ["started", "ended"] {
        let found = events.iter().filter(|event| {
            let event: Value = serde_json::from_str(event).unwrap();
            event["type"] == "transfer"
                && event["state"] == state
                && event["direction"] == "download"
        });
        assert!(found.count() >= 2, "{events:#?}");
    }
}
