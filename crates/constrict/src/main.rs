//! `constrict`: builds container images for Python applications, and runs them, without a daemon and without root.

mod arguments;
mod command;
mod failure;
mod inspection;
mod interrupt;
mod progress;
mod render;
mod session;
mod vulnerabilities;

use std::process::ExitCode;

use arguments::{Cache, Command, Container};

/// The exit status of `run` when constrict failed and not the command, as docker's.
const RUN_FAILED: u8 = 125;

fn main() -> ExitCode {
    // in a process of the sandbox this does not return
    constrict_sandbox::init_if_asked();
    let arguments = match arguments::parse(std::env::args_os().collect()) {
        Ok(arguments) => arguments,
        Err(error) => return misused(&error),
    };
    let is_run = matches!(
        arguments.command,
        Command::Run(_) | Command::Container(Container::Run(_))
    );
    let is_exec = matches!(
        arguments.command,
        Command::Exec(_) | Command::Container(Container::Exec(_))
    );
    let outcome = match arguments.command {
        Command::Build(arguments) => command::build::run(*arguments),
        Command::Run(arguments) => command::run::run(*arguments),
        Command::Ps(arguments) => command::ps::run(&arguments),
        Command::Logs(arguments) => command::logs::run(&arguments),
        Command::Exec(arguments) => command::exec::run(arguments),
        Command::Start(arguments) => command::start_containers::run(&arguments),
        Command::Stop(arguments) => command::stop::run(&arguments),
        Command::Restart(arguments) => command::stop::restart(&arguments),
        Command::Kill(arguments) => command::kill::run(&arguments),
        Command::Wait(arguments) => command::wait::run(&arguments),
        Command::Rm(arguments) => command::rm::run(&arguments),
        Command::Container(command) => command::container::run(command),
        Command::Check(arguments) => command::check::run(&arguments),
        Command::Vulnerabilities(arguments) => command::vulnerabilities::run(&arguments),
        Command::Explain(arguments) => command::explain::run(&arguments),
        Command::Compare(arguments) => command::compare::run(&arguments),
        Command::Size(arguments) => command::size::run(&arguments),
        Command::Sbom(arguments) => command::sbom::run(&arguments),
        Command::Images(arguments) => command::images::run(&arguments),
        Command::Inspect(arguments) => command::inspect::run(&arguments),
        Command::History(arguments) => command::history::run(&arguments),
        Command::Save(arguments) => command::archive::save(&arguments),
        Command::Load(arguments) => command::archive::load(&arguments),
        Command::Prune(arguments) => command::prune::run(&arguments),
        Command::Cache(Cache::Explain(arguments)) => command::build::explain(&arguments),
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
            ExitCode::from(match (is_run, is_exec) {
                (true, _) => failure.not_started().unwrap_or(RUN_FAILED),
                (_, true) => failure.not_started().unwrap_or(failure.status()),
                (false, false) => failure.status(),
            })
        }
    }
}

/// Help and version are asked for; everything else is wrong use.
fn misused(error: &clap::Error) -> ExitCode {
    // if nobody reads it, the exit status still tells
    let _ = error.print();
    let mut words = std::env::args_os().skip(1);
    let mut word = words.next();
    if word.as_ref().is_some_and(|word| word == "container") {
        word = words.next();
    }
    let is_run = word.is_some_and(|word| word == "run");
    match (error.use_stderr(), is_run) {
        (false, _) => ExitCode::SUCCESS,
        (true, true) => ExitCode::from(RUN_FAILED),
        (true, false) => ExitCode::from(2),
    }
}
