//! Snapshots: layers as directories that overlayfs can stack.

use std::path::{Path, PathBuf};

use constrict_oci::Digest;

use super::Store;
use crate::error::{IoContext, Result};

impl Store {
    /// Where the snapshot of a layer is, or will be.
    pub(crate) fn snapshot_path(&self, diff_id: &Digest) -> PathBuf {
        self.root
            .join("snapshots")
            .join(self.mode)
            .join(diff_id.hex())
    }

    /// Moves a complete directory in among the snapshots. If another process was first, its snapshot stays.
    pub(crate) fn adopt_snapshot(&self, directory: &Path, diff_id: &Digest) -> Result<()> {
        let path = self.snapshot_path(diff_id);
        match std::fs::rename(directory, &path) {
            Ok(()) => Ok(()),
            Err(_) if path.is_dir() => Ok(constrict_sandbox::remove_tree(directory)?),
            Err(error) => Err(error).at("rename to", &path),
        }
    }
}
