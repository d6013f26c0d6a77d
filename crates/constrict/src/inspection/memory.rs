//! Reports that the store remembers: the same image checked by the same rules gives the same report.

use constrict_build::layers::Layers;
use constrict_inspect::Report;
use constrict_oci::Digest;

use crate::failure::Failure;

/// What a report depends on: the image, what a build knows of it, what is allowed, and the rules, which this program has.
pub(super) fn key(image: &Digest, allowed: &[String]) -> Digest {
    let program = std::env::current_exe().and_then(|path| path.metadata());
    let program = program.and_then(|meta| Ok((meta.len(), meta.modified()?)));
    let text = format!(
        "{image} {allowed:?} {} {program:?}",
        env!("CARGO_PKG_VERSION")
    );
    Digest::of(text.as_bytes())
}

pub(super) fn recall(layers: &Layers, key: &Digest) -> Result<Option<Report>, Failure> {
    Ok(layers.store.report(key)?)
}

pub(super) fn remember(layers: &Layers, key: &Digest, report: &Report) -> Result<(), Failure> {
    Ok(layers.store.write_report(key, report)?)
}
