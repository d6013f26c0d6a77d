//! What the store knows of a layer: its blobs, where it came from, and the index of its entries.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use constrict_oci::layer::{IndexedEntry, index_to_bytes, parse_index};
use constrict_oci::{Descriptor, Digest};
use serde::{Deserialize, Serialize};

use super::{LayerIndex, Store};
use crate::error::{IoContext, Result};

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
        let Ok(index) = LayerIndex::parse(content) else {
            // of another version, or damaged: it is made anew from the blob
            std::fs::remove_file(&path).at("delete", &path)?;
            return Ok(None);
        };
        let index = Arc::new(index);
        cache.insert(*diff_id, index.clone());
        Ok(Some(index))
    }
}
