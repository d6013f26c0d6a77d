//! Row 47: a module or a name of the standard library that this X.Y no longer has or does not have yet, or that a cut-down
//! Python leaves out.

use crate::facts::Facts;
use crate::facts::imports::{MissingModule, MissingName, Reach};
use crate::files::shown;
use crate::mend::{Mend, PackageManager};
use crate::rule::{Finding, Place, Rule, Severity};

mod table;

use table::{ADDED, DEBIAN, REMOVED, REMOVED_NAMES};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "removed-stdlib-module",
    summary: "a module of another version's standard library is imported",
    severity: Severity::Breaks,
    rows: &[47],
    page: include_str!("../../../../docs/rules/removed-stdlib-module.md"),
    check,
};

/// Whether a missing module is one of the standard library.
pub(crate) fn explains(facts: &Facts<'_>, missing: &MissingModule) -> bool {
    !super::missing_setuptools::explains(facts, missing) && cause(facts, missing).is_some()
}

/// Whether a missing name was once in a module of the standard library.
pub(crate) fn explains_name(facts: &Facts<'_>, missing: &MissingName) -> bool {
    removed_name(facts, missing).is_some()
}

/// Why a module of the standard library is not there.
struct Cause {
    why: String,
    hint: String,
    mend: Option<Mend>,
}

fn cause(facts: &Facts<'_>, missing: &MissingModule) -> Option<Cause> {
    let version = version(facts, &missing.searched)?;
    let name = missing.name.as_str();
    let within = |of: &str| {
        name == of
            || name
                .strip_prefix(of)
                .is_some_and(|rest| rest.starts_with('.'))
    };
    let shown = |(x, y): (u8, u8)| format!("{x}.{y}");
    if let Some((of, since, instead)) = REMOVED
        .iter()
        .find(|(of, since, _)| within(of) && version >= *since)
    {
        let why = format!(
            "Python {} removed `{of}`, and the interpreter is {}",
            shown(*since),
            shown(version)
        );
        return Some(Cause {
            why,
            hint: (*instead).to_string(),
            mend: None,
        });
    }
    if let Some((of, since, instead)) = ADDED
        .iter()
        .find(|(of, since, _)| within(of) && version < *since)
    {
        let why = format!(
            "`{of}` is new in Python {}, and the interpreter is {}",
            shown(*since),
            shown(version)
        );
        return Some(Cause {
            why,
            hint: (*instead).to_string(),
            mend: None,
        });
    }
    let (of, package) = DEBIAN.iter().find(|(of, _)| within(of))?;
    let package = package.replace("X.Y", &shown(version));
    let why = format!("the Python of this image leaves out `{of}`, a part of the standard library");
    let debian = facts.system().is_debian_like()
        && missing
            .searched
            .iter()
            .any(|path| path.starts_with(b"usr/lib/python3"));
    Some(match debian {
        true => Cause {
            why,
            hint: format!(
                "RUN apt-get update && apt-get install -y --no-install-recommends {package}"
            ),
            mend: Some(Mend::Install {
                packages: vec![package],
                manager: PackageManager::Apt,
            }),
        },
        false => Cause {
            why,
            hint: "begin with an image that has the whole standard library: `python:X.Y-slim`"
                .replace("X.Y", &shown(version)),
            mend: None,
        },
    })
}

/// X and Y of the interpreter that searches these directories.
fn version(facts: &Facts<'_>, searched: &[Vec<u8>]) -> Option<(u8, u8)> {
    let all = &facts.interpreters().all;
    let of_library = all.iter().find(|python| {
        python
            .library
            .as_ref()
            .is_some_and(|library| searched.contains(library))
    });
    match all.as_slice() {
        [one] => Some(one.version),
        _ => of_library.map(|python| python.version),
    }
}

/// The removal that explains a missing name.
fn removed_name(facts: &Facts<'_>, missing: &MissingName) -> Option<(String, &'static str)> {
    let python = facts.interpreters().all.iter().find(|python| {
        python
            .library
            .as_ref()
            .is_some_and(|library| missing.path.starts_with(library))
    })?;
    let here = |(module, names, since, _): &&(&str, &[&str], (u8, u8), &str)| {
        *module == missing.module
            && names.contains(&missing.name.as_str())
            && python.version >= *since
    };
    let (_, _, (x, y), instead) = REMOVED_NAMES.iter().find(here)?;
    let why = format!(
        "Python {x}.{y} removed it, and the interpreter is {}.{}",
        python.version.0, python.version.1
    );
    Some((why, instead))
}

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for run in &facts.imports().runs {
        for missing in run
            .missing
            .iter()
            .filter(|missing| missing.need != Reach::Optional && explains(facts, missing))
        {
            let Some(cause) = cause(facts, missing) else {
                continue;
            };
            let mut finding = finding(
                facts.fails(run.program, missing.need),
                &format!("module `{}`", missing.name),
                &missing.importer,
                missing.line,
            )
            .because("needed by", missing.chain.join(" → "))
            .because("why", cause.why)
            .hint(cause.hint);
            finding.mend = cause.mend;
            findings.push(finding);
        }
        for missing in run
            .missing_names
            .iter()
            .filter(|missing| missing.need != Reach::Optional)
        {
            let Some((why, instead)) = removed_name(facts, missing) else {
                continue;
            };
            let what = format!("`{}` of module `{}`", missing.name, missing.module);
            findings.push(
                finding(
                    facts.fails(run.program, missing.need),
                    &what,
                    &missing.importer,
                    missing.line,
                )
                .because("needed by", missing.chain.join(" → "))
                .because("why", why)
                .hint(instead),
            );
        }
    }
}

fn finding(fails: bool, what: &str, importer: &[u8], line: usize) -> Finding {
    let (severity, message) = match fails {
        true => (
            Severity::Breaks,
            format!("this image cannot start: {what} is not in its standard library"),
        ),
        _ => (
            Severity::Risk,
            format!("{what} may be imported and is not in the standard library"),
        ),
    };
    Finding::new(RULE.name, severity, message).at(Some(Place::File {
        path: shown(importer),
        line: Some(line),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::imports::{Closure, Imports};
    use crate::sample::{Sample, missing};

    const LIBRARY: &str = "usr/local/lib/python3.12";

    fn sample() -> Sample {
        Sample::new()
            .program("usr/local/bin/python3.12", b"\x7fELF")
            .file(&format!("{LIBRARY}/os.py"), "")
    }

    fn found(sample: Sample, missed: MissingModule) -> Vec<(Severity, String, String)> {
        let found = sample
            .importing(RULE.name, vec![], vec![missed])
            .into_iter();
        found
            .map(|found| {
                (
                    found.severity,
                    found.message,
                    found.evidence[1].text.clone(),
                )
            })
            .collect()
    }

    #[test]
    fn modules_that_were_removed_are_named() {
        let message = "this image cannot start: module `imp` is not in its standard library";
        let why = "Python 3.12 removed `imp`, and the interpreter is 3.12";
        let expected = (Severity::Breaks, message.to_string(), why.to_string());
        assert_eq!(
            found(sample(), missing("imp", Reach::Sure, &[LIBRARY])),
            [expected]
        );
        let expected = "`annotationlib` is new in Python 3.14, and the interpreter is 3.12";
        assert_eq!(
            found(sample(), missing("annotationlib", Reach::Sure, &[LIBRARY]))[0].2,
            expected
        );
    }

    #[test]
    fn what_debian_packages_apart_can_be_installed() {
        let sample = Sample::new()
            .program("usr/bin/python3.11", b"\x7fELF")
            .file("usr/lib/python3.11/os.py", "")
            .file("etc/os-release", "ID=debian\n");
        let missed = missing("tkinter", Reach::Sure, &["usr/lib/python3.11"]);
        let found = sample.importing(RULE.name, vec![], vec![missed]);
        assert_eq!(found.len(), 1);
        let packages = vec!["python3-tk".to_string()];
        assert_eq!(
            found[0].mend,
            Some(Mend::Install {
                packages,
                manager: PackageManager::Apt
            })
        );
    }

    #[test]
    fn other_modules_and_tried_imports_have_other_rules() {
        assert_eq!(found(sample(), missing("cgi", Reach::Sure, &[LIBRARY])), []);
        assert_eq!(
            found(sample(), missing("imp", Reach::Optional, &[LIBRARY])),
            []
        );
        assert_eq!(
            found(sample(), missing("important", Reach::Sure, &[LIBRARY])),
            []
        );
        assert_eq!(
            found(sample(), missing("distutils.core", Reach::Sure, &[LIBRARY])),
            []
        );
    }

    #[test]
    fn names_that_were_removed_are_named() {
        let image = sample().image();
        let name = |name: &str| MissingName {
            module: "collections".into(),
            path: format!("{LIBRARY}/collections/__init__.py").into_bytes(),
            name: name.into(),
            need: Reach::Sure,
            chain: vec!["app.py:1".into()],
            importer: b"app/app.py".to_vec(),
            line: 1,
        };
        let run = Closure {
            program: 0,
            modules: Default::default(),
            missing: vec![],
            missing_names: vec![name("Mapping"), name("Unknown")],
        };
        let facts = Facts::new(&image).importing(Imports { runs: vec![run] });
        let mut findings = Vec::new();
        check(&facts, &mut findings);
        assert_eq!(findings.len(), 1);
        let message = "this image cannot start: `Mapping` of module `collections` is not in its standard library";
        assert_eq!(findings[0].message, message);
        assert!(!explains_name(&facts, &name("Unknown")));
    }
}
