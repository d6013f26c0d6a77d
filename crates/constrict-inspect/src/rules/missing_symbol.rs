//! Row 8: an object needs a symbol that nothing it is loaded with defines.
//!
//! Source: dlopen(3); Python opens extension modules with `RTLD_NOW`, musl binds everything at once anyway.

use crate::facts::Facts;
use crate::facts::imports::Reach;
use crate::facts::natives::{Fault, FaultKind, Matter, below_site};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "missing-symbol",
    summary: "an object needs a symbol that no library in the image gives it",
    severity: Severity::Breaks,
    rows: &[8],
    page: include_str!("../../../../docs/rules/missing-symbol.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for fault in facts.natives().of(Matter::Symbol) {
        findings.extend(finding(facts, fault));
    }
}

fn finding(facts: &Facts<'_>, fault: &Fault) -> Option<Finding> {
    let FaultKind::MissingSymbol {
        symbol,
        eager,
        more,
    } = &fault.kind
    else {
        return None;
    };
    let name = below_site(&fault.object);
    let (severity, message) = match fault.need {
        Some(Reach::Sure) if *eager => (
            Severity::Breaks,
            format!("this image cannot start: nothing defines `{symbol}`, which `{name}` needs"),
        ),
        Some(Reach::Optional) => return None,
        _ => (
            Severity::Risk,
            format!("nothing that is sure to be loaded defines `{symbol}`, which `{name}` needs"),
        ),
    };
    let mut finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of(&fault.object))
        .because("needed by", fault.route(Some(symbol)));
    if *more > 0 {
        finding = finding.because("also missing", format!("{more} of its other symbols"));
    }
    let files = facts.files();
    if let Some(owner) = facts.distributions().owner_of(files, &fault.objects[0]) {
        finding = finding.because("from", format!("{} {}", owner.name, owner.version));
    }
    Some(finding.hint(
        "install a version of the distribution that was built for this Python and this system, or build it from source in a stage with the same base",
    ))
}
