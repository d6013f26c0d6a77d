//! Row 46: `pkg_resources`, `setuptools` or (since 3.12) `distutils` is imported and setuptools is not there, or too new.
//!
//! Source: setuptools 82.0.0 removed `pkg_resources`; PEP 632 removed `distutils` from Python 3.12, setuptools brings a
//! replacement; virtual environments have had no setuptools of their own since 3.12.

use crate::facts::Facts;
use crate::facts::imports::{MissingModule, Reach};
use crate::files::shown;
use crate::rule::{Finding, Place, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "missing-setuptools",
    summary: "`pkg_resources`, `setuptools` or `distutils` is imported and not in the image",
    severity: Severity::Breaks,
    rows: &[46],
    page: include_str!("../../../../docs/rules/missing-setuptools.md"),
    check,
};

/// Whether a missing module is what setuptools would provide.
pub(crate) fn explains(facts: &Facts<'_>, missing: &MissingModule) -> bool {
    match missing.name.split('.').next() {
        Some("pkg_resources" | "setuptools" | "_distutils_hack") => true,
        Some("distutils") => facts
            .interpreters()
            .all
            .iter()
            .all(|python| python.version >= (3, 12)),
        _ => false,
    }
}

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let runs = facts.imports().runs.iter();
    for (program, missing) in
        runs.flat_map(|run| run.missing.iter().map(|missing| (run.program, missing)))
    {
        if missing.need == Reach::Optional || !explains(facts, missing) {
            continue;
        }
        let (severity, message) = match facts.fails(program, missing.need) {
            true => (
                Severity::Breaks,
                format!(
                    "this image cannot start: nothing in it provides `{}`",
                    missing.name
                ),
            ),
            _ => (
                Severity::Risk,
                format!(
                    "nothing in this image provides `{}`, which may be imported",
                    missing.name
                ),
            ),
        };
        let mut finding = Finding::new(RULE.name, severity, message)
            .at(Some(Place::File {
                path: shown(&missing.importer),
                line: Some(missing.line),
            }))
            .because("needed by", missing.chain.join(" → "));
        let installed = facts
            .distributions()
            .by_name("setuptools")
            .find(|found| missing.searched.contains(&found.site));
        finding = match installed {
            Some(found) => finding.because(
                "found in",
                format!("setuptools {}, `{}`", found.version, shown(&found.info)),
            ),
            None => finding.because(
                "searched",
                missing
                    .searched
                    .iter()
                    .map(|path| shown(path))
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        };
        findings.push(finding.hint(hint(&missing.name)));
    }
}

fn hint(module: &str) -> &'static str {
    match module.split('.').next() {
        Some("pkg_resources") => "require `setuptools<82`: 82 removed `pkg_resources`",
        Some("distutils") => {
            "require `setuptools`, which brings a replacement: Python 3.12 removed `distutils`"
        }
        _ => "require `setuptools`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, missing};

    const SITE: &str = "usr/local/lib/python3.12/site-packages";

    #[test]
    fn setuptools_without_pkg_resources_is_named() {
        let sample =
            Sample::new().file(&format!("{SITE}/setuptools-82.0.1.dist-info/METADATA"), "");
        let found = sample.importing(
            RULE.name,
            vec![],
            vec![missing("pkg_resources", Reach::Sure, &[SITE])],
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Breaks);
        assert_eq!(
            found[0].message,
            "this image cannot start: nothing in it provides `pkg_resources`"
        );
        let evidence: Vec<_> = found[0]
            .evidence
            .iter()
            .map(|line| line.text.as_str())
            .collect();
        let installed = format!("setuptools 82.0.1, `/{SITE}/setuptools-82.0.1.dist-info`");
        assert_eq!(
            evidence,
            ["app.py:1 import pkg_resources", installed.as_str()]
        );
        assert!(
            found[0]
                .hint
                .as_deref()
                .is_some_and(|hint| hint.contains("setuptools<82"))
        );
    }

    #[test]
    fn imports_that_are_tried_or_are_others_business_pass() {
        let missed = vec![
            missing("pkg_resources", Reach::Optional, &[SITE]),
            missing("flask", Reach::Sure, &[SITE]),
        ];
        assert_eq!(Sample::new().importing(RULE.name, vec![], missed), []);
        let later = Sample::new().importing(
            RULE.name,
            vec![],
            vec![missing("setuptools", Reach::Maybe, &[SITE])],
        );
        assert_eq!(later[0].severity, Severity::Risk);
    }
}
