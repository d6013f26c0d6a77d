//! What of an image an intruder can use, or a scanner can see: counts, and the files behind each. Facts, no score.
//!
//! | what | where |
//! |---|---|
//! | shells, interpreters, package managers, compilers, network clients, commands | `programs` |
//! | set-id files, capabilities, writable places | `permissions` |
//! | native code, headers, leftovers, bytes that a package has | `files` |
//! | user, ports, shell form | `configuration` |

mod configuration;
mod files;
mod permissions;
mod programs;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::report::Report;
use crate::rule::{Finding, Severity};
use crate::survey::Survey;

/// What was counted of one image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// The number: a count, bytes, a percentage, 1 for yes; none if it is not known.
    pub value: Option<u64>,
    /// As people read it.
    pub text: String,
    /// What is behind it.
    pub items: Vec<Item>,
    /// Why it is not known: `not checked: no source is configured`.
    pub missing: Option<String>,
}

/// One file, package or setting behind a number.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Item {
    /// `/usr/bin/bash`, `libc6`.
    pub name: String,
    /// `bash 5.2`, `mode 4755`; may be empty.
    pub detail: String,
}

impl Item {
    /// A file.
    fn file(path: &[u8], detail: impl Into<String>) -> Item {
        Item {
            name: crate::files::shown(path),
            detail: detail.into(),
        }
    }
}

impl Value {
    /// As many as there are items.
    pub fn count(items: Vec<Item>) -> Value {
        Value {
            value: Some(items.len() as u64),
            text: items.len().to_string(),
            items,
            missing: None,
        }
    }

    /// A number of bytes.
    pub fn bytes(bytes: u64, items: Vec<Item>) -> Value {
        Value {
            value: Some(bytes),
            text: crate::quantity::bytes(bytes),
            items,
            missing: None,
        }
    }

    /// A share in percent, rounded down.
    pub fn percent(percent: u64, items: Vec<Item>) -> Value {
        Value {
            value: Some(percent),
            text: format!("{percent} %"),
            items,
            missing: None,
        }
    }

    /// A word, with the number behind it.
    pub fn text(text: impl Into<String>, value: u64, items: Vec<Item>) -> Value {
        Value {
            value: Some(value),
            text: text.into(),
            items,
            missing: None,
        }
    }

    /// Not known, and why.
    pub fn missing(why: impl Into<String>) -> Value {
        let why = why.into();
        Value {
            value: None,
            text: why.split(':').next().unwrap_or_default().to_string(),
            items: Vec::new(),
            missing: Some(why),
        }
    }
}

/// Counts everything, by the names of `compare::ROWS`.
pub fn surface(facts: &Facts<'_>, survey: &Survey<'_>, report: &Report) -> BTreeMap<String, Value> {
    let counted = [
        ("set-id", permissions::set_id(survey)),
        ("capabilities", permissions::capabilities(facts)),
        ("world-writable", permissions::world_writable(facts)),
        ("shells", programs::named(facts, survey, &programs::SHELLS)),
        (
            "interpreters",
            programs::named(facts, survey, &programs::INTERPRETERS),
        ),
        (
            "package-managers",
            programs::package_managers(facts, survey),
        ),
        (
            "compilers",
            programs::named(facts, survey, &programs::COMPILERS),
        ),
        (
            "network-clients",
            programs::named(facts, survey, &programs::NETWORK_CLIENTS),
        ),
        ("commands", programs::commands(facts)),
        ("elf-objects", files::elf_objects(survey)),
        ("native-code", files::native_code(survey)),
        ("headers", files::headers(survey)),
        ("leftovers", files::leftovers(survey)),
        ("owned", files::owned(survey)),
        ("user", configuration::user(facts)),
        ("shell-form", configuration::shell_form(facts)),
        ("ports", configuration::ports(facts)),
        ("secrets", secrets(report)),
        ("runs", runs(report)),
    ];
    let named = counted.map(|(name, value)| (name.to_string(), value));
    named.into()
}

fn secrets(report: &Report) -> Value {
    let found = report
        .findings
        .iter()
        .filter(|finding| finding.rule == "secret-in-image");
    Value::count(found.map(item).collect())
}

fn runs(report: &Report) -> Value {
    let mut breaks = report
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Breaks)
        // a secret is found in images that run well
        .filter(|finding| finding.rule != "secret-in-image");
    match breaks.next() {
        None => Value::text("yes", 1, Vec::new()),
        Some(first) => {
            let text = format!("no: {}", first.message);
            let items = [first].into_iter().chain(breaks).map(item).collect();
            Value::text(text, 0, items)
        }
    }
}

fn item(finding: &Finding) -> Item {
    let evidence = finding.evidence.iter();
    let evidence = evidence.map(|evidence| format!("{}: {}", evidence.label, evidence.text));
    Item {
        name: format!("{}: {}", finding.rule, finding.message),
        detail: evidence.collect::<Vec<_>>().join("; "),
    }
}

#[cfg(test)]
mod tests;
