//! A lint report for people, as JSON, and as SARIF.
//!
//! ```text
//! warning[JSONArgsRecommended]: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals
//!   --> Dockerfile:3  CMD python app.py
//!   hint: …
//! Dockerfile: 1 warning
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;

use constrict_lint::{Report, Severity};
use serde_json::json;

use super::sarif::{self, Level, Place};
use super::style::Style;

/// More characters of a line are not shown.
const SHOWN: usize = 100;

/// The name that a file which cannot be built has among the rules of SARIF.
const BROKEN: &str = "dockerfile-error";

/// A file and what was found in it.
pub(crate) struct Linted {
    /// How messages call it.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: Vec<u8>,
    /// What was found.
    pub(crate) report: Report,
}

/// The reports for people.
pub(crate) fn text(files: &[Linted], style: Style) -> String {
    files
        .iter()
        .map(|file| one(&file.name, &file.text, &file.report, style))
        .collect()
}

fn one(name: &str, content: &[u8], report: &Report, style: Style) -> String {
    let lines: Vec<&[u8]> = content.split(|byte| *byte == b'\n').collect();
    let place = |line: usize| {
        let source = lines.get(line.saturating_sub(1)).copied();
        let source = String::from_utf8_lossy(source.unwrap_or_default()).into_owned();
        format!(
            "  {} {name}:{line}  {}\n",
            style.blue("-->"),
            cut(source.trim())
        )
    };
    let mut text = String::new();
    for finding in &report.findings {
        let label = format!("{}[{}]:", finding.rule.severity.name(), finding.rule.name);
        let label = match finding.rule.severity {
            Severity::Error => style.red(&label),
            Severity::Warning => style.yellow(&label),
            Severity::Info | Severity::Style => style.bold(&label),
        };
        let _ = writeln!(text, "{label} {}", finding.message);
        text.push_str(&place(finding.first_line));
        if let Some(hint) = &finding.hint {
            let _ = writeln!(text, "  {} {hint}", style.green("hint:"));
        }
    }
    if let Some(broken) = &report.broken {
        let _ = writeln!(text, "{} {}", style.red("error:"), broken.message);
        if broken.line > 0 {
            text.push_str(&place(broken.line));
        }
    }
    let _ = writeln!(text, "{name}: {}", sum(report));
    text
}

fn cut(line: &str) -> String {
    if line.chars().count() <= SHOWN {
        return line.to_owned();
    }
    let start: String = line.chars().take(SHOWN - 1).collect();
    format!("{start}…")
}

/// `1 error, 3 warnings`.
fn sum(report: &Report) -> String {
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    for finding in &report.findings {
        *counts.entry(finding.rule.severity).or_default() += 1;
    }
    if report.broken.is_some() {
        *counts.entry(Severity::Error).or_default() += 1;
    }
    let counted = |(severity, count): (Severity, usize)| match (severity, count) {
        (Severity::Info, count) => format!("{count} info"),
        (severity, 1) => format!("1 {}", severity.name()),
        (Severity::Style, count) => format!("{count} style"),
        (severity, count) => format!("{count} {}s", severity.name()),
    };
    let parts: Vec<String> = counts.into_iter().map(counted).collect();
    match parts.is_empty() {
        true => "nothing found".to_owned(),
        false => parts.join(", "),
    }
}

/// The reports as one JSON document.
pub(crate) fn json(files: &[Linted]) -> String {
    let mut findings = Vec::new();
    let mut errors = Vec::new();
    for Linted { name, report, .. } in files {
        for finding in &report.findings {
            findings.push(json!({
                "file": name,
                "line": finding.first_line,
                "end_line": finding.last_line,
                "rule": finding.rule.name,
                "family": finding.rule.family.name(),
                "severity": finding.rule.severity.name(),
                "message": finding.message,
                "hint": finding.hint,
                "url": finding.rule.url,
            }));
        }
        errors.extend(report.broken.iter().map(|broken| {
            json!({
                "file": name,
                "line": (broken.line > 0).then_some(broken.line),
                "message": broken.message,
            })
        }));
    }
    let all = json!({ "findings": findings, "errors": errors });
    let text = serde_json::to_string_pretty(&all).expect("plain data");
    format!("{text}\n")
}

/// The reports as SARIF.
pub(crate) fn sarif(files: &[Linted]) -> String {
    let mut rules: BTreeMap<&str, sarif::Rule> = BTreeMap::new();
    let mut results = Vec::new();
    for Linted { name, report, .. } in files {
        for finding in &report.findings {
            let level = level(finding.rule.severity);
            rules
                .entry(finding.rule.name)
                .or_insert_with(|| sarif::Rule {
                    id: finding.rule.name.to_owned(),
                    summary: finding.rule.summary.to_owned(),
                    help: finding.rule.url.map(str::to_owned),
                    level,
                });
            let hint = finding
                .hint
                .as_ref()
                .map_or_else(String::new, |hint| format!(". Hint: {hint}"));
            results.push(sarif::Finding {
                rule: finding.rule.name.to_owned(),
                level,
                message: format!("{}{hint}", finding.message),
                place: Some(Place {
                    path: name.clone(),
                    first_line: finding.first_line,
                    last_line: finding.last_line,
                }),
            });
        }
        if let Some(broken) = &report.broken {
            rules.entry(BROKEN).or_insert_with(|| sarif::Rule {
                id: BROKEN.to_owned(),
                summary: "a Dockerfile can be built".to_owned(),
                help: None,
                level: Level::Error,
            });
            results.push(sarif::Finding {
                rule: BROKEN.to_owned(),
                level: Level::Error,
                message: broken.message.clone(),
                place: Some(Place {
                    path: name.clone(),
                    first_line: broken.line.max(1),
                    last_line: broken.line.max(1),
                }),
            });
        }
    }
    let rules: Vec<sarif::Rule> = rules.into_values().collect();
    sarif::render(&rules, &results)
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Info | Severity::Style => Level::Note,
    }
}
