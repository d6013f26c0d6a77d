//! Row 1: a virtual environment was made at one path and copied to another: its scripts name a Python that is not there.
//!
//! Source: installers write the interpreter's path into the first line of each script, or into the second where the shell
//! reads the first (`'''exec'`); `activate` has the path too. `python -m` does without both.

use super::dangling_python::{Stopped, hidden, lead, stopped};
use crate::facts::Facts;
use crate::facts::start::{Cause, Obstacle, ObstacleKind};
use crate::facts::venv::{Blame, Venv, blame, broken_script};
use crate::files::{Files, file_name, join, parent, shown};
use crate::mend::Mend;
use crate::quantity::count;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "moved-venv",
    summary: "a virtual environment was copied to another path than it was made at",
    severity: Severity::Breaks,
    rows: &[1],
    page: include_str!("../../../../docs/rules/moved-venv.md"),
    check,
};

/// Whether a program is not on PATH since PATH names the place where its environment was made: this rule tells of it.
pub(crate) fn explains(facts: &Facts<'_>, obstacle: &Obstacle) -> bool {
    matches!(blame(facts, obstacle), Some(Blame::Moved { .. }))
}

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let own = |blame: &Blame| matches!(blame, Blame::Moved { .. });
    let before = findings.len();
    for stopped in stopped(facts, own) {
        findings.extend(script(facts, &stopped));
    }
    let start = facts.start();
    for obstacle in &start.obstacles {
        if obstacle.cause(start) == Cause::MissingProgram {
            findings.extend(not_on_path(facts, obstacle));
        }
    }
    for hidden in hidden(facts, own) {
        let Blame::Moved { from, .. } = &hidden.blame else {
            continue;
        };
        let name = hidden.missing.name.split('.').next().unwrap_or_default();
        let to = shown(&hidden.venv.directory);
        let message = format!(
            "{}`{name}` is in `{to}`, and PATH has `{}/bin`, where that virtual environment was made",
            lead(hidden.severity),
            shown(from)
        );
        findings.push(
            Finding::new(RULE.name, hidden.severity, message)
                .at(facts.place_of(&join(&hidden.venv.directory, b"pyvenv.cfg")))
                .because("needed by", hidden.missing.chain.join(" → "))
                .hint(made_there(hidden.venv)),
        );
    }
    if findings.len() == before {
        unused(facts, findings);
    }
}

/// A script whose first line names where its environment was made.
fn script(facts: &Facts<'_>, stopped: &Stopped<'_>) -> Option<Finding> {
    let Blame::Moved { to, from } = &stopped.blame else {
        return None;
    };
    let script = stopped.wanted.script.as_ref()?;
    let why = match to {
        Some(to) => format!(
            "the virtual environment was made in `{}` and lies in `{}`",
            shown(from),
            shown(to)
        ),
        None => format!(
            "the script is of a virtual environment in `{}`, which was not copied",
            shown(from)
        ),
    };
    let message = format!(
        "{}`{}` is to be run by `{}`, which is not in it: {why}",
        stopped.obstacle.lead(),
        shown(script),
        shown(&stopped.wanted.python)
    );
    let mut finding = Finding::new(RULE.name, stopped.severity, message)
        .at(facts.place_of(script))
        .because("started by", stopped.obstacle.route());
    let Some(venv) = facts
        .venvs()
        .iter()
        .find(|venv| Some(&venv.directory) == to.as_ref())
    else {
        return Some(left_behind(facts, script, from, finding));
    };
    let scripts = broken(facts, venv, from);
    if scripts.len() > 1 {
        finding = finding.because(
            "also",
            format!(
                "{} of `{}`",
                count(scripts.len() - 1, "other script"),
                shown(&venv.bin())
            ),
        );
    }
    if let Some((link, target)) = &venv.dangling {
        let text = format!(
            "`{}` is a link to `{}`, which is not in it either",
            shown(link),
            shown(target)
        );
        finding = finding.because("besides", text);
    }
    let finding = finding.hint(made_there(venv));
    Some(
        match rewrite(facts, script, &scripts, from, &venv.directory) {
            Some(mend) => finding.mend(mend),
            None => finding,
        },
    )
}

/// The scripts of an environment that name the place where it was made.
fn broken(facts: &Facts<'_>, venv: &Venv, from: &[u8]) -> Vec<Vec<u8>> {
    let bin = join(from, b"bin");
    let scripts = venv.broken_scripts(facts.files()).into_iter();
    scripts
        .filter(|script| parent(&join(b"", script.interpreter.as_bytes())) == bin)
        .map(|script| script.path)
        .collect()
}

/// The line that makes an environment where it will be.
fn made_there(venv: &Venv) -> String {
    let to = shown(&venv.directory);
    let line = match venv.config.made_by.as_deref() {
        Some("uv") => format!("ENV UV_PROJECT_ENVIRONMENT={to}"),
        _ if file_name(&venv.directory) == b".venv" => {
            format!("WORKDIR {}", shown(parent(&venv.directory)))
        }
        _ => format!("RUN python -m venv {to}"),
    };
    format!("make it where it will lie, in the stage that makes it: {line}")
}

/// Writes the new path into the first lines.
fn rewrite(
    facts: &Facts<'_>,
    script: &[u8],
    scripts: &[Vec<u8>],
    from: &[u8],
    to: &[u8],
) -> Option<Mend> {
    let files = facts.files();
    let (old, new) = (
        format!("{}/bin/", shown(from)),
        format!("{}/bin/", shown(to)),
    );
    let plain = |path: &str| !path.contains(['|', '\\', '&', '*', '[', '\'']);
    if ["bin/sed", "usr/bin/sed"]
        .iter()
        .any(|sed| files.is_file(sed.as_bytes()))
        && plain(&old)
        && plain(&new)
    {
        let mut command = vec!["sed".to_string(), "-i".into(), format!("1,2s|{old}|{new}|")];
        command.extend(scripts.iter().map(|path| shown(path)));
        return Some(Mend::Run { command });
    }
    written(files, script, &old, &new)
}

/// The script that is started, with another path in its first two lines.
fn written(files: &Files, script: &[u8], old: &str, new: &str) -> Option<Mend> {
    let text = String::from_utf8(files.read(script, 64 << 10)?).ok()?;
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    for line in lines.iter_mut().take(2) {
        *line = line.replacen(old, new, 1);
    }
    let fits = !text.contains("\nEOF\n") && text.len() < 64 << 10;
    fits.then(|| Mend::Write {
        path: shown(script),
        text: lines.join("\n") + "\n",
        mode: 0o755,
    })
}

/// A script that was copied without its environment.
fn left_behind(facts: &Facts<'_>, script: &[u8], from: &[u8], finding: Finding) -> Finding {
    let files = facts.files();
    let prefix = parent(parent(script));
    let mut sites = facts.distributions().sites().into_iter();
    let installed = sites.any(|site| parent(parent(parent(site))) == prefix);
    let python = ["python3", "python"].iter().find_map(|name| {
        let path = join(parent(script), name.as_bytes());
        files.is_file(&path).then(|| shown(&path))
    });
    if let (true, Some(python)) = (installed, python) {
        let old = broken_script(files, script).map(|script| script.interpreter);
        let old = old.unwrap_or_default();
        return match written(files, script, &old, &python) {
            Some(mend) => finding
                .hint(format!(
                    "RUN sed -i '1s|^#!.*|#!{python}|' {}",
                    shown(script)
                ))
                .mend(mend),
            None => finding,
        };
    }
    let from = shown(from);
    let stages = facts
        .image
        .origin
        .iter()
        .flat_map(|origin| origin.stages.values());
    let file = format!("{from}/pyvenv.cfg");
    let stage = stages
        .into_iter()
        .find(|stage| stage.files.is_file(file.as_bytes()));
    match stage {
        Some(stage) => finding
            .because("found in", format!("stage `{}`, {from}", stage.name))
            .hint(format!("COPY --from={} {from} {from}", stage.name))
            .mend(Mend::CopyFrom {
                stage: stage.name.clone(),
                paths: vec![format!("{from}/")],
                ldconfig: false,
            }),
        None => finding.hint(format!("copy the virtual environment to `{from}`")),
    }
}

/// A program of an environment that PATH looks for where the environment was made.
fn not_on_path(facts: &Facts<'_>, obstacle: &Obstacle) -> Option<Finding> {
    let ObstacleKind::NotOnPath { name } = &obstacle.kind else {
        return None;
    };
    let Some(Blame::Moved { to: Some(to), from }) = blame(facts, obstacle) else {
        return None;
    };
    let message = format!(
        "{}`{name}` is not on PATH, which has `{}/bin`: the virtual environment was made there and lies in `{}`",
        obstacle.lead(),
        shown(&from),
        shown(&to)
    );
    let venv = facts.venvs().iter().find(|venv| venv.directory == to)?;
    Some(
        Finding::new(RULE.name, obstacle.severity()?, message)
            .at(facts.place_of_instruction(facts.start().instruction))
            .because("started by", obstacle.route())
            .because("found in", shown(&join(&venv.bin(), name.as_bytes())))
            .hint(made_there(venv))
            .mend(Mend::Env(vec![(
                "PATH".into(),
                format!("{}:$PATH", shown(&venv.bin())),
            )])),
    )
}

/// Broken scripts in a directory of PATH that nothing is known to start.
fn unused(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let path = facts.environment().path();
    for venv in facts
        .venvs()
        .iter()
        .filter(|venv| path.contains(&venv.bin()))
    {
        let Some(from) = &venv.made_at else { continue };
        let scripts = broken(facts, venv, from);
        let Some(first) = scripts.first() else {
            continue;
        };
        let message = format!(
            "{} of `{}` cannot start: the virtual environment was made in `{}`",
            count(scripts.len(), "script"),
            shown(&venv.bin()),
            shown(from)
        );
        findings.push(
            Finding::new(RULE.name, Severity::Risk, message)
                .at(facts.place_of(first))
                .because("for one", shown(first))
                .hint(made_there(venv)),
        );
    }
}

#[cfg(test)]
#[path = "moved_venv/tests.rs"]
mod tests;
