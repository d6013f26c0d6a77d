//! The story of a build: Dockerfile → graph → layers → image.

use std::sync::Arc;

use constrict_dockerfile::Dockerfile;
use constrict_oci::layer::Compression;

use crate::error::Result;
use crate::export::image::{Image, assemble};
use crate::frontend::dockerfile::{Options, lower};
use crate::solver::{Settings, Solver};
use crate::source::image::Images;

/// Builds the image that a Dockerfile describes. It is in the store afterwards, without a name.
pub fn build(
    images: &Images,
    dockerfile: &Dockerfile,
    options: &Options,
    settings: Settings,
    compression: Compression,
) -> Result<Image> {
    let lowered = lower(dockerfile, options, images)?;
    for warning in &lowered.warnings {
        images
            .layers
            .observer
            .notice(&warning.message, Some(warning.span));
    }
    let layers = Arc::clone(&images.layers);
    let epoch = settings.epoch;
    let diff_ids = Solver::new(layers, settings).solve(&lowered.graph, lowered.result)?;
    assemble(
        &images.layers,
        lowered.config,
        &diff_ids,
        epoch,
        compression,
    )
}
