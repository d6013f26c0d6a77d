//! SARIF 2.1.0 (OASIS standard): one run with its rules and results, for code scanning.
//!
//! Never knows what a finding is about: each command makes its own [`Rule`]s and [`Finding`]s.

use serde_json::{Value, json};

/// How bad a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// A serious problem.
    Error,
    /// A problem.
    Warning,
    /// A remark.
    Note,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        }
    }
}

/// What a result is an instance of.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Its name; a run has it once.
    pub(crate) id: String,
    /// A sentence about it.
    pub(crate) summary: String,
    /// Its page on the web.
    pub(crate) help: Option<String>,
    /// The level of its results unless they say otherwise.
    pub(crate) level: Level,
}

/// Lines of a file.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The file, relative to the directory that the program was started in, or absolute.
    pub(crate) path: String,
    /// From 1.
    pub(crate) first_line: usize,
    /// From 1.
    pub(crate) last_line: usize,
}

/// One result.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// The id of a rule of the same run.
    pub(crate) rule: String,
    /// How bad.
    pub(crate) level: Level,
    /// What.
    pub(crate) message: String,
    /// Where, if it is in a file.
    pub(crate) place: Option<Place>,
}

/// The document.
pub(crate) fn render(rules: &[Rule], findings: &[Finding]) -> String {
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| result(finding, rules))
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "constrict",
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": rules.iter().map(descriptor).collect::<Vec<_>>(),
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let text = serde_json::to_string_pretty(&document).expect("plain data");
    format!("{text}\n")
}

fn descriptor(rule: &Rule) -> Value {
    let mut value = json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "defaultConfiguration": { "level": rule.level.name() },
    });
    if let Some(help) = &rule.help {
        value["helpUri"] = json!(help);
    }
    value
}

fn result(finding: &Finding, rules: &[Rule]) -> Value {
    let mut value = json!({
        "ruleId": finding.rule,
        "level": finding.level.name(),
        "message": { "text": finding.message },
    });
    if let Some(index) = rules.iter().position(|rule| rule.id == finding.rule) {
        value["ruleIndex"] = json!(index);
    }
    if let Some(place) = &finding.place {
        value["locations"] = json!([{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&place.path) },
                "region": { "startLine": place.first_line, "endLine": place.last_line },
            },
        }]);
    }
    value
}

/// A path as a reference of RFC 3986: what a path may hold and a reference may not is encoded.
fn uri(path: &str) -> String {
    let mut text = String::new();
    if path.starts_with('/') {
        text.push_str("file://");
    } else if path
        .split('/')
        .next()
        .is_some_and(|first| first.contains(':'))
    {
        text.push_str("./");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => text.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'/' | b':' | b'@' | b'+' | b',' => {
                text.push(char::from(byte))
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        let cases = [
            ("Dockerfile", "Dockerfile"),
            ("a b/Docker#file", "a%20b/Docker%23file"),
            ("/x/Dockerfile", "file:///x/Dockerfile"),
            ("a:b/c", "./a:b/c"),
            ("ü", "%C3%BC"),
        ];
        for (path, expected) in cases {
            assert_eq!(uri(path), expected);
        }
    }

    #[test]
    fn a_run_has_its_rules_and_results() {
        let rule = Rule {
            id: "r".into(),
            summary: "Do not".into(),
            help: Some("https://example.org/r".into()),
            level: Level::Warning,
        };
        let finding = Finding {
            rule: "r".into(),
            level: Level::Error,
            message: "it was done".into(),
            place: Some(Place {
                path: "Dockerfile".into(),
                first_line: 2,
                last_line: 3,
            }),
        };
        let found: Value = serde_json::from_str(&render(&[rule], &[finding])).unwrap();
        let expected = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "constrict",
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": [{
                        "id": "r",
                        "shortDescription": { "text": "Do not" },
                        "defaultConfiguration": { "level": "warning" },
                        "helpUri": "https://example.org/r",
                    }],
                } },
                "columnKind": "unicodeCodePoints",
                "results": [{
                    "ruleId": "r",
                    "ruleIndex": 0,
                    "level": "error",
                    "message": { "text": "it was done" },
                    "locations": [{ "physicalLocation": {
                        "artifactLocation": { "uri": "Dockerfile" },
                        "region": { "startLine": 2, "endLine": 3 },
                    } }],
                }],
            }],
        });
        assert_eq!(found, expected);
    }
}
