//! `constrict wait`: waits until containers have ended.

use std::process::ExitCode;

use constrict_build::container::kept::control;

use super::container::each;
use crate::arguments::Containers;
use crate::failure::Failure;
use crate::session;

/// Prints the exit status of each.
pub(crate) fn run(arguments: &Containers) -> Result<ExitCode, Failure> {
    each(&arguments.containers, |kept, _| {
        if let Some(code) = control::wait(kept, None)? {
            session::print(&format!("{code}\n"));
        }
        Ok(())
    })
}
