//! constrict's verdict on a case: what `build --check=error` ends with and says, and what `check --format json` lists.

use serde::Deserialize;

use super::Case;
use super::verdict::{Found, Ours, Severity};
use crate::acceptance::lab::Lab;
use crate::error::{Result, json};
use crate::process;

/// Builds `case` with the check on; the findings of an image that was built come from `check`.
pub(super) fn judge(lab: &Lab, case: &Case) -> Result<Ours> {
    let tag = format!("check-{}", case.name);
    let mut command = lab.constrict();
    command
        .args(["build", "--progress=plain", "--check=error", "-t", &tag])
        .arg(".")
        .current_dir(&case.context);
    let ended = process::capture(&mut command)?;
    let findings = if ended.ok() {
        listed(lab, &tag)?
    } else {
        read_text(&ended.stderr)
    };
    Ok(Ours {
        status: ended.status,
        findings,
        said: process::last_lines(&ended.stderr, 30),
    })
}

#[derive(Deserialize)]
struct Listing {
    findings: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    rule: String,
    severity: Severity,
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

fn listed(lab: &Lab, tag: &str) -> Result<Vec<Found>> {
    let mut command = lab.constrict();
    command.args(["check", tag, "--format", "json"]);
    let ended = process::capture(&mut command)?;
    let listing: Listing = serde_json::from_slice(&ended.stdout)
        .map_err(json(format!("`constrict check {tag}`: {}", ended.stderr)))?;
    let found = |listed: Listed| Found {
        rule: listed.rule,
        severity: Some(listed.severity),
        text: serde_json::Value::Object(listed.rest).to_string(),
    };
    Ok(listing.findings.into_iter().map(found).collect())
}

/// Findings as a build prints them: `error[RULE]: …`, `risk[RULE]: …`, `waste[RULE]: …`, each with the lines that follow.
fn read_text(text: &str) -> Vec<Found> {
    let mut findings: Vec<Found> = Vec::new();
    for line in text.lines() {
        let head = line
            .split_once("]: ")
            .and_then(|(head, _)| head.split_once('['));
        let severity = match head {
            Some(("error", _)) => Some(Severity::Breaks),
            Some(("risk", _)) => Some(Severity::Risk),
            Some(("waste", _)) => Some(Severity::Waste),
            _ => None,
        };
        match (head, severity) {
            (Some((_, rule)), Some(_)) => findings.push(Found {
                rule: rule.to_owned(),
                severity,
                text: line.to_owned(),
            }),
            _ => {
                if let Some(last) = findings.last_mut() {
                    last.text.push('\n');
                    last.text.push_str(line);
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_of_a_build_are_read_with_their_evidence() {
        let text = "#5 done\nerror[missing-library]: this image cannot start: `libx.so.1` is not in it\n  --> Dockerfile:2\nwaste[package-caches]: x\n";
        let found: Vec<(String, Option<Severity>, String)> = read_text(text)
            .into_iter()
            .map(|found| (found.rule, found.severity, found.text))
            .collect();
        assert_eq!(
            found,
            [
                (
                    "missing-library".to_owned(),
                    Some(Severity::Breaks),
                    "error[missing-library]: this image cannot start: `libx.so.1` is not in it\n  --> Dockerfile:2".to_owned()
                ),
                (
                    "package-caches".to_owned(),
                    Some(Severity::Waste),
                    "waste[package-caches]: x".to_owned()
                ),
            ]
        );
    }
}
