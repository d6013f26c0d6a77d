//! A layer's blob to a directory for overlayfs.

use std::io::Read;
use std::path::Path;

use constrict_oci::layer::{FoundEntry, IndexedEntry, Kind, Limits, NewEntry, read_layer};
use constrict_oci::{Digest, Hasher};
use constrict_sandbox::Mode;

use super::disk::{Disk, times};
use crate::error::{Error, IoContext, Result};

/// What a blob turned out to be: its entries, and the digest of its plain tar.
pub(super) type Unpacked = (Vec<IndexedEntry>, Digest);

/// Unpacks a blob into the empty directory `target`.
pub(crate) fn unpack_blob(blob: impl Read, target: &Path, mode: Mode) -> Result<Unpacked> {
    let whole = unpack_while(blob, target, mode, &mut |_| true)?;
    Ok(whole.expect("nothing stops it"))
}

/// Unpacks a blob as long as `admits` says so; `None` if it stopped, with a part unpacked.
pub(crate) fn unpack_while(
    blob: impl Read,
    target: &Path,
    mode: Mode,
    admits: &mut dyn FnMut(&NewEntry) -> bool,
) -> Result<Option<Unpacked>> {
    let root = std::fs::File::open(target).at("open", target)?;
    let disk = Disk::new(root.try_clone().at("open", target)?.into(), mode);
    let mut entries: Vec<IndexedEntry> = Vec::new();
    let read = read_layer(
        blob,
        &Limits::default(),
        &mut |found: FoundEntry, content: &mut dyn Read| {
            let FoundEntry {
                entry,
                content_offset,
            } = found;
            if !admits(&entry) {
                return Err(Stop::NotAdmitted);
            }
            let mut content = Hashing {
                inner: content,
                hasher: Hasher::sha256(),
            };
            disk.make(&entry, &mut content).at(
                "unpack",
                target.join(String::from_utf8_lossy(&entry.path).as_ref()),
            )?;
            let digest = content.hasher.finish();
            entries.push(IndexedEntry {
                entry: entry.with_digest(digest),
                content_offset,
            });
            Ok::<(), Stop>(())
        },
    );
    let read = match read {
        Ok(read) => read,
        Err(Stop::NotAdmitted) => return Ok(None),
        Err(Stop::Failed(error)) => return Err(error),
    };
    // making an entry touched its directory: their times are set last
    for entry in entries.iter().map(|indexed| &indexed.entry) {
        if matches!(entry.kind, Kind::Directory) {
            let path: &[u8] = if entry.path.is_empty() {
                b"."
            } else {
                &entry.path
            };
            let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
            match rustix::fs::utimensat(&root, path, &times(entry.mtime), flags) {
                Ok(()) | Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => {}
                Err(error) => {
                    return Err(error).at(
                        "set the time of",
                        target.join(String::from_utf8_lossy(path).as_ref()),
                    );
                }
            }
        }
    }
    Ok(Some((entries, read.diff_id)))
}

/// Why not all of a blob was unpacked.
enum Stop {
    NotAdmitted,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Failed(error.into())
    }
}

/// Computes the digest of what is read through it.
struct Hashing<'a> {
    inner: &'a mut dyn Read,
    hasher: Hasher,
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..n]);
        Ok(n)
    }
}
