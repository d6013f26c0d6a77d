//! `constrict push`: an image of the store to the registry that its name says.

use std::process::ExitCode;

use constrict_build::export;
use constrict_build::export::image::Image;
use constrict_oci::Platform;

use super::build::parse_tag;
use crate::arguments::Push;
use crate::failure::Failure;
use crate::{progress, session};

/// Pushes, and prints the image's full name with its digest.
pub(crate) fn run(arguments: &Push) -> Result<ExitCode, Failure> {
    let name = parse_tag(&arguments.name)?;
    let images = session::images(arguments.ca.as_deref(), arguments.progress, arguments.quiet)?;
    let Some(tag) = images.layers.store.tag(&name)? else {
        return Err(constrict_build::Error::NoSuchImage(name.familiar()).into());
    };
    let documents = images.stored(&tag.manifest, &Platform::host(), &arguments.name)?;
    let image = Image {
        descriptor: documents.descriptor,
        manifest: documents.manifest,
        config: documents.config,
    };
    let digest = export::registry::push(&images.layers, &image, &name)?;
    progress::close();
    session::print(&format!("{}@{digest}\n", name.name()));
    Ok(ExitCode::SUCCESS)
}
