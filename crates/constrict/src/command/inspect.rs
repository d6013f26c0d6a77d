//! `constrict inspect`: containers and images as JSON, in the form of `docker inspect`.

use std::process::ExitCode;

use constrict_build::Error;
use constrict_build::container::{kept, unpacked_size};
use constrict_build::source::image::Images;
use constrict_oci::{Platform, Reference};
use serde_json::{Value, json};

use super::images::names_of;
use crate::arguments::{Inspect, InspectKind, ProgressMode};
use crate::failure::Failure;
use crate::render::{container, template};
use crate::session;

/// Prints one array.
pub(crate) fn run(arguments: &Inspect) -> Result<ExitCode, Failure> {
    let images = session::images(None, ProgressMode::Plain, true)?;
    let mut described = Vec::new();
    for name in &arguments.names {
        described.push(find(&images, name, arguments.kind)?);
    }
    if let Some(template) = &arguments.format {
        for value in &described {
            let text = template::fill(template, value).map_err(Failure::usage)?;
            session::print(&format!("{text}\n"));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let text = serde_json::to_string_pretty(&described).expect("plain data");
    session::print(&format!("{text}\n"));
    Ok(ExitCode::SUCCESS)
}

/// A container comes before an image, as with docker.
fn find(images: &Images, name: &str, kind: Option<InspectKind>) -> Result<Value, Failure> {
    if kind == Some(InspectKind::Image) {
        return describe(images, name);
    }
    match kept::find(&images.layers.store, name) {
        Ok(found) => Ok(container::inspected(&found.record)),
        Err(Error::NoSuchContainer(_)) if kind.is_none() => {
            describe(images, name).map_err(|failure| match failure {
                Failure::Build { error, .. } if matches!(*error, Error::NoSuchImage(_)) => {
                    Failure::from(Error::NoSuchObject(name.into()))
                }
                other => other,
            })
        }
        Err(error) => Err(error.into()),
    }
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
