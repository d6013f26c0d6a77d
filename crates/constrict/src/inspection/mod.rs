//! Images as `constrict-inspect` wants them: from the store, from a build, from files of the host.

mod contents;
mod learned;
mod memory;
mod origin;
mod profile;
mod subject;

use std::sync::Arc;

use constrict_build::layers::Layers;
use constrict_inspect::files::{Files, Kind, Node};
use constrict_inspect::image::Layer;
use constrict_inspect::{Image, Origin, Report};
use constrict_oci::layer::{Entry, Kind as EntryKind};
use constrict_oci::{Digest, ImageConfig};

use crate::failure::Failure;
use contents::LayerContents;

pub(crate) use origin::origin;
pub(crate) use profile::Seen;
pub(crate) use subject::{configuration, open, subject};

/// What the rules find in an image; what they found before, if nothing has changed since.
pub(crate) fn check(
    layers: &Layers,
    key: &Digest,
    image: impl FnOnce() -> Result<Image, Failure>,
    allowed: &[String],
) -> Result<Report, Failure> {
    let key = memory::key(key, allowed);
    if let Some(report) = memory::recall(layers, &key)? {
        return Ok(report);
    }
    let allowed = |rule: &str| allowed.iter().any(|name| name == rule);
    let report = constrict_inspect::check(&image()?, &allowed);
    memory::remember(layers, &key, &report)?;
    Ok(report)
}

/// An image whose layers the store has, or knows where to get.
pub(crate) fn image(
    layers: &Arc<Layers>,
    name: String,
    config: ImageConfig,
    diff_ids: &[Digest],
    origin: Option<Origin>,
) -> Result<Image, Failure> {
    let entries = entries(layers, diff_ids)?;
    let mut created_by = config.history.iter().filter(|step| !step.empty_layer);
    let listed = entries.into_iter().map(|entries| Layer {
        entries,
        created_by: created_by
            .next()
            .map_or(String::new(), |step| step.created_by.clone()),
    });
    Ok(Image {
        name,
        layers: listed.collect(),
        files: files(layers, diff_ids)?,
        config,
        origin,
    })
}

/// The entries of each layer by itself.
fn entries(layers: &Arc<Layers>, diff_ids: &[Digest]) -> Result<Vec<Arc<[Entry]>>, Failure> {
    // what is not indexed yet is pulled and indexed in parallel
    layers.tree(diff_ids)?;
    let listed = diff_ids.iter().map(|diff_id| {
        let index = layers.index(diff_id)?;
        Ok(index.removals().chain(index.entries()).collect())
    });
    listed.collect()
}

/// The merged view of layers.
pub(crate) fn files(layers: &Arc<Layers>, diff_ids: &[Digest]) -> Result<Files, Failure> {
    let tree = layers.tree(diff_ids)?;
    let digests = tree.layers();
    let number = |digest: &Digest| {
        digests
            .iter()
            .position(|known| known == digest)
            .unwrap_or(0)
    };
    let mut nodes = std::collections::BTreeMap::new();
    for (path, found) in tree.walk() {
        let Some(entry) = found.entry else { continue };
        let layer = number(found.layer);
        let (entry, layer) = match &entry.kind {
            EntryKind::Hardlink { target } => match tree.get_up_to(target, found.layer) {
                Some(node) => (node.entry.unwrap_or(entry), number(node.layer)),
                None => (entry, layer),
            },
            _ => (entry, layer),
        };
        nodes.insert(path, node(entry, layer));
    }
    let contents = LayerContents::new(Arc::clone(layers), digests);
    Ok(Files::new(nodes, Box::new(contents)))
}

fn node(entry: &Entry, layer: usize) -> Node {
    let kind = match &entry.kind {
        EntryKind::File { size, digest } => Kind::File {
            size: *size,
            digest: Some(*digest),
            content: entry.path.clone(),
        },
        EntryKind::Directory | EntryKind::Whiteout | EntryKind::Opaque => Kind::Directory,
        EntryKind::Symlink { target } => Kind::Symlink {
            target: target.clone(),
        },
        _ => Kind::Special,
    };
    Node {
        kind,
        mode: entry.mode,
        uid: entry.uid,
        gid: entry.gid,
        mtime: entry.mtime,
        layer,
    }
}
