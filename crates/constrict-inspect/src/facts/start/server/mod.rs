//! Servers and other programs that import what their words, configuration and variables name. Each has a file; the table
//! says which names they go by. Never resolves a module.

use super::walk::{Process, UNKNOWN, UNSET, Walker, is_known};
use super::{Demand, Listen, Program, Target};
use crate::facts::environment::Environment;
use crate::files::file_name;

mod gunicorn;
mod options;

use options::Options;

/// A known program.
struct Server {
    /// The script's name and the name of the module for `-m`.
    names: &'static [&'static str],
    /// What the script's text mentions: a program of the user's that is called alike does not.
    mentions: &'static str,
    examine: fn(&mut Run<'_, '_, '_>),
}

const SERVERS: &[Server] = &[gunicorn::SERVER];

/// One run of a known program.
struct Run<'w, 'a, 'f> {
    walker: &'w mut Walker<'a, 'f>,
    process: &'w Process,
    /// The words after the script or module.
    words: Vec<String>,
    demands: Vec<Demand>,
    listens: Vec<Listen>,
}

/// Finds out what a run of Python imports besides its target, and where it listens.
pub(crate) fn examine(walker: &mut Walker<'_, '_>, program: &mut Program, process: &Process) {
    let Some(run) = &mut program.python else {
        return;
    };
    let (name, script) = match &run.target {
        Target::Path(path) => (
            String::from_utf8_lossy(file_name(path)).into_owned(),
            Some(path.clone()),
        ),
        Target::Module(module) => (module.clone(), None),
        _ => return,
    };
    let known = SERVERS
        .iter()
        .find(|server| server.names.contains(&name.as_str()));
    let Some(server) = known else { return };
    let mentions = script.is_none_or(|script| {
        walker
            .files()
            .text(&script, 64 << 10)
            .is_none_or(|text| text.contains(server.mentions))
    });
    if !mentions {
        return;
    }
    let words = run.arguments.clone();
    let mut found = Run {
        walker,
        process,
        words,
        demands: Vec::new(),
        listens: Vec::new(),
    };
    (server.examine)(&mut found);
    run.demands = found.demands;
    program.listens = found.listens;
}
