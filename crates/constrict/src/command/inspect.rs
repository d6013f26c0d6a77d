//! `constrict inspect`: images as JSON, in the form of `docker image inspect`.

use std::process::ExitCode;

use constrict_build::container::unpacked_size;
use constrict_build::source::image::Images;
use constrict_oci::{Platform, Reference};
use serde_json::{Value, json};

use super::images::names_of;
use crate::arguments::{Inspect, ProgressMode};
use crate::failure::Failure;
use crate::session;

/// Prints one array.
pub(crate) fn run(arguments: &Inspect) -> Result<ExitCode, Failure> {
    let images = session::images(None, ProgressMode::Plain, true)?;
    let mut described = Vec::new();
    for name in &arguments.images {
        described.push(describe(&images, name)?);
    }
    let text = serde_json::to_string_pretty(&described).expect("plain data");
    session::print(&format!("{text}\n"));
    Ok(ExitCode::SUCCESS)
}

fn describe(images: &Images, name: &str) -> Result<Value, Failure> {
    let store = &images.layers.store;
    let found = session::known(store, name)?;
    let digest = found.manifest();
    let documents = images.stored(digest, &Platform::host(), &format!("image@{digest}"))?;
    let names = names_of(store, digest)?;
    let tags: Vec<String> = names.iter().map(Reference::familiar).collect();
    let config = &documents.config;
    let compressed: u64 = documents
        .manifest
        .layers
        .iter()
        .map(|layer| layer.size)
        .sum();
    Ok(json!({
        "Id": digest,
        "RepoTags": tags,
        "Created": config.created,
        "Author": config.author,
        "Architecture": config.architecture,
        "Variant": config.variant,
        "Os": config.os,
        "Size": unpacked_size(store, config)?,
        "CompressedSize": compressed,
        "Config": config.config,
        "RootFS": { "Type": "layers", "Layers": config.rootfs.diff_ids },
        "Descriptor": documents.descriptor,
        "History": config.history,
    }))
}
