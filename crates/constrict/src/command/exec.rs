//! `constrict exec`: a further program in a running container.

use std::process::ExitCode;

use constrict_build::container::kept::{self, control};
use constrict_sandbox::{Exit, terminal};

use super::run::{Streams, need_terminal, status, variables};
use crate::arguments::Exec;
use crate::failure::Failure;
use crate::{interrupt, session};

/// Runs it to its end; the exit status is its own.
pub(crate) fn run(arguments: Exec) -> Result<ExitCode, Failure> {
    let joins = arguments.tty && arguments.interactive && !arguments.detach;
    need_terminal(joins)?;
    let exec = control::Exec {
        args: arguments.command,
        env: variables(&arguments.env_file, &arguments.env)?,
        user: arguments.user,
        working_dir: arguments.workdir,
        terminal: arguments.tty && !arguments.detach,
        detached: arguments.detach,
    };
    let store = session::own_store()?;
    let kept = kept::find(&store, &arguments.container)?;
    // whoever types for hours does not keep `prune` from its work
    drop(store);
    if exec.detached {
        control::exec(&kept, &exec, &Streams::nothing()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if joins {
        let mut inside = control::exec(&kept, &exec, &[])?;
        let session = inside.take_terminal().map(terminal::Session::start);
        let session = session.transpose()?;
        let exit = inside.wait();
        if let Some(session) = session {
            session.finish();
        }
        return Ok(status(exit));
    }
    Ok(status(execute(&kept, &exec, arguments.interactive)?))
}

fn execute(kept: &kept::Kept, exec: &control::Exec, input: bool) -> Result<Exit, Failure> {
    let (streams, ends) = match exec.terminal {
        true => (Streams::default(), Vec::new()),
        false => Streams::pipes(input)?,
    };
    let passing_on = interrupt::get_ready();
    let mut inside = control::exec(kept, exec, &ends)?;
    // the program's ends are its own
    drop(ends);
    passing_on.start(inside.killer());
    let streams = match inside.take_terminal() {
        Some(master) => Streams::terminal(master, None),
        None => streams,
    };
    let exit = inside.wait();
    streams.finish();
    drop(passing_on);
    Ok(exit)
}
