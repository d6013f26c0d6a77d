//! `constrict`: builds container images for Python applications, and runs them, without a daemon and without root.

mod arguments;
mod command;
mod failure;
mod inspection;
mod interrupt;
mod progress;
mod render;
mod session;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

/// The exit status of `run` when constrict failed and not the command, as docker's.
const RUN_FAILED: u8 = 125;

fn main() -> ExitCode {
    // in a process of the sandbox this does not return
    constrict_sandbox::init_if_asked();
    let arguments =
        match Arguments::try_parse_from(arguments::translated(std::env::args_os().collect())) {
            Ok(arguments) => arguments,
            Err(error) => return misused(&error),
        };
    let is_run = matches!(arguments.command, Command::Run(_));
    let outcome = match arguments.command {
        Command::Build(arguments) => command::build::run(*arguments),
        Command::Run(arguments) => command::run::run(*arguments),
        Command::Check(arguments) => command::check::run(&arguments),
        Command::Explain(arguments) => command::explain::run(&arguments),
        Command::Images(arguments) => command::images::run(&arguments),
        Command::Inspect(arguments) => command::inspect::run(&arguments),
        Command::History(arguments) => command::history::run(&arguments),
        Command::Save(arguments) => command::archive::save(&arguments),
        Command::Load(arguments) => command::archive::load(&arguments),
        Command::Prune(arguments) => command::prune::run(&arguments),
        Command::System(command) => command::system::run(&command),
        Command::Tag(arguments) => command::tag::run(&arguments),
        Command::Rmi(arguments) => command::rmi::run(&arguments),
        Command::Pull(arguments) => command::pull::run(&arguments),
        Command::Push(arguments) => command::push::run(&arguments),
        Command::Lint(arguments) => command::lint::run(&arguments),
        Command::Doctor(arguments) => command::doctor::run(&arguments),
        Command::Completions(arguments) => command::shell::completions(&arguments),
        Command::Man(arguments) => command::shell::man(&arguments),
    };
    interrupt::tidy_up();
    progress::close();
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            render::failure::print(&failure);
            ExitCode::from(match is_run {
                true => failure.not_started().unwrap_or(RUN_FAILED),
                false => failure.status(),
            })
        }
    }
}

/// Help and version are asked for; everything else is wrong use.
fn misused(error: &clap::Error) -> ExitCode {
    // if nobody reads it, the exit status still tells
    let _ = error.print();
    let is_run = std::env::args_os().nth(1).is_some_and(|word| word == "run");
    match (error.use_stderr(), is_run) {
        (false, _) => ExitCode::SUCCESS,
        (true, true) => ExitCode::from(RUN_FAILED),
        (true, false) => ExitCode::from(2),
    }
}
