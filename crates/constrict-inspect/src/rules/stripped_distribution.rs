//! Row 40: a distribution without a part of its modules, as tools leave it that keep only what a trial run read.

use crate::facts::Facts;
use crate::facts::distribution::Distribution;
use crate::files::{Files, file_name, join, parent, shown};
use crate::quantity::{count, some};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "stripped-distribution",
    summary: "modules of an installed distribution were removed",
    severity: Severity::Risk,
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

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for distribution in &facts.distributions().all {
        let missing = missing(facts.files(), distribution);
        if missing.len() < LEAST {
            continue;
        }
        let message = format!(
            "{} of `{}` {} are not in this image",
            count(missing.len(), "module"),
            distribution.name,
            distribution.version
        );
        findings.push(
            Finding::new(RULE.name, Severity::Risk, message)
                .at(facts.place_of(&distribution.info))
                .because("missing", some(&missing, 5))
                .because("listed in", shown(&distribution.file("RECORD")))
                .hint("keep distributions whole, or leave them out whole"),
        );
    }
}

/// The recorded modules that are not there, if others of the same distribution are.
fn missing(files: &Files, distribution: &Distribution) -> Vec<String> {
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
    match there.is_empty() {
        true => Vec::new(),
        false => gone.into_iter().map(shown).collect(),
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
