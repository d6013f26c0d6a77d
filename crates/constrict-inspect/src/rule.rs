//! Rules and what they find. Never decides what is printed or how.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};

use crate::facts::Facts;
use crate::mend::Mend;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The image cannot do its job.
    Breaks,
    /// It may fail, depending on what is run or on what happens to it.
    Risk,
    /// It works and carries what it does not need.
    Waste,
}

/// A check of an image.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its name, kebab case; its page is `docs/rules/<name>.md`.
    pub name: &'static str,
    /// One sentence: what is wrong where it finds something.
    pub summary: &'static str,
    /// The worst that it reports.
    pub severity: Severity,
    /// The row of the catalogue of failures that it is made for.
    pub rows: &'static [u8],
    /// The page.
    pub page: &'static str,
    /// Appends what it finds.
    pub check: fn(&Facts<'_>, &mut Vec<Finding>),
}

/// The name of one of [`crate::rules::RULES`].
pub type RuleName = &'static str;

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's name.
    #[serde(deserialize_with = "known_rule")]
    pub rule: RuleName,
    /// How bad it is here.
    pub severity: Severity,
    /// One clause, lower case: ``this image cannot start: `libpq.so.5` is not in it``.
    pub message: String,
    /// Where it comes from.
    pub place: Option<Place>,
    /// What shows it: each line with a label (`needed by`, `found in`, `searched`).
    pub evidence: Vec<Evidence>,
    /// What to do, a command or a line to type.
    pub hint: Option<String>,
    /// What `--fix` does about it.
    pub mend: Option<Mend>,
}

impl Finding {
    /// A finding without place, evidence and mend.
    pub fn new(rule: &'static str, severity: Severity, message: impl Into<String>) -> Finding {
        Finding {
            rule,
            severity,
            message: message.into(),
            place: None,
            evidence: Vec::new(),
            hint: None,
            mend: None,
        }
    }

    /// With one more line of evidence.
    pub fn because(mut self, label: &'static str, text: impl Into<String>) -> Finding {
        self.evidence.push(Evidence {
            label: Cow::Borrowed(label),
            text: text.into(),
        });
        self
    }

    /// With one more line of evidence, before the others.
    pub fn because_first(mut self, label: &'static str, text: impl Into<String>) -> Finding {
        let line = Evidence {
            label: Cow::Borrowed(label),
            text: text.into(),
        };
        self.evidence.insert(0, line);
        self
    }

    /// With a place, if there is one.
    pub fn at(mut self, place: Option<Place>) -> Finding {
        self.place = place;
        self
    }

    /// With a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Finding {
        self.hint = Some(hint.into());
        self
    }

    /// With a mend.
    pub fn mend(mut self, mend: Mend) -> Finding {
        self.mend = Some(mend);
        self
    }
}

/// The name of a rule of ours.
fn known_rule<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    let name = String::deserialize(deserializer)?;
    match crate::rules::find(&name) {
        Some(rule) => Ok(rule.name),
        None => Err(serde::de::Error::custom(format!("no rule `{name}`"))),
    }
}

/// A line of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// `needed by`, `found in`.
    pub label: Cow<'static, str>,
    /// The exact file, symbol, path.
    pub text: String,
}

/// Where a finding points.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "in")]
pub enum Place {
    /// A line of the Dockerfile that the image was built from.
    Dockerfile {
        /// The file's name.
        file: String,
        /// First line 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// A file of the image.
    File {
        /// With a leading `/`.
        path: String,
        /// First line 1, where one is meant.
        line: Option<usize>,
    },
    /// A member of the configuration: `ENTRYPOINT`, `USER`.
    Configuration {
        /// The instruction that sets it.
        member: String,
    },
}
