//! Whole Dockerfiles in, findings out: `line rule`, in order.

mod buildkit;
mod hadolint;
mod modes;

use std::cell::RefCell;

use constrict_dockerfile::ignore::Ignore;
use constrict_lint::{Family, Options, Report, lint};

/// What a family finds, with no base image known and no ignore file.
fn report(text: &str, family: Family) -> Report {
    let options = Options {
        families: &[family],
        base_env: &|_| None,
        ignore: None,
    };
    lint(text.as_bytes(), &options)
}

fn lines(report: &Report) -> Vec<String> {
    let line =
        |finding: &constrict_lint::Finding| format!("{} {}", finding.first_line, finding.rule.name);
    report.findings.iter().map(line).collect()
}

fn found(text: &str, family: Family) -> Vec<String> {
    let report = report(text, family);
    assert_eq!(report.broken, None, "{text}");
    lines(&report)
}

#[test]
fn rules_have_names_of_their_own() {
    let mut names: Vec<&str> = constrict_lint::rules()
        .iter()
        .map(|rule| rule.name)
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), count > 70), (count, true));
}

#[test]
fn families_are_chosen() {
    let text = "FROM python:3.11-slim\nMAINTAINER x\nEXPOSE 80\nCMD uvicorn app:app\n";
    assert_eq!(
        found(text, Family::Buildkit),
        ["2 MaintainerDeprecated", "4 JSONArgsRecommended"]
    );
    assert_eq!(found(text, Family::Hadolint), ["2 DL4000", "4 DL3025"]);
    assert_eq!(found(text, Family::Constrict), ["4 loopback-only"]);
}

#[test]
fn bases_are_asked_only_where_a_verdict_depends_on_it() {
    let asked = RefCell::new(Vec::new());
    let ask = |image: &str| {
        asked.borrow_mut().push(image.to_owned());
        Some(vec!["KNOWN=1".to_owned()])
    };
    let text = "FROM a:1\nENV A=1 PATH=$PATH:/x\nLABEL a=$A\nFROM b:2\nLABEL k=$KNOWN u=$UNKNOWN\n";
    let options = Options {
        families: &[Family::Buildkit],
        base_env: &ask,
        ignore: None,
    };
    let report = lint(text.as_bytes(), &options);
    assert_eq!(lines(&report), ["5 UndefinedVar"]);
    assert_eq!(*asked.borrow(), ["b:2"]);
}

#[test]
fn ignored_sources_are_told_where_the_check_is_on() {
    let ignore = Ignore::parse(b"foo\n*.log\n").unwrap();
    let lint_with = |text: &str| {
        let options = Options {
            families: &[Family::Buildkit],
            base_env: &|_| None,
            ignore: Some(&ignore),
        };
        lines(&lint(text.as_bytes(), &options))
    };
    let body = "FROM scratch\nCOPY foo /x\nCOPY a.py ./foo/bar x.log /x/\nCOPY . /\nADD https://h/x.log /\n";
    assert_eq!(lint_with(body), [""; 0]);
    let on = format!("# check=experimental=CopyIgnoredFile\n{body}");
    assert_eq!(
        lint_with(&on),
        [
            "3 CopyIgnoredFile",
            "4 CopyIgnoredFile",
            "4 CopyIgnoredFile"
        ]
    );
}

#[test]
fn hostile_files_end() {
    let mut text = "FROM a AS s0\n".to_owned();
    for index in 1..2000 {
        text.push_str(&format!(
            "FROM s{} AS s{index}\nCOPY --from=s0 a b\nRUN x | y\n",
            index - 1
        ));
    }
    assert_eq!(lint_all(&text).broken, None);
    lint_all(&format!("FROM a\nRUN {}\n", "$(".repeat(50_000)));
    lint_all(&format!("FROM a\nENV {}\n", "${a:-".repeat(50_000)));
    lint_all(&format!("FROM a\nCMD {}\n", "[".repeat(50_000)));
    lint_all(
        "FROM a\nLABEL \u{0}=\u{fffd}\nCMD [\"\"]\nENTRYPOINT [\"\", \"\"]\nHEALTHCHECK CMD\n",
    );
}

fn lint_all(text: &str) -> Report {
    let options = Options {
        families: &Family::ALL,
        base_env: &|_| None,
        ignore: None,
    };
    lint(text.as_bytes(), &options)
}
