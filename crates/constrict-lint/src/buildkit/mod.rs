//! BuildKit's build checks, as `docker build --check` of docker 28 gives them (observed, and compared by
//! `cargo xtask acceptance lint`).
//!
//! All stages are checked, whether the last one needs them or not. What BuildKit refuses ends the checks at that place. Not
//! checked: `InvalidBaseImagePlatform`, which is about the image that a registry has. ONBUILD triggers are followed within
//! the file; those of base images are not known.

mod base_image;
mod checksum;
mod description;
mod dispatch;
mod environment;
mod expose;
mod from;
mod graph;
mod known_bases;
mod reference;
mod rules;
mod secret;
mod signal;

use constrict_dockerfile::{Dockerfile, Warning};

pub(crate) use from::{Base, Globals, bases};
pub(crate) use rules::{ALL, EXPERIMENTAL};

use crate::sink::Sink;
use crate::source::Source;
use crate::{Broken, Options};

/// Runs the checks; the error is what BuildKit refuses.
pub(crate) fn check(
    dockerfile: &Dockerfile,
    source: &Source<'_>,
    options: &Options<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), Broken> {
    noticed(&dockerfile.warnings, sink);
    description::check(dockerfile, source, sink);
    let globals = from::Globals::new(dockerfile, source)?;
    let bases = from::check(dockerfile, &globals, source, sink)?;
    let graph = graph::Graph::new(dockerfile, &bases, source)?;
    dispatch::check(dockerfile, &globals, &graph, source, options, sink)
}

/// The parser's warnings about the file as a whole. Those about what a stage does are the walk's own.
pub(crate) fn noticed(warnings: &[Warning], sink: &mut Sink<'_>) {
    for warning in warnings.iter().filter(|warning| warning.stage.is_none()) {
        let rule = rules::named(warning.rule).expect("the parser's warnings have BuildKit's names");
        sink.add(rule, warning.span, warning.message.clone());
    }
}
