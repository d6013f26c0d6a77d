//! Row 34: tools of developers (tests, linters, notebooks) that nothing in the image asks for.

use std::collections::BTreeSet;

use constrict_python::marker::Marker;

use crate::facts::Facts;
use crate::facts::distribution::Distribution;
use crate::facts::imports::Reach;
use crate::files::shown;
use crate::quantity::bytes;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "development-dependencies",
    summary: "tools of developers are in the image",
    severity: Severity::Waste,
    rows: &[34],
    page: include_str!("../../../../docs/rules/development-dependencies.md"),
    check,
};

/// Distributions that only developers use.
const TOOLS: &[&str] = &[
    "autopep8",
    "bandit",
    "black",
    "bpython",
    "coverage",
    "debugpy",
    "flake8",
    "hypothesis",
    "ipdb",
    "ipython",
    "isort",
    "jupyter",
    "jupyterlab",
    "mypy",
    "nbconvert",
    "notebook",
    "nox",
    "pdbpp",
    "pre-commit",
    "pudb",
    "pycodestyle",
    "pydocstyle",
    "pyflakes",
    "pylint",
    "pyright",
    "pytest",
    "pytest-asyncio",
    "pytest-cov",
    "pytest-django",
    "pytest-mock",
    "pytest-xdist",
    "ruff",
    "sphinx",
    "tox",
    "twine",
    "yapf",
];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    // what is needed is known only where the start is
    if facts.imports().runs.is_empty() {
        return;
    }
    let all = &facts.distributions().all;
    if !all.iter().any(|found| TOOLS.contains(&found.name.as_str())) {
        return;
    }
    let needed = needed(facts);
    let spare: Vec<&Distribution> = all
        .iter()
        .filter(|found| {
            TOOLS.contains(&found.name.as_str())
                && !needed.contains(&(found.site.clone(), found.name.clone()))
        })
        .collect();
    let Some(first) = spare.first() else { return };
    let sum: u64 = spare
        .iter()
        .map(|found| facts.distributions().size(facts, found))
        .sum();
    let mut finding = Finding::new(
        RULE.name,
        Severity::Waste,
        format!("{} of tools for developers are in this image", bytes(sum)),
    )
    .at(facts.place_of(&first.info));
    for found in &spare {
        finding = finding.because(
            "found",
            format!("{} {}: `{}`", found.name, found.version, shown(&found.info)),
        );
    }
    findings.push(finding.hint("install without them: `uv sync --no-dev`, `poetry install --only main`, `pip install -r requirements.txt` without the tools"));
}

/// Site and name of what the start reaches, of what is no tool, and of what those ask for.
fn needed(facts: &Facts<'_>) -> BTreeSet<(Vec<u8>, String)> {
    let files = facts.files();
    let distributions = facts.distributions();
    let programs = facts.start().programs.iter().flat_map(|program| {
        let words = program
            .argv
            .iter()
            .take(2)
            .map(|word| program.environment.absolute(word.as_bytes()));
        words.chain([program.executable.clone()])
    });
    let imported = facts
        .imports()
        .runs
        .iter()
        .flat_map(|run| run.modules.values());
    let imported = imported
        .filter(|module| module.need != Reach::Optional)
        .map(|module| module.path.clone());
    let reached = programs
        .chain(imported)
        .filter_map(|path| distributions.owner_of(files, &path));
    let others = distributions
        .all
        .iter()
        .filter(|found| !TOOLS.contains(&found.name.as_str()));
    let mut open: Vec<&Distribution> = reached.chain(others).collect();
    let mut met = BTreeSet::new();
    while let Some(next) = open.pop() {
        if !met.insert((next.site.clone(), next.name.clone())) {
            continue;
        }
        let requires = next.documents(files).requires.iter();
        let plain = requires.filter(|requirement| {
            !requirement
                .marker
                .as_ref()
                .is_some_and(Marker::mentions_extra)
        });
        for requirement in plain {
            let named = distributions.by_name(requirement.name.as_str());
            open.extend(named.filter(|found| found.site == next.site));
        }
    }
    met
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::imports::ModuleKind;
    use crate::sample::{Sample, module};

    const SITE: &str = "opt/venv/lib/python3.12/site-packages";

    fn found(requires: &str, imported: &str) -> Vec<String> {
        let dist = |sample: Sample, name: &str, requires: &str| {
            sample
                .file(
                    &format!("{SITE}/{name}-1.0.dist-info/METADATA"),
                    format!("Name: {name}\nVersion: 1.0\n{requires}\n"),
                )
                .file(
                    &format!("{SITE}/{name}-1.0.dist-info/RECORD"),
                    format!("{name}/__init__.py,,\n"),
                )
                .file(&format!("{SITE}/{name}/__init__.py"), "")
        };
        let sample = dist(
            dist(
                dist(Sample::new(), "flask", requires),
                "pytest",
                "Requires-Dist: iniconfig",
            ),
            "ruff",
            "",
        );
        let path = format!("{SITE}/{imported}/__init__.py");
        let found = sample.importing(
            RULE.name,
            vec![(imported, module(&path, ModuleKind::Source, Reach::Sure))],
            vec![],
        );
        let evidence = found.into_iter().flat_map(|found| found.evidence);
        evidence
            .map(|line| line.text.split(':').next().unwrap_or_default().to_string())
            .collect()
    }

    #[test]
    fn tools_that_nobody_asks_for_are_listed() {
        assert_eq!(found("", "flask"), ["pytest 1.0", "ruff 1.0"]);
        assert_eq!(
            found("Requires-Dist: pytest; extra == 'test'", "flask"),
            ["pytest 1.0", "ruff 1.0"]
        );
    }

    #[test]
    fn tools_that_are_required_or_imported_are_no_waste() {
        assert_eq!(
            found("Requires-Dist: pytest>=7\nRequires-Dist: ruff", "flask"),
            [""; 0]
        );
        assert_eq!(found("", "pytest"), ["ruff 1.0"]);
    }
}
