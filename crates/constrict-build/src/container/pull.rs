//! An image of a registry to an image of the store, with its name.

use constrict_oci::{Platform, Reference};

use crate::error::Result;
use crate::source::image::{Documents, Images};

/// Pulls an image with all of its layers and names it in the store.
pub fn pull(images: &Images, reference: &Reference, platform: &Platform) -> Result<Documents> {
    let documents = images.pull_documents(reference, platform)?;
    images.remember(&documents, Some(reference.name()))?;
    let layers = &images.layers;
    layers.each(&documents.config.rootfs.diff_ids, |layers, diff_id| {
        layers.blob(diff_id).map(drop)
    })?;
    layers.store.add_image(&documents.descriptor.digest)?;
    layers
        .store
        .set_tag(reference, &documents.descriptor.digest)?;
    Ok(documents)
}
