//! Ownership asked for where it cannot be applied ([`Mode::SingleId`](crate::Mode::SingleId)).
//!
//! Format of the record: the extended attribute [`OWNER_XATTR`] on the file or directory in the upper directory, value
//! `<uid>:<gid>` in decimal ASCII; none means 0:0, or the user of the process that made the file. What cannot carry it
//! (symbolic links, FIFOs, sockets) is in [`Outcome::owners`](crate::Outcome::owners). The attribute never belongs into
//! a layer. Layers unpacked in this mode carry it too, so that a change of the group alone keeps the user.

use std::os::fd::AsFd;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Extended attribute that records the owner of a file or directory, as `<uid>:<gid>`.
pub const OWNER_XATTR: &str = "user.constrict.owner";

/// The owner asked for something that cannot carry [`OWNER_XATTR`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedOwner {
    /// Path in the upper directory, with a leading `/`.
    pub path: PathBuf,
    /// User id asked for.
    pub uid: u32,
    /// Group id asked for.
    pub gid: u32,
}

/// The owner recorded on an open file, if any (the descriptor must not be `O_PATH`).
///
/// # Errors
/// [`Error::Call`](crate::Error::Call) if the attribute cannot be read.
pub fn recorded_owner(file: impl AsFd) -> Result<Option<(u32, u32)>> {
    let mut value = [0; 32];
    match rustix::fs::fgetxattr(file, OWNER_XATTR, &mut value) {
        Ok(length) => Ok(parse_owner(&value[..length])),
        Err(
            rustix::io::Errno::NODATA | rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::RANGE,
        ) => Ok(None),
        Err(error) => Err(Error::call("read the recorded owner", error)),
    }
}

/// Parses `<uid>:<gid>`; anything else, which only a build step can have written, is no record.
#[must_use]
pub fn parse_owner(value: &[u8]) -> Option<(u32, u32)> {
    let (uid, gid) = std::str::from_utf8(value).ok()?.split_once(':')?;
    Some((uid.parse().ok()?, gid.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::parse_owner;

    #[test]
    fn record_is_two_decimal_ids() {
        let cases = [
            ("33:33", Some((33, 33))),
            ("0:4294967294", Some((0, 4_294_967_294))),
            ("33", None),
            ("33:", None),
            (":33", None),
            ("-1:0", None),
            ("1:2:3", None),
            ("4294967296:0", None),
        ];
        for (value, owner) in cases {
            assert_eq!(parse_owner(value.as_bytes()), owner, "{value}");
        }
    }
}
