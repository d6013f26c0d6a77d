//! `constrict pull`: an image of a registry into the store, with its name.

use std::process::ExitCode;

use constrict_build::container;
use constrict_oci::Reference;

use crate::arguments::Pull;
use crate::failure::Failure;
use crate::{progress, session};

/// Pulls, and prints the image's full name.
pub(crate) fn run(arguments: &Pull) -> Result<ExitCode, Failure> {
    let reference = Reference::parse(&arguments.name)
        .map_err(|error| Failure::usage(format!("invalid name `{}`: {error}", arguments.name)))?
        .or_latest();
    let platform = session::platform(arguments.platform.as_deref())?;
    let images = session::images(arguments.ca.as_deref(), arguments.progress, arguments.quiet)?;
    let documents = container::pull(&images, &reference, &platform)?;
    progress::close();
    if !arguments.quiet {
        progress::note(&format!("pulled {}", documents.descriptor.digest));
    }
    session::print(&format!("{reference}\n"));
    Ok(ExitCode::SUCCESS)
}
