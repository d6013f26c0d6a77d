//! Row 2: a Python that a script, a link of a virtual environment or the command names is not in the image, or comes without
//! its standard library. What rules about a missing Python share is here.
//!
//! Source: PEP 405; CPython's `Modules/getpath.py`.

mod remedy;

use crate::facts::Facts;
use crate::facts::imports::{MissingModule, Reach};
use crate::facts::start::Obstacle;
use crate::facts::venv::{Blame, Venv, Wanted, blame, blame_missing, fetched};
use crate::files::{join, shown};
use crate::rule::{Finding, Rule, Severity};

use remedy::made_for;
pub(crate) use remedy::{pythons, relinked, remedy, with_base};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "dangling-python",
    summary: "the Python that a virtual environment, a script or the command names is not in the image",
    severity: Severity::Breaks,
    rows: &[2],
    page: include_str!("../../../../docs/rules/dangling-python.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let own = |blame: &Blame| *blame == Blame::Missing;
    for stopped in stopped(facts, own) {
        let finding = Finding::new(RULE.name, stopped.severity, message(facts, &stopped))
            .at(facts.place_of_instruction(facts.start().instruction))
            .because("started by", stopped.obstacle.route());
        findings.push(remedy(facts, Some(&stopped), &stopped.wanted, finding));
    }
    for hidden in hidden(facts, own) {
        findings.push(passed_over(facts, &RULE, &hidden));
    }
    unused(facts, findings);
    for run in &facts.imports().runs {
        let missing = run.missing.iter().find(|missing| is_library(missing));
        findings.extend(missing.and_then(|missing| no_library(facts, run.program, missing)));
    }
}

/// Whether a missing module is one that an environment on PATH has whose Python is not there, or the standard library.
pub(crate) fn explains(facts: &Facts<'_>, missing: &MissingModule) -> bool {
    is_library(missing) || blame_missing(facts, missing).is_some()
}

/// What keeps a program from starting.
pub(crate) struct Stopped<'a> {
    /// The obstacle.
    pub(crate) obstacle: &'a Obstacle,
    /// The Python that it is about.
    pub(crate) wanted: Wanted,
    /// Whose fault it is.
    pub(crate) blame: Blame,
    pub(crate) severity: Severity,
}

/// The obstacles that are one rule's business; of those about one Python the first, which is as bad as any.
pub(crate) fn stopped<'a>(facts: &'a Facts<'_>, own: impl Fn(&Blame) -> bool) -> Vec<Stopped<'a>> {
    let mut found: Vec<Stopped<'a>> = Vec::new();
    for obstacle in &facts.start().obstacles {
        let (Some(severity), Some(wanted)) = (obstacle.severity(), obstacle.wanted(facts)) else {
            continue;
        };
        let Some(blame) = blame(facts, obstacle).filter(&own) else {
            continue;
        };
        let foreign = |path: &[u8]| super::foreign_venv::explains(facts, path);
        let known = found
            .iter()
            .any(|known| known.wanted.target == wanted.target && known.severity == severity);
        if known || foreign(wanted.script.as_ref().unwrap_or(&wanted.python)) {
            continue;
        }
        found.push(Stopped {
            obstacle,
            wanted,
            blame,
            severity,
        });
    }
    found
}

/// A module of an environment whose own Python does not run.
pub(crate) struct Hidden<'a> {
    pub(crate) missing: &'a MissingModule,
    /// The environment.
    pub(crate) venv: &'a Venv,
    pub(crate) blame: Blame,
    pub(crate) severity: Severity,
}

/// Modules that are missing since PATH leads to another Python; of one environment the first.
pub(crate) fn hidden<'a>(facts: &'a Facts<'_>, own: impl Fn(&Blame) -> bool) -> Vec<Hidden<'a>> {
    let mut found: Vec<Hidden<'a>> = Vec::new();
    for run in &facts.imports().runs {
        for missing in run
            .missing
            .iter()
            .filter(|missing| missing.need != Reach::Optional)
        {
            let Some((blame, venv)) = blame_missing(facts, missing).filter(|(blame, _)| own(blame))
            else {
                continue;
            };
            let severity = severity(facts, run.program, missing);
            let same = |known: &Hidden<'_>| {
                known.venv.directory == venv.directory && known.severity <= severity
            };
            if !found.iter().any(same) && !super::foreign_venv::explains(facts, &venv.bin()) {
                found.push(Hidden {
                    missing,
                    venv,
                    blame,
                    severity,
                });
            }
        }
    }
    found
}

/// How bad a missing module is.
pub(crate) fn severity(facts: &Facts<'_>, program: usize, missing: &MissingModule) -> Severity {
    match facts.fails(program, missing.need) {
        true => Severity::Breaks,
        false => Severity::Risk,
    }
}

/// `this image cannot start: ` where it cannot.
pub(crate) fn lead(severity: Severity) -> &'static str {
    match severity {
        Severity::Breaks => "this image cannot start: ",
        _ => "",
    }
}

/// What is not there, and who asks for it.
pub(crate) fn message(facts: &Facts<'_>, stopped: &Stopped<'_>) -> String {
    let (wanted, lead) = (&stopped.wanted, stopped.obstacle.lead());
    let python = shown(&wanted.python);
    let link = facts.files().node(&wanted.python).is_some();
    match (&wanted.script, link) {
        _ if wanted.target == wanted.python && link => {
            format!("{lead}`{python}` is a link that leads back to itself")
        }
        (_, true) => format!(
            "{lead}`{python}` is a link to `{}`, which is not in it",
            shown(&wanted.target)
        ),
        (Some(script), false) => format!(
            "{lead}`{}` is to be run by `{python}`, which is not in it",
            shown(script)
        ),
        (None, false) => format!("{lead}`{python}` is not in it"),
    }
}

/// A module that is missing since PATH leads past an environment.
pub(crate) fn passed_over(facts: &Facts<'_>, rule: &Rule, hidden: &Hidden<'_>) -> Finding {
    let (venv, missing) = (hidden.venv, hidden.missing);
    let name = missing.name.split('.').next().unwrap_or_default();
    let message = format!(
        "{}`{name}` is in `{}`, whose Python does not run, and another one on PATH does",
        lead(hidden.severity),
        shown(&venv.directory)
    );
    let finding = Finding::new(rule.name, hidden.severity, message)
        .at(facts.place_of(&join(&venv.directory, b"pyvenv.cfg")))
        .because("needed by", missing.chain.join(" → "));
    let Some((link, target)) = venv.dangling.clone() else {
        return finding;
    };
    let wanted = Wanted {
        script: None,
        python: link,
        target,
    };
    remedy(facts, None, &wanted, finding)
}

/// An environment on PATH whose Python is not there, though nothing is known to start it.
fn unused(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let path = facts.environment().path();
    for venv in facts.venvs() {
        let Some((link, target)) = venv.dangling.clone() else {
            continue;
        };
        let told = findings.iter().any(|found| {
            found.rule == RULE.name && found.message.contains(&shown(&venv.directory))
        });
        let stopped = facts.start().obstacles.iter().any(|obstacle| {
            let wanted = obstacle.wanted(facts);
            wanted.is_some_and(|wanted| {
                let script = wanted.script.as_deref().unwrap_or_default();
                venv.contains(&wanted.python) || venv.contains(script)
            })
        });
        let elsewhere = !path.contains(&venv.bin())
            || fetched(&target).is_some()
            || super::foreign_venv::explains(facts, &link);
        if told || stopped || elsewhere {
            continue;
        }
        let message = format!(
            "`{}`, which is on PATH, is a link to `{}`, which is not in this image",
            shown(&link),
            shown(&target)
        );
        let wanted = Wanted {
            script: None,
            python: link.clone(),
            target,
        };
        let finding = Finding::new(RULE.name, Severity::Risk, message).at(facts.place_of(&link));
        let finding = remedy(facts, None, &wanted, finding);
        // where the image starts all the same, its base is good for something
        let fails = facts.start().breaking().next().is_some();
        findings.push(Finding {
            mend: finding.mend.filter(|_| fails),
            ..finding
        });
    }
}

/// What an interpreter needs before anything else.
fn is_library(missing: &MissingModule) -> bool {
    missing.name == "encodings" && missing.importer.is_empty()
}

/// An interpreter that finds no standard library.
fn no_library(facts: &Facts<'_>, program: usize, missing: &MissingModule) -> Option<Finding> {
    let started = facts.start().programs.get(program)?;
    let python = facts.interpreters().of(facts, &started.executable)?;
    let python = &facts.interpreters().all[python];
    let (x, y) = python.version;
    let severity = severity(facts, program, missing);
    let message = format!(
        "{}`{}` finds no standard library of Python {x}.{y} (no module named `encodings`)",
        lead(severity),
        shown(&started.executable)
    );
    let searched: Vec<String> = missing.searched.iter().map(|path| shown(path)).collect();
    let mut finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of(&python.path))
        .because("started by", started.via.join(" → "))
        .because("searched", searched.join(" "));
    if let Some(home) = started.environment.get("PYTHONHOME") {
        finding = finding.because("PYTHONHOME", home.to_string());
    }
    if let Some(venv) = facts.venv_of(&started.executable) {
        finding = finding.because("made for", made_for(venv));
    }
    Some(with_base(facts, None, Some(python.version), finding))
}

#[cfg(test)]
mod tests;
