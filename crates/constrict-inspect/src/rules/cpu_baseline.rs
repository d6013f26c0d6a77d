//! Row 37: extension modules that need a processor with more than every amd64 machine has.
//!
//! Source: x86-64 psABI, levels of the micro-architecture in `.note.gnu.property`.

use constrict_elf::object::IsaLevel;

use crate::facts::Facts;
use crate::facts::imports::{ModuleKind, Reach};
use crate::files::shown;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "cpu-baseline",
    summary: "a library needs a newer processor than every amd64 machine has",
    severity: Severity::Risk,
    rows: &[37],
    page: include_str!("../../../../docs/rules/cpu-baseline.md"),
    check,
};

/// Distributions whose amd64 wheels say nothing in their objects, and what they need.
const KNOWN: &[(&str, &str, &str)] = &[
    ("polars", "AVX2 and FMA", "`polars-lts-cpu` needs neither"),
    ("tensorflow", "AVX", "another build, or a newer processor"),
    ("jaxlib", "AVX", "another build, or a newer processor"),
];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    if facts.image.config.architecture != "amd64" {
        return;
    }
    let modules = facts
        .imports()
        .runs
        .iter()
        .flat_map(|run| run.modules.values());
    for module in modules
        .filter(|module| module.kind == ModuleKind::Extension && module.need != Reach::Optional)
    {
        let Some(object) = facts.files().object(&module.path) else {
            continue;
        };
        let level = match object.0.isa_needed {
            Some(level @ (IsaLevel::V3 | IsaLevel::V4)) => level,
            _ => continue,
        };
        let (name, year) = if level == IsaLevel::V3 {
            ("x86-64-v3", "2013 (AVX2)")
        } else {
            ("x86-64-v4", "2017 (AVX-512)")
        };
        let message = format!(
            "`{}` needs a processor of level {name}",
            shown(&module.path)
        );
        findings.push(
            Finding::new(RULE.name, Severity::Risk, message)
                .at(facts.place_of(&module.path))
                .because("needed by", module.chain.join(" → "))
                .because("since", format!("about {year}; older and some virtual machines stop with `Illegal instruction`")),
        );
    }
    for (name, features, instead) in KNOWN {
        let imported = facts
            .imports()
            .runs
            .iter()
            .find_map(|run| run.modules.get(*name));
        let (Some(module), Some(found)) = (imported, facts.distributions().by_name(name).next())
        else {
            continue;
        };
        let message = format!(
            "`{name}` {} needs a processor with {features}",
            found.version
        );
        findings.push(
            Finding::new(RULE.name, Severity::Risk, message)
                .at(facts.place_of(&found.info))
                .because("needed by", module.chain.join(" → "))
                .hint(*instead),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, module};

    fn found(name: &str) -> Vec<String> {
        let site = "usr/lib/python3.12/site-packages";
        let sample = Sample::new().file(&format!("{site}/{name}-1.9.0.dist-info/METADATA"), "");
        let path = format!("{site}/{name}/__init__.py");
        let found = sample.importing(
            RULE.name,
            vec![(name, module(&path, ModuleKind::Source, Reach::Sure))],
            vec![],
        );
        found.into_iter().map(|found| found.message).collect()
    }

    #[test]
    fn wheels_that_are_known_to_need_avx_are_named() {
        assert_eq!(
            found("polars"),
            ["`polars` 1.9.0 needs a processor with AVX2 and FMA"]
        );
    }

    #[test]
    fn others_pass() {
        assert_eq!(found("numpy"), [""; 0]);
    }
}
