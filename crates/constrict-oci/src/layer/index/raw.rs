//! Reading the bytes of an index: entry by entry, checked in full and borrowed. Allocates only what a caller keeps.

use std::collections::BTreeMap;

use crate::layer::path::is_normal;
use crate::layer::{Entry, IndexedEntry, Kind};
use crate::{Digest, Error, Result};

/// What is left to read.
#[derive(Clone, Copy)]
pub(super) struct Input<'a>(&'a [u8]);

/// An entry as it lies in the bytes; everything in it is sound.
pub(super) struct Raw<'a> {
    pub(super) path: &'a [u8],
    /// How many bytes followed the path.
    pub(super) left_after_path: usize,
    pub(super) kind: RawKind<'a>,
    mode: u32,
    uid: u32,
    gid: u32,
    mtime: i64,
    /// From where on names and values follow each other, and how many there are.
    xattrs: (Input<'a>, u64),
    content_offset: Option<u64>,
}

/// As [`Kind`], borrowed.
pub(super) enum RawKind<'a> {
    File { size: u64, digest: Digest },
    Directory,
    Symlink { target: &'a [u8] },
    Hardlink { target: &'a [u8] },
    CharDevice { major: u32, minor: u32 },
    BlockDevice { major: u32, minor: u32 },
    Fifo,
    Whiteout,
    Opaque,
}

fn damaged(reason: &'static str) -> Error {
    Error::LayerIndex { reason }
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Input(bytes)
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| damaged("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
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
        Err(damaged("a number is too large"))
    }

    fn number(&mut self) -> Result<u32> {
        u32::try_from(self.varint()?).map_err(|_| damaged("a number is too large"))
    }

    fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        self.take(length)
    }

    fn path(&mut self) -> Result<&'a [u8]> {
        let path = self.bytes()?;
        match is_normal(path) {
            true => Ok(path),
            false => Err(damaged("a path is not in normal form")),
        }
    }

    /// The next entry.
    pub(super) fn raw(&mut self) -> Result<Raw<'a>> {
        let path = self.path()?;
        let left_after_path = self.left();
        let [tag] = self.array()?;
        let (mode, uid, gid) = (self.number()?, self.number()?, self.number()?);
        let mtime = unzigzag(self.varint()?);
        let count = self.varint()?;
        let xattrs = (*self, count);
        for _ in 0..count {
            self.bytes()?;
            self.bytes()?;
        }
        let (kind, content_offset) = self.kind(tag)?;
        Ok(Raw {
            path,
            left_after_path,
            kind,
            mode,
            uid,
            gid,
            mtime,
            xattrs,
            content_offset,
        })
    }

    fn kind(&mut self, tag: u8) -> Result<(RawKind<'a>, Option<u64>)> {
        let kind = match tag {
            0 | 9 => {
                let (size, offset) = (self.varint()?, self.varint()?.checked_sub(1));
                let digest = match tag {
                    0 => Digest::from_sha256(self.array()?),
                    _ => Digest::from_sha512(self.array()?),
                };
                return Ok((RawKind::File { size, digest }, offset));
            }
            1 => RawKind::Directory,
            2 => RawKind::Symlink {
                target: self.bytes()?,
            },
            3 => RawKind::Hardlink {
                target: self.path()?,
            },
            4 => RawKind::CharDevice {
                major: self.number()?,
                minor: self.number()?,
            },
            5 => RawKind::BlockDevice {
                major: self.number()?,
                minor: self.number()?,
            },
            6 => RawKind::Fifo,
            7 => RawKind::Whiteout,
            8 => RawKind::Opaque,
            _ => return Err(damaged("an entry has an unknown kind")),
        };
        Ok((kind, None))
    }
}

impl Raw<'_> {
    /// The entry on its own.
    pub(super) fn to_entry(&self) -> Result<IndexedEntry> {
        let mut xattrs = BTreeMap::new();
        let (mut input, count) = self.xattrs;
        for _ in 0..count {
            let (name, value) = (input.bytes()?, input.bytes()?);
            xattrs.insert(name.to_vec(), value.to_vec());
        }
        Ok(IndexedEntry {
            entry: Entry {
                path: self.path.to_vec(),
                kind: self.kind.to_kind(),
                mode: self.mode,
                uid: self.uid,
                gid: self.gid,
                mtime: self.mtime,
                xattrs,
            },
            content_offset: self.content_offset,
        })
    }
}

impl RawKind<'_> {
    fn to_kind(&self) -> Kind {
        match *self {
            RawKind::File { size, digest } => Kind::File { size, digest },
            RawKind::Directory => Kind::Directory,
            RawKind::Symlink { target } => Kind::Symlink {
                target: target.to_vec(),
            },
            RawKind::Hardlink { target } => Kind::Hardlink {
                target: target.to_vec(),
            },
            RawKind::CharDevice { major, minor } => Kind::CharDevice { major, minor },
            RawKind::BlockDevice { major, minor } => Kind::BlockDevice { major, minor },
            RawKind::Fifo => Kind::Fifo,
            RawKind::Whiteout => Kind::Whiteout,
            RawKind::Opaque => Kind::Opaque,
        }
    }
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}
