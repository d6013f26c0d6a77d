//! `constrict wait`: waits until containers have ended.

use std::process::ExitCode;

use constrict_build::container::kept::{self, control};

use crate::arguments::Containers;
use crate::failure::Failure;
use crate::{render, session};

/// Prints the exit status of each, one after the other.
pub(crate) fn run(arguments: &Containers) -> Result<ExitCode, Failure> {
    let store = session::own_store()?;
    let names = arguments.containers.iter();
    let found: Vec<_> = names.map(|name| kept::find(&store, name)).collect();
    // what takes long does not keep `prune` from its work
    drop(store);
    let mut code = ExitCode::SUCCESS;
    for found in found {
        match found.and_then(|kept| control::wait(&kept, None)) {
            Ok(Some(status)) => session::print(&format!("{status}\n")),
            Ok(None) => {}
            Err(error) => {
                let failure = Failure::from(error);
                render::failure::print(&failure);
                code = ExitCode::from(failure.status());
            }
        }
    }
    Ok(code)
}
