//! What shells and `man` want of a program: completions, manual pages. Made from the arguments' definitions.

use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;

use crate::arguments::{Arguments, Completions, Man};
use crate::failure::Failure;
use crate::session;

/// Prints the completions for a shell.
pub(crate) fn completions(arguments: &Completions) -> Result<ExitCode, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "constrict",
        &mut text,
    );
    session::print(&String::from_utf8_lossy(&text));
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual page, or writes one for each command to a directory.
pub(crate) fn man(arguments: &Man) -> Result<ExitCode, Failure> {
    let command = Arguments::command();
    let io = |act, path: &Path, source| constrict_build::Error::Io {
        act,
        path: path.into(),
        source,
    };
    match &arguments.directory {
        None => {
            let mut text = Vec::new();
            let page = clap_mangen::Man::new(command).render(&mut text);
            page.map_err(|source| io("write", Path::new("the manual page"), source))?;
            session::print(&String::from_utf8_lossy(&text));
        }
        Some(directory) => {
            std::fs::create_dir_all(directory).map_err(|source| io("create", directory, source))?;
            clap_mangen::generate_to(command, directory)
                .map_err(|source| io("write to", directory, source))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
