//! Row 33: pip and other installers that a running application does not need.

use std::collections::BTreeSet;

use crate::facts::Facts;
use crate::files::{file_name, join, shown};
use crate::quantity::bytes;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "installer-in-image",
    summary: "pip, uv, poetry or another installer is in the image",
    severity: Severity::Waste,
    rows: &[33],
    page: include_str!("../../../../docs/rules/installer-in-image.md"),
    check,
};

/// Distributions that install others, or that only they need.
const DISTRIBUTIONS: &[&str] = &[
    "conda",
    "hatch",
    "mamba",
    "pdm",
    "pip",
    "pip-tools",
    "pipenv",
    "pipx",
    "poetry",
    "poetry-core",
    "setuptools",
    "uv",
    "virtualenv",
    "wheel",
];
/// Installers that are programs of their own.
const PROGRAMS: &[&[u8]] = &[b"uv", b"uvx", b"micromamba", b"pixi", b"rye"];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let words = facts
        .start()
        .programs
        .iter()
        .flat_map(|program| program.argv.iter().take(4));
    let words: BTreeSet<&[u8]> = words
        .chain(&facts.start().argv)
        .map(|word| file_name(word.as_bytes()))
        .collect();
    let started = |name: &str| words.contains(name.as_bytes());
    let mut found: Vec<(String, Vec<u8>, u64)> = Vec::new();
    for distribution in &facts.distributions().all {
        let name = distribution.name.as_str();
        if DISTRIBUTIONS.contains(&name) && !started(name) && !is_imported(facts, name) {
            let size = facts.distributions().size(facts, distribution);
            found.push((
                format!("{name} {}", distribution.version),
                distribution.info.clone(),
                size,
            ));
        }
    }
    found.extend(programs(facts, &started));
    // alone, what every Python brings along is not worth a word
    if !found.is_empty() {
        found.extend(bundled(facts));
    }
    found.dedup_by(|one, other| one.1 == other.1);
    let sum: u64 = found.iter().map(|(_, _, size)| size).sum();
    let Some(largest) = found
        .iter()
        .max_by_key(|(_, _, size)| *size)
        .filter(|_| sum > 0)
    else {
        return;
    };
    let mut finding = Finding::new(
        RULE.name,
        Severity::Waste,
        format!("{} of installers are in this image", bytes(sum)),
    )
    .at(facts.place_of(&largest.1));
    for (what, path, size) in &found {
        finding = finding.because(
            "found",
            format!("{what}, {}: `{}`", bytes(*size), shown(path)),
        );
    }
    findings.push(finding.hint("install in another stage and copy the environment: `uv venv`, `python -m venv --without-pip`"));
}

/// The wheels that `ensurepip` would install.
fn bundled(facts: &Facts<'_>) -> Vec<(String, Vec<u8>, u64)> {
    let mut found = Vec::new();
    for library in facts
        .interpreters()
        .all
        .iter()
        .filter_map(|python| python.library.as_ref())
    {
        let bundled = join(library, b"ensurepip/_bundled");
        let size: u64 = facts
            .files()
            .walk(&bundled)
            .map(|(_, node)| node.size())
            .sum();
        if size > 0 {
            found.push(("wheels of ensurepip".into(), bundled, size));
        }
    }
    found
}

/// Installers on PATH that are no part of a distribution.
fn programs(facts: &Facts<'_>, started: &dyn Fn(&str) -> bool) -> Vec<(String, Vec<u8>, u64)> {
    let mut found = Vec::new();
    for directory in facts.environment().path() {
        for name in PROGRAMS {
            let path = join(&directory, name);
            let text = String::from_utf8_lossy(name);
            let own = facts
                .distributions()
                .owner_of(facts.files(), &path)
                .is_none();
            if let Some(node) = facts
                .files()
                .node(&path)
                .filter(|node| node.size() > 0 && own && !started(&text))
            {
                found.push((text.into_owned(), path, node.size()));
            }
        }
    }
    found
}

/// Whether what the image starts imports a distribution's module of the same name, or `pkg_resources` of setuptools.
fn is_imported(facts: &Facts<'_>, name: &str) -> bool {
    let also: &[&str] = if name == "setuptools" {
        &["pkg_resources", "_distutils_hack", "distutils"]
    } else {
        &[]
    };
    let mut runs = facts.imports().runs.iter();
    runs.any(|run| {
        run.modules.contains_key(name)
            || also.iter().any(|module| run.modules.contains_key(*module))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    const SITE: &str = "usr/local/lib/python3.12/site-packages";

    fn sample() -> Sample {
        Sample::new()
            .file(
                &format!("{SITE}/pip-24.0.dist-info/RECORD"),
                "pip/__init__.py,,\npip/__main__.py,,\n",
            )
            .file(&format!("{SITE}/pip/__init__.py"), vec![b' '; 1500])
            .file(&format!("{SITE}/pip/__main__.py"), vec![b' '; 500])
            .program("usr/local/bin/uv", vec![1; 3000])
    }

    #[test]
    fn installers_are_listed_with_their_size() {
        let found = sample().findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "5.0 kB of installers are in this image");
        let evidence: Vec<_> = found[0]
            .evidence
            .iter()
            .map(|line| line.text.as_str())
            .collect();
        assert_eq!(
            evidence[0],
            format!("pip 24.0, 2.0 kB: `/{SITE}/pip-24.0.dist-info`")
        );
        assert_eq!(evidence[1], "uv, 3.0 kB: `/usr/local/bin/uv`");
    }

    #[test]
    fn an_installer_that_is_started_is_needed() {
        let found = sample().cmd(&["uv", "run", "app.py"]).findings(RULE.name);
        assert_eq!(found[0].evidence.len(), 1);
        let other = Sample::new().file(&format!("{SITE}/pipdeptree-2.0.dist-info/RECORD"), "");
        assert_eq!(other.findings(RULE.name), []);
    }

    #[test]
    fn wheels_of_ensurepip_count_only_beside_others() {
        let with = |sample: Sample| {
            sample
                .program("usr/local/bin/python3.12", b"\x7fELF")
                .file("usr/local/lib/python3.12/os.py", "")
                .file(
                    "usr/local/lib/python3.12/ensurepip/_bundled/pip.whl",
                    "wheel",
                )
        };
        assert_eq!(with(Sample::new()).findings(RULE.name), []);
        assert_eq!(with(sample()).findings(RULE.name)[0].evidence.len(), 3);
    }
}
