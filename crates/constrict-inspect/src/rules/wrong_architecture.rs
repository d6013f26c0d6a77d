//! Row 9: an object for another processor than the image's, or for another operating system.

use super::missing_library::objects;
use crate::facts::Facts;
use crate::facts::imports::{MissingModule, Reach};
use crate::facts::natives::{Fault, FaultKind, Foreign, MadeFor, Matter, below_site, foreign};
use crate::files::file_name;
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
    unseen(facts, findings);
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

/// Whether a module is missing because its file is made for another platform, which its name says: this rule reports it.
pub(crate) fn explains(facts: &Facts<'_>, missing: &MissingModule) -> bool {
    platform(facts, missing).is_some()
}

fn platform(facts: &Facts<'_>, missing: &MissingModule) -> Option<(Vec<u8>, String)> {
    match foreign(facts, missing)? {
        Foreign {
            path,
            made_for: MadeFor::Platform(platform),
        } => Some((path, platform)),
        _ => None,
    }
}

/// The first module that the interpreter does not even look for.
fn unseen(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let mut missing: Vec<&MissingModule> = facts
        .imports()
        .runs
        .iter()
        .flat_map(|run| &run.missing)
        .filter(|missing| missing.need != Reach::Optional)
        .collect();
    missing.sort_by_key(|missing| missing.need);
    let first = missing
        .into_iter()
        .find_map(|missing| Some((missing, platform(facts, missing)?)));
    let Some((missing, (path, platform))) = first else {
        return;
    };
    let is = format!("`{}` is made for {platform}", below_site(&path));
    let (severity, message) = match missing.need {
        Reach::Sure => (Severity::Breaks, format!("this image cannot start: {is}")),
        _ => (Severity::Risk, is),
    };
    findings.push(
        Finding::new(RULE.name, severity, message)
            .at(facts.place_of(&path))
            .because("needed by", missing.chain.join(" → "))
            .because(
                "the interpreter passes over",
                String::from_utf8_lossy(file_name(&path)),
            )
            .hint("install wheels in the image, and build every stage for its platform"),
    );
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
