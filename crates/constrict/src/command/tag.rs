//! `constrict tag`: a further name for an image of the store.

use std::process::ExitCode;

use super::build::parse_tag;
use crate::arguments::{ProgressMode, Tag};
use crate::failure::Failure;
use crate::session;

/// Names.
pub(crate) fn run(arguments: &Tag) -> Result<ExitCode, Failure> {
    let name = parse_tag(&arguments.name)?;
    let images = session::images(None, ProgressMode::Plain, true)?;
    let store = &images.layers.store;
    let found = session::known(store, &arguments.image)?;
    store.add_image(found.manifest())?;
    store.set_tag(&name, found.manifest())?;
    Ok(ExitCode::SUCCESS)
}
