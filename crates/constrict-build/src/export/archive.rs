//! An image of the store as an OCI archive, or as an archive that `docker load` reads: an OCI layout with docker's
//! `manifest.json` beside it, as docker itself writes since version 25.
//!
//! The same image gives the same bytes.

use std::collections::BTreeSet;
use std::io::{Read, Write};

use constrict_oci::{Descriptor, Digest, Index, MediaType, Reference};
use serde_json::json;

use super::image::Image;
use crate::error::{IoContext, Result};
use crate::layers::Layers;

/// Writes an OCI archive (OCI image specification, `image-layout.md`).
pub fn write_oci(layers: &Layers, image: &Image, names: &[Reference], sink: &mut dyn Write) -> Result<()> {
    write(layers, image, names, None, sink)
}

/// Writes a docker archive.
pub fn write_docker(layers: &Layers, image: &Image, names: &[Reference], sink: &mut dyn Write) -> Result<()> {
    let path = |digest: &Digest| format!("blobs/{}/{}", digest.algorithm().name(), digest.hex());
    let manifest = json!([{
        "Config": path(&image.manifest.config.digest),
        "RepoTags": names.iter().map(Reference::familiar).collect::<Vec<_>>(),
        "Layers": image.manifest.layers.iter().map(|layer| path(&layer.digest)).collect::<Vec<_>>(),
    }]);
    write(layers, image, names, Some(manifest), sink)
}

fn write(
    layers: &Layers,
    image: &Image,
    names: &[Reference],
    docker: Option<serde_json::Value>,
    sink: &mut dyn Write,
) -> Result<()> {
    let diff_ids = &image.config.rootfs.diff_ids;
    for (diff_id, blob) in diff_ids.iter().zip(&image.manifest.layers) {
        layers.ensure(blob, diff_id)?;
    }
    let mut tar = tar::Builder::new(sink);
    for folder in ["blobs/", "blobs/sha256/"] {
        let mut header = header(tar::EntryType::Directory, 0o755, 0);
        tar.append_data(&mut header, folder, std::io::empty()).at("write", "the archive")?;
    }
    let mut done = BTreeSet::new();
    let blobs = image.manifest.layers.iter().chain([&image.manifest.config, &image.descriptor]);
    let mut blobs: Vec<&Descriptor> = blobs.filter(|blob| done.insert(blob.digest)).collect();
    blobs.sort_by_key(|blob| blob.digest.hex());
    for blob in blobs {
        let path = format!("blobs/{}/{}", blob.digest.algorithm().name(), blob.digest.hex());
        file(&mut tar, &path, blob.size, layers.store.open_blob(&blob.digest)?)?;
    }
    let index = Index::oci(entries(image, names)).to_json();
    file(&mut tar, "index.json", index.len() as u64, index.as_slice())?;
    if let Some(manifest) = docker {
        let manifest = serde_json::to_vec(&manifest).expect("plain data");
        file(&mut tar, "manifest.json", manifest.len() as u64, manifest.as_slice())?;
    }
    let layout = br#"{"imageLayoutVersion":"1.0.0"}"#;
    file(&mut tar, "oci-layout", layout.len() as u64, layout.as_slice())?;
    tar.into_inner().and_then(Write::flush).at("write", "the archive")
}

/// The image once for each of its names, as buildx writes the index.
fn entries(image: &Image, names: &[Reference]) -> Vec<Descriptor> {
    let mut plain = Descriptor::new(MediaType::OciManifest, image.descriptor.digest, image.descriptor.size);
    plain.platform = Some(image.config.platform());
    if names.is_empty() {
        return vec![plain];
    }
    let named = |name: &Reference| {
        let mut entry = plain.clone();
        entry.annotations.insert("io.containerd.image.name".into(), name.to_string());
        let tag = name.tag().unwrap_or("latest").to_string();
        entry.annotations.insert("org.opencontainers.image.ref.name".into(), tag);
        entry
    };
    names.iter().map(named).collect()
}

fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

fn file(tar: &mut tar::Builder<&mut dyn Write>, path: &str, size: u64, content: impl Read) -> Result<()> {
    let mut header = header(tar::EntryType::Regular, 0o444, size);
    tar.append_data(&mut header, path, content).at("write", "the archive")
}
