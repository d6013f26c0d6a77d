//! `constrict`: builds container images for Python applications, without a daemon and without root.

mod arguments;
mod command;
mod failure;
mod progress;
mod render;
mod session;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    // in a process of the sandbox this does not return
    constrict_sandbox::init_if_asked();
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Build(arguments) => command::build::run(*arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            render::failure::print(&failure);
            ExitCode::from(failure.status())
        }
    }
}
