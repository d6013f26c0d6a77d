//! Blobs by digest: compressed layers, configurations, manifests.

use std::fs::File;
use std::path::{Path, PathBuf};

use constrict_oci::Digest;

use super::Store;
use crate::error::{IoContext, Result};

impl Store {
    /// Where the blob is, or will be.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root
            .join("blobs")
            .join(digest.algorithm().name())
            .join(digest.hex())
    }

    /// Whether the blob is there, whole.
    pub fn has_blob(&self, digest: &Digest) -> bool {
        self.blob_path(digest).exists()
    }

    /// Opens a blob.
    pub fn open_blob(&self, digest: &Digest) -> Result<File> {
        let path = self.blob_path(digest);
        File::open(&path).at("open", &path)
    }

    /// Reads a small blob, such as a manifest.
    pub fn read_blob(&self, digest: &Digest) -> Result<Vec<u8>> {
        let path = self.blob_path(digest);
        std::fs::read(&path).at("read", &path)
    }

    /// Stores a small blob.
    pub fn write_blob(&self, content: &[u8]) -> Result<Digest> {
        let digest = Digest::of(content);
        if !self.has_blob(&digest) {
            self.write_file(&self.blob_path(&digest), content)?;
        }
        Ok(digest)
    }

    /// Moves a complete file, whose digest the caller has computed, in among the blobs.
    pub(crate) fn adopt_blob(&self, file: &Path, digest: &Digest) -> Result<()> {
        let path = self.blob_path(digest);
        std::fs::rename(file, &path).at("rename to", &path)
    }
}
