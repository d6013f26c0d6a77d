//! `constrict rm`: removes containers with their files, anonymous volumes and logs.

use std::process::ExitCode;

use constrict_build::Error;
use constrict_build::container::kept::{self, Kept, control};

use crate::arguments::RemoveContainers;
use crate::failure::Failure;
use crate::{render, session};

const SIGKILL: i32 = 9;

/// Removes, and prints the names as they were typed.
pub(crate) fn run(arguments: &RemoveContainers) -> Result<ExitCode, Failure> {
    let store = session::own_store()?;
    let mut code = ExitCode::SUCCESS;
    for name in &arguments.containers {
        let removed = match kept::find(&store, name) {
            Err(Error::NoSuchContainer(_)) if arguments.force => continue,
            Err(error) => Err(error.into()),
            Ok(kept) => remove(&kept, name, arguments.force),
        };
        match removed {
            Ok(()) => session::print(&format!("{name}\n")),
            Err(failure) => {
                render::failure::print(&failure);
                code = ExitCode::from(failure.status());
            }
        }
    }
    Ok(code)
}

fn remove(kept: &Kept, name: &str, force: bool) -> Result<(), Failure> {
    if kept.is_alive() {
        if !force {
            return Err(Error::ContainerRuns(name.into()).into());
        }
        control::signal(kept, SIGKILL)?;
        control::wait(kept, None)?;
    }
    Ok(kept.remove()?)
}
