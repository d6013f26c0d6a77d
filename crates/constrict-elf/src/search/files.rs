//! What the search asks of its caller: [`Files`] and [`Environment`]. Paths are bytes, absolute, of the system that is
//! looked at.

use std::sync::Arc;

use crate::{Object, Symbols};

/// The files of a system, such as the merged layers of an image.
pub trait Files {
    /// The path of the regular file behind `path`, with no link left in it; `None` where there is none. Two names of
    /// one file (hard links too, where that is known) give the same answer.
    fn resolve(&self, path: &[u8]) -> Option<Vec<u8>>;

    /// The facts of the object at `path` (links are followed); `None` where it is no ELF object. A loader stops at such
    /// a file, so an object that can't be looked at should not get here.
    fn object(&self, path: &[u8]) -> Option<Arc<Object>>;

    /// The symbols of the object at `path`; only [`crate::check::symbol_errors`] asks.
    fn symbols(&self, path: &[u8]) -> Option<Arc<Symbols>>;

    /// The bytes of a small file: a loader's configuration, its cache, the loader itself.
    fn read(&self, path: &[u8]) -> Option<Vec<u8>>;

    /// The names in a directory, in any order; none where it isn't one.
    fn list(&self, directory: &[u8]) -> Vec<Vec<u8>>;

    /// The paths of all files and links whose last part is `name`, wherever they are.
    fn named(&self, name: &[u8]) -> Vec<Vec<u8>>;
}

/// What a loader takes from the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// `LD_LIBRARY_PATH`.
    pub library_path: Option<Vec<u8>>,
    /// `LD_PRELOAD`.
    pub preload: Option<Vec<u8>>,
    /// The working directory, which relative paths start from.
    pub working_directory: Vec<u8>,
    /// The subdirectories of `glibc-hwcaps` that the CPU may use, best first.
    pub hwcaps: Vec<String>,
}

impl Default for Environment {
    /// No variables, working directory `/`, and a CPU with every level of x86-64.
    fn default() -> Self {
        Self {
            library_path: None,
            preload: None,
            working_directory: b"/".to_vec(),
            hwcaps: ["x86-64-v4", "x86-64-v3", "x86-64-v2"]
                .map(str::to_owned)
                .to_vec(),
        }
    }
}
