//! Whose fault it is that a Python is not there: of what stands in the way of a start, and of a module that would be found
//! if another Python ran.

use super::{Venv, fetched, provides};
use crate::facts::Facts;
use crate::facts::imports::MissingModule;
use crate::facts::start::{Cause, Obstacle, ObstacleKind, Program};
use crate::files::{file_name, join, parent};

/// Prefixes of interpreters that no environment has.
const PREFIXES: &[&[u8]] = &[b"", b"usr", b"usr/local"];

/// What is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// An environment lies elsewhere than where it was made.
    Moved {
        /// Where it is now; `None` if only its script was copied.
        to: Option<Vec<u8>>,
        /// Where it was made.
        from: Vec<u8>,
    },
    /// A tool fetched an interpreter for itself, which stayed behind.
    Fetched {
        /// The directory of the interpreter.
        interpreter: Vec<u8>,
    },
    /// A script names the Python of another version than the one beside it.
    OtherVersion {
        /// The interpreter that is there, as an index of all.
        there: usize,
    },
    /// An interpreter is not there.
    Missing,
}

/// What an obstacle is about.
pub(crate) struct Wanted {
    /// The script that names an interpreter.
    pub(crate) script: Option<Vec<u8>>,
    /// The interpreter, which may be a link.
    pub(crate) python: Vec<u8>,
    /// What is missing in the end.
    pub(crate) target: Vec<u8>,
}

impl Obstacle {
    /// The Python that it is about.
    pub(crate) fn wanted(&self, facts: &Facts<'_>) -> Option<Wanted> {
        let (script, python) = match &self.kind {
            ObstacleKind::NoInterpreter {
                script,
                interpreter,
            } => (
                Some(script.clone()),
                self.environment.absolute(interpreter.as_bytes()),
            ),
            // the second line of a script for the shell: exec /venv/bin/python "$0" "$@"
            ObstacleKind::NoSuchFile { path } => (self.read_by_shell(facts, path), path.clone()),
            ObstacleKind::DanglingLink { path, .. } => {
                (self.read_by_shell(facts, path), path.clone())
            }
            _ => return None,
        };
        let target = facts
            .files()
            .dangling(&python)
            .unwrap_or_else(|| python.clone());
        Some(Wanted {
            script,
            python,
            target,
        })
    }

    fn read_by_shell(&self, facts: &Facts<'_>, python: &[u8]) -> Option<Vec<u8>> {
        let script = self.environment.absolute(self.argv.get(1)?.as_bytes());
        let broken = super::broken_script(facts.files(), &script)?;
        (join(b"", broken.interpreter.as_bytes()) == python).then_some(script)
    }
}

/// Whose fault an obstacle is, if it is that of a Python which is not there.
pub(crate) fn blame(facts: &Facts<'_>, obstacle: &Obstacle) -> Option<Blame> {
    match obstacle.cause(facts.start()) {
        Cause::MissingPython => {}
        Cause::MissingProgram => return not_on_path(facts, obstacle),
        _ => return None,
    }
    let wanted = obstacle.wanted(facts)?;
    if let Some(blame) = moved(facts, &wanted) {
        return Some(blame);
    }
    if let Some(interpreter) = fetched(&wanted.target) {
        return Some(Blame::Fetched { interpreter });
    }
    Some(match beside(facts, &wanted) {
        Some(there) => Blame::OtherVersion { there },
        None => Blame::Missing,
    })
}

/// A script whose first line names the place where its environment was made.
fn moved(facts: &Facts<'_>, wanted: &Wanted) -> Option<Blame> {
    let (files, script) = (facts.files(), wanted.script.as_ref()?);
    let from = environment_of(&wanted.python)?;
    let gone = files.node(&wanted.python).is_none()
        && !files.exists(&join(from, b"pyvenv.cfg"))
        && !PREFIXES.contains(&from)
        && fetched(&wanted.python).is_none();
    if !gone {
        return None;
    }
    let bin = parent(script);
    let python = ["python", "python3"]
        .iter()
        .any(|name| files.node(&join(bin, name.as_bytes())).is_some());
    let venv = facts.venvs().iter().find(|venv| venv.bin() == bin);
    match venv {
        Some(venv) => {
            let home = venv.config.home.as_deref().unwrap_or_default();
            let base = join(b"", home.as_bytes()) == parent(&wanted.python);
            (!base && venv.directory != from).then(|| Blame::Moved {
                to: Some(venv.directory.clone()),
                from: from.to_vec(),
            })
        }
        None => python.then(|| Blame::Moved {
            to: None,
            from: from.to_vec(),
        }),
    }
}

/// `build/venv` of `build/venv/bin/python`.
fn environment_of(python: &[u8]) -> Option<&[u8]> {
    let bin = parent(python);
    (file_name(bin) == b"bin").then(|| parent(bin))
}

/// PATH names the place where an environment was made, which has the program.
fn not_on_path(facts: &Facts<'_>, obstacle: &Obstacle) -> Option<Blame> {
    let ObstacleKind::NotOnPath { name } = &obstacle.kind else {
        return None;
    };
    let files = facts.files();
    let path = obstacle.environment.path();
    facts.venvs().iter().find_map(|venv| {
        let from = venv.made_at.clone()?;
        let there = files.node(&join(&venv.bin(), name.as_bytes())).is_some();
        (there && path.contains(&join(&from, b"bin"))).then(|| Blame::Moved {
            to: Some(venv.directory.clone()),
            from,
        })
    })
}

/// The interpreter beside the one that a script names, of another version.
fn beside(facts: &Facts<'_>, wanted: &Wanted) -> Option<usize> {
    wanted.script.as_ref()?;
    let name = std::str::from_utf8(file_name(&wanted.python)).ok()?;
    name.strip_prefix("python")?.split_once('.')?;
    let gone = facts.files().node(&wanted.python).is_none();
    let all = &facts.interpreters().all;
    all.iter()
        .position(|there| gone && parent(&there.path) == parent(&wanted.python))
}

/// The environment that has a missing module, and why the Python that runs is not its own.
pub(crate) fn blame_missing<'a>(
    facts: &'a Facts<'_>,
    missing: &MissingModule,
) -> Option<(Blame, &'a Venv)> {
    let files = facts.files();
    let first = missing.name.split('.').next().unwrap_or_default();
    if missing
        .searched
        .iter()
        .any(|site| provides(files, site, first))
    {
        return None;
    }
    let venvs = facts.venvs().iter();
    let mut venvs = venvs.filter(|venv| venv.provides(files, first));
    venvs.find_map(|venv| {
        let pythons = facts.start().programs.iter();
        let mut pythons = pythons.filter(|program| program.python.is_some());
        let blame = pythons.find_map(|program| passed_over(facts, program, venv))?;
        Some((blame, venv))
    })
}

/// Why a program runs another Python than that of an environment which PATH has before.
pub(crate) fn passed_over(facts: &Facts<'_>, program: &Program, venv: &Venv) -> Option<Blame> {
    let name = program.argv.first()?;
    if name.contains('/') || venv.contains(&program.executable) {
        return None;
    }
    let path = program.environment.path();
    let at = |directory: &[u8]| path.iter().position(|part| part == directory);
    let own = at(parent(&program.executable))?;
    let before = |directory: &[u8]| at(directory).is_some_and(|at| at < own);
    if let Some(from) = &venv.made_at
        && before(&join(from, b"bin"))
        && !facts.files().exists(&join(from, b"bin"))
    {
        return Some(Blame::Moved {
            to: Some(venv.directory.clone()),
            from: from.clone(),
        });
    }
    let link = join(&venv.bin(), name.as_bytes());
    let target = facts.files().dangling(&link)?;
    if facts.files().node(&link).is_none() || !before(&venv.bin()) {
        return None;
    }
    Some(match fetched(&target) {
        Some(interpreter) => Blame::Fetched { interpreter },
        None => Blame::Missing,
    })
}
