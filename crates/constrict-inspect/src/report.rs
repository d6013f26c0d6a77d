//! All findings of an image, sorted and each once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::image::Image;
use crate::rule::{Finding, Severity};
use crate::rules::RULES;

/// What the rules found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Worst first; of one severity in the order of the rules.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether something was found that keeps the image from doing its job.
    pub fn breaks(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Breaks)
    }

    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

/// Applies every rule whose name `allowed` does not contain.
pub fn check(image: &Image, allowed: &dyn Fn(&str) -> bool) -> Report {
    check_facts(&Facts::new(image), allowed)
}

/// The same, for somebody who goes on with the facts.
pub fn check_facts(facts: &Facts<'_>, allowed: &dyn Fn(&str) -> bool) -> Report {
    let mut findings = Vec::new();
    for rule in RULES.iter().filter(|rule| !allowed(rule.name)) {
        (rule.check)(facts, &mut findings);
    }
    findings.sort_by_key(|finding| finding.severity);
    // one claim once, with what shows it first
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert((finding.rule, finding.message.clone())));
    Report { findings }
}
