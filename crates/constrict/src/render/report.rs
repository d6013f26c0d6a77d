//! Reports for programs. The JSON is described in `docs/check.md`.

use constrict_inspect::{Finding, Report};
use serde_json::{Value, json};

use super::finding::place;

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
