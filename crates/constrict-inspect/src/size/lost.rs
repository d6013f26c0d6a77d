//! Files of layers that no container sees: written again, deleted, or below something that was replaced.

use std::collections::{BTreeMap, HashMap, HashSet};

use constrict_oci::layer::Kind;
use serde::{Deserialize, Serialize};

use crate::files::{Kind as NodeKind, parent, shown};
use crate::image::Image;

/// Why nobody sees a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// A later layer has the path again.
    Overwritten,
    /// A later layer removes it, or a directory above it.
    Deleted,
}

impl Loss {
    /// What a later layer did: `deleted`.
    pub fn word(self) -> &'static str {
        match self {
            Loss::Overwritten => "written again",
            Loss::Deleted => "deleted",
        }
    }
}

/// A file that nobody sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// With a leading `/`.
    pub path: String,
    /// Bytes.
    pub bytes: u64,
    /// The number of the layer that has it, lowest 0.
    pub layer: usize,
    /// What happened to it.
    pub loss: Loss,
    /// The number of the layer that hides it.
    pub by: usize,
}

pub(super) fn lost(image: &Image) -> Vec<Lost> {
    // a file that has another name goes on under that
    let mut linked: HashSet<(usize, &[u8])> = HashSet::new();
    for (path, node) in image.files.walk(b"") {
        if let NodeKind::File { content, .. } = &node.kind
            && content != path
        {
            linked.insert((node.layer, content));
        }
    }
    let changes = changes(image);
    let mut lost: Vec<Lost> = Vec::new();
    for (layer, listed) in image.layers.iter().enumerate() {
        for entry in listed.entries.iter() {
            let Kind::File { size: bytes, .. } = entry.kind else {
                continue;
            };
            if linked.contains(&(layer, entry.path.as_slice())) {
                continue;
            }
            if let Some((by, loss)) = hider(&changes, layer, &entry.path) {
                lost.push(Lost {
                    path: shown(&entry.path),
                    bytes,
                    layer,
                    loss,
                    by,
                });
            }
        }
    }
    lost.sort_by(|one, other| {
        (other.bytes, &one.path, one.layer).cmp(&(one.bytes, &other.path, other.layer))
    });
    lost
}

/// What happens to each path after it was first there, layer by layer; directories that are only mentioned again happen to nothing.
type Changes<'a> = HashMap<&'a [u8], BTreeMap<usize, Loss>>;

fn changes(image: &Image) -> Changes<'_> {
    let mut changes: Changes<'_> = HashMap::new();
    // whether it was a directory
    let mut known: HashMap<&[u8], bool> = HashMap::new();
    for (number, layer) in image.layers.iter().enumerate() {
        for entry in layer.entries.iter() {
            let path = entry.path.as_slice();
            // a directory without an entry of its own; where a file was, it hides that
            let mut above = parent(path);
            while !above.is_empty() {
                match known.insert(above, true) {
                    Some(true) => break,
                    Some(false) => {
                        let changed = changes.entry(above).or_default();
                        changed.insert(number, Loss::Overwritten);
                    }
                    None => {}
                }
                above = parent(above);
            }
            let loss = match entry.kind {
                Kind::Whiteout | Kind::Opaque => Loss::Deleted,
                _ => {
                    let is_directory = entry.kind == Kind::Directory;
                    match known.insert(path, is_directory) {
                        None => continue,
                        Some(true) if is_directory => continue,
                        Some(_) => Loss::Overwritten,
                    }
                }
            };
            changes.entry(path).or_default().insert(number, loss);
        }
    }
    changes
}

/// The first later layer that touches the path or something above it.
fn hider(changes: &Changes<'_>, layer: usize, path: &[u8]) -> Option<(usize, Loss)> {
    let later = |path: &[u8]| {
        let found = changes.get(path)?.range(layer + 1..).next();
        found.map(|(by, loss)| (*by, *loss))
    };
    let mut first = later(path);
    let mut above = path;
    while !above.is_empty() {
        above = parent(above);
        // what stands in place of a directory has removed what was in it
        if let Some((by, _)) = later(above)
            && first.is_none_or(|(known, _)| by < known)
        {
            first = Some((by, Loss::Deleted));
        }
    }
    first
}
