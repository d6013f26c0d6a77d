//! `constrict kill`: a signal for the first process of containers.

use std::process::ExitCode;

use constrict_build::Error;
use constrict_build::container::kept::control;

use super::container::each;
use super::run::signal;
use crate::arguments::Kill;
use crate::failure::Failure;

const SIGKILL: i32 = 9;

/// Sends it, and prints the names as they were typed.
pub(crate) fn run(arguments: &Kill) -> Result<ExitCode, Failure> {
    let signal = signal(&arguments.signal)?;
    each(&arguments.containers, |kept, name| {
        if !kept.is_alive() || !control::signal(kept, signal)? {
            return Err(Error::NotRunning(name.into()).into());
        }
        if signal == SIGKILL {
            control::wait(kept, None)?;
        }
        Ok(())
    })
}
