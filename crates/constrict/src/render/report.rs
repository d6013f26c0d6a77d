//! Reports for programs. The JSON is described in `docs/check.md`.

use constrict_inspect::rules::RULES;
use constrict_inspect::{Finding, Place, Report, Severity};
use serde_json::{Value, json};

use super::finding::place;
use super::sarif::{self, Level};

/// One JSON document; `start` is what came of `--start`, if that was asked for.
pub(crate) fn json(image: &str, report: &Report, start: Option<Value>) -> String {
    let findings: Vec<Value> = report.findings.iter().map(finding).collect();
    let mut document = json!({ "image": image, "findings": findings });
    if let Some(start) = start {
        document["start"] = start;
    }
    format!(
        "{}\n",
        serde_json::to_string_pretty(&document).expect("plain data")
    )
}

fn finding(found: &Finding) -> Value {
    json!({
        "rule": found.rule,
        "severity": found.severity,
        "message": found.message,
        "place": found.place.as_ref().map(place),
        "evidence": found.evidence,
        "hint": found.hint,
        "mend": found.mend,
    })
}

/// SARIF 2.1.0. A finding that points at no file is a result of the image itself.
pub(crate) fn sarif(image: &str, report: &Report) -> String {
    let found = report.findings.iter();
    let named = RULES
        .iter()
        .filter(|rule| found.clone().any(|finding| finding.rule == rule.name));
    let rules: Vec<sarif::Rule> = named
        .map(|rule| sarif::Rule {
            id: rule.name.into(),
            summary: rule.summary.into(),
            help: None,
            level: level(rule.severity),
        })
        .collect();
    let results: Vec<sarif::Finding> = found.map(|finding| result(image, finding)).collect();
    sarif::render(&rules, &results)
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Breaks => Level::Error,
        Severity::Risk => Level::Warning,
        Severity::Waste => Level::Note,
    }
}

fn result(image: &str, finding: &Finding) -> sarif::Finding {
    let (path, line) = match &finding.place {
        Some(Place::Dockerfile { file, line, .. }) => (file.clone(), *line),
        Some(Place::File { path, line }) => {
            (path.trim_start_matches('/').to_string(), line.unwrap_or(1))
        }
        Some(Place::Configuration { .. }) | None => (image.to_string(), 1),
    };
    let mut message = finding.message.clone();
    for line in &finding.evidence {
        message.push_str(&format!("\n{}: {}", line.label, line.text));
    }
    if let Some(hint) = &finding.hint {
        message.push_str(&format!("\nhint: {hint}"));
    }
    sarif::Finding {
        rule: finding.rule.into(),
        level: level(finding.severity),
        message,
        place: Some(sarif::Place {
            path,
            first_line: line,
            last_line: line,
        }),
    }
}
