//! What a container wrote: `log` in its directory, and `log.1` with what was before that.
//!
//! A line of the file is a line of output, as docker's `json-file` has it: `{"log":"…\n","stream":"stdout","time":"…"}`.
//! Longer lines are cut into several. At `LIMIT` bytes the file is renamed and a new one begun, so that a container
//! takes twice as much at most.

mod reader;
mod writer;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use reader::Reader;
pub use writer::{Lines, Log};

use super::moment::Moment;

/// Bytes of one file.
const LIMIT: u64 = 16 << 20;
/// A longer line is cut, as docker does.
const LINE: usize = 16 << 10;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output, and everything on a terminal.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A line, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The text, with its line end if it has one.
    pub text: String,
    /// Where it was written.
    pub stream: Stream,
    /// When.
    pub time: Moment,
}

/// How an entry is on disk.
#[derive(Serialize, Deserialize)]
struct Written {
    log: String,
    stream: Stream,
    time: String,
}

/// Where a log is.
#[derive(Clone, Debug)]
pub struct Place(PathBuf);

impl Place {
    /// In a container's directory.
    pub(super) fn of(folder: &Path) -> Self {
        Place(folder.into())
    }

    fn current(&self) -> PathBuf {
        self.0.join("log")
    }

    fn previous(&self) -> PathBuf {
        self.0.join("log.1")
    }
}

#[cfg(test)]
mod tests;
