//! Row 9: an object for another processor than the image's, or for another operating system.

use super::missing_library::objects;
use crate::facts::Facts;
use crate::facts::imports::Reach;
use crate::facts::natives::{Fault, FaultKind, Matter, below_site};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "wrong-architecture",
    summary: "an object is made for another processor or operating system than the image",
    severity: Severity::Breaks,
    rows: &[9],
    page: include_str!("../../../../docs/rules/wrong-architecture.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let faults: Vec<&Fault> = facts.natives().of(Matter::Architecture).collect();
    // one finding for what the surest is: a whole site directory may be foreign
    for need in [Some(Reach::Sure), Some(Reach::Maybe), None] {
        let Some(fault) = faults.iter().find(|fault| fault.need == need) else {
            continue;
        };
        let Some(finding) = finding(facts, fault) else {
            continue;
        };
        findings.push(match faults.len() {
            1 => finding,
            count => finding.because("also foreign", objects(count - 1)),
        });
        return;
    }
}

fn finding(facts: &Facts<'_>, fault: &Fault) -> Option<Finding> {
    let name = below_site(&fault.object);
    let is = match &fault.kind {
        FaultKind::WrongMachine { found, expected } => {
            format!("`{name}` is made for {found}, and the image is for {expected}")
        }
        FaultKind::WrongFormat { format } => format!("`{name}` is {format}"),
        _ => return None,
    };
    let (severity, message) = match fault.need {
        Some(Reach::Sure) => (Severity::Breaks, format!("this image cannot start: {is}")),
        _ => (Severity::Risk, is),
    };
    let hint = match &fault.kind {
        FaultKind::WrongMachine { expected, .. } => format!(
            "build every stage for one platform (no `FROM --platform` of another than linux/{expected}), and install wheels in it"
        ),
        _ => "install the distribution in the image, and keep the host's files out of it with `.dockerignore`".into(),
    };
    Some(
        Finding::new(RULE.name, severity, message)
            .at(facts.place_of(&fault.object))
            .because("needed by", fault.route(None))
            .hint(hint),
    )
}
