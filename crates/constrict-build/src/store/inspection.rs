//! What inspection keeps: of each layer the files that it reads, of each checked image what was found.

use std::path::{Path, PathBuf};

use constrict_oci::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Store;
use crate::error::{IoContext, Result};

impl Store {
    /// Where what inspection keeps of a layer is.
    pub fn pack_path(&self, diff_id: &Digest) -> PathBuf {
        self.root.join("packs").join(diff_id.hex())
    }

    /// Gives a finished pack its name.
    pub fn adopt_pack(&self, temporary: &Path, diff_id: &Digest) -> Result<()> {
        let path = self.pack_path(diff_id);
        std::fs::rename(temporary, &path).at("rename to", &path)
    }

    fn report_path(&self, key: &Digest) -> PathBuf {
        self.root.join("reports").join(key.hex())
    }

    /// What was found under `key` before.
    pub fn report<T: DeserializeOwned>(&self, key: &Digest) -> Result<Option<T>> {
        self.read_json(&self.report_path(key))
    }

    /// Keeps what was found.
    pub fn write_report<T: Serialize>(&self, key: &Digest, report: &T) -> Result<()> {
        self.write_json(&self.report_path(key), report)
    }

    /// What was learned under `key` before; also nothing if it cannot be read.
    pub fn learned(&self, key: &Digest) -> Option<Vec<u8>> {
        self.read_file(&self.report_path(key)).ok().flatten()
    }

    /// Keeps what was learned.
    pub fn write_learned(&self, key: &Digest, bytes: &[u8]) -> Result<()> {
        self.write_file(&self.report_path(key), bytes)
    }
}
