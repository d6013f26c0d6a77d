//! Why bytes were refused as an ELF object or as a loader's cache.
//!
//! Messages are facts. This crate opens no file, so there is no path to carry; the caller knows what it handed in.

use std::io;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A fact that keeps bytes from being used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes do not begin as an ELF object does.
    #[error("not an ELF object")]
    NotElf,
    /// A field of the ELF header has a value that no loader takes.
    #[error("{field} of the ELF header is {value}")]
    Header {
        /// What the field says.
        field: &'static str,
        /// Its value.
        value: u64,
    },
    /// A table or string lies outside the file or the loaded segments.
    #[error("{what} at {offset:#x} lies outside the file")]
    OutOfBounds {
        /// What was looked for.
        what: &'static str,
        /// Where it should have been: an offset, or an address where no segment has it.
        offset: u64,
    },
    /// A table is larger than any honest object's.
    #[error("{what}: {found} entries are more than {limit}")]
    TooMany {
        /// The table.
        what: &'static str,
        /// How many it claims.
        found: u64,
        /// How many are read at most.
        limit: u64,
    },
    /// The bytes are not a cache of `ldconfig`.
    #[error("not a cache of `ldconfig`")]
    NotCache,
    /// The bytes could not be read.
    #[error("could not read {what} at {offset:#x}")]
    Read {
        /// What was read.
        what: &'static str,
        /// Where.
        offset: u64,
        /// Why not.
        source: io::Error,
    },
}
