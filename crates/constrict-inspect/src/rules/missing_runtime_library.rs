//! Row 13: what compilers take for granted, libstdc++, libgcc, zlib, and the smallest images do not have.

use super::missing_library::finding;
use crate::facts::Facts;
use crate::facts::natives::Matter;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "missing-runtime-library",
    summary: "a compiler's own library (libstdc++, libgcc, zlib) is needed and not in the image",
    severity: Severity::Breaks,
    rows: &[13],
    page: include_str!("../../../../docs/rules/missing-runtime-library.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lack in facts.natives().lacks(Matter::Runtime) {
        findings.extend(finding(facts, &RULE, &lack));
    }
}
