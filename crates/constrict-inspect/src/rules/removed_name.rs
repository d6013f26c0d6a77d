//! Row 36: a name is imported that the installed module does not have: most often an unpinned dependency moved on.
//!
//! Source: [`constrict_python::removed`] and [`constrict_python::stdlib`] for which version; whether a name is there is told
//! by the modules in the image.

use std::collections::BTreeMap;

use constrict_python::removed::{RemovedNames, removed_name};
use constrict_python::stdlib;

use super::{missing_target, other_python, removed_stdlib_module, shadowed_module};
use crate::facts::Facts;
use crate::facts::distribution::Distribution;
use crate::facts::imports::{Closure, MissingName, Reach};
use crate::files::{file_name, shown};
use crate::mend::Mend;
use crate::quantity::count;
use crate::rule::{Finding, Place, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "removed-name",
    summary: "a name is imported that the module which is installed does not have",
    severity: Severity::Breaks,
    rows: &[36],
    page: include_str!("../../../../docs/rules/removed-name.md"),
    check,
};

/// Whether no other rule tells of a missing name.
fn is_ours(facts: &Facts<'_>, run: &Closure, missing: &MissingName) -> bool {
    missing.need != Reach::Optional
        && !missing_target::explains_name(facts, run, missing)
        && !removed_stdlib_module::explains_name(facts, missing)
        && !shadowed_module::explains_name(facts, run, missing)
        && !other_python::explains_name(facts, missing)
}

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for run in &facts.imports().runs {
        // one finding for each module: the first name that fails hides the others
        let mut modules: BTreeMap<&str, Vec<&MissingName>> = BTreeMap::new();
        let ours = |missing: &&MissingName| is_ours(facts, run, missing);
        for missing in run.missing_names.iter().filter(ours) {
            modules.entry(&missing.module).or_default().push(missing);
        }
        for mut names in modules.into_values() {
            names.sort_by_key(|missing| (missing.need, missing.attribute));
            findings.extend(finding(facts, run, &names));
        }
    }
}

/// What a module is a part of, and what is known of the name.
enum Whose<'a> {
    Library((u8, u8)),
    Distribution(&'a Distribution),
    Application,
}

fn whose<'a>(facts: &'a Facts<'_>, run: &Closure, missing: &MissingName) -> Whose<'a> {
    if let Some(owner) = facts.distributions().owner_of(facts.files(), &missing.path) {
        return Whose::Distribution(owner);
    }
    let python = facts.interpreters().all.get(run.search.interpreter);
    let inside = python.filter(|python| {
        python.library.as_ref().is_some_and(|library| {
            missing.path.is_empty()
                || missing.path.starts_with(library)
                    && !crate::facts::landmarks::is_installed(&missing.path)
        })
    });
    inside.map_or(Whose::Application, |python| Whose::Library(python.version))
}

fn finding(facts: &Facts<'_>, run: &Closure, names: &[&MissingName]) -> Option<Finding> {
    let missing = *names.first()?;
    let severity = run.severity(facts, missing.need)?;
    let lead = match severity {
        Severity::Breaks => "this image cannot start: ",
        _ => "",
    };
    let whose = whose(facts, run, missing);
    let (module, name) = (&missing.module, &missing.name);
    let message = match &whose {
        Whose::Library((x, y)) => format!("{lead}`{module}` of Python {x}.{y} has no `{name}`"),
        Whose::Distribution(found) => format!(
            "{lead}`{module}` of {} {} has no `{name}`",
            found.name, found.version
        ),
        Whose::Application => format!("{lead}`{}` has no `{name}`", shown(&missing.path)),
    };
    let mut finding = Finding::new(RULE.name, severity, message)
        .at(Some(Place::File {
            path: shown(&missing.importer),
            line: (missing.line > 0).then_some(missing.line),
        }))
        .because("needed by", missing.chain.join(" → "));
    let mut others: Vec<&str> = names
        .iter()
        .map(|other| other.name.as_str())
        .filter(|other| other != name)
        .collect();
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        let shown: Vec<&str> = others.iter().take(5).copied().collect();
        finding = finding.because(
            "also missing",
            format!("{} ({})", shown.join(", "), count(others.len(), "name")),
        );
    }
    Some(match whose {
        Whose::Library(_) => of_library(facts, run, missing, finding),
        Whose::Distribution(found) => of_distribution(facts, missing, found, finding),
        Whose::Application => finding
            .because("defined in", shown(&missing.path))
            .hint(format!(
                "define `{name}` in `{}`, or copy the version of it that has it",
                shown(&missing.path)
            )),
    })
}

fn of_library(
    facts: &Facts<'_>,
    run: &Closure,
    missing: &MissingName,
    finding: Finding,
) -> Finding {
    let Some(python) = facts.interpreters().all.get(run.search.interpreter) else {
        return finding;
    };
    let path = format!("{}.{}", missing.module, missing.name);
    let (here_x, here_y) = python.version;
    match stdlib::later_name(&path, python.version) {
        Some(later) => {
            let (x, y) = later.added;
            finding
                .because(
                    "why",
                    format!(
                        "`{path}` is new in Python {x}.{y}, and the interpreter is {here_x}.{here_y}"
                    ),
                )
                .hint(format!(
                    "begin the last stage with Python {x}.{y} or later: FROM python:{x}.{y}-slim"
                ))
        }
        None => finding.hint("begin with the version of Python that the program was written for"),
    }
}

/// The distribution as requirements spell it.
fn spelled(name: &str) -> &str {
    match name {
        "django" => "Django",
        "flask" => "Flask",
        "jinja2" => "Jinja2",
        "markupsafe" => "MarkupSafe",
        "werkzeug" => "Werkzeug",
        name => name,
    }
}

fn of_distribution(
    facts: &Facts<'_>,
    missing: &MissingName,
    found: &Distribution,
    finding: Finding,
) -> Finding {
    let finding = finding.because(
        "installed",
        format!("{} {}, `{}`", found.name, found.version, shown(&found.info)),
    );
    let importer = facts
        .distributions()
        .owner_of(facts.files(), &missing.importer);
    let removed = removed_name(&found.name, &missing.module, &missing.name)
        .filter(|removed| is_since(found, removed));
    let finding = match importer {
        Some(importer) => {
            let asks = importer
                .documents(facts.files())
                .requires
                .iter()
                .find(|requirement| requirement.name.as_str() == found.name);
            let asks = asks.map(|requirement| format!(", which asks for `{requirement}`"));
            finding.because(
                "imported by",
                format!(
                    "{} {}{}",
                    importer.name,
                    importer.version,
                    asks.unwrap_or_default()
                ),
            )
        }
        None => finding,
    };
    let name = spelled(&found.name);
    let line = match (removed, importer) {
        (Some(removed), _) => format!("{name}<{}", removed.version),
        (None, Some(importer)) if importer.name == found.name => {
            return finding.hint(format!(
                "install `{name}` anew and whole: its own modules do not fit each other"
            ));
        }
        (None, _) => {
            return finding.hint(format!(
                "require the version of `{name}` that the program was written for, as a lock file or `pip freeze` of that time has it; {} is another",
                found.version
            ));
        }
    };
    let instead = removed.map_or("", |removed| removed.instead);
    let since = removed.map_or("", |removed| removed.version);
    let file = requirements(facts);
    let or = match importer {
        Some(importer) => format!("or a later {}", spelled(&importer.name)),
        None => format!("or use {instead}"),
    };
    finding
        .because(
            "why",
            format!("{name} {since} removed it; instead: {instead}"),
        )
        .hint(format!("write `{line}` into {file}, {or}"))
        .mend(Mend::Edit { file, line })
}

/// Whether the installed version is one without the name.
fn is_since(found: &Distribution, removed: &RemovedNames) -> bool {
    use constrict_python::version::Version;
    match (
        Version::parse(&found.version),
        Version::parse(removed.version),
    ) {
        (Ok(installed), Ok(first)) => installed >= first,
        _ => true,
    }
}

/// The file that fixes the project's versions, by name: one that the image or a stage has, else `requirements.txt`.
pub(crate) fn requirements(facts: &Facts<'_>) -> String {
    let origin = facts.image.origin.iter();
    let stages = origin.flat_map(|origin| origin.stages.values().map(|stage| &stage.files));
    for files in stages.chain([facts.files()]) {
        let found = files.walk(b"").find(|(path, node)| {
            let known = matches!(
                file_name(path),
                b"requirements.txt" | b"pyproject.toml" | b"Pipfile"
            );
            known && node.is_file() && is_project(path)
        });
        if let Some((path, _)) = found {
            return String::from_utf8_lossy(file_name(path)).into_owned();
        }
    }
    "requirements.txt".into()
}

fn is_project(path: &[u8]) -> bool {
    let system = [b"usr/".as_slice(), b"etc/", b"lib/", b"var/"];
    !crate::facts::landmarks::is_installed(path)
        && !system.iter().any(|start| {
            path.starts_with(start)
                && !path.starts_with(b"usr/src/")
                && !path.starts_with(b"var/www")
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    const LIBRARY: &str = "usr/local/lib/python3.9";
    const SITE: &str = "usr/local/lib/python3.9/site-packages";

    /// An image that runs `/app/app.py`.
    fn image(app: &str) -> Sample {
        let record = "werkzeug/__init__.py,,\nwerkzeug/urls.py,,\n";
        let flask = "flask/__init__.py,,\n";
        Sample::new()
            .program("usr/local/bin/python3.9", "\x7fELF")
            .file(&format!("{LIBRARY}/os.py"), "")
            .file(&format!("{LIBRARY}/encodings/__init__.py"), "")
            .file(
                &format!("{LIBRARY}/datetime.py"),
                "class datetime: pass\ntry:\n    from _datetime import *\nexcept ImportError:\n    pass\n",
            )
            .file(&format!("{SITE}/werkzeug/__init__.py"), "")
            .file(&format!("{SITE}/werkzeug/urls.py"), "def iri_to_uri(): pass\n")
            .file(&format!("{SITE}/werkzeug-3.0.3.dist-info/RECORD"), record)
            .file(&format!("{SITE}/flask-2.0.3.dist-info/RECORD"), flask)
            .file(
                &format!("{SITE}/flask-2.0.3.dist-info/METADATA"),
                "Name: Flask\nVersion: 2.0.3\nRequires-Dist: Werkzeug >=2.0\n",
            )
            .file(
                &format!("{SITE}/flask/__init__.py"),
                "from werkzeug.urls import url_quote\n",
            )
            .file("app/requirements.txt", "flask==2.0.3\n")
            .file("app/app.py", app)
            .cmd(&["python3.9", "/app/app.py"])
    }

    fn messages(app: &str) -> Vec<(Severity, String)> {
        image(app)
            .findings(RULE.name)
            .into_iter()
            .map(|finding| (finding.severity, finding.message))
            .collect()
    }

    #[test]
    fn a_name_that_the_installed_version_removed_is_named_with_the_line_to_write() {
        let found = image("import flask\n").findings(RULE.name);
        assert_eq!(found.len(), 1);
        let message =
            "this image cannot start: `werkzeug.urls` of werkzeug 3.0.3 has no `url_quote`";
        assert_eq!(found[0].message, message);
        let mend = Mend::Edit {
            file: "requirements.txt".into(),
            line: "Werkzeug<3.0".into(),
        };
        assert_eq!(found[0].mend, Some(mend));
        let evidence: Vec<String> = found[0]
            .evidence
            .iter()
            .map(|line| format!("{}: {}", line.label, line.text))
            .collect();
        let installed = format!("installed: werkzeug 3.0.3, `/{SITE}/werkzeug-3.0.3.dist-info`");
        assert_eq!(
            evidence,
            [
                "needed by: app.py:1 `import flask` → flask/__init__.py:1 `from werkzeug.urls import url_quote`",
                installed.as_str(),
                "imported by: flask 2.0.3, which asks for `werkzeug>=2.0`",
                "why: Werkzeug 3.0 removed it; instead: urllib.parse",
            ]
        );
    }

    #[test]
    fn a_name_that_a_later_python_has_is_named() {
        let found = image("from datetime import UTC\n").findings(RULE.name);
        assert_eq!(
            found[0].message,
            "this image cannot start: `datetime` of Python 3.9 has no `UTC`"
        );
        assert_eq!(
            found[0].evidence[1].text,
            "`datetime.UTC` is new in Python 3.11, and the interpreter is 3.9"
        );
    }

    #[test]
    fn names_of_the_application_count_and_those_in_functions_are_a_risk() {
        let message = "this image cannot start: `/app/app.py` has no `gone`".to_string();
        let own = messages("import other\n");
        assert_eq!(own, []);
        let sample = image("import other\n").file("app/other.py", "from app import gone\n");
        assert_eq!(sample.findings(RULE.name)[0].message, message);
        let later = messages("def f():\n    from werkzeug.urls import url_quote\n");
        assert_eq!(later[0].0, Severity::Risk);
    }

    #[test]
    fn names_that_are_tried_or_that_no_text_tells_pass() {
        let quote = "from werkzeug.urls import url_quote";
        for app in [
            format!("try:\n    {quote}\nexcept ImportError:\n    url_quote = None\n"),
            format!("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {quote}\n"),
            "from datetime import datetime, timezone\n".to_string(),
            "import dynamic\nfrom dynamic import ANY, OTHER\n".to_string(),
            "from stars import A\n".to_string(),
            "from werkzeug.urls import iri_to_uri\n".to_string(),
        ] {
            let found = image(&app)
                .file("app/dynamic.py", "def __getattr__(name):\n    return 1\n")
                .file("app/stars.py", "from stars2 import *\n")
                .file("app/stars2.py", "globals()['A'] = 1\n")
                .findings(RULE.name);
            assert_eq!(found, [], "{app}");
        }
    }
}
