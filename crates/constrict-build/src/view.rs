//! Files seen alike, wherever they are: a directory of the host or the merged layers of an image.
//!
//! Paths are relative to the view's root, bytes, without a leading `/`; the root is the empty path.

use std::collections::BTreeMap;
use std::io::Read;

use constrict_oci::layer::{NewEntry, NewKind};
use constrict_oci::{Digest, Hasher};

use crate::error::{IgnoredBy, Result};
use crate::tree::join;

/// What a path is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A file with content.
    Regular {
        /// Bytes.
        size: u64,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Its text.
        target: Vec<u8>,
    },
    /// A character device.
    CharDevice {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A block device.
    BlockDevice {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A named pipe.
    Fifo,
    /// A socket, which an image cannot hold.
    Socket,
}

/// What is known of a path without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    /// What it is.
    pub(crate) kind: FileKind,
    /// Permission bits, with set-uid, set-gid and sticky.
    pub(crate) mode: u32,
    /// The owner.
    pub(crate) uid: u32,
    /// The group.
    pub(crate) gid: u32,
    /// Seconds since 1970.
    pub(crate) mtime: i64,
    /// Extended attributes that images carry.
    pub(crate) xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Equal for the names of one file that has several.
    pub(crate) link_group: Option<Vec<u8>>,
}

impl Meta {
    /// Whether it is a directory.
    pub(crate) fn is_directory(&self) -> bool {
        matches!(self.kind, FileKind::Directory)
    }

    /// The entry of a layer at `path`; another name of `hard_link` if there is one.
    pub(crate) fn entry(&self, path: &[u8], hard_link: Option<&[u8]>) -> NewEntry {
        let kind = match (&self.kind, hard_link) {
            (_, Some(target)) => NewKind::Hardlink {
                target: target.to_vec(),
            },
            (FileKind::Regular { size }, None) => NewKind::File { size: *size },
            (FileKind::Directory, None) => NewKind::Directory,
            (FileKind::Symlink { target }, None) => NewKind::Symlink {
                target: target.clone(),
            },
            (FileKind::CharDevice { major, minor }, None) => NewKind::CharDevice {
                major: *major,
                minor: *minor,
            },
            (FileKind::BlockDevice { major, minor }, None) => NewKind::BlockDevice {
                major: *major,
                minor: *minor,
            },
            (FileKind::Fifo | FileKind::Socket, None) => NewKind::Fifo,
        };
        NewEntry {
            path: path.to_vec(),
            kind,
            mode: self.mode,
            uid: self.uid,
            gid: self.gid,
            mtime: self.mtime,
            xattrs: self.xattrs.clone(),
        }
    }
}

/// Files that can be looked up, listed and read.
pub(crate) trait View: Send + Sync {
    /// What is at `path`; links are not followed, neither at its end nor on the way.
    fn meta(&self, path: &[u8]) -> Result<Option<Meta>>;
    /// The names in a directory, sorted.
    fn list(&self, path: &[u8]) -> Result<Vec<Vec<u8>>>;
    /// The digest of a file's content.
    fn digest(&self, path: &[u8]) -> Result<Digest>;
    /// Adds to `hasher` what is different as soon as anything at or below `path` is; says no if it cannot vouch for that.
    fn identify(&self, _path: &[u8], _hasher: &mut Hasher) -> Result<bool> {
        Ok(false)
    }
    /// Opens a file.
    fn open(&self, path: &[u8]) -> Result<Box<dyn Read + '_>>;
    /// `the build context`, ``stage `builder` ``: for messages.
    fn name(&self) -> String;
    /// The line of an ignore file that hides `path`, where a view has one.
    fn ignored_by(&self, _path: &[u8]) -> Option<IgnoredBy> {
        None
    }
}

/// How many links a path may lead through, as in Linux.
const MAX_LINKS: usize = 255;

/// Tells the text of a link; `None` for anything else.
pub(crate) type ReadLink<'a> = dyn FnMut(&[u8]) -> Result<Option<Vec<u8>>> + 'a;

/// The path that `path` stands for when every link on it is followed inside the root. What does not exist is kept
/// as it is written, so that it can be made.
pub(crate) fn resolve(
    path: &[u8],
    read_link: &mut ReadLink<'_>,
    follow_last: bool,
) -> Result<Vec<u8>> {
    let mut pending: Vec<Vec<u8>> = components(path).rev().map(<[u8]>::to_vec).collect();
    let mut done: Vec<u8> = Vec::new();
    let mut links = 0;
    while let Some(component) = pending.pop() {
        if component == b".." {
            done.truncate(done.iter().rposition(|byte| *byte == b'/').unwrap_or(0));
            continue;
        }
        let next = join(&done, &component);
        let target = if pending.is_empty() && !follow_last {
            None
        } else {
            read_link(&next)?
        };
        match target {
            Some(target) if links < MAX_LINKS => {
                links += 1;
                if target.first() == Some(&b'/') {
                    done.clear();
                }
                pending.extend(components(&target).rev().map(<[u8]>::to_vec));
            }
            _ => done = next,
        }
    }
    Ok(done)
}

/// The components of a path, without empty ones and `.`.
pub(crate) fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty() && *part != b".")
}

/// `path` without `.`, `..` (which stop at the root) and doubled slashes.
pub(crate) fn clean(path: &[u8]) -> Vec<u8> {
    let mut done: Vec<&[u8]> = Vec::new();
    for component in components(path) {
        if component == b".." {
            done.pop();
        } else {
            done.push(component);
        }
    }
    done.join(&b'/')
}

/// The directory part of a path.
pub(crate) fn parent(path: &[u8]) -> &[u8] {
    &path[..path.iter().rposition(|byte| *byte == b'/').unwrap_or(0)]
}

/// The last component of a path.
pub(crate) fn file_name(path: &[u8]) -> &[u8] {
    &path[path
        .iter()
        .rposition(|byte| *byte == b'/')
        .map_or(0, |at| at + 1)..]
}

/// [`resolve`] in a view.
pub(crate) fn resolve_in(view: &dyn View, path: &[u8], follow_last: bool) -> Result<Vec<u8>> {
    let mut read_link = |path: &[u8]| {
        Ok(view.meta(path)?.and_then(|meta| match meta.kind {
            FileKind::Symlink { target } => Some(target),
            _ => None,
        }))
    };
    resolve(path, &mut read_link, follow_last)
}

/// Reads a small file through its links; `None` if it is missing or not a regular file.
pub(crate) fn read_small(view: &dyn View, path: &[u8], limit: u64) -> Result<Option<Vec<u8>>> {
    let path = resolve_in(view, path, true)?;
    match view.meta(&path)? {
        Some(Meta {
            kind: FileKind::Regular { .. },
            ..
        }) => {
            let mut content = Vec::new();
            std::io::Read::take(view.open(&path)?, limit)
                .read_to_end(&mut content)
                .map_err(|source| crate::error::Error::Io {
                    act: "read",
                    path: String::from_utf8_lossy(&path).into_owned().into(),
                    source,
                })?;
            Ok(Some(content))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests;
