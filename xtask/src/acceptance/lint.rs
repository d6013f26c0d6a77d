//! The lint tier: every Dockerfile of `conformance-lint/` judged by `docker build --check` and by `constrict lint`, and the
//! verdicts compared: the same rules at the same lines, no more and no fewer, and both refuse the file or neither does.
//!
//! The context is an empty directory. Never compares the messages of refusals: each builder has its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::lab::Lab;
use super::report::{Finding, Report};
use crate::error::{Error, Result, io, json};
use crate::process;

const ENDING: &str = ".Dockerfile";

/// What a linter says of a file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    /// How often each finding is told: rule, first and last line, message.
    findings: BTreeMap<(String, u64, u64, String), usize>,
    /// Why the file is refused.
    refused: Option<String>,
}

/// Runs the named cases, or all.
pub(crate) fn run(lab: &Lab, names: &[String]) -> Result<Report> {
    let context = lab.work.join("lint-context");
    fs::create_dir_all(&context).map_err(io("create", &context))?;
    let mut report = Report::new("lint");
    for (name, path) in files(lab, names)? {
        // the peers see nothing but /tmp
        let copy = context.with_file_name(format!("{name}{ENDING}"));
        fs::copy(&path, &copy).map_err(io("copy", &path))?;
        let theirs = docker(lab, &copy, &context)?;
        let ours = constrict(lab, &copy)?;
        let mut finding = Finding::new(&name);
        finding
            .differences
            .image
            .extend(differences(&ours, &theirs));
        report.add(lab, finding)?;
    }
    Ok(report)
}

fn files(lab: &Lab, names: &[String]) -> Result<Vec<(String, PathBuf)>> {
    let folder = lab.top.join("conformance-lint");
    let listed = fs::read_dir(&folder).map_err(io("list", &folder))?;
    let mut found: Vec<(String, PathBuf)> = listed
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?.strip_suffix(ENDING)?.to_owned();
            Some((name, path))
        })
        .collect();
    found.sort();
    if let Some(missing) = names
        .iter()
        .find(|name| !found.iter().any(|(known, _)| known == *name))
    {
        return Err(Error::Unknown {
            what: "Dockerfile",
            name: missing.clone(),
        });
    }
    found.retain(|(name, _)| names.is_empty() || names.contains(name));
    Ok(found)
}

fn docker(lab: &Lab, file: &Path, context: &Path) -> Result<Verdict> {
    let mut command = lab.docker();
    command
        .args([
            "build",
            "--call=check,format=json",
            "--progress=quiet",
            "-f",
        ])
        .args([file, context]);
    let ended = process::capture(&mut command)?;
    let document: Value =
        serde_json::from_slice(&ended.stdout).map_err(json("docker's verdict"))?;
    let error = document["buildError"]["message"].as_str();
    let mut verdict = Verdict {
        // a finding that counts as an error is told as one besides
        refused: error
            .filter(|said| !said.starts_with("lint violation found"))
            .map(str::to_owned),
        ..Verdict::default()
    };
    for warning in document["warnings"].as_array().into_iter().flatten() {
        let (first, last) = lines(warning);
        verdict.count(&warning["ruleName"], first, last, &warning["detail"]);
    }
    Ok(verdict)
}

/// The first and the last line of a warning: docker names each line.
fn lines(warning: &Value) -> (u64, u64) {
    let ranges = warning["location"]["ranges"].as_array();
    let ranges: Vec<&Value> = ranges.into_iter().flatten().collect();
    let first = ranges
        .iter()
        .filter_map(|range| range["start"]["line"].as_u64())
        .min();
    let last = ranges
        .iter()
        .filter_map(|range| range["end"]["line"].as_u64())
        .max();
    (first.unwrap_or_default(), last.unwrap_or_default())
}

fn constrict(lab: &Lab, file: &Path) -> Result<Verdict> {
    let mut command = lab.constrict();
    command
        .args(["lint", "--rules", "buildkit", "--format", "json"])
        .arg(file);
    let ended = process::capture(&mut command)?;
    let document: Value =
        serde_json::from_slice(&ended.stdout).map_err(json("constrict's verdict"))?;
    let mut verdict = Verdict {
        refused: document["errors"][0]["message"].as_str().map(str::to_owned),
        ..Verdict::default()
    };
    for finding in document["findings"].as_array().into_iter().flatten() {
        let line = |key: &str| finding[key].as_u64().unwrap_or_default();
        verdict.count(
            &finding["rule"],
            line("line"),
            line("end_line"),
            &finding["message"],
        );
    }
    Ok(verdict)
}

impl Verdict {
    fn count(&mut self, rule: &Value, first: u64, last: u64, message: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        // of several names that are as near, docker suggests another every time
        let message = text(message);
        let message = message
            .split(" (did you mean ")
            .next()
            .unwrap_or_default()
            .to_owned();
        *self
            .findings
            .entry((text(rule), first, last, message))
            .or_default() += 1;
    }
}

fn differences(ours: &Verdict, theirs: &Verdict) -> Vec<String> {
    let mut lines = Vec::new();
    let mut compare = |left: &Verdict, right: &Verdict, who: &str| {
        for (finding, count) in &left.findings {
            let (rule, first, last, message) = finding;
            let others = right.findings.get(finding).copied().unwrap_or_default();
            if *count > others {
                lines.push(format!(
                    "{who} alone tells {rule} at {first}-{last}: {message}"
                ));
            }
        }
    };
    compare(ours, theirs, "constrict");
    compare(theirs, ours, "docker");
    match (&ours.refused, &theirs.refused) {
        (Some(said), None) => lines.push(format!("constrict alone refuses the file: {said}")),
        (None, Some(said)) => lines.push(format!("docker alone refuses the file: {said}")),
        _ => {}
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_that_one_side_alone_tells_are_differences() {
        let verdict = |rules: &[&str], refused: Option<&str>| {
            let mut verdict = Verdict {
                refused: refused.map(str::to_owned),
                ..Verdict::default()
            };
            for rule in rules {
                verdict.count(
                    &Value::from(*rule),
                    1,
                    2,
                    &Value::from("m (did you mean x?)"),
                );
            }
            verdict
        };
        let found = differences(
            &verdict(&["A", "B", "B"], None),
            &verdict(&["B", "C"], Some("no")),
        );
        let expected = [
            "constrict alone tells A at 1-2: m",
            "constrict alone tells B at 1-2: m",
            "docker alone tells C at 1-2: m",
            "docker alone refuses the file: no",
        ];
        assert_eq!(found, expected);
        assert_eq!(
            differences(&verdict(&["A"], None), &verdict(&["A"], None)),
            [""; 0]
        );
    }
}
