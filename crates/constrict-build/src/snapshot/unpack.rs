//! A layer's blob to a directory for overlayfs.

use std::io::Read;
use std::path::Path;

use constrict_oci::layer::{FoundEntry, IndexedEntry, Kind, Limits, read_layer};
use constrict_oci::{Digest, Hasher};
use constrict_sandbox::Mode;

use super::disk::{Disk, times};
use crate::error::{Error, IoContext, Result};

/// Unpacks a blob into the empty directory `target`; its entries and the digest of its plain tar.
pub(crate) fn unpack_blob(
    blob: impl Read,
    target: &Path,
    mode: Mode,
) -> Result<(Vec<IndexedEntry>, Digest)> {
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
            Ok::<(), Error>(())
        },
    )?;
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
    Ok((entries, read.diff_id))
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
