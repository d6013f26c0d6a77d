//! Ownership asked for where it cannot be applied ([`Mode::SingleId`](crate::Mode::SingleId)).
//!
//! Format of the record: the extended attribute [`OWNER_XATTR`] on the file in the upper directory, value
//! `<uid>:<gid>` in decimal ASCII. What cannot carry it (symbolic links, FIFOs, sockets) is in
//! [`Outcome::owners`](crate::Outcome::owners).

use std::os::fd::AsFd;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Result;

/// Extended attribute that records the owner of a file or directory, as `<uid>:<gid>`.
pub const OWNER_XATTR: &str = "user.constrict.owner";

/// The owner asked for something that cannot carry [`OWNER_XATTR`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedOwner {
    /// Path inside the root, absolute, links in it resolved.
    pub path: PathBuf,
    /// Inode number in the upper directory, so that a rename does not lose it.
    pub inode: u64,
    /// User id asked for.
    pub uid: u32,
    /// Group id asked for.
    pub gid: u32,
}

/// The owner recorded on an open file, if any (the descriptor must not be `O_PATH`).
///
/// # Errors
/// [`Error::Call`](crate::Error::Call) if the attribute cannot be read.
pub fn recorded_owner(_file: impl AsFd) -> Result<Option<(u32, u32)>> {
    Ok(None)
}
