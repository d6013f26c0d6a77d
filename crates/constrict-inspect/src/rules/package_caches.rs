//! Row 35: lists and archives of package managers that nothing reads at run time.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::facts::history::first_own_layer;
use crate::files::{components, join, shown};
use crate::quantity::bytes;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "package-caches",
    summary: "caches of package managers are in the image",
    severity: Severity::Waste,
    rows: &[35],
    page: include_str!("../../../../docs/rules/package-caches.md"),
    check,
};

/// What is not worth a line.
const LEAST: u64 = 100_000;

/// Caches of the system.
const SYSTEM: &[&str] = &[
    "var/lib/apt/lists",
    "var/cache/apt",
    "var/cache/apk",
    "var/cache/dnf",
    "var/cache/yum",
    "opt/conda/pkgs",
];
/// Caches below a home directory.
const HOME: &[&str] = &[
    ".cache/pip",
    ".cache/uv",
    ".cache/pypoetry",
    ".cache/pipenv",
    ".cache/pdm",
    ".conda/pkgs",
    ".npm/_cacache",
];
/// Variables that say where a cache is.
const VARIABLES: &[&str] = &[
    "PIP_CACHE_DIR",
    "UV_CACHE_DIR",
    "POETRY_CACHE_DIR",
    "PIPENV_CACHE_DIR",
];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let directories = directories(facts);
    // what a base carries along cannot be left out here
    let own = first_own_layer(facts.image).unwrap_or(0);
    let mut sums: BTreeMap<&[u8], u64> = BTreeMap::new();
    for directory in &directories {
        let sum: u64 = facts
            .files()
            .walk(directory)
            .filter(|(_, node)| node.layer >= own)
            .map(|(_, node)| node.size())
            .sum();
        sums.insert(directory, sum);
    }
    let all: u64 = sums.values().sum();
    if all >= LEAST {
        let mut finding = Finding::new(
            RULE.name,
            Severity::Waste,
            format!("{} of package caches are in this image", bytes(all)),
        );
        for (directory, sum) in sums.iter().filter(|(_, sum)| **sum > 0) {
            finding = finding.because("found", format!("`{}`: {}", shown(directory), bytes(*sum)));
        }
        let largest = sums
            .iter()
            .max_by_key(|(_, sum)| **sum)
            .map(|(directory, _)| *directory)
            .unwrap_or_default();
        findings.push(finding.at(facts.place_of(largest)).hint(hint(largest)));
    }
    hidden(facts, &directories, own, findings);
}

/// Every directory that is a cache.
fn directories(facts: &Facts<'_>) -> Vec<Vec<u8>> {
    let files = facts.files();
    let mut homes: Vec<Vec<u8>> = files
        .list(b"home")
        .into_iter()
        .map(|(name, _)| join(b"home", name))
        .collect();
    homes.push(b"root".to_vec());
    homes.extend(
        facts
            .environment()
            .get("HOME")
            .map(|home| join(b"", home.as_bytes()))
            .filter(|home| !home.is_empty()),
    );
    let in_homes = homes
        .iter()
        .flat_map(|home| HOME.iter().map(|cache| join(home, cache.as_bytes())));
    let named = VARIABLES
        .iter()
        .filter_map(|name| facts.environment().get(name))
        .map(|path| join(b"", path.as_bytes()));
    let mut found: Vec<Vec<u8>> = SYSTEM
        .iter()
        .map(|path| path.as_bytes().to_vec())
        .chain(in_homes)
        .chain(named)
        .collect();
    found.retain(|path| components(path).count() > 1);
    found.sort();
    found.dedup();
    let all = found.clone();
    found.retain(|path| {
        !all.iter()
            .any(|other| other != path && path.starts_with(&join(other, b"")))
    });
    found
}

fn hint(directory: &[u8]) -> &'static str {
    if directory.starts_with(b"var/lib/apt") || directory.starts_with(b"var/cache/apt") {
        "in the same RUN: `rm -rf /var/lib/apt/lists/*`, or `--mount=type=cache,target=/var/cache/apt`"
    } else if directory.starts_with(b"var/cache/apk") {
        "`apk add --no-cache`"
    } else {
        "`--no-cache-dir`, or `RUN --mount=type=cache,target=…` for the cache"
    }
}

/// Caches that a layer holds and a later one deletes.
fn hidden(facts: &Facts<'_>, directories: &[Vec<u8>], own: usize, findings: &mut Vec<Finding>) {
    let inside: Vec<Vec<u8>> = directories
        .iter()
        .map(|directory| [directory.as_slice(), b"/"].concat())
        .collect();
    for (number, layer) in facts.image.layers.iter().enumerate().skip(own) {
        let mut sum = 0;
        let mut example = None;
        for entry in layer.entries.iter() {
            let constrict_oci::layer::Kind::File { size, .. } = entry.kind else {
                continue;
            };
            let cached = inside
                .iter()
                .any(|directory| entry.path.starts_with(directory));
            let seen = || {
                facts
                    .files()
                    .node(&entry.path)
                    .is_some_and(|node| node.layer == number)
            };
            if cached && !seen() {
                sum += size;
                example.get_or_insert(&entry.path);
            }
        }
        let Some(example) = example.filter(|_| sum >= LEAST) else {
            continue;
        };
        let message = format!(
            "{} of package caches lie in a layer although a later one deletes them",
            bytes(sum)
        );
        let finding = Finding::new(RULE.name, Severity::Waste, message)
            .because(
                "layer",
                format!(
                    "number {number}: {}",
                    layer.created_by.chars().take(80).collect::<String>()
                ),
            )
            .because("for one", shown(example))
            .hint("delete them in the step that makes them");
        let line = facts
            .image
            .origin
            .as_ref()
            .and_then(|origin| origin.lines.get(&number))
            .and_then(|line| facts.line(*line));
        findings.push(finding.at(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn lists_and_caches_are_summed_up() {
        let found = Sample::new()
            .file(
                "var/lib/apt/lists/mirror.example_main_Packages",
                vec![b'x'; 300_000],
            )
            .file("root/.cache/pip/http/a", vec![b'x'; 120_000])
            .findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "420.0 kB of package caches are in this image"
        );
        let evidence: Vec<_> = found[0]
            .evidence
            .iter()
            .map(|line| line.text.as_str())
            .collect();
        assert_eq!(
            evidence,
            [
                "`/root/.cache/pip`: 120.0 kB",
                "`/var/lib/apt/lists`: 300.0 kB"
            ]
        );
    }

    #[test]
    fn what_was_deleted_too_late_is_still_there() {
        let found = Sample::new()
            .hidden(2, "var/lib/apt/lists/x_Packages", vec![b'x'; 300_000])
            .findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "300.0 kB of package caches lie in a layer although a later one deletes them"
        );
    }

    #[test]
    fn empty_directories_and_locks_are_no_waste() {
        let sample = Sample::new()
            .file("var/lib/apt/lists/lock", "")
            .directory("var/lib/apt/lists/partial", 0o700)
            .file("root/.cache/matplotlib/fontlist.json", vec![b'x'; 300_000]);
        assert_eq!(sample.findings(RULE.name), []);
    }
}
