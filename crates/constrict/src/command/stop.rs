//! `constrict stop` and `constrict restart`: a signal that asks, and SIGKILL for those who do not listen.

use std::process::ExitCode;
use std::time::Duration;

use constrict_build::container::kept::Kept;
use constrict_build::container::kept::control::{self, Waited};

use super::container::each;
use super::run::signal;
use super::start_containers;
use crate::arguments::Stop;
use crate::failure::Failure;

const SIGKILL: i32 = 9;

/// Ends containers, and prints their names as they were typed.
pub(crate) fn run(arguments: &Stop) -> Result<ExitCode, Failure> {
    let signal = arguments.signal.as_deref().map(signal).transpose()?;
    each(&arguments.containers, |kept, _| {
        end(kept, signal, arguments.timeout)
    })
}

/// Ends containers and starts them again.
pub(crate) fn restart(arguments: &Stop) -> Result<ExitCode, Failure> {
    let signal = arguments.signal.as_deref().map(signal).transpose()?;
    each(&arguments.containers, |kept, _| {
        end(kept, signal, arguments.timeout)?;
        start_containers::start(kept)
    })
}

/// Ends one that runs; one that has ended stays as it is.
fn end(kept: &Kept, asked: Option<i32>, timeout: Option<i64>) -> Result<(), Failure> {
    let record = &kept.record;
    if !control::signal(kept, asked.unwrap_or(record.stop_signal))? {
        // it may be about to end
        control::wait(kept, None)?;
        return Ok(());
    }
    let seconds = timeout.unwrap_or(record.stop_timeout);
    let limit = u64::try_from(seconds).ok().map(Duration::from_secs);
    if control::wait(kept, limit)? == Waited::GoesOn {
        control::signal(kept, SIGKILL)?;
        control::wait(kept, None)?;
    }
    Ok(())
}
