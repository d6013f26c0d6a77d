//! Row 14: an interpreter was copied without what its own extension modules need: OpenSSL, libffi, SQLite.

use super::missing_library::finding;
use crate::facts::Facts;
use crate::facts::natives::Matter;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "missing-openssl",
    summary: "OpenSSL, libffi or SQLite, which the standard library needs, is not in the image",
    severity: Severity::Breaks,
    rows: &[14],
    page: include_str!("../../../../docs/rules/missing-openssl.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lack in facts.natives().lacks(Matter::Interpreter) {
        findings.extend(finding(facts, &RULE, &lack));
    }
}
