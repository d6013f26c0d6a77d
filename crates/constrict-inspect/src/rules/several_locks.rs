//! Row 42: lock files of more than one tool in one directory: which of them was installed is an accident.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::files::{file_name, parent, shown};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "several-locks",
    summary: "a project has the lock files of several tools",
    severity: Severity::Risk,
    rows: &[42],
    page: include_str!("../../../../docs/rules/several-locks.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let mut by_directory: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    for lock in &facts.landmarks().locks {
        // the standard's own format is what the others export to: no second opinion
        if file_name(lock) != b"pylock.toml" {
            by_directory.entry(parent(lock)).or_default().push(lock);
        }
    }
    for (directory, locks) in by_directory.iter().filter(|(_, locks)| locks.len() > 1) {
        let names: Vec<_> = locks
            .iter()
            .map(|lock| format!("`{}`", String::from_utf8_lossy(file_name(lock))))
            .collect();
        let message = format!(
            "`{}` has several lock files, which need not agree: {}",
            shown(directory),
            names.join(", ")
        );
        findings.push(
            Finding::new(RULE.name, Severity::Risk, message)
                .at(facts.place_of(locks[0]))
                .hint("keep the one that the image is installed from, delete the others"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn two_tools_in_one_directory() {
        let found = Sample::new()
            .file("app/uv.lock", "")
            .file("app/poetry.lock", "")
            .findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "`/app` has several lock files, which need not agree: `poetry.lock`, `uv.lock`"
        );
    }

    #[test]
    fn one_lock_a_project_is_as_it_should_be() {
        let sample = Sample::new()
            .file("app/uv.lock", "")
            .file("app/pylock.toml", "")
            .file("app/tools/poetry.lock", "")
            .file("app/requirements.txt", "");
        assert_eq!(sample.findings(RULE.name), []);
    }
}
