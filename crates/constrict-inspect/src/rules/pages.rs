//! The pages of the rules and their index, `docs/rules/README.md`, are what the rules say. `UPDATE=1` writes the index.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::RULES;
use crate::rule::{Rule, Severity};

const HEAD: &str = "# Rules

What `constrict check` and the end of each `constrict build` look for. *breaks*: the image cannot do its job, and the build
fails. *risk*: it may fail, depending on what is run. *waste*: it carries what it does not need. Given is the worst that a
rule reports; its page says when it reports less. This file is written by the tests of `constrict-inspect`.

| rule | at worst | what it finds |
|---|---|---|
";

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules")
}

fn index() -> String {
    let mut text = HEAD.to_string();
    for severity in [Severity::Breaks, Severity::Risk, Severity::Waste] {
        let mut rules: Vec<&&Rule> = RULES
            .iter()
            .filter(|rule| rule.severity == severity)
            .collect();
        rules.sort_by_key(|rule| rule.rows.first());
        for rule in rules {
            let severity = format!("{severity:?}").to_lowercase();
            writeln!(
                text,
                "| [{0}]({0}.md) | {severity} | {1} |",
                rule.name, rule.summary
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn the_index_lists_every_rule() {
    let path = directory().join("README.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, index()).unwrap();
    }
    let hint = "run the tests of constrict-inspect with UPDATE=1";
    assert_eq!(std::fs::read_to_string(&path).unwrap(), index(), "{hint}");
}

#[test]
fn every_rule_has_a_page_with_its_name() {
    for rule in RULES {
        assert!(
            rule.page.starts_with(&format!("# {}\n", rule.name)),
            "{}",
            rule.name
        );
        assert!(rule.page.contains("llow"), "how to allow {}", rule.name);
        let lines = rule.page.lines().count();
        assert!(lines <= 40, "the page of {} has {lines} lines", rule.name);
        assert!(
            !rule.rows.is_empty() && rule.rows.is_sorted(),
            "rows of {}",
            rule.name
        );
        assert!(!rule.summary.ends_with('.'), "{}", rule.summary);
    }
}

#[test]
fn every_page_has_a_rule() {
    for entry in std::fs::read_dir(directory()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let rule = name.trim_end_matches(".md");
        assert!(
            rule == "README" || super::find(rule).is_some(),
            "no rule for {name}"
        );
    }
}
