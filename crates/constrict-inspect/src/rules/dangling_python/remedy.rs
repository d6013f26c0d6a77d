//! What to do about a Python that is not there: link the environment to the one that is, start that one, or begin with a
//! base that has it. Never decides how bad it is.

use super::Stopped;
use crate::facts::Facts;
use crate::facts::interpreter::Interpreter;
use crate::facts::rebase;
use crate::facts::venv::{Venv, Wanted, links};
use crate::files::{Files, Kind, file_name, join, parent, shown};
use crate::mend::Mend;
use crate::rule::Finding;

/// `Python 3.11, home = /usr/local/bin in /opt/venv/pyvenv.cfg`.
pub(super) fn made_for(venv: &Venv) -> String {
    let version = venv.version();
    let version = version.map_or("Python".into(), |(x, y)| format!("Python {x}.{y}"));
    let home = venv.config.home.as_deref().unwrap_or_default();
    let file = shown(&join(&venv.directory, b"pyvenv.cfg"));
    let site = venv.version().map_or(String::new(), |(x, y)| {
        let site = format!("lib/python{x}.{y}/site-packages");
        format!(
            "; site-packages: `{}`",
            shown(&join(&venv.directory, site.as_bytes()))
        )
    });
    format!("{version}, `home = {home}` in `{file}`{site}")
}

/// The interpreters of the image, for people.
pub(crate) fn pythons(facts: &Facts<'_>) -> String {
    let all = facts.interpreters().all.iter();
    let shown: Vec<String> = all
        .filter(|python| python.library.is_some())
        .map(|python| {
            let (x, y) = python.version;
            format!("Python {x}.{y}, `{}`", shown(&python.path))
        })
        .take(4)
        .collect();
    match shown.is_empty() {
        true => "no Python".into(),
        false => shown.join("; "),
    }
}

/// With what the environment was made for, what there is instead, and what to do.
pub(crate) fn remedy(
    facts: &Facts<'_>,
    stopped: Option<&Stopped<'_>>,
    wanted: &Wanted,
    mut finding: Finding,
) -> Finding {
    let files = facts.files();
    if files.node(&wanted.python).is_some() {
        finding = finding.because("links", links(files, &wanted.python));
    }
    let venv = facts.venv_of(&wanted.python);
    if let Some(venv) = venv {
        finding = finding.because("made for", made_for(venv));
    }
    finding = finding.because("in the image", pythons(facts));
    let version = venv.and_then(Venv::version);
    let stage = rebase::stage_with(facts, Some(&wanted.target), version);
    let named = version.or_else(|| name_version(&wanted.target));
    let there = |python: &&Interpreter| {
        python.library.is_some() && named.is_none_or(|version| python.version == version)
    };
    let there = facts.interpreters().all.iter().find(there);
    match (venv, there) {
        (Some(_), Some(python)) if version.is_some() => {
            relinked(facts, wanted, &shown(&python.path), finding)
        }
        (None, Some(python)) if stopped.is_some_and(|stopped| is_direct(facts, stopped)) => {
            renamed(facts, &shown(&python.path), finding)
        }
        _ => {
            let version = named.or_else(|| version_in(&stage?.files, &wanted.target));
            with_base(facts, Some(&wanted.target), version, finding)
        }
    }
}

/// X and Y in `python3.11`.
fn name_version(path: &[u8]) -> Option<(u8, u8)> {
    let name = std::str::from_utf8(file_name(path)).ok()?;
    let (x, y) = name.strip_prefix("python")?.split_once('.')?;
    Some((x.parse().ok()?, y.trim_end_matches('t').parse().ok()?))
}

/// X and Y of an interpreter of a stage, by the names of what is the same file.
fn version_in(files: &Files, python: &[u8]) -> Option<(u8, u8)> {
    let (real, _) = files.resolve(python)?;
    name_version(&real)
}

/// Whether it is the first word of ENTRYPOINT and CMD.
fn is_direct(facts: &Facts<'_>, stopped: &Stopped<'_>) -> bool {
    let start = facts.start();
    stopped.obstacle.argv == start.argv && start.argv.first().is_some_and(|word| word.contains('/'))
}

/// Starts the interpreter that is there.
fn renamed(facts: &Facts<'_>, python: &str, finding: Finding) -> Finding {
    let config = &facts.image.config.config;
    let first = |words: &[String]| {
        let rest = words.iter().skip(1).cloned();
        std::iter::once(python.to_string()).chain(rest).collect()
    };
    let instruction = facts.start().instruction;
    let words: Vec<String> = match instruction {
        "ENTRYPOINT" => first(&config.entrypoint),
        _ => first(&config.cmd),
    };
    let mend = match instruction {
        "ENTRYPOINT" => Mend::Entrypoint(Some(words.clone())),
        _ => Mend::Cmd(words.clone()),
    };
    let line = format!("{instruction} {}", serde_json::Value::from(words));
    finding.hint(line).mend(mend)
}

/// Leads the environment's link to an interpreter that is there.
pub(crate) fn relinked(
    facts: &Facts<'_>,
    wanted: &Wanted,
    python: &str,
    finding: Finding,
) -> Finding {
    let files = facts.files();
    let link = shown(&last_link(files, &wanted.python));
    let has = |name: &str| {
        ["bin", "usr/bin"]
            .iter()
            .any(|bin| files.is_file(format!("{bin}/{name}").as_bytes()))
    };
    let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect();
    let command: Vec<String> = match has("ln") {
        true => words(&["ln", "-sf", python, &link]),
        false => {
            let code = format!("import os; os.remove('{link}'); os.symlink('{python}', '{link}')");
            words(&[python, "-c", &code])
        }
    };
    let hint = match has("ln") && has("sh") {
        true => format!("RUN {}", command.join(" ")),
        false => format!("RUN {}", serde_json::Value::from(command.clone())),
    };
    finding.hint(hint).mend(Mend::Run { command })
}

/// The last link on the way that is there.
fn last_link(files: &Files, path: &[u8]) -> Vec<u8> {
    let mut at = path.to_vec();
    for _ in 0..10 {
        let Some(Kind::Symlink { target }) = files.node(&at).map(|node| &node.kind) else {
            break;
        };
        let next = join(parent(&at), target);
        match files.node(&next).map(|node| &node.kind) {
            Some(Kind::Symlink { .. }) => at = next,
            _ => break,
        }
    }
    at
}

/// Begins the last stage with an image that has the Python.
pub(crate) fn with_base(
    facts: &Facts<'_>,
    file: Option<&[u8]>,
    version: Option<(u8, u8)>,
    finding: Finding,
) -> Finding {
    let Some(stage) = rebase::stage_with(facts, file, version) else {
        return match version {
            Some((x, y)) => finding.hint(format!(
                "begin the last stage with an image that has Python {x}.{y}: FROM python:{x}.{y}-slim"
            )),
            None => finding,
        };
    };
    let why = match version {
        Some((x, y)) => format!("has Python {x}.{y}, as `{}` does", stage.name),
        None => format!("has the Python of `{}`", stage.name),
    };
    let finding = match file.filter(|file| stage.files.is_file(file)) {
        Some(file) => finding.because(
            "found in",
            format!("stage `{}`, {}", stage.name, shown(file)),
        ),
        None => finding,
    };
    let image = rebase::image_of(facts, stage);
    finding
        .hint(format!(
            "begin the last stage as `{}` does: FROM {image}",
            stage.name
        ))
        .mend(rebase::mend(facts, stage, why))
}
