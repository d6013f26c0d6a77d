//! The story of a build: Dockerfile → graph → layers → image.

use std::sync::Arc;

use constrict_dockerfile::{Dockerfile, Span};
use constrict_oci::layer::Compression;
use constrict_oci::{Digest, ImageConfig};

use crate::error::Result;
use crate::export::image::{Image, assemble};
use crate::frontend::dockerfile::{Lowered, Options, lower};
use crate::provenance::{self, Material};
use crate::solver::{Settings, Solver};
use crate::source::image::Images;

/// An image, and how it came to be.
pub struct Built {
    /// The image.
    pub image: Image,
    /// The number of the stage that it is.
    pub target: usize,
    /// The other stages that went into it.
    pub stages: Vec<BuiltStage>,
    /// The instruction that made each layer, lowest first; `None` for those of the base image.
    pub instructions: Vec<Option<Span>>,
    /// What it was made of besides the context, sorted.
    pub materials: Vec<Material>,
    /// The time that was given to what was made, in seconds since 1970.
    pub epoch: i64,
}

/// A stage as it ended.
pub struct BuiltStage {
    /// Its place in the file.
    pub index: usize,
    /// The image that it begins with, below the stages that it is based on.
    pub base: String,
    /// Its configuration, without `rootfs`.
    pub config: ImageConfig,
    /// Its layers, lowest first.
    pub layers: Vec<Digest>,
}

/// Tells the observer which steps of a Dockerfile are in the cache, and why others are not. Nothing is built.
pub fn explain(
    images: &Images,
    dockerfile: &Dockerfile,
    options: &Options,
    settings: Settings,
) -> Result<()> {
    let lowered = lowered(images, dockerfile, options)?;
    let settings = Settings {
        explain: true,
        dry: true,
        ..settings
    };
    let solver = Solver::new(Arc::clone(&images.layers), settings);
    solver.solve(&lowered.graph, lowered.result).map(drop)
}

/// Builds the image that a Dockerfile describes. It is in the store afterwards, without a name.
pub fn build(
    images: &Images,
    dockerfile: &Dockerfile,
    options: &Options,
    settings: Settings,
    compression: Compression,
) -> Result<Built> {
    let observer = &images.layers.observer;
    let lowered = lowered(images, dockerfile, options)?;
    for warning in &lowered.warnings {
        observer.notice(&warning.message, Some(warning.span));
    }
    let layers = Arc::clone(&images.layers);
    let epoch = settings.epoch;
    let solved = Solver::new(layers, settings).solve(&lowered.graph, lowered.result)?;
    observer.phase("assembling the image");
    let diff_ids = solved.layers(lowered.result).unwrap_or_default();
    let makers = solved.makers(&lowered.graph, lowered.result).into_iter();
    let instructions = makers
        .map(|maker| lowered.graph.vertex(maker?).span)
        .collect();
    let others = lowered
        .stages
        .into_iter()
        .filter(|stage| stage.index != lowered.target);
    let stages = others.filter_map(|stage| {
        Some(BuiltStage {
            index: stage.index,
            base: stage.base,
            config: stage.config,
            layers: solved.layers(stage.result)?.to_vec(),
        })
    });
    let materials = provenance::materials(
        &images.layers,
        &lowered.graph,
        lowered.result,
        &solved.fetched,
    );
    let config = lowered.config;
    let image = assemble(&images.layers, config, &diff_ids, epoch, compression)?;
    observer.phase("");
    Ok(Built {
        target: lowered.target,
        stages: stages.collect(),
        instructions,
        materials,
        epoch,
        image,
    })
}

/// The graph, once the bases are known.
fn lowered(images: &Images, dockerfile: &Dockerfile, options: &Options) -> Result<Lowered> {
    let observer = &images.layers.observer;
    observer.phase("resolving base images");
    let lowered = lower(dockerfile, options, images)?;
    observer.phase("");
    Ok(lowered)
}
