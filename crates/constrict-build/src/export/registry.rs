//! An image of the store to a registry: what it has already is mounted or skipped, the rest goes up in parallel. What says
//! something about the image follows it.

use constrict_oci::{Descriptor, Digest, Reference};

use super::image::Image;
use crate::error::Result;
use crate::layers::Layers;

/// How many blobs go up at once.
const UPLOADS: usize = 4;

/// Pushes an image as `reference`; the manifest's digest.
pub fn push(layers: &Layers, image: &Image, reference: &Reference) -> Result<Digest> {
    let diff_ids = image.config.rootfs.diff_ids.iter().map(Some).chain([None]);
    let blobs: Vec<(&Descriptor, Option<&Digest>)> = image
        .manifest
        .layers
        .iter()
        .chain([&image.manifest.config])
        .zip(diff_ids)
        .collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || -> Result<()> {
        while let Some((blob, diff_id)) =
            blobs.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
        {
            push_blob(layers, blob, *diff_id, reference)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..UPLOADS.min(blobs.len()))
            .map(|_| scope.spawn(work))
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })?;
    let json = layers.store.read_blob(&image.descriptor.digest)?;
    let digest = layers
        .registry
        .push_manifest(reference, &image.manifest.media_type(), &json)?;
    for artifact in layers.store.attached(&image.descriptor.digest)? {
        for blob in [&artifact.config].into_iter().chain(&artifact.layers) {
            push_blob(layers, blob, None, reference)?;
        }
        layers.registry.push_referrer(reference, &artifact)?;
    }
    Ok(digest)
}

/// Pushes a layer, or something else if it has no diff_id.
fn push_blob(
    layers: &Layers,
    blob: &Descriptor,
    diff_id: Option<&Digest>,
    reference: &Reference,
) -> Result<()> {
    if layers.registry.has_blob(reference, &blob.digest)? {
        return Ok(());
    }
    if let Some(diff_id) = diff_id {
        if let Some(origin) = layers.origin(diff_id)?
            && origin.registry() == reference.registry()
            && layers
                .registry
                .mount_blob(reference, &blob.digest, origin.repository())?
        {
            return Ok(());
        }
        layers.ensure(blob, diff_id)?;
    }
    let path = layers.store.blob_path(&blob.digest);
    let open = || Ok(Box::new(std::fs::File::open(&path)?) as Box<dyn std::io::Read>);
    let progress = layers
        .observer
        .download(&format!("push {}", reference.familiar()), blob.size);
    Ok(layers
        .registry
        .push_blob(reference, blob, &open, &*progress)?)
}
