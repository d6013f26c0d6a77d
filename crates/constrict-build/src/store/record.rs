//! Cache records: what a vertex made the last time that its key was seen, and what the key was made of.

use std::collections::BTreeMap;

use constrict_oci::Digest;
use serde::{Deserialize, Serialize};

use super::Store;
use crate::error::Result;

/// One named part of a cache key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// What it is, for people: `app.py`, `the command`, `the base image`.
    pub name: String,
    /// Its value or digest.
    pub value: String,
}

/// The result of a vertex under a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CacheRecord {
    /// The layer that was made.
    pub diff_id: Digest,
}

/// What a place in a Dockerfile was made of the last time.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SlotRecord {
    /// The parts of the key.
    pub(crate) components: Vec<Component>,
}

impl Store {
    /// The record under `key`, if its layer is still there.
    pub(crate) fn cache_record(&self, key: &Digest) -> Result<Option<CacheRecord>> {
        let path = self.root.join("cache").join(key.hex());
        let record: Option<CacheRecord> = self.read_json(&path)?;
        match record {
            Some(record) if self.layer_record(&record.diff_id)?.is_some() => {
                mark_used(&path);
                Ok(Some(record))
            }
            _ => Ok(None),
        }
    }

    /// Writes the record under `key`.
    pub(crate) fn write_cache_record(&self, key: &Digest, record: &CacheRecord) -> Result<()> {
        self.write_json(&self.root.join("cache").join(key.hex()), record)
    }

    /// What the place `slot` was made of, for explanations.
    pub(crate) fn slot(&self, slot: &Digest) -> Result<Option<SlotRecord>> {
        self.read_json(&self.root.join("slots").join(slot.hex()))
    }

    /// Remembers what the place `slot` is made of.
    pub(crate) fn write_slot(&self, slot: &Digest, components: &[Component]) -> Result<()> {
        let path = self.root.join("slots").join(slot.hex());
        // ext4 sends what takes the place of another file to the disk at once; an explanation may as well be lost
        let _ = std::fs::remove_file(&path);
        let components = components.to_vec();
        self.write_json(&path, &SlotRecord { components })
    }

    /// Reads a JSON file; a missing or unreadable one (of another version) is `None`.
    pub(crate) fn read_json<T: serde::de::DeserializeOwned>(
        &self,
        path: &std::path::Path,
    ) -> Result<Option<T>> {
        Ok(self
            .read_file(path)?
            .and_then(|content| serde_json::from_slice(&content).ok()))
    }

    /// Writes a JSON file unless that is what it has already: putting one in the place of another waits for the disk.
    pub(crate) fn keep_json<T: Serialize>(&self, path: &std::path::Path, value: &T) -> Result<()> {
        let content = serde_json::to_vec(value).expect("records are plain data");
        if self.read_file(path)?.is_some_and(|known| known == content) {
            mark_used(path);
            return Ok(());
        }
        self.write_file(path, &content)
    }

    /// Writes a JSON file whole or not at all.
    pub(crate) fn write_json<T: Serialize>(&self, path: &std::path::Path, value: &T) -> Result<()> {
        let content = serde_json::to_vec(value).expect("records are plain data");
        self.write_file(path, &content)
    }
}

/// When a file was last used, for prune; a store that cannot be written to is still good for reading.
fn mark_used(path: &std::path::Path) {
    let _ =
        std::fs::File::open(path).and_then(|file| file.set_modified(std::time::SystemTime::now()));
}

/// The first differences between two lists of components, as sentences.
pub(crate) fn differences(old: &[Component], new: &[Component]) -> Vec<String> {
    let before: BTreeMap<&str, &str> = old
        .iter()
        .map(|c| (c.name.as_str(), c.value.as_str()))
        .collect();
    let after: BTreeMap<&str, &str> = new
        .iter()
        .map(|c| (c.name.as_str(), c.value.as_str()))
        .collect();
    let mut found = Vec::new();
    for component in new {
        match before.get(component.name.as_str()) {
            None => found.push(format!("{} is new", component.name)),
            Some(value) if *value != component.value => {
                found.push(format!("{} changed", component.name))
            }
            Some(_) => {}
        }
    }
    for component in old {
        if !after.contains_key(component.name.as_str()) {
            found.push(format!("{} is gone", component.name));
        }
    }
    found
}
