//! Layers: what each has, from which instruction, and how much of it later layers hide.

use constrict_oci::layer::Kind;
use serde::{Deserialize, Serialize};

use super::Lost;
use crate::image::Image;

/// A layer as the manifest has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// sha256 of the layer's uncompressed bytes.
    pub diff_id: String,
    /// Bytes of the compressed blob; none if it is not compressed.
    pub compressed: Option<u64>,
}

/// A layer's bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerSize {
    /// sha256 of the layer's uncompressed bytes.
    pub diff_id: String,
    /// The step of the history that made it.
    pub step: String,
    /// The line of the Dockerfile, first line 1, if a build knows.
    pub line: Option<usize>,
    /// Bytes of its files.
    pub unpacked: u64,
    /// Bytes of its blob as it is pushed.
    pub compressed: Option<u64>,
    /// Its files.
    pub files: u64,
    /// Bytes of its files that later layers hide.
    pub hidden: u64,
}

pub(super) fn layers(image: &Image, lost: &[Lost], pushed: &[Pushed]) -> Vec<LayerSize> {
    let lines = image.origin.as_ref().map(|origin| &origin.lines);
    let listed = image.layers.iter().enumerate();
    let size = |(number, layer): (usize, &crate::image::Layer)| {
        let sizes = layer.entries.iter().filter_map(|entry| match entry.kind {
            Kind::File { size, .. } => Some(size),
            _ => None,
        });
        let hidden = lost.iter().filter(|lost| lost.layer == number);
        LayerSize {
            diff_id: pushed
                .get(number)
                .map_or_else(String::new, |pushed| pushed.diff_id.clone()),
            step: layer.created_by.clone(),
            line: lines.and_then(|lines| lines.get(&number).copied()),
            unpacked: sizes.clone().sum(),
            compressed: pushed.get(number).and_then(|pushed| pushed.compressed),
            files: sizes.count() as u64,
            hidden: hidden.map(|lost| lost.bytes).sum(),
        }
    };
    listed.map(size).collect()
}
