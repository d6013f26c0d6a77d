//! The check at the end of a build: an image that cannot do its job gets no name.

use std::sync::Arc;

use constrict_build::Built;
use constrict_build::layers::Layers;
use constrict_build::source::image::Images;
use constrict_dockerfile::Dockerfile;
use constrict_inspect::{Image, Report, Severity};
use constrict_oci::Digest;

use crate::arguments::CheckMode;
use crate::failure::Failure;
use crate::inspection;
use crate::progress::{self, Show};
use crate::render::finding;

/// A Dockerfile as it was read.
pub(super) struct Source<'a> {
    /// Its name, for messages.
    pub(super) name: &'a str,
    /// Its text.
    pub(super) text: &'a [u8],
    /// It, parsed.
    pub(super) dockerfile: &'a Dockerfile,
}

/// What the rules find in a built image.
pub(super) fn report(
    images: &Images,
    built: &Built,
    source: &Source<'_>,
    allowed: &[String],
) -> Result<Report, Failure> {
    let layers = &images.layers;
    let image = || image(layers, built, source);
    inspection::check(layers, &key(built, source), image, allowed)
}

/// Everything that a report of a built image depends on.
pub(super) fn key(built: &Built, source: &Source<'_>) -> Digest {
    let mut stages = String::new();
    for stage in &built.stages {
        stages.push_str(&format!(
            "{} {} {:?}\n",
            stage.index, stage.base, stage.layers
        ));
    }
    let key = format!(
        "{} {} {} {stages}",
        built.image.descriptor.digest,
        source.name,
        Digest::of(source.text)
    );
    Digest::of(key.as_bytes())
}

/// The image as it is inspected.
pub(super) fn image(
    layers: &Arc<Layers>,
    built: &Built,
    source: &Source<'_>,
) -> Result<Image, Failure> {
    let dockerfile = source.dockerfile.clone();
    let origin = inspection::origin(layers, built, source.name, source.text, dockerfile)?;
    let config = built.image.config.clone();
    let diff_ids = &built.image.config.rootfs.diff_ids;
    inspection::image(layers, "this image".into(), config, diff_ids, Some(origin))
}

/// Says what was found, the waste only as a number; an error if the image may not be built.
pub(super) fn pass(report: &Report, mode: CheckMode, observer: &dyn Show) -> Result<(), Failure> {
    let said = report
        .findings
        .iter()
        .filter(|found| found.severity != Severity::Waste);
    let style = progress::style();
    let text = finding::findings(said, style);
    if !text.is_empty() {
        observer.findings(&text);
    }
    match report.breaks() && mode == CheckMode::Error {
        true => Err(Failure::Broken),
        false => Ok(()),
    }
}
