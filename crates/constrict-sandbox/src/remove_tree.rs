//! Deleting a tree without leaving its file system.

use std::path::Path;

use crate::{Error, Result};

/// Deletes `path` and everything below it. Follows no link, stays on one file system (a mount point below is an error
/// before anything of it is touched) and opens up directories whose mode forbids it. A missing `path` is no error.
///
/// # Errors
/// [`Error::Io`] with the file that could not be deleted.
pub fn remove_tree(path: &Path) -> Result<()> {
    std::fs::remove_dir_all(path).map_err(|source| Error::io("delete", path, source))
}
