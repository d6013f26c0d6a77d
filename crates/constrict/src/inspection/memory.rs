//! Reports that the store remembers: the same image checked by the same rules gives the same report. And the names of what
//! was learned of layers on the way.

use constrict_build::layers::Layers;
use constrict_inspect::Report;
use constrict_oci::Digest;

use crate::failure::Failure;

/// What a report depends on: the image, what a build knows of it, what is allowed, and the rules, which this program has.
pub(super) fn key(image: &Digest, allowed: &[String]) -> Digest {
    Digest::of(format!("{image} {allowed:?} {}", program()).as_bytes())
}

/// A profile depends on the image, what a build knows of it, and how its layers are compressed.
pub(super) fn profile_key(image: &Digest, manifest: &Digest) -> Digest {
    Digest::of(format!("profile of {image} {manifest} {}", program()).as_bytes())
}

/// What is learned of a layer's files depends on them and on this program.
pub(super) fn learned_key(layer: &Digest) -> Digest {
    Digest::of(format!("learned of {layer} {}", program()).as_bytes())
}

/// This program among others.
fn program() -> String {
    let program = std::env::current_exe().and_then(|path| path.metadata());
    let program = program.and_then(|meta| Ok((meta.len(), meta.modified()?)));
    format!("{} {program:?}", env!("CARGO_PKG_VERSION"))
}

pub(super) fn recall(layers: &Layers, key: &Digest) -> Result<Option<Report>, Failure> {
    Ok(layers.store.report(key)?)
}

pub(super) fn remember(layers: &Layers, key: &Digest, report: &Report) -> Result<(), Failure> {
    Ok(layers.store.write_report(key, report)?)
}
