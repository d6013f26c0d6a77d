//! Row 12: OpenGL, X11 and GLib, which OpenCV and others ask for and slim images do not have.

use super::missing_library::finding;
use crate::facts::Facts;
use crate::facts::natives::Matter;
use crate::files::components;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "missing-display-library",
    summary: "a library for windows and graphics is needed and not in the image",
    severity: Severity::Breaks,
    rows: &[12],
    page: include_str!("../../../../docs/rules/missing-display-library.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lack in facts.natives().lacks(Matter::Display) {
        let Some(mut finding) = finding(facts, &RULE, &lack) else {
            continue;
        };
        let mut objects = lack.fault.objects.iter();
        if objects.any(|path| components(path).any(|part| part == b"cv2")) {
            let headless = headless(facts);
            finding = finding.because(
                "without windows",
                format!("`{headless}` has the same module and does not need it"),
            );
        }
        findings.push(finding);
    }
}

/// The distribution of OpenCV without windows that stands for the installed one.
fn headless(facts: &Facts<'_>) -> &'static str {
    let contrib = facts
        .distributions()
        .by_name("opencv-contrib-python")
        .next();
    match contrib {
        Some(_) => "opencv-contrib-python-headless",
        None => "opencv-python-headless",
    }
}
