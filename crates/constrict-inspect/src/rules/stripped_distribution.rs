//! Row 40: a distribution without a part of its modules, as tools leave it that keep only what a trial run read.

use crate::facts::Facts;
use crate::facts::distribution::Distribution;
use crate::facts::imports::{Absence, MissingModule};
use crate::files::{Files, file_name, join, parent, shown};
use crate::quantity::{count, some};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "stripped-distribution",
    summary: "modules of an installed distribution were removed",
    severity: Severity::Breaks,
    rows: &[40],
    page: include_str!("../../../../docs/rules/stripped-distribution.md"),
    check,
};

/// Fewer missing modules are nobody's doing.
const LEAST: usize = 3;
/// Directories that are left out on purpose.
const SPARE: &[&[u8]] = &[
    b"test",
    b"tests",
    b"testing",
    b"_tests",
    b"docs",
    b"doc",
    b"examples",
    b"example",
    b"benchmarks",
    b"_pyinstaller",
];

/// Whether a missing module is one of a distribution that lost modules.
pub(crate) fn explains(facts: &Facts<'_>, missing: &MissingModule) -> bool {
    let mut stripped = facts.distributions().all.iter();
    missing.why == Absence::NotFound
        && stripped.any(|distribution| {
            missing.searched.contains(&distribution.site)
                && lists(facts.files(), distribution, missing)
                && lost(facts.files(), distribution).len() >= LEAST
        })
}

/// Whether the record of a distribution lists a missing module.
fn lists(files: &Files, distribution: &Distribution, missing: &MissingModule) -> bool {
    let below = missing.name.replace('.', "/");
    let start = join(&distribution.site, below.as_bytes());
    let paths = [".py", "/__init__.py"].map(|end| [&start[..], end.as_bytes()].concat());
    let mut record = distribution.documents(files).record.iter();
    record.any(|recorded| paths.contains(&recorded.path))
}

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for distribution in &facts.distributions().all {
        let lost = lost(facts.files(), distribution);
        if lost.len() < LEAST {
            continue;
        }
        let runs = facts.imports().runs.iter();
        let needed = runs
            .flat_map(|run| run.missing.iter().map(move |missing| (run, missing)))
            .filter(|(_, missing)| {
                missing.why == Absence::NotFound
                    && missing.searched.contains(&distribution.site)
                    && lists(facts.files(), distribution, missing)
            })
            .filter_map(|(run, missing)| Some((run.severity(facts, missing.need)?, missing)))
            .min_by_key(|(severity, _)| *severity);
        let (name, version) = (&distribution.name, &distribution.version);
        let gone = format!("{} of `{name}` {version}", count(lost.len(), "module"));
        let finding = match &needed {
            Some((Severity::Breaks, missing)) => Finding::new(
                RULE.name,
                Severity::Breaks,
                format!(
                    "this image cannot start: {gone} were removed, and `{}` is needed",
                    missing.name
                ),
            ),
            _ => Finding::new(
                RULE.name,
                Severity::Risk,
                format!("{gone} are not in this image"),
            ),
        };
        let finding = match needed {
            Some((_, missing)) => finding.because("needed by", missing.chain.join(" → ")),
            None => finding,
        };
        findings.push(
            finding
                .at(facts.place_of(&distribution.info))
                .because("missing", some(&lost, 5))
                .because("listed in", shown(&distribution.file("RECORD")))
                .hint("keep distributions whole, or leave them out whole"),
        );
    }
}

/// The recorded modules that are not there, if others of the same directory or distribution are.
fn lost(files: &Files, distribution: &Distribution) -> Vec<String> {
    let inside = [distribution.site.as_slice(), b"/"].concat();
    let record = &distribution.documents(files).record;
    let module = |path: &&[u8]| {
        let spare = path
            .split(|byte| *byte == b'/')
            .any(|part| SPARE.contains(&part));
        path.starts_with(&inside) && path.ends_with(b".py") && !spare
    };
    let (there, gone): (Vec<&[u8]>, Vec<&[u8]>) = record
        .iter()
        .map(|recorded| recorded.path.as_slice())
        .filter(module)
        .partition(|path| is_there(files, path));
    // what stayed behind with all that is in it was not removed
    let top = |path: &[u8]| {
        let rest = &path[inside.len()..];
        let first = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
        join(&distribution.site, first)
    };
    match there.is_empty() {
        true => Vec::new(),
        false => gone
            .into_iter()
            .filter(|path| files.exists(&top(path)))
            .map(shown)
            .collect(),
    }
}

/// Whether a module is there, as source or as bytecode in its place.
fn is_there(files: &Files, path: &[u8]) -> bool {
    let bytecode = [file_name(path), b"c"].concat();
    files.exists(path) || files.exists(&join(parent(path), &bytecode))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    const SITE: &str = "usr/lib/python3.12/site-packages";

    fn sample(files: &[&str]) -> Sample {
        let record = "x/__init__.py,,\nx/a.py,,\nx/b.py,,\nx/c.py,,\nx/tests/__init__.py,,\nx/tests/t.py,,\nx/tests/u.py,,\n";
        let sample = Sample::new().file(&format!("{SITE}/x-1.0.dist-info/RECORD"), record);
        files.iter().fold(sample, |sample, name| {
            sample.file(&format!("{SITE}/x/{name}"), "")
        })
    }

    #[test]
    fn lost_modules_are_counted() {
        let found = sample(&["__init__.py"]).findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "3 modules of `x` 1.0 are not in this image"
        );
    }

    #[test]
    fn tests_bytecode_and_whole_distributions_may_go() {
        assert_eq!(
            sample(&["__init__.py", "a.py", "b.py", "c.py"]).findings(RULE.name),
            []
        );
        assert_eq!(
            sample(&["__init__.pyc", "a.pyc", "b.pyc", "c.pyc"]).findings(RULE.name),
            []
        );
        assert_eq!(sample(&[]).findings(RULE.name), []);
    }
}
