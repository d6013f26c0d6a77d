//! Row 6: an object was built against a newer C library, or C++ or OpenSSL library, than the image has.
//!
//! Source: symbol versions of the LSB (`DT_VERNEED` against `DT_VERDEF`); the loader says ``version `GLIBC_2.34' not found``.

use std::collections::BTreeMap;

use super::missing_library::objects;
use crate::facts::Facts;
use crate::facts::imports::Reach;
use crate::facts::natives::{Fault, FaultKind, Matter, builders, glibc_version, name_of};
use crate::facts::rebase::entrypoint;
use crate::facts::system::System;
use crate::files::shown;
use crate::image::StageFiles;
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "glibc-too-old",
    summary: "an object needs a newer C or C++ library than the image has",
    severity: Severity::Breaks,
    rows: &[6],
    page: include_str!("../../../../docs/rules/glibc-too-old.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let mut by_library: BTreeMap<&[u8], Vec<(&Fault, &str)>> = BTreeMap::new();
    for fault in facts.natives().of(Matter::Version) {
        if let FaultKind::MissingVersion { library, version } = &fault.kind {
            let faults = by_library.entry(library).or_default();
            faults.push((fault, version));
        }
    }
    for (library, faults) in by_library {
        findings.extend(finding(facts, library, &faults));
    }
}

/// One finding for a library: the surest object with the newest version that it asks for.
fn finding(facts: &Facts<'_>, library: &[u8], faults: &[(&Fault, &str)]) -> Option<Finding> {
    let surest = |fault: &Fault| fault.need.map_or(u8::MAX, |need| need as u8);
    let (fault, version) = *faults
        .iter()
        .min_by_key(|(fault, version)| (surest(fault), std::cmp::Reverse(numbers(version))))?;
    let library_name = name_of(library);
    let (severity, message) = match fault.need {
        Some(Reach::Sure) => (
            Severity::Breaks,
            format!("this image cannot start: its `{library_name}` has no version `{version}`"),
        ),
        Some(Reach::Optional) => return None,
        Some(Reach::Maybe) | None => (
            Severity::Risk,
            format!(
                "the `{library_name}` of this image has no version `{version}`, which an object asks for"
            ),
        ),
    };
    let wanted = format!("{version} of {library_name}");
    let mut finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of(&fault.object))
        .because("needed by", fault.route(Some(&wanted)));
    let mut others: Vec<&[u8]> = faults
        .iter()
        .map(|(fault, _)| fault.object.as_slice())
        .collect();
    others.sort_unstable();
    others.dedup();
    if others.len() > 1 {
        finding = finding.because("also needed by", objects(others.len() - 1));
    }
    if let Some(newest) = newest(facts, library, version) {
        finding = finding.because("the image has", format!("{newest} (`{}`)", shown(library)));
    }
    Some(base(facts, finding, version))
}

/// The numbers in a version: 2 and 34 of `GLIBC_2.34`.
fn numbers(version: &str) -> Vec<u32> {
    let parts = version.split(|letter: char| !letter.is_ascii_digit());
    parts.filter_map(|part| part.parse().ok()).collect()
}

/// The newest version of the same kind that the library defines.
fn newest(facts: &Facts<'_>, library: &[u8], version: &str) -> Option<String> {
    let (kind, _) = version.rsplit_once('_')?;
    let object = facts.files().object(library)?;
    let definitions = object.0.version_definitions.as_ref()?;
    let same = |name: &&String| name.rsplit_once('_').is_some_and(|(it, _)| it == kind);
    definitions
        .iter()
        .filter(same)
        .max_by_key(|name| numbers(name))
        .cloned()
}

/// With a base that is new enough, if a stage has one.
fn base(facts: &Facts<'_>, finding: Finding, version: &str) -> Finding {
    let wanted = match version.strip_prefix("GLIBC_2.") {
        Some(minor) => minor.split('.').next().and_then(|minor| minor.parse().ok()),
        None => glibc_version(facts.files()).map(|minor: u32| minor + 1),
    };
    let enough = |stage: &&StageFiles| {
        wanted.is_some_and(|wanted| glibc_version(&stage.files) >= Some(wanted))
    };
    let stage = builders(facts)
        .into_iter()
        .map(|builder| builder.stage)
        .find(enough);
    let Some(stage) = stage else {
        return finding.hint(
            "begin the last stage with a newer release of the distribution, or install a wheel that was built for an older one",
        );
    };
    let system = System::read(&stage.files);
    let release = system.release.get("PRETTY_NAME").cloned();
    finding
        .because(
            "built in",
            format!(
                "stage `{}`, {} with glibc 2.{}",
                stage.name,
                release.unwrap_or_else(|| stage.base.clone()),
                glibc_version(&stage.files).unwrap_or_default()
            ),
        )
        .hint(format!(
            "begin both stages with one release: FROM {}",
            stage.base
        ))
        .mend(Mend::Base {
            image: stage.base.clone(),
            why: format!(
                "has `{version}`, which files copied from `{}` need",
                stage.name
            ),
            entrypoint: entrypoint(facts),
        })
}
