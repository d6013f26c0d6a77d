//! Row 4: a tool (uv, pyenv, rye, mise) fetched an interpreter for itself, and a virtual environment that was made from it
//! was copied without it.
//!
//! Source: uv's managed Pythons and `UV_PYTHON_INSTALL_DIR`; `.python-version`, which makes tools fetch.

use super::dangling_python::{Hidden, Stopped, hidden, message, passed_over, pythons, stopped};
use crate::facts::Facts;
use crate::facts::venv::{Blame, Venv, Wanted, links};
use crate::files::{join, parent, shown};
use crate::image::StageFiles;
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "fetched-python",
    summary: "the Python that a tool fetched for a virtual environment stayed in the builder",
    severity: Severity::Breaks,
    rows: &[4],
    page: include_str!("../../../../docs/rules/fetched-python.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let own = |blame: &Blame| matches!(blame, Blame::Fetched { .. });
    for stopped in stopped(facts, own) {
        findings.push(started(facts, &stopped));
    }
    for hidden in hidden(facts, own) {
        findings.push(missed(facts, &hidden));
    }
}

fn started(facts: &Facts<'_>, stopped: &Stopped<'_>) -> Finding {
    let text = format!(
        "{}: a tool fetched that Python, and it was not copied",
        message(facts, stopped)
    );
    let finding = Finding::new(RULE.name, stopped.severity, text)
        .at(facts.place_of_instruction(facts.start().instruction))
        .because("started by", stopped.obstacle.route());
    let Blame::Fetched { interpreter } = &stopped.blame else {
        return finding;
    };
    remedy(facts, interpreter, &stopped.wanted, finding)
}

/// A module of an environment whose Python is not there, so that PATH leads to another one.
fn missed(facts: &Facts<'_>, hidden: &Hidden<'_>) -> Finding {
    let finding = Finding {
        evidence: Vec::new(),
        mend: None,
        ..passed_over(facts, &RULE, hidden)
    };
    let finding = finding.because("needed by", hidden.missing.chain.join(" → "));
    match (&hidden.blame, &hidden.venv.dangling) {
        (Blame::Fetched { interpreter }, Some((link, target))) => {
            let wanted = Wanted {
                script: None,
                python: link.clone(),
                target: target.clone(),
            };
            remedy(facts, interpreter, &wanted, finding)
        }
        _ => finding,
    }
}

fn remedy(facts: &Facts<'_>, interpreter: &[u8], wanted: &Wanted, mut finding: Finding) -> Finding {
    let files = facts.files();
    if files.node(&wanted.python).is_some() {
        finding = finding.because("links", links(files, &wanted.python));
    }
    let venv = facts.venv_of(&wanted.python);
    if let Some((file, version)) = venv.and_then(|venv| asked_for(facts, venv)) {
        finding = finding.because("asked for by", format!("`{version}` in `{}`", shown(&file)));
    }
    finding = finding.because("in the image", pythons(facts));
    let version = venv.and_then(Venv::version);
    let mut all = facts.interpreters().all.iter();
    let same = all.find(|python| python.library.is_some() && Some(python.version) == version);
    let stage = stage_with(facts, interpreter);
    let never = match same {
        Some(python) => format!(
            "ENV UV_PYTHON_DOWNLOADS=never UV_PYTHON={}",
            shown(&python.path)
        ),
        None => "ENV UV_PYTHON_DOWNLOADS=never".to_string(),
    };
    let Some(stage) = stage else {
        return match same.filter(|_| venv.is_some()) {
            Some(python) => {
                super::dangling_python::relinked(facts, wanted, &shown(&python.path), finding)
            }
            None => finding.hint(format!("in the stage that makes the environment: {never}")),
        };
    };
    let directory = shown(interpreter);
    let finding = finding
        .because("found in", format!("stage `{}`, {directory}", stage.name))
        .hint(format!(
            "COPY --from={} {directory}/ {directory}/, or in the stage that makes the environment: {never}",
            stage.name
        ));
    // what lies below a home is closed to others
    let closed = facts.user().blocked(files, interpreter).is_some();
    match same.filter(|_| closed && venv.is_some()) {
        Some(python) => {
            let hint = finding.hint.clone();
            let relinked =
                super::dangling_python::relinked(facts, wanted, &shown(&python.path), finding);
            Finding { hint, ..relinked }
        }
        None => finding.mend(Mend::CopyFrom {
            stage: stage.name.clone(),
            paths: vec![format!("{directory}/")],
            ldconfig: false,
        }),
    }
}

/// The stage that has the interpreter.
fn stage_with<'a>(facts: &Facts<'a>, interpreter: &[u8]) -> Option<&'a StageFiles> {
    let origin = facts.image.origin.as_ref()?;
    let mut stages = origin.stages.values();
    stages.find(|stage| stage.files.is_directory(interpreter))
}

/// The `.python-version` beside an environment.
fn asked_for(facts: &Facts<'_>, venv: &Venv) -> Option<(Vec<u8>, String)> {
    let file = join(parent(&venv.directory), b".python-version");
    let text = facts.files().text(&file, 1 << 10)?;
    let version = text.lines().next()?.trim().to_string();
    (!version.is_empty()).then_some((file, version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::imports::Reach;
    use crate::sample::{Sample, missing};

    const PYTHON: &str =
        "/root/.local/share/uv/python/cpython-3.11.2-linux-x86_64-gnu/bin/python3.11";
    const ELF: &str = "\x7fELF";

    fn image() -> Sample {
        Sample::new()
            .program("usr/local/bin/python3.11", ELF)
            .link("usr/local/bin/python", "python3.11")
            .file("usr/local/lib/python3.11/os.py", "")
            .file(
                "app/.venv/pyvenv.cfg",
                "home = /root/x\nuv = 0.4.30\nversion_info = 3.11.2\n",
            )
            .file("app/.python-version", "3.11\n")
            .link("app/.venv/bin/python", PYTHON)
            .file(
                "app/.venv/lib/python3.11/site-packages/flask/__init__.py",
                "",
            )
            .file("app/main.py", "import flask\n")
            .config(|config| {
                config.config.working_dir = "/app".into();
                config.config.env = vec!["PATH=/app/.venv/bin:/usr/local/bin".into()];
            })
    }

    #[test]
    fn the_interpreter_of_uv_that_stayed_behind_is_named() {
        let found = image()
            .cmd(&["/app/.venv/bin/python", "main.py"])
            .findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Breaks);
        assert_eq!(
            found[0].message,
            format!(
                "this image cannot start: `/app/.venv/bin/python` is a link to `{PYTHON}`, which is not in it: a tool fetched that Python, and it was not copied"
            )
        );
        let evidence: Vec<String> = found[0]
            .evidence
            .iter()
            .map(|line| format!("{}: {}", line.label, line.text))
            .collect();
        assert_eq!(
            evidence[1..],
            [
                format!("links: /app/.venv/bin/python → {PYTHON}"),
                "asked for by: `3.11` in `/app/.python-version`".into(),
                "in the image: Python 3.11, `/usr/local/bin/python3.11`".into(),
            ]
        );
        assert_eq!(
            found[0].hint.as_deref(),
            Some(
                "RUN [\"/usr/local/bin/python3.11\",\"-c\",\"import os; os.remove('/app/.venv/bin/python'); os.symlink('/usr/local/bin/python3.11', '/app/.venv/bin/python')\"]"
            )
        );
    }

    #[test]
    fn a_module_that_the_next_python_on_path_does_not_see_is_explained() {
        let found = image().cmd(&["python", "main.py"]).importing(
            RULE.name,
            vec![],
            vec![missing("flask", Reach::Sure, &["usr/local/lib/python3.11"])],
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "this image cannot start: `flask` is in `/app/.venv`, whose Python does not run, and another one on PATH does"
        );
    }

    #[test]
    fn an_interpreter_that_was_copied_too_or_is_not_used_passes() {
        let copied = image()
            .program(&PYTHON[1..], ELF)
            .cmd(&["/app/.venv/bin/python", "main.py"]);
        assert_eq!(copied.findings(RULE.name), []);
        assert_eq!(
            image()
                .cmd(&["/usr/local/bin/python", "-c", "pass"])
                .findings(RULE.name),
            []
        );
    }
}
