//! An image of the store as an OCI archive, or as an archive that `docker load` reads.

use std::io::Write;

use constrict_oci::archive::{write_docker_archive, write_oci_archive};
use constrict_oci::{Descriptor, ImageParts, Reference};

use super::image::Image;
use crate::error::{IoContext, Result};
use crate::layers::Layers;

/// Writes an OCI archive (OCI image specification, `image-layout.md`).
pub fn write_oci(
    layers: &Layers,
    image: &Image,
    names: &[Reference],
    sink: &mut dyn Write,
) -> Result<()> {
    let parts = parts(layers, image)?;
    write_oci_archive(&mut *sink, &parts, names, &mut |blob| open(layers, blob))?;
    sink.flush().at("write", "the archive")
}

/// Writes a docker archive.
pub fn write_docker(
    layers: &Layers,
    image: &Image,
    names: &[Reference],
    sink: &mut dyn Write,
) -> Result<()> {
    let parts = parts(layers, image)?;
    write_docker_archive(&mut *sink, &parts, names, &mut |blob| open(layers, blob))?;
    sink.flush().at("write", "the archive")
}

/// The image's documents; its blobs are in the store afterwards.
fn parts(layers: &Layers, image: &Image) -> Result<ImageParts> {
    let diff_ids = &image.config.rootfs.diff_ids;
    for (diff_id, blob) in diff_ids.iter().zip(&image.manifest.layers) {
        layers.ensure(blob, diff_id)?;
    }
    let manifest = layers.store.read_blob(&image.descriptor.digest)?;
    let config = layers.store.read_blob(&image.manifest.config.digest)?;
    Ok(ImageParts::parse(manifest, config)?)
}

fn open(layers: &Layers, blob: &Descriptor) -> std::io::Result<Box<dyn std::io::Read>> {
    Ok(Box::new(std::fs::File::open(
        layers.store.blob_path(&blob.digest),
    )?))
}
