//! What is inspected: an image's configuration and files, and where they came from if a build knows. Never reads anything itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use constrict_oci::ImageConfig;
use constrict_oci::layer::Entry;

use crate::files::Files;

/// An image.
pub struct Image {
    /// As the user calls it.
    pub name: String,
    /// What runs, as whom, and the history.
    pub config: ImageConfig,
    /// The merged view.
    pub files: Files,
    /// Each layer, lowest first.
    pub layers: Vec<Layer>,
    /// What a build knows besides.
    pub origin: Option<Origin>,
}

/// One layer by itself: also what later layers hide.
#[derive(Clone, Default)]
pub struct Layer {
    /// Every entry, removals too.
    pub entries: Arc<[Entry]>,
    /// The step of the history that made it, `COPY --from=builder /app /app # buildkit`; empty if nothing says.
    pub created_by: String,
}

/// What a build knows of an image that it made.
pub struct Origin {
    /// The Dockerfile's name, for messages.
    pub file: String,
    /// Its text.
    pub text: String,
    /// It, parsed.
    pub dockerfile: constrict_dockerfile::Dockerfile,
    /// The number of the stage that the image is, first 0.
    pub stage: usize,
    /// The other stages that were built for it, by number.
    pub stages: BTreeMap<usize, StageFiles>,
    /// The first line of the instruction that made a layer, by the number of the layer, first line 1. Layers of the base
    /// have none.
    pub lines: BTreeMap<usize, usize>,
}

/// The end of a stage.
pub struct StageFiles {
    /// Its name, or its number.
    pub name: String,
    /// The image that it begins with, `python:3.11-slim`, as FROM names it after expansion.
    pub base: String,
    /// Its configuration.
    pub config: ImageConfig,
    /// Its files.
    pub files: Files,
}
