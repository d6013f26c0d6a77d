//! `constrict wait`: waits until containers have ended.

use std::process::ExitCode;

use constrict_build::Error;
use constrict_build::container::kept::control::{self, Waited};
use constrict_build::container::kept::{self, Kept};

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
        match found.and_then(|kept| end_of(&kept)) {
            Ok(status) => session::print(&format!("{status}\n")),
            Err(error) => {
                let failure = Failure::from(error);
                render::failure::print(&failure);
                code = ExitCode::from(failure.status());
            }
        }
    }
    Ok(code)
}

fn end_of(kept: &Kept) -> Result<i32, Error> {
    loop {
        match control::wait(kept, None)? {
            Waited::Ended(status) => return Ok(status),
            Waited::Gone => return Err(Error::NoSuchContainer(kept.record.name.clone())),
            // started again meanwhile
            Waited::GoesOn => {}
        }
    }
}
