//! Row 54: a file of the application is found in place of a module that the standard library or a distribution has, and
//! somebody needs what only that has.

use constrict_python::source::{Module, Target};

use crate::facts::Facts;
use crate::facts::imports::{Closure, MissingModule, MissingName, Reach, Shadow};
use crate::files::{join, parent, shown};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "shadowed-module",
    summary: "a file of the application is imported in place of a module that is needed",
    severity: Severity::Breaks,
    rows: &[54],
    page: include_str!("../../../../docs/rules/shadowed-module.md"),
    check,
};

/// The largest source that is read.
const LIMIT: usize = 4 << 20;

/// What fails because of a shadow.
struct Failure {
    need: Reach,
    why: String,
}

/// Whether a missing module is a part of a hidden module, or is missed by the file that hides it.
pub(crate) fn explains(facts: &Facts<'_>, run: &Closure, missing: &MissingModule) -> bool {
    let mut shadows = run.shadows.iter();
    shadows.any(|shadow| misses(facts, shadow, missing))
}

/// Whether a missing name is one of a hidden module.
pub(crate) fn explains_name(facts: &Facts<'_>, run: &Closure, missing: &MissingName) -> bool {
    let mut shadows = run.shadows.iter();
    shadows.any(|shadow| lacks(facts, shadow, missing))
}

fn misses(facts: &Facts<'_>, shadow: &Shadow, missing: &MissingModule) -> bool {
    if missing.importer == shadow.path {
        return meant(shadow);
    }
    let Some(below) = missing
        .name
        .strip_prefix(&shadow.name)
        .and_then(|rest| rest.strip_prefix('.'))
    else {
        return false;
    };
    let first = below.split('.').next().unwrap_or_default();
    meant(shadow) || has_submodule(facts, shadow, first)
}

fn lacks(facts: &Facts<'_>, shadow: &Shadow, missing: &MissingName) -> bool {
    missing.path == shadow.path
        && !missing.importer.is_empty()
        && (meant(shadow) || hidden_has(facts, shadow, &missing.name))
}

/// Whether somebody imports the file who cannot mean it.
fn meant(shadow: &Shadow) -> bool {
    !shadow.importers.is_empty()
}

/// Whether the hidden package has a module of this name.
fn has_submodule(facts: &Facts<'_>, shadow: &Shadow, name: &str) -> bool {
    let Some(package) = &shadow.hidden_package else {
        return false;
    };
    let at = |end: &str| join(package, format!("{name}{end}").as_bytes());
    facts.files().is_file(&at(".py")) || facts.files().is_directory(&at(""))
}

/// Whether the hidden module has a name, as far as its text tells.
fn hidden_has(facts: &Facts<'_>, shadow: &Shadow, name: &str) -> bool {
    if has_submodule(facts, shadow, name) {
        return true;
    }
    let target = Target { python: (3, 14) };
    let source = facts
        .files()
        .read(&shadow.hidden, LIMIT)
        .unwrap_or_default();
    Module::parse(&source, &target).is_ok_and(|module| {
        module.names.bound.contains_key(name)
            || module.names.open.is_some()
            || !module.names.stars.is_empty()
    })
}

/// The surest failure that a shadow causes.
fn failure(facts: &Facts<'_>, run: &Closure, shadow: &Shadow) -> Option<Failure> {
    let names = run
        .missing_names
        .iter()
        .filter(|missing| lacks(facts, shadow, missing))
        .map(|missing| Failure {
            need: missing.need,
            why: format!("{}: no `{}`", missing.chain.join(" → "), missing.name),
        });
    let modules = run
        .missing
        .iter()
        .filter(|missing| misses(facts, shadow, missing))
        .map(|missing| Failure {
            need: missing.need,
            why: format!(
                "{}: no module `{}`",
                missing.chain.join(" → "),
                missing.name
            ),
        });
    let read = shadow.importers.iter().filter_map(|importer| {
        let name = importer.lacks.as_ref()?;
        Some(Failure {
            need: importer.need,
            why: format!("{}: no `{name}`", importer.place),
        })
    });
    names
        .chain(modules)
        .chain(read)
        .filter(|failure| failure.need != Reach::Optional)
        .min_by_key(|failure| failure.need)
}

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for run in &facts.imports().runs {
        for shadow in &run.shadows {
            findings.extend(finding(facts, run, shadow));
        }
    }
}

fn finding(facts: &Facts<'_>, run: &Closure, shadow: &Shadow) -> Option<Finding> {
    let failure = failure(facts, run, shadow);
    let importer = shadow
        .importers
        .first()
        .filter(|importer| importer.need != Reach::Optional);
    let severity = match &failure {
        Some(failure) => run.severity(facts, failure.need)?,
        // it may do what is asked of it
        None => importer.map(|_| Severity::Risk)?,
    };
    let start = match severity {
        Severity::Breaks => "this image cannot start: ",
        _ => "",
    };
    let whose = match shadow.library {
        true => format!("the standard library's `{}`", shadow.name),
        false => format!("the installed `{}`", shadow.name),
    };
    let message = format!(
        "{start}`{}` is imported in place of {whose}",
        shown(&shadow.path)
    );
    let mut finding = Finding::new(RULE.name, severity, message).at(facts.place_of(&shadow.path));
    if let Some(importer) = importer {
        finding = finding.because("imported by", importer.place.clone());
    }
    if let Some(failure) = failure {
        finding = finding.because("fails at", failure.why);
    }
    let directory = shown(parent(&shadow.path));
    Some(
        finding
            .because("hides", shown(&shadow.hidden))
            .hint(format!(
                "rename it: `{directory}` is searched first, so no module there may be called `{}`",
                shadow.name
            )),
    )
}

#[cfg(test)]
mod tests {
    use crate::rule::{Finding, Severity};
    use crate::sample::Sample;

    const LIBRARY: &str = "usr/local/lib/python3.11";

    /// An image that runs `/app/app.py`.
    fn image(app: &str) -> Sample {
        Sample::new()
            .program("usr/local/bin/python3.11", "\x7fELF")
            .file(&format!("{LIBRARY}/os.py"), "import abc\n")
            .file(&format!("{LIBRARY}/abc.py"), "")
            .file(&format!("{LIBRARY}/encodings/__init__.py"), "")
            .file(
                &format!("{LIBRARY}/random.py"),
                "class Random: pass\ndef choice(x): pass\n",
            )
            .file(
                &format!("{LIBRARY}/tempfile.py"),
                "from random import Random as _Random\n",
            )
            .file(
                &format!("{LIBRARY}/site-packages/flask/__init__.py"),
                "class Flask: pass\n",
            )
            .file("app/app.py", app)
            .cmd(&["python3.11", "/app/app.py"])
    }

    fn told(sample: Sample) -> Vec<(Severity, &'static str, String)> {
        let told = |finding: Finding| (finding.severity, finding.rule, finding.message);
        let report = sample.check().findings.into_iter().map(told);
        report
            .filter(|(_, rule, _)| {
                ["shadowed-module", "missing-module", "removed-name"].contains(rule)
            })
            .collect()
    }

    fn breaks(message: &str) -> Vec<(Severity, &'static str, String)> {
        let message = format!("this image cannot start: {message}");
        vec![(Severity::Breaks, "shadowed-module", message)]
    }

    #[test]
    fn a_module_of_the_standard_library_is_hidden() {
        let sample = image("import tempfile\n").file("app/random.py", "print('picking')\n");
        let message = "`/app/random.py` is imported in place of the standard library's `random`";
        assert_eq!(told(sample), breaks(message));
    }

    #[test]
    fn what_the_hiding_file_misses_is_its_own_fault() {
        let sample = image("import tempfile\n").file("app/random.py", "import secret_things\n");
        let message = "`/app/random.py` is imported in place of the standard library's `random`";
        assert_eq!(told(sample), breaks(message));
    }

    #[test]
    fn a_script_with_the_name_of_what_it_imports_hides_it() {
        let sample = image("")
            .file(
                "app/flask.py",
                "from flask import Flask\napp = Flask(__name__)\n",
            )
            .cmd(&["python3.11", "/app/flask.py"]);
        let message = "`/app/flask.py` is imported in place of the installed `flask`";
        assert_eq!(told(sample), breaks(message));
    }

    #[test]
    fn a_file_that_has_what_is_asked_of_it_is_a_risk() {
        let sample = image("import tempfile\n").file("app/random.py", "class Random: pass\n");
        let found = told(sample);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, Severity::Risk);
    }

    #[test]
    fn modules_that_are_loaded_before_or_that_nobody_else_means_pass() {
        let loaded = image("import os\nimport sys\n")
            .file("app/os.py", "raise SystemExit\n")
            .file("app/abc.py", "")
            .file("app/sys.py", "");
        assert_eq!(told(loaded), []);
        let unused = image("import os\n").file("app/random.py", "");
        assert_eq!(told(unused), []);
        let own = image("import random\n").file("app/random.py", "");
        assert_eq!(told(own), []);
        let inside = image("import shop.random\nimport tempfile\n")
            .file("app/shop/__init__.py", "")
            .file("app/shop/random.py", "");
        assert_eq!(told(inside), []);
    }

    #[test]
    fn a_copy_of_a_distribution_is_no_shadow() {
        let sample = image("import flask\nprint(flask.Flask)\n")
            .file("app/flask/__init__.py", "class Flask: pass\n");
        assert_eq!(told(sample), []);
    }
}
