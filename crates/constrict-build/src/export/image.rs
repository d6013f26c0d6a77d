//! Layers and a configuration to an image of the store.

use constrict_oci::layer::{Compression, Compressor, Decompressor};
use constrict_oci::{Descriptor, Digest, DigestWriter, ImageConfig, Manifest, MediaType};

use crate::error::{IoContext, Result};
use crate::layers::Layers;
use crate::store::LayerRecord;

/// An image of the store.
#[derive(Clone, Debug)]
pub struct Image {
    /// The manifest's type, digest and size.
    pub descriptor: Descriptor,
    /// The manifest.
    pub manifest: Manifest,
    /// The configuration.
    pub config: ImageConfig,
}

/// Writes configuration and manifest. Blobs of base images need not be there for it.
pub fn assemble(
    layers: &Layers,
    mut config: ImageConfig,
    diff_ids: &[Digest],
    epoch: i64,
    compression: Compression,
) -> Result<Image> {
    let created = rfc3339(epoch);
    for entry in config
        .history
        .iter_mut()
        .filter(|entry| entry.created.is_none())
    {
        entry.created = Some(created.clone());
    }
    config.created = Some(created);
    config.rootfs.diff_ids = diff_ids.to_vec();
    let mut descriptors = Vec::new();
    for diff_id in diff_ids {
        descriptors.push(layer(layers, diff_id, compression)?);
    }
    let json = config.to_json();
    layers.store.write_blob(&json)?;
    let manifest = Manifest::oci(Descriptor::of(MediaType::OciConfig, &json), descriptors);
    let json = manifest.to_json();
    layers.store.write_blob(&json)?;
    Ok(Image {
        descriptor: Descriptor::of(MediaType::OciManifest, &json),
        manifest,
        config,
    })
}

/// The blob of a layer that an image names. What a base image brings stays as it is; a layer of ours is compressed as
/// asked for.
fn layer(layers: &Layers, diff_id: &Digest, compression: Compression) -> Result<Descriptor> {
    let record = layers
        .store
        .layer_record(diff_id)?
        .unwrap_or_else(|| unreachable!("solved layers are recorded"));
    let first = record.blobs.first().expect("a record has a blob");
    if record.origin.is_some() {
        return Ok(as_oci(first));
    }
    let is_usual = [Compression::None, Compression::GZIP, Compression::ZSTD].contains(&compression);
    let wanted = compression.media_type();
    let known = record
        .blobs
        .iter()
        .find(|blob| blob.media_type == wanted && layers.store.has_blob(&blob.digest));
    if let Some(known) = known.filter(|_| is_usual) {
        return Ok(known.clone());
    }
    let here = layers.blob(diff_id)?;
    let descriptor = recompress(layers, &here, compression)?;
    if is_usual {
        layers.store.write_layer_record(&LayerRecord {
            blobs: vec![descriptor.clone()],
            ..record
        })?;
    }
    Ok(descriptor)
}

fn recompress(layers: &Layers, blob: &Descriptor, compression: Compression) -> Result<Descriptor> {
    let path = layers.store.blob_path(&blob.digest);
    let mut plain = Decompressor::new(layers.store.open_blob(&blob.digest)?).at("read", &path)?;
    let temporary = layers.store.temporary("layer");
    let file = std::fs::File::create(&temporary).at("create", &temporary)?;
    let mut compressor =
        Compressor::new(DigestWriter::new(file), compression).at("write", &temporary)?;
    std::io::copy(&mut plain, &mut compressor).at("write", &temporary)?;
    let (_, digest, size) = compressor.finish().at("write", &temporary)?.finish();
    layers.store.adopt_blob(&temporary, &digest)?;
    Ok(Descriptor::new(compression.media_type(), digest, size))
}

/// The descriptor with OCI's media type where it has Docker's: the bytes are the same.
fn as_oci(blob: &Descriptor) -> Descriptor {
    let media_type = match &blob.media_type {
        MediaType::DockerLayer => MediaType::OciLayer,
        MediaType::DockerLayerGzip => MediaType::OciLayerGzip,
        MediaType::DockerLayerZstd => MediaType::OciLayerZstd,
        other => other.clone(),
    };
    Descriptor::new(media_type, blob.digest, blob.size)
}

/// A time as RFC 3339 has it, in UTC.
fn rfc3339(seconds: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(seconds)
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    time.format(&time::format_description::well_known::Rfc3339)
        .expect("a time in UTC has this form")
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(
            rfc3339(crate::solver::DEFAULT_EPOCH),
            "1980-01-02T00:00:00Z"
        );
    }
}
