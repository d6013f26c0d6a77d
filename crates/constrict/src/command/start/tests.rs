//! What is said of what was seen.

use std::time::Duration;

use constrict_build::container::probe::{Doubt, FailedImport, How, Observation};
use constrict_inspect::{Finding, Report, Severity};
use constrict_sandbox::Exit;

use super::imports::{Failed, Imports};
use super::{Started, exposed, json, text};
use crate::render::style::Style;

fn started(how: How) -> Started {
    Started {
        observation: Observation {
            how,
            after: Duration::from_millis(1240),
            doubts: Vec::new(),
            output: Vec::new(),
            cause: None,
        },
        imports: None,
    }
}

fn said(how: How) -> String {
    text(&started(how), None, Style::Plain)
}

fn report(severity: Severity) -> Report {
    Report {
        findings: vec![Finding::new("missing-library", severity, "it cannot start")],
    }
}

#[test]
fn what_lives_gets_one_line() {
    let here = |port| How::Http { port, status: 404 };
    assert_eq!(
        said(here(80)),
        "start: answers HTTP 404 on port 80 after 1.2 s\n"
    );
    assert_eq!(said(How::Done), "start: exits 0 after 1.2 s\n");
    assert_eq!(said(How::Runs), "start: still runs after 1.2 s\n");
    assert_eq!(
        said(How::Accepts { port: 80 }),
        "start: takes connections on port 80 after 1.2 s, and says nothing\n"
    );
}

#[test]
fn what_dies_says_why() {
    let mut ended = started(How::Ended(Exit::Code(1)));
    ended.observation.cause = Some("KeyError: 'X'".into());
    ended.observation.output = vec![
        "Traceback (most recent call last):".into(),
        "KeyError: 'X'".into(),
    ];
    assert_eq!(
        text(&ended, None, Style::Plain),
        "error[start]: the image ends with exit status 1 after 1.2 s\n  cause: KeyError: 'X'\n  \
         output: Traceback (most recent call last):\n  output: KeyError: 'X'\n"
    );
    let here = vec!["127.0.0.1:8000".parse().unwrap()];
    assert_eq!(
        said(How::Unreachable(here)),
        "error[start]: the image listens on 127.0.0.1:8000 only, where nothing outside the container reaches it \
         (after 1.2 s)\n"
    );
    let why = vec![
        "`a` cannot be executed in the container".into(),
        "Permission denied".into(),
    ];
    assert_eq!(
        said(How::NotStarted(why)),
        "error[start]: the image cannot be started: `a` cannot be executed in the container\n  \
         cause: Permission denied\n"
    );
}

#[test]
fn doubts_are_risks() {
    let mut failing = started(How::Http {
        port: 5000,
        status: 500,
    });
    failing.observation.doubts = vec![Doubt::OtherPort(5000), Doubt::ServerError(500)];
    assert_eq!(
        text(&failing, None, Style::Plain),
        "start: answers HTTP 500 on port 5000 after 1.2 s\n\
         risk[start]: the image listens on port 5000, and exposes others\n\n\
         risk[start]: the answer is a failure of the server, HTTP 500\n"
    );
    assert!(!failing.is_plain(None));
}

#[test]
fn a_check_that_says_otherwise_is_told() {
    let lives = started(How::Done);
    assert!(text(&lives, Some(&report(Severity::Breaks)), Style::Plain).ends_with(
        "note: the check from the files and this run disagree: it found `missing-library`, and the image lives; \
         please report it\n"
    ));
    assert!(lives.is_plain(Some(&report(Severity::Risk))));
    let dies = started(How::Deaf);
    let told = "it found nothing that keeps the image from starting";
    assert_eq!(
        dies.disagreement(Some(&report(Severity::Risk))).as_deref(),
        Some(told)
    );
    assert_eq!(dies.disagreement(Some(&report(Severity::Breaks))), None);
    assert_eq!(dies.disagreement(None), None);
    let document = json(&dies, Some(&Report::default()));
    assert_eq!(document["verdict"], "dies");
    assert_eq!(document["seconds"], 1.2);
    assert_eq!(document["disagreement"], told);
}

#[test]
fn tcp_ports_are_exposed_ones() {
    let ports = ["8000/tcp", "53/udp", "80", "x/tcp"]
        .map(String::from)
        .into();
    assert_eq!(exposed(&ports), [80, 8000]);
}

/// A module that failed with this message.
fn failed(module: &str, error: &str, sure: bool) -> Failed {
    Failed {
        import: FailedImport {
            module: module.into(),
            error: error.into(),
            is_import_error: error.contains("Import") || error.contains("ModuleNotFound"),
        },
        sure,
    }
}

#[test]
fn modules_that_fail_are_told_and_kill_only_what_was_not_heard_of() {
    let imports = Imports {
        tried: 9,
        failed: vec![
            failed("app", "ModuleNotFoundError: No module named 'x'", true),
            failed(
                "app.later",
                "ImportError: liba.so: no such file\nmore",
                false,
            ),
            failed("app.models", "KeyError: 'DATABASE_URL'", true),
            failed(
                "app.a",
                "ImportError: cannot import name 'b' from partially initialized module 'app.b'",
                true,
            ),
        ],
    };
    let mut runs = started(How::Runs);
    runs.imports = Some(imports.clone());
    assert!(!runs.lives());
    assert_eq!(
        text(&runs, None, Style::Plain),
        "start: still runs after 1.2 s\n\
         start: 7 of 9 modules can be imported\n\
         error[start]: of the modules that the image imports at each start, 1 cannot be imported\n  \
         module: `app`: ModuleNotFoundError: No module named 'x'\n\n\
         risk[start]: of the modules that the image may import later, 1 cannot be imported\n  \
         module: `app.later`: ImportError: liba.so: no such file\n"
    );
    let mut answers = started(How::Http {
        port: 80,
        status: 200,
    });
    answers.imports = Some(imports);
    assert!(answers.lives());
    assert!(
        text(&answers, None, Style::Plain)
            .contains("risk[start]: of the modules that the image imports at each start, 1")
    );
    let document = json(&answers, None);
    assert_eq!(document["imports"]["tried"], 9);
    assert_eq!(document["imports"]["failed"][2]["counts"], false);
}
