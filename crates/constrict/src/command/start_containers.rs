//! `constrict start`: starts containers that have ended, in the background, with the files that they left.

use std::process::ExitCode;

use constrict_build::container::kept::{self, Kept};

use super::container::each;
use super::run::{Parent, launch, supervise};
use crate::arguments::{Containers, ProgressMode};
use crate::failure::Failure;
use crate::session;

/// Starts, and prints the names as they were typed.
pub(crate) fn run(arguments: &Containers) -> Result<ExitCode, Failure> {
    if let (Some(parent), [name]) = (Parent::of_supervisor(), arguments.containers.as_slice()) {
        let images = session::images(None, ProgressMode::Auto, false)?;
        let kept = kept::find(&images.layers.store, name)?;
        let created = kept::resume(&images.layers, &kept)?;
        drop(images);
        return supervise(created, false, parent);
    }
    each(&arguments.containers, |kept, _| match kept.is_alive() {
        true => Ok(()),
        false => start(kept),
    })
}

/// Starts one that does not run.
pub(super) fn start(kept: &Kept) -> Result<(), Failure> {
    match launch(&["start".into(), kept.record.id.to_string().into()])? {
        Ok(_) => Ok(()),
        Err(status) => Err(Failure::Told(status)),
    }
}
