//! The merged view of an image's layers, from their indexes: what is at a path, what a directory lists.
//!
//! A later layer's entry hides an earlier one's; whiteouts and opaque directories hide what is below them
//! (OCI image specification, `layer.md`). Nothing is unpacked for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use constrict_oci::Digest;
use constrict_oci::layer::{Entry, Kind};

use crate::store::{AtPath, LayerIndex, NameKind, PathHash};

/// The layers of a state, lowest first.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    layers: Vec<(Digest, Arc<LayerIndex>)>,
}

/// Something at a path of a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub struct Node<'t> {
    /// The entry; `None` for a directory that exists only because a layer has something below it.
    pub entry: Option<&'t Entry>,
    /// The layer that it is from.
    pub layer: &'t Digest,
}

impl Node<'_> {
    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        self.entry
            .is_none_or(|entry| matches!(entry.kind, Kind::Directory))
    }
}

/// What a walk down a path has found.
#[derive(Clone, Copy)]
struct Found {
    /// The number of the layer.
    layer: usize,
    /// What the layer has there; nothing for the root of an image without layers.
    at: Option<AtPath>,
    /// The lowest layer that still shows through it.
    floor: usize,
}

impl Found {
    fn is_directory(&self) -> bool {
        self.at.is_none_or(|at| at.kind != NameKind::Other)
    }
}

impl Tree {
    /// A view of `layers`, lowest first.
    pub fn new(layers: Vec<(Digest, Arc<LayerIndex>)>) -> Self {
        Tree { layers }
    }

    /// The digests of the layers, lowest first.
    pub fn layers(&self) -> Vec<Digest> {
        self.layers.iter().map(|(digest, _)| *digest).collect()
    }

    /// The view with one more layer on top.
    pub fn with(&self, diff_id: Digest, index: Arc<LayerIndex>) -> Self {
        let mut layers = self.layers.clone();
        layers.push((diff_id, index));
        Tree { layers }
    }

    /// What is at `path`, whose last component is not followed if it is a link, nor is any other.
    pub fn get(&self, path: &[u8]) -> Option<Node<'_>> {
        self.find(path).map(|found| self.node(found))
    }

    /// What is at `path` when only the layers up to `layer` count, as for the target of one of its hard links.
    pub fn get_up_to(&self, path: &[u8], layer: &Digest) -> Option<Node<'_>> {
        let top = self
            .layers
            .iter()
            .rposition(|(digest, _)| digest == layer)?;
        let hash = PathHash::of(path);
        for at in (0..=top).rev() {
            let (digest, index) = &self.layers[at];
            if let Some(entry) = index.at(path, hash).and_then(|at| index.entry(at)) {
                return Some(Node {
                    entry: Some(entry),
                    layer: digest,
                });
            }
        }
        None
    }

    fn node(&self, found: Found) -> Node<'_> {
        static NONE: std::sync::LazyLock<Digest> = std::sync::LazyLock::new(|| Digest::of(b""));
        match self.layers.get(found.layer) {
            Some((layer, index)) => Node {
                entry: found.at.and_then(|at| index.entry(at)),
                layer,
            },
            None => Node {
                entry: None,
                layer: &NONE,
            },
        }
    }

    fn find(&self, path: &[u8]) -> Option<Found> {
        let mut found = self.step(b"", 0);
        for (at, _) in path
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'/')
            .chain([(path.len(), &b'/')])
        {
            if at == 0 {
                continue;
            }
            let parent = found?;
            if !parent.is_directory() {
                return None;
            }
            found = self.step(&path[..at], parent.floor);
        }
        found
    }

    /// What is at `prefix` among the layers from `floor` up.
    fn step(&self, prefix: &[u8], floor: usize) -> Option<Found> {
        let hash = PathHash::of(prefix);
        let mut top: Option<(usize, AtPath)> = None;
        let mut lowest = floor;
        for layer in (floor..self.layers.len()).rev() {
            let (_, index) = &self.layers[layer];
            match index.at(prefix, hash) {
                Some(at) if at.kind == NameKind::Other => {
                    lowest = if top.is_some() { layer + 1 } else { layer };
                    top = top.or(Some((layer, at)));
                    break;
                }
                // an explicit entry says more than a directory implied by a higher layer
                Some(at) => match (top, at.kind) {
                    (None, _) => top = Some((layer, at)),
                    (Some((_, higher)), NameKind::Directory)
                        if higher.kind == NameKind::Implied =>
                    {
                        top = Some((layer, at));
                    }
                    _ => {}
                },
                None => {}
            }
            if index.is_opaque(prefix) || index.removes(prefix) {
                lowest = layer;
                break;
            }
        }
        if top.is_none() && prefix.is_empty() {
            // the root of an image without files
            return Some(Found {
                layer: self.layers.len().wrapping_sub(1),
                at: None,
                floor: lowest,
            });
        }
        top.map(|(layer, at)| Found {
            layer,
            at: Some(at),
            floor: lowest,
        })
    }

    /// The names in directory `path`, sorted; empty for anything else.
    pub fn list(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let children = self.find(path).map(|found| self.children(path, found));
        let children = children.into_iter().flatten();
        children.map(|(name, _)| name).collect()
    }

    /// What is in a directory that was found, by name; nothing if it is none.
    fn children(&self, path: &[u8], found: Found) -> Vec<(Vec<u8>, Found)> {
        if !found.is_directory() {
            return Vec::new();
        }
        let mut names = BTreeSet::new();
        for (_, index) in &self.layers[found.floor..] {
            index.names_below(path, |name| {
                if !names.contains(name) {
                    names.insert(name.to_vec());
                }
            });
        }
        let child = |name: Vec<u8>| {
            let found = self.step(&join(path, &name), found.floor)?;
            Some((name, found))
        };
        names.into_iter().filter_map(child).collect()
    }

    /// Every path with its node, parents before children, the root left out.
    pub fn walk(&self) -> Vec<(Vec<u8>, Node<'_>)> {
        let mut all = Vec::new();
        let mut pending: Vec<_> = self
            .find(b"")
            .map(|root| (Vec::new(), root))
            .into_iter()
            .collect();
        while let Some((directory, found)) = pending.pop() {
            for (name, found) in self.children(&directory, found) {
                let path = join(&directory, &name);
                if found.is_directory() {
                    pending.push((path.clone(), found));
                }
                all.push((path, self.node(found)));
            }
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

/// `directory/name`; the root is the empty path.
pub(crate) fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() {
        return name.to_vec();
    }
    [directory, b"/", name].concat()
}

mod deciding;
#[cfg(test)]
pub(crate) mod tests;
