//! What the store knows of a layer: its blobs, where it came from, and the index of its entries.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use constrict_oci::layer::{Entry, IndexedEntry, Kind, index_to_bytes, parse_index};
use constrict_oci::{Descriptor, Digest};
use serde::{Deserialize, Serialize};

use super::Store;
use crate::error::{IoContext, Result};
use crate::placement::Standing;
use crate::view::parent;

/// A layer, by the digest of its uncompressed tar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerRecord {
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
    /// The compressed forms that are known; the first is the one that images name.
    pub blobs: Vec<Descriptor>,
    /// The repository (`docker.io/library/python`) that has the first blob, for layers of base images.
    pub origin: Option<String>,
}

/// The entries of one layer, prepared for looking up.
#[derive(Debug, Default)]
pub struct LayerIndex {
    /// By path, each once; whiteouts are not among them.
    entries: Vec<Entry>,
    /// Where in `entries` a path is.
    places: HashMap<Vec<u8>, usize>,
    /// Directories that exist only because something is below them.
    implied: HashSet<Vec<u8>>,
    whiteouts: HashSet<Vec<u8>>,
    opaques: HashSet<Vec<u8>>,
    needs_below: bool,
}

impl LayerIndex {
    /// Sorts what a layer says. Of two entries with one path, the later counts.
    pub fn new(listed: impl IntoIterator<Item = Entry>) -> Self {
        let mut index = LayerIndex::default();
        let mut found = Vec::new();
        let mut standing = Standing::default();
        for entry in listed {
            index.needs_below =
                index.needs_below || !standing.admits(&entry.path, (&entry.kind).into());
            match entry.kind {
                Kind::Whiteout => drop(index.whiteouts.insert(entry.path)),
                Kind::Opaque => drop(index.opaques.insert(entry.path)),
                _ => found.push(entry),
            }
        }
        // stable: of equal paths the last stays last
        found.sort_by(|a, b| a.path.cmp(&b.path));
        for entry in found {
            match index.entries.last_mut() {
                Some(last) if last.path == entry.path => *last = entry,
                _ => index.entries.push(entry),
            }
        }
        let paths = index.entries.iter().map(|entry| entry.path.clone());
        index.places = paths.zip(0..).collect();
        let mut last: &[u8] = b"";
        for entry in &index.entries {
            let mut above = parent(&entry.path);
            // neighbours share their directories
            if above == last {
                continue;
            }
            last = above;
            while !above.is_empty()
                && !index.places.contains_key(above)
                && index.implied.insert(above.to_vec())
            {
                above = parent(above);
            }
        }
        index
    }

    /// The entry at `path`.
    pub(crate) fn get(&self, path: &[u8]) -> Option<&Entry> {
        self.places.get(path).map(|at| &self.entries[*at])
    }

    /// Whether `path` is a directory that has no entry of its own, but something below it.
    pub(crate) fn implies(&self, path: &[u8]) -> bool {
        self.implied.contains(path) || (path.is_empty() && !self.entries.is_empty())
    }

    /// The names directly below `path`, in no order, each at least once.
    pub(crate) fn names_below(&self, path: &[u8], mut each: impl FnMut(&[u8])) {
        let prefix = below_prefix(path);
        let mut at = self.first_from(&prefix);
        while let Some(rest) = self
            .entries
            .get(at)
            .and_then(|e| e.path.strip_prefix(prefix.as_slice()))
        {
            match rest.iter().position(|byte| *byte == b'/') {
                // everything below the name is left out at once: `/` is followed by `0`
                Some(end) => {
                    each(&rest[..end]);
                    at = self.first_from(&[prefix.as_slice(), &rest[..end], b"0"].concat());
                }
                None => {
                    if !rest.is_empty() {
                        each(rest);
                    }
                    at += 1;
                }
            }
        }
    }

    /// The place of the first entry whose path is not before `path`.
    fn first_from(&self, path: &[u8]) -> usize {
        self.entries
            .partition_point(|entry| entry.path.as_slice() < path)
    }

    /// Whether the layer removes `path` from the layers below it.
    pub(crate) fn removes(&self, path: &[u8]) -> bool {
        self.whiteouts.contains(path)
    }

    /// Whether the layer hides what the layers below it have in directory `path`.
    pub(crate) fn is_opaque(&self, path: &[u8]) -> bool {
        self.opaques.contains(path)
    }

    /// Whether what the entries mean depends on the layers below (`placement.rs`).
    pub(crate) fn needs_below(&self) -> bool {
        self.needs_below
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.whiteouts.is_empty() && self.opaques.is_empty()
    }

    /// The entries, by path.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The paths that the layer removes.
    pub fn whiteouts(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.whiteouts.iter()
    }

    /// The directories whose lower content the layer hides.
    pub fn opaques(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.opaques.iter()
    }
}

/// What the paths below `path` begin with.
fn below_prefix(path: &[u8]) -> Vec<u8> {
    let mut prefix = path.to_vec();
    if !prefix.is_empty() {
        prefix.push(b'/');
    }
    prefix
}

/// Indexes already read by this process.
#[derive(Debug, Default)]
pub(super) struct IndexCache(Mutex<HashMap<Digest, Arc<LayerIndex>>>);

impl Store {
    fn layer_path(&self, diff_id: &Digest) -> std::path::PathBuf {
        self.root.join("layers").join(diff_id.hex())
    }

    fn index_path(&self, diff_id: &Digest) -> std::path::PathBuf {
        self.root.join("indexes").join(diff_id.hex())
    }

    /// What is known of the layer.
    pub fn layer_record(&self, diff_id: &Digest) -> Result<Option<LayerRecord>> {
        self.read_json(&self.layer_path(diff_id))
    }

    /// Remembers a layer. Blobs already known under this diff_id stay known.
    pub(crate) fn write_layer_record(&self, record: &LayerRecord) -> Result<()> {
        let _lock = self.lock("layers")?;
        let mut merged = self.layer_record(&record.diff_id)?.unwrap_or(LayerRecord {
            blobs: Vec::new(),
            ..record.clone()
        });
        for blob in &record.blobs {
            if !merged.blobs.iter().any(|known| known.digest == blob.digest) {
                merged.blobs.push(blob.clone());
            }
        }
        merged.origin = merged.origin.or(record.origin.clone());
        self.write_json(&self.layer_path(&record.diff_id), &merged)
    }

    /// Writes the index of a layer.
    pub(crate) fn write_layer_index(
        &self,
        diff_id: &Digest,
        entries: &[IndexedEntry],
    ) -> Result<()> {
        self.write_file(&self.index_path(diff_id), &index_to_bytes(entries))
    }

    /// The entries of a layer in the order of its archive; none if it was not read so far.
    pub(crate) fn layer_entries(&self, diff_id: &Digest) -> Result<Vec<IndexedEntry>> {
        let content = self.read_file(&self.index_path(diff_id))?;
        Ok(content.map_or(Ok(Vec::new()), |content| parse_index(&content))?)
    }

    /// Whether the layer was read so far.
    pub(crate) fn has_layer_index(&self, diff_id: &Digest) -> bool {
        self.index_path(diff_id).exists()
    }

    /// The index of a layer; `None` if the layer was not read so far.
    pub fn layer_index(&self, diff_id: &Digest) -> Result<Option<Arc<LayerIndex>>> {
        let mut cache = self
            .indexes
            .0
            .lock()
            .expect("no panic while the cache is held");
        if let Some(index) = cache.get(diff_id) {
            return Ok(Some(index.clone()));
        }
        let path = self.index_path(diff_id);
        let Some(content) = self.read_file(&path)? else {
            return Ok(None);
        };
        let Ok(entries) = parse_index(&content) else {
            // of another version, or damaged: it is made anew from the blob
            std::fs::remove_file(&path).at("delete", &path)?;
            return Ok(None);
        };
        let index = Arc::new(LayerIndex::new(
            entries.into_iter().map(|indexed| indexed.entry),
        ));
        cache.insert(*diff_id, index.clone());
        Ok(Some(index))
    }
}
