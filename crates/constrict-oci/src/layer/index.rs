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

use std::collections::BTreeMap;

use crate::layer::path::is_normal;
use crate::layer::{Entry, IndexedEntry, Kind};
use crate::{Algorithm, Digest, Error, Result};

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
    let damaged = |reason| Error::LayerIndex { reason };
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or(damaged("it does not start as an index does"))?;
    let mut input = Input(rest);
    if u32::from_le_bytes(input.array()?) != VERSION {
        return Err(damaged("it has another version"));
    }
    let count = u32::from_le_bytes(input.array()?) as usize;
    let mut entries = Vec::with_capacity(count.min(input.0.len() / ENTRY_MIN));
    for _ in 0..count {
        entries.push(input.entry()?);
    }
    if !input.0.is_empty() {
        return Err(damaged("bytes follow the last entry"));
    }
    Ok(entries)
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

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Error::LayerIndex {
            reason: "it ends too early",
        })?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self
            .take(N)?
            .try_into()
            .expect("take returns as many bytes as asked for"))
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Error::LayerIndex {
            reason: "a number is too large",
        })
    }

    fn number(&mut self) -> Result<u32> {
        u32::try_from(self.varint()?).map_err(|_| Error::LayerIndex {
            reason: "a number is too large",
        })
    }

    fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        self.take(length)
    }

    fn path(&mut self) -> Result<Vec<u8>> {
        let path = self.bytes()?;
        if is_normal(path) {
            Ok(path.to_vec())
        } else {
            Err(Error::LayerIndex {
                reason: "a path is not in normal form",
            })
        }
    }

    fn entry(&mut self) -> Result<IndexedEntry> {
        let path = self.path()?;
        let [tag] = self.array()?;
        let (mode, uid, gid) = (self.number()?, self.number()?, self.number()?);
        let mtime = unzigzag(self.varint()?);
        let mut xattrs = BTreeMap::new();
        for _ in 0..self.varint()? {
            let (name, value) = (self.bytes()?, self.bytes()?);
            xattrs.insert(name.to_vec(), value.to_vec());
        }
        let (kind, content_offset) = self.kind(tag)?;
        Ok(IndexedEntry {
            entry: Entry {
                path,
                kind,
                mode,
                uid,
                gid,
                mtime,
                xattrs,
            },
            content_offset,
        })
    }

    fn kind(&mut self, tag: u8) -> Result<(Kind, Option<u64>)> {
        let kind = match tag {
            0 | 9 => {
                let (size, offset) = (self.varint()?, self.varint()?.checked_sub(1));
                let digest = match tag {
                    0 => Digest::from_sha256(self.array()?),
                    _ => Digest::from_sha512(self.array()?),
                };
                return Ok((Kind::File { size, digest }, offset));
            }
            1 => Kind::Directory,
            2 => Kind::Symlink {
                target: self.bytes()?.to_vec(),
            },
            3 => Kind::Hardlink {
                target: self.path()?,
            },
            4 => Kind::CharDevice {
                major: self.number()?,
                minor: self.number()?,
            },
            5 => Kind::BlockDevice {
                major: self.number()?,
                minor: self.number()?,
            },
            6 => Kind::Fifo,
            7 => Kind::Whiteout,
            8 => Kind::Opaque,
            _ => {
                return Err(Error::LayerIndex {
                    reason: "an entry has an unknown kind",
                });
            }
        };
        Ok((kind, None))
    }
}
