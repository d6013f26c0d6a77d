//! Row 37: extension modules that need a processor with more than every amd64 machine has.
//!
//! Source: x86-64 psABI, levels of the micro-architecture in `.note.gnu.property`.

use std::collections::BTreeMap;

use constrict_elf::object::IsaLevel;

use crate::facts::Facts;
use crate::facts::imports::{ModuleKind, Reach};
use crate::facts::sources::own_sources;
use crate::files::{components, join, parent, shown};
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

/// Libraries beside sources that are looked at.
const MOST: usize = 100;

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    if facts.image.config.architecture != "amd64" {
        return;
    }
    let runs = facts.imports().runs.iter();
    let modules = runs.flat_map(|run| run.modules.values());
    let modules = modules
        .filter(|module| module.kind == ModuleKind::Extension && module.need != Reach::Optional);
    let mut objects: BTreeMap<Vec<u8>, String> = modules
        .map(|module| (module.path.clone(), module.chain.join(" → ")))
        .collect();
    for path in beside_sources(facts) {
        objects
            .entry(path)
            .or_insert_with(|| "lies beside the application".into());
    }
    for (path, chain) in objects {
        findings.extend(by_property(facts, &path, chain));
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

/// What the property of an object asks for.
fn by_property(facts: &Facts<'_>, path: &[u8], chain: String) -> Option<Finding> {
    let object = facts.files().object(path)?;
    let (level, year) = match object.0.isa_needed? {
        IsaLevel::V3 => ("x86-64-v3", "2013 (AVX2)"),
        IsaLevel::V4 => ("x86-64-v4", "2017 (AVX-512)"),
        _ => return None,
    };
    let message = format!("`{}` needs a processor of level {level}", shown(path));
    let finding = Finding::new(RULE.name, Severity::Risk, message)
        .at(facts.place_of(path))
        .because("needed by", chain)
        .because(
            "since",
            format!("about {year}; on older and some virtual machines it is not loaded"),
        );
    Some(finding)
}

/// Shared libraries in the directories of the application's sources.
fn beside_sources(facts: &Facts<'_>) -> Vec<Vec<u8>> {
    let mut directories: Vec<Vec<u8>> = own_sources(facts, facts.imports())
        .iter()
        .map(|source| parent(&source.path).to_vec())
        .collect();
    directories.retain(|directory| components(directory).count() > 0);
    directories.sort();
    directories.dedup();
    let library =
        |name: &[u8]| name.ends_with(b".so") || name.windows(4).any(|part| part == b".so.");
    let inside = directories.iter().flat_map(|directory| {
        let files = facts.files().list(directory).into_iter();
        files
            .filter(|(name, node)| node.is_file() && library(name))
            .map(|(name, _)| join(directory, name))
    });
    inside.take(MOST).collect()
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
