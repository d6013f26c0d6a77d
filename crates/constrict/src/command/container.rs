//! `constrict container`: docker's group of the commands about containers, and what they have in common.

use std::process::ExitCode;
use std::thread;

use constrict_build::container::kept::{self, Kept};
use constrict_build::store::prune::Scope;

use super::prune;
use crate::arguments::{Container, InspectKind, PruneContainers};
use crate::failure::Failure;
use crate::{render, session};

/// The command of that name.
pub(crate) fn run(command: Container) -> Result<ExitCode, Failure> {
    match command {
        Container::Run(arguments) => super::run::run(*arguments),
        Container::Ls(arguments) => super::ps::run(&arguments),
        Container::Logs(arguments) => super::logs::run(&arguments),
        Container::Exec(arguments) => super::exec::run(arguments),
        Container::Inspect(mut arguments) => {
            arguments.kind = Some(InspectKind::Container);
            super::inspect::run(&arguments)
        }
        Container::Start(arguments) => super::start_containers::run(&arguments),
        Container::Stop(arguments) => super::stop::run(&arguments),
        Container::Restart(arguments) => super::stop::restart(&arguments),
        Container::Kill(arguments) => super::kill::run(&arguments),
        Container::Wait(arguments) => super::wait::run(&arguments),
        Container::Rm(arguments) => super::rm::run(&arguments),
        Container::Prune(arguments) => prune_containers(&arguments),
    }
}

fn prune_containers(arguments: &PruneContainers) -> Result<ExitCode, Failure> {
    let scope = Scope {
        containers: true,
        images: false,
        named: false,
        cache: false,
        before: prune::before(&arguments.filter)?,
    };
    prune::carry_out(&scope, arguments.force, false)
}

/// Does something with each container that is named, with all at once, also after a failure. What failed is told; the names
/// of the others are printed as they were typed.
pub(super) fn each(
    names: &[String],
    act: impl Fn(&Kept, &str) -> Result<(), Failure> + Sync,
) -> Result<ExitCode, Failure> {
    let store = session::own_store()?;
    let found: Vec<_> = names.iter().map(|name| kept::find(&store, name)).collect();
    // what takes long does not keep `prune` from its work
    drop(store);
    let done: Vec<Result<(), Failure>> = thread::scope(|scope| {
        let act = &act;
        let threads: Vec<_> = names
            .iter()
            .zip(found)
            .map(|(name, found)| scope.spawn(move || act(&found?, name)))
            .collect();
        let done = threads.into_iter().map(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        done.collect()
    });
    let mut code = ExitCode::SUCCESS;
    for (name, done) in names.iter().zip(done) {
        match done {
            Ok(()) => session::print(&format!("{name}\n")),
            Err(failure) => {
                render::failure::print(&failure);
                code = ExitCode::from(failure.status());
            }
        }
    }
    Ok(code)
}
