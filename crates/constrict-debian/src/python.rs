//! `python:X.Y` on Debian's own Python, as data: which packages, which files. Writes and runs nothing.

use crate::suite::PythonVersion;

/// How a `python:X.Y[-slim]` base is made from Debian packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// What to install beside the slim base.
    pub packages: Vec<String>,
    /// Files and links to add, parents first.
    pub files: Vec<Extra>,
}

/// A file or link that no package ships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extra {
    /// A directory, mode 0755.
    Directory {
        /// Path below the root.
        path: String,
    },
    /// A file.
    File {
        /// Path below the root.
        path: String,
        /// Permission bits.
        mode: u32,
        /// Its bytes.
        content: Vec<u8>,
    },
    /// A symbolic link.
    Symlink {
        /// Path below the root.
        path: String,
        /// Its target.
        target: String,
    },
}

/// The recipe for one Python.
pub fn recipe(version: PythonVersion) -> Recipe {
    let _ = version;
    unimplemented!()
}
