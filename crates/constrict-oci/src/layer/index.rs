//! The index of a layer as bytes: every entry with the digest and place of its content, so that a layer's files are known
//! without decompressing it. Never holds content; never trusts the bytes it reads.
//!
//! ```text
//! 8 bytes   "ocilyrix"
//! u32 LE    version, 1
//! u32 LE    number of entries
//! entries, each
//!   bytes   path
//!   u8      kind: 0 file, 1 directory, 2 symlink, 3 hardlink, 4 character device, 5 block device, 6 fifo, 7 whiteout,
//!           8 opaque, 9 file with a sha512 digest
//!   varint  mode, uid, gid, mtime (zigzag), number of xattrs; each xattr: bytes name, bytes value
//!   file:   varint size, varint content offset + 1 (0: none), 32 or 64 bytes digest
//!   links:  bytes target
//!   device: varint major, varint minor
//! bytes = varint length + so many bytes; varint = LEB128, at most 10 bytes
//! ```

mod raw;

use crate::layer::{Entry, IndexedEntry, Kind};
use crate::{Algorithm, Error, Result};
use raw::{Input, RawKind};

const MAGIC: &[u8; 8] = b"ocilyrix";
const VERSION: u32 = 1;
/// The fewest bytes that an entry has: bounds what a hostile count makes us allocate.
const ENTRY_MIN: usize = 7;

/// The index as bytes.
pub fn index_to_bytes(entries: &[IndexedEntry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + entries.len() * 96);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    let count =
        u32::try_from(entries.len()).expect("an index in memory has fewer than 2^32 entries");
    out.extend_from_slice(&count.to_le_bytes());
    for entry in entries {
        put_entry(&mut out, entry);
    }
    out
}

/// The index that [`index_to_bytes`] wrote; bytes that it cannot have written are an error.
pub fn parse_index(bytes: &[u8]) -> Result<Vec<IndexedEntry>> {
    let (mut input, count) = begin(bytes)?;
    let mut entries = Vec::with_capacity(count.min(input.left() / ENTRY_MIN));
    for _ in 0..count {
        entries.push(input.raw()?.to_entry()?);
    }
    end(&input)?;
    Ok(entries)
}

/// An entry where it lies in the bytes of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot<'b> {
    /// Where it begins: for [`entry_at`].
    pub at: usize,
    /// Where its path begins.
    pub path_at: usize,
    /// As [`Entry::path`].
    pub path: &'b [u8],
    /// What it is.
    pub kind: SpotKind<'b>,
}

/// What an entry is, as far as it says something of other paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpotKind<'b> {
    /// As [`Kind::Directory`].
    Directory,
    /// As [`Kind::Hardlink`].
    Hardlink {
        /// A path like [`Entry::path`].
        target: &'b [u8],
    },
    /// As [`Kind::Whiteout`].
    Whiteout,
    /// As [`Kind::Opaque`].
    Opaque,
    /// A file, symbolic link, device or pipe.
    Other,
}

/// Shows each entry of what [`index_to_bytes`] wrote, in its order, without making an [`Entry`] of it. The same bytes are an
/// error as for [`parse_index`].
pub fn scan_index<'b>(bytes: &'b [u8], mut each: impl FnMut(Spot<'b>)) -> Result<()> {
    let (mut input, count) = begin(bytes)?;
    for _ in 0..count {
        let at = bytes.len() - input.left();
        let raw = input.raw()?;
        let kind = match raw.kind {
            RawKind::Directory => SpotKind::Directory,
            RawKind::Hardlink { target } => SpotKind::Hardlink { target },
            RawKind::Whiteout => SpotKind::Whiteout,
            RawKind::Opaque => SpotKind::Opaque,
            _ => SpotKind::Other,
        };
        each(Spot {
            at,
            path_at: bytes.len() - raw.left_after_path - raw.path.len(),
            path: raw.path,
            kind,
        });
    }
    end(&input)
}

/// The entry that begins at `at`, as [`scan_index`] tells it.
pub fn entry_at(bytes: &[u8], at: usize) -> Result<IndexedEntry> {
    let rest = bytes.get(at..).ok_or(Error::LayerIndex {
        reason: "it ends too early",
    })?;
    Input::new(rest).raw()?.to_entry()
}

/// What follows the head, and how many entries that should be.
fn begin(bytes: &[u8]) -> Result<(Input<'_>, usize)> {
    let damaged = |reason| Error::LayerIndex { reason };
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| damaged("it does not start as an index does"))?;
    let mut input = Input::new(rest);
    if u32::from_le_bytes(input.array()?) != VERSION {
        return Err(damaged("it has another version"));
    }
    let count = u32::from_le_bytes(input.array()?) as usize;
    Ok((input, count))
}

fn end(input: &Input<'_>) -> Result<()> {
    match input.left() {
        0 => Ok(()),
        _ => Err(Error::LayerIndex {
            reason: "bytes follow the last entry",
        }),
    }
}

fn put_entry(out: &mut Vec<u8>, indexed: &IndexedEntry) {
    let IndexedEntry {
        entry:
            Entry {
                path,
                kind,
                mode,
                uid,
                gid,
                mtime,
                xattrs,
            },
        content_offset,
    } = indexed;
    put_bytes(out, path);
    out.push(match kind {
        Kind::File { digest, .. } if digest.algorithm() == Algorithm::Sha512 => 9,
        Kind::File { .. } => 0,
        Kind::Directory => 1,
        Kind::Symlink { .. } => 2,
        Kind::Hardlink { .. } => 3,
        Kind::CharDevice { .. } => 4,
        Kind::BlockDevice { .. } => 5,
        Kind::Fifo => 6,
        Kind::Whiteout => 7,
        Kind::Opaque => 8,
    });
    put_varint(out, u64::from(*mode));
    put_varint(out, u64::from(*uid));
    put_varint(out, u64::from(*gid));
    put_varint(out, zigzag(*mtime));
    put_varint(out, xattrs.len() as u64);
    for (name, value) in xattrs {
        put_bytes(out, name);
        put_bytes(out, value);
    }
    match kind {
        Kind::File { size, digest } => {
            put_varint(out, *size);
            put_varint(out, content_offset.map_or(0, |offset| offset + 1));
            out.extend_from_slice(digest.bytes());
        }
        Kind::Symlink { target } | Kind::Hardlink { target } => put_bytes(out, target),
        Kind::CharDevice { major, minor } | Kind::BlockDevice { major, minor } => {
            put_varint(out, u64::from(*major));
            put_varint(out, u64::from(*minor));
        }
        Kind::Directory | Kind::Fifo | Kind::Whiteout | Kind::Opaque => {}
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}
