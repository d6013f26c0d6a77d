//! Reading of layers, which anybody may have made: names and link targets come out in normal form and inside the root,
//! removals as whiteouts, contents bounded. Never writes to a file system; what a path meets there is the caller's affair
//! (parents that are implied or are symbolic links, duplicates, which come in order).

use std::io::{self, BufReader, Read};

use super::decompress::Decompressor;
use super::header::{OPAQUE, WHITEOUT};
use super::path::{normalise, shown, split};
use super::tar::{RawEntry, TarReader};
use super::{IndexedEntry, NewEntry, NewKind};
use crate::{Algorithm, Digest, Error, Hasher, HashingReader, Result};

/// Bytes of tar that are read at once.
const BUFFER: usize = 256 << 10;
/// Names of aufs' own files: not part of the layer.
const AUFS: &[u8] = b".wh..wh.";

/// How much a layer may have; more is an error before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries.
    pub entries: u64,
    /// Bytes of the uncompressed archive, holes of sparse files counted as bytes.
    pub bytes: u64,
}

impl Default for Limits {
    /// Ten million entries, 1 TiB: more than any image, less than for ever.
    fn default() -> Limits {
        Limits {
            entries: 10_000_000,
            bytes: 1 << 40,
        }
    }
}

/// An entry as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundEntry {
    /// The entry.
    pub entry: NewEntry,
    /// As [`IndexedEntry::content_offset`].
    pub content_offset: Option<u64>,
}

/// What a layer turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRead {
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
    /// Bytes of the uncompressed tar.
    pub uncompressed_size: u64,
}

/// Reads a layer, compressed or not, to its end and shows every entry, in order, with a reader of its content.
///
/// `visit` need not read the content. The diff_id is known when all is read: compare it before what was visited is used.
pub fn read_layer<R, E>(
    reader: R,
    limits: &Limits,
    visit: &mut dyn FnMut(FoundEntry, &mut dyn Read) -> Result<(), E>,
) -> Result<LayerRead, E>
where
    R: Read,
    E: From<Error>,
{
    let source = Decompressor::new(reader).map_err(read_failed)?;
    let hashed = visit_tar(HashingReader::new(source, Algorithm::Sha256), limits, visit)?;
    let (mut source, diff_id, uncompressed_size) = hashed.finish();
    if uncompressed_size > limits.bytes {
        return Err(too_large(limits));
    }
    source.drain().map_err(read_failed)?;
    Ok(LayerRead {
        diff_id,
        uncompressed_size,
    })
}

/// The same for a layer whose bytes were compared with their digest before: nothing is hashed.
pub fn read_verified_layer<R, E>(
    reader: R,
    limits: &Limits,
    visit: &mut dyn FnMut(FoundEntry, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E>
where
    R: Read,
    E: From<Error>,
{
    let source = Decompressor::new(reader).map_err(read_failed)?;
    let mut source = visit_tar(source, limits, visit)?;
    Ok(source.drain().map_err(read_failed)?)
}

/// Reads a tar to its end and returns its source.
fn visit_tar<S, E>(
    source: S,
    limits: &Limits,
    visit: &mut dyn FnMut(FoundEntry, &mut dyn Read) -> Result<(), E>,
) -> Result<S, E>
where
    S: Read,
    E: From<Error>,
{
    let mut tar = TarReader::new(BufReader::with_capacity(BUFFER, source), limits.bytes);
    let mut holes = 0_u64;
    let mut entries = 0;
    while let Some(raw) = tar.next()? {
        entries += 1;
        if entries > limits.entries {
            return Err(Error::Limit {
                limit: limits.entries,
                unit: "entries",
            }
            .into());
        }
        if raw.content_offset.is_none() {
            holes = holes.saturating_add(raw.size);
        }
        let end = tar
            .position()
            .saturating_add(raw.content_offset.map_or(0, |_| raw.size));
        if end.saturating_add(holes) > limits.bytes {
            return Err(too_large(limits));
        }
        if let Some(found) = found_entry(raw)? {
            visit(found, &mut tar)?;
        }
    }
    let mut rest = tar.into_inner();
    let allowed = limits.bytes.saturating_add(1);
    io::copy(&mut rest.by_ref().take(allowed), &mut io::sink()).map_err(read_failed)?;
    Ok(rest.into_inner())
}

/// Reads a layer and hashes every file in it.
pub fn index_layer<R: Read>(reader: R, limits: &Limits) -> Result<(Vec<IndexedEntry>, LayerRead)> {
    let mut index = Vec::new();
    let mut buffer = vec![0; BUFFER];
    let read = read_layer(
        reader,
        limits,
        &mut |found: FoundEntry, content: &mut dyn Read| {
            let FoundEntry {
                entry,
                content_offset,
            } = found;
            let mut hasher = Hasher::sha256();
            loop {
                match content.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(read) => hasher.update(&buffer[..read]),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(source) => {
                        return Err(Error::Content {
                            entry: shown(&entry.path),
                            source,
                        });
                    }
                }
            }
            index.push(IndexedEntry {
                entry: entry.with_digest(hasher.finish()),
                content_offset,
            });
            Ok(())
        },
    )?;
    Ok((index, read))
}

fn read_failed(source: io::Error) -> Error {
    Error::Stream {
        act: "read the layer",
        source,
    }
}

fn too_large<E: From<Error>>(limits: &Limits) -> E {
    Error::Limit {
        limit: limits.bytes,
        unit: "bytes",
    }
    .into()
}

/// What an entry means; `None` for files of aufs' own.
fn found_entry(raw: RawEntry) -> Result<Option<FoundEntry>> {
    let refuse = |fault| Error::Entry {
        entry: shown(&raw.name),
        fault,
    };
    let path = normalise(&raw.name).map_err(refuse)?;
    let (parent, last) = split(&path);
    if last == OPAQUE {
        return Ok(Some(removal(parent.to_vec(), NewKind::Opaque, &raw)));
    }
    if path
        .split(|byte| *byte == b'/')
        .any(|component| component.starts_with(AUFS))
    {
        return Ok(None);
    }
    if parent
        .split(|byte| *byte == b'/')
        .any(|component| component.starts_with(WHITEOUT))
    {
        return Err(refuse("is below a removal"));
    }
    if let Some(removed) = last.strip_prefix(WHITEOUT) {
        if matches!(removed, b"" | b"." | b"..") {
            return Err(refuse("removes no path"));
        }
        let path = [&path[..path.len() - last.len()], removed].concat();
        return Ok(Some(removal(path, NewKind::Whiteout, &raw)));
    }
    let kind = kind(&raw).map_err(refuse)?;
    if path.is_empty() && kind != NewKind::Directory {
        return Err(refuse("is the root but not a directory"));
    }
    let xattrs = raw.pax.xattrs().map_err(refuse)?;
    let RawEntry {
        mode,
        uid,
        gid,
        mtime,
        ..
    } = raw;
    let content_offset = raw
        .content_offset
        .filter(|_| matches!(kind, NewKind::File { .. }));
    Ok(Some(FoundEntry {
        entry: NewEntry {
            path,
            kind,
            mode,
            uid,
            gid,
            mtime,
            xattrs,
        },
        content_offset,
    }))
}

fn removal(path: Vec<u8>, kind: NewKind, raw: &RawEntry) -> FoundEntry {
    let RawEntry {
        mode,
        uid,
        gid,
        mtime,
        ..
    } = *raw;
    let entry = NewEntry {
        uid,
        gid,
        mtime,
        ..NewEntry::new(path, kind, mode)
    };
    FoundEntry {
        entry,
        content_offset: None,
    }
}

fn kind(raw: &RawEntry) -> Result<NewKind, &'static str> {
    let (major, minor) = (raw.major, raw.minor);
    Ok(match raw.typeflag {
        b'0' | 0 | b'7' | b'S' => NewKind::File { size: raw.size },
        b'1' => match normalise(&raw.link) {
            Err("climbs out of the root") => {
                return Err("is a hard link to a path outside the root");
            }
            Err("has an empty name") => return Err("is a hard link to nothing"),
            Err(_) => return Err("is a hard link to a path with a NUL byte"),
            Ok(target) if target.is_empty() => return Err("is a hard link to the root"),
            Ok(target) => NewKind::Hardlink { target },
        },
        b'2' if raw.link.is_empty() => return Err("is a symbolic link to nothing"),
        b'2' if raw.link.contains(&0) => {
            return Err("is a symbolic link with a NUL byte in its target");
        }
        b'2' => NewKind::Symlink {
            target: raw.link.clone(),
        },
        b'3' => NewKind::CharDevice { major, minor },
        b'4' => NewKind::BlockDevice { major, minor },
        b'5' => NewKind::Directory,
        b'6' => NewKind::Fifo,
        _ => return Err("has a type that layers do not have"),
    })
}
