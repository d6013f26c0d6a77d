//! A Dockerfile to a build graph and the configuration of the image: names are resolved, variables expanded.
//!
//! Runs nothing. Base images are asked for through [`Resolve`], since their ENV, USER and ONBUILD matter here.

mod args;
mod copy;
mod go;
mod metadata;
mod mount;
mod run;
mod stage;

use std::collections::BTreeMap;

pub(crate) use stage::DEFAULT_PATH;

use constrict_dockerfile::{Dockerfile, Kind, Span, Warning};
use constrict_oci::{ImageConfig, Platform};

use crate::error::{Error, Result};
use crate::graph::{DirectorySource, Git, Graph, Image, VertexId};

/// What the front end needs to know of the world.
pub trait Resolve {
    /// The base image called `name`, for `platform`.
    fn image(&self, name: &str, platform: &Platform) -> Result<(Image, ImageConfig)>;
}

/// What `--build-context NAME=VALUE` says.
#[derive(Clone, Debug)]
pub enum NamedContext {
    /// `docker-image://REFERENCE` and the image itself, or one in an OCI layout: something [`Resolve::image`] knows.
    Image(String),
    /// A directory.
    Directory(DirectorySource),
    /// A git repository.
    Git(Git),
}

/// Where files that COPY names without `--from` are.
#[derive(Clone, Debug)]
pub enum MainContext {
    /// A directory and its ignore file.
    Directory(DirectorySource),
    /// There is none (`-`, with the Dockerfile alone).
    Empty,
}

/// What the command line says about a build.
#[derive(Clone, Debug)]
pub struct Options {
    /// `--target`.
    pub target: Option<String>,
    /// `--build-arg`.
    pub build_args: BTreeMap<String, String>,
    /// `--label`.
    pub labels: BTreeMap<String, String>,
    /// `--platform`.
    pub platform: Platform,
    /// The platform that builds.
    pub build_platform: Platform,
    /// `--build-context`, by lower-case name.
    pub contexts: BTreeMap<String, NamedContext>,
    /// The build context.
    pub context: MainContext,
    /// `--no-cache`: every stage; `--no-cache-filter`: these.
    pub no_cache: NoCache,
    /// Proxy variables, for RUN.
    pub proxies: Vec<(String, String)>,
    /// `--network`.
    pub network: constrict_dockerfile::instruction::Network,
    /// `--allow security.insecure` was given.
    pub allow_insecure: bool,
}

/// Which stages are built even if they were before.
#[derive(Clone, Debug, Default)]
pub enum NoCache {
    /// None.
    #[default]
    No,
    /// Every stage.
    All,
    /// Those with these names, in lower case.
    Stages(Vec<String>),
}

/// A Dockerfile as a graph.
#[derive(Debug)]
pub struct Lowered {
    /// What is to be done.
    pub graph: Graph,
    /// The state that becomes the image; `None` is the empty one.
    pub result: Option<VertexId>,
    /// The image's configuration, without `rootfs` and times.
    pub config: ImageConfig,
    /// The number of the stage that becomes the image.
    pub target: usize,
    /// Every stage that it needs, itself too.
    pub stages: Vec<LoweredStage>,
    /// What looks wrong but is legal.
    pub warnings: Vec<Warning>,
}

/// A stage as it ends.
#[derive(Clone, Debug)]
pub struct LoweredStage {
    /// Its place in the file.
    pub index: usize,
    /// The image that it begins with, below the stages that it is based on.
    pub base: String,
    /// Its files.
    pub result: Option<VertexId>,
    /// Its configuration.
    pub config: ImageConfig,
}

/// Lowers the target stage and everything that it needs.
pub fn lower(dockerfile: &Dockerfile, options: &Options, resolve: &dyn Resolve) -> Result<Lowered> {
    for stage in &dockerfile.stages {
        for instruction in &stage.instructions {
            if let Kind::Copy(copy) = &instruction.kind
                && let Some(from) = &copy.from
            {
                stage::check_from(from, stage.index, instruction.span)?;
            }
        }
    }
    let mut lowering = stage::Lowering::new(dockerfile, options, resolve)?;
    let target = lowering.target()?;
    let (result, mut config) = lowering.stage(target)?;
    for (name, value) in &options.labels {
        config.config.labels.insert(name.clone(), value.clone());
    }
    let stages = lowering.lowered_stages();
    let warnings = warnings(dockerfile, &stages);
    if dockerfile.directives.checks.error && !warnings.is_empty() {
        let mut rules: Vec<&str> = warnings.iter().map(|warning| warning.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        let message = format!("lint violation found for rules: {}", rules.join(", "));
        return Err(at(warnings[0].span, message));
    }
    Ok(Lowered {
        graph: lowering.graph,
        result,
        config,
        target,
        stages,
        warnings,
    })
}

/// What the parser found odd in the stages that are built, less what `# check=skip=` names.
fn warnings(dockerfile: &Dockerfile, stages: &[LoweredStage]) -> Vec<Warning> {
    let checks = &dockerfile.directives.checks;
    let counts = |warning: &&Warning| {
        !checks.skip_all
            && !checks.skip.iter().any(|rule| rule == warning.rule)
            && warning
                .stage
                .is_none_or(|stage| stages.iter().any(|lowered| lowered.index == stage))
    };
    dockerfile.warnings.iter().filter(counts).cloned().collect()
}

/// An error at a place of the Dockerfile.
fn at(span: Span, message: impl Into<String>) -> Error {
    Error::At {
        span,
        message: message.into(),
        hint: None,
        source: None,
    }
}

#[cfg(test)]
mod tests;
