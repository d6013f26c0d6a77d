//! Row 47: a module or a name of the standard library that this X.Y no longer has or does not have yet, or that a cut-down
//! Python leaves out.

use constrict_python::stdlib::{self, Removal};

use crate::facts::Facts;
use crate::facts::imports::{MissingModule, MissingName, Reach};
use crate::facts::interpreter::Interpreter;
use crate::files::{join, shown};
use crate::mend::{Mend, PackageManager};
use crate::rule::{Finding, Place, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "removed-stdlib-module",
    summary: "a module of another version's standard library is imported",
    severity: Severity::Breaks,
    rows: &[47],
    page: include_str!("../../../../docs/rules/removed-stdlib-module.md"),
    check,
};

/// Parts that Debian packages apart from the rest of the standard library.
const DEBIAN: &[(&str, &str)] = &[
    ("_gdbm", "python3-gdbm"),
    ("_tkinter", "python3-tk"),
    ("distutils", "python3-distutils"),
    ("ensurepip", "python3-venv"),
    ("lib2to3", "python3-lib2to3"),
    ("tkinter", "python3-tk"),
    ("turtle", "python3-tk"),
    ("venv", "python3-venv"),
];
/// Parts that only Python for Windows has.
const WINDOWS: &[&str] = &[
    "_msi",
    "_overlapped",
    "_winapi",
    "_wmi",
    "msvcrt",
    "nt",
    "winreg",
    "winsound",
];

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
    let python = interpreter(facts, &missing.searched)?;
    let version = python.version;
    let shown = |(x, y): (u8, u8)| format!("{x}.{y}");
    let name = missing.name.as_str();
    if let Some(removal) = stdlib::removed_module(name, version) {
        let why = format!(
            "Python {} removed `{}`, and the interpreter is {}",
            shown(removal.removed),
            removal.path,
            shown(version)
        );
        return Some(Cause {
            why,
            hint: instead(removal),
            mend: None,
        });
    }
    if let Some(addition) = stdlib::later_module(name, version) {
        let why = format!(
            "`{}` is new in Python {}, and the interpreter is {}",
            addition.module,
            shown(addition.added),
            shown(version)
        );
        let hint = match addition.backport {
            Some((distribution, module)) => format!(
                "begin with a later Python, or require `{distribution}` and import `{module}`"
            ),
            None => format!("begin with Python {} or later", shown(addition.added)),
        };
        return Some(Cause {
            why,
            hint,
            mend: None,
        });
    }
    left_out(facts, missing, python)
}

/// A part of the standard library of this version that is not there.
fn left_out(facts: &Facts<'_>, missing: &MissingModule, python: &Interpreter) -> Option<Cause> {
    let name = missing.name.as_str();
    let first = name.split('.').next().unwrap_or_default();
    let library = python.library.as_deref()?;
    let there = facts.files().exists(&join(library, first.as_bytes()));
    if !stdlib::is_module(first, python.version) || (there && first != name) {
        return None;
    }
    let cause = |why: String, hint: String, mend| Some(Cause { why, hint, mend });
    if WINDOWS.contains(&first) {
        return cause(
            format!("`{first}` is a part of Python for Windows only"),
            "import it only on Windows".into(),
            None,
        );
    }
    let why =
        format!("the Python of this image leaves out `{name}`, a part of the standard library");
    let (x, y) = python.version;
    if !(facts.system().is_debian_like() && python.dist_packages) {
        return cause(
            why,
            format!(
                "begin with an image that has the whole standard library: `python:{x}.{y}-slim`"
            ),
            None,
        );
    }
    let package = DEBIAN
        .iter()
        .find(|(module, _)| *module == first)
        .map_or("libpython3-stdlib", |(_, package)| package);
    let hint =
        format!("RUN apt-get update && apt-get install -y --no-install-recommends {package}");
    let mend = Mend::Install {
        packages: vec![package.to_string()],
        manager: PackageManager::Apt,
    };
    cause(why, hint, Some(mend))
}

/// What takes the place of something that was removed.
fn instead(removal: &Removal) -> String {
    match removal.distribution {
        Some(distribution) => format!(
            "require `{distribution}`, which provides it, or use {}",
            removal.replacement
        ),
        None => format!("instead: {}", removal.replacement),
    }
}

/// The interpreter that searches these directories.
fn interpreter<'a>(facts: &'a Facts<'_>, searched: &[Vec<u8>]) -> Option<&'a Interpreter> {
    let all = &facts.interpreters().all;
    let searches = |python: &&Interpreter| {
        python
            .library
            .as_ref()
            .is_some_and(|library| searched.contains(library))
    };
    match all.as_slice() {
        [one] => Some(one),
        _ => all.iter().find(searches),
    }
}

/// The removal that explains a missing name: why, and what to do.
fn removed_name(facts: &Facts<'_>, missing: &MissingName) -> Option<(String, String)> {
    let library = |python: &&Interpreter| {
        python
            .library
            .as_ref()
            .is_some_and(|library| missing.path.starts_with(library))
    };
    let python = facts.interpreters().all.iter().find(library)?;
    let removal = stdlib::removed_attribute(
        &format!("{}.{}", missing.module, missing.name),
        python.version,
    )?;
    let ((x, y), (here_x, here_y)) = (removal.removed, python.version);
    let why = format!("Python {x}.{y} removed it, and the interpreter is {here_x}.{here_y}");
    Some((why, instead(removal)))
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
            .file("usr/lib/python3.11/site.py", "dist-packages")
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
        let ssl = found(sample(), missing("_ssl", Reach::Sure, &[LIBRARY]));
        assert_eq!(
            ssl[0].2,
            "the Python of this image leaves out `_ssl`, a part of the standard library"
        );
        let there = sample().file(&format!("{LIBRARY}/email/__init__.py"), "");
        assert_eq!(
            found(there, missing("email.MIMEText", Reach::Sure, &[LIBRARY])),
            []
        );
        assert_eq!(
            found(sample(), missing("cgi_x", Reach::Sure, &[LIBRARY])),
            []
        );
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
            attribute: false,
        };
        let run = Closure {
            program: 0,
            modules: Default::default(),
            missing: vec![],
            missing_names: vec![name("Mapping"), name("Unknown")],
            ..Closure::default()
        };
        let facts = Facts::new(&image).importing(Imports {
            runs: vec![run],
            ..Imports::default()
        });
        let mut findings = Vec::new();
        check(&facts, &mut findings);
        assert_eq!(findings.len(), 1);
        let message = "this image cannot start: `Mapping` of module `collections` is not in its standard library";
        assert_eq!(findings[0].message, message);
        assert!(!explains_name(&facts, &name("Unknown")));
    }
}
