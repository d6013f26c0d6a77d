//! One entry of a layer: a file, a directory, ... or the removal of one. Never holds content.

use std::collections::BTreeMap;

use crate::Digest;

/// An entry whose content is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Relative to the root, in normal form: no leading `/` or `./`, no trailing `/`, no `.` or `..`; the root is empty.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Permission, set-id and sticky bits (07777).
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// Last change of the content, seconds since 1970.
    pub mtime: i64,
    /// Extended attributes.
    pub xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// What an [`Entry`] is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File {
        /// Bytes.
        size: u64,
        /// sha256 of the content.
        digest: Digest,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Any bytes, as the link holds them.
        target: Vec<u8>,
    },
    /// Another name of a file that is in this layer or below.
    Hardlink {
        /// A path like [`Entry::path`].
        target: Vec<u8>,
    },
    /// A character device.
    CharDevice {
        /// Driver.
        major: u32,
        /// Unit.
        minor: u32,
    },
    /// A block device.
    BlockDevice {
        /// Driver.
        major: u32,
        /// Unit.
        minor: u32,
    },
    /// A named pipe.
    Fifo,
    /// The path is removed from the layers below. The path is the one removed, not the `.wh.` name.
    Whiteout,
    /// The directory hides what layers below have in it. The path is the directory's.
    Opaque,
}

/// An entry whose content is still to come: what a writer is given and a reader finds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NewEntry {
    /// As [`Entry::path`].
    pub path: Vec<u8>,
    /// What it is.
    pub kind: NewKind,
    /// As [`Entry::mode`].
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// As [`Entry::mtime`].
    pub mtime: i64,
    /// Extended attributes.
    pub xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// As [`Kind`], without the digest of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NewKind {
    /// A regular file.
    File {
        /// Bytes.
        size: u64,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Any bytes but NUL.
        target: Vec<u8>,
    },
    /// Another name of a file.
    Hardlink {
        /// A path like [`Entry::path`].
        target: Vec<u8>,
    },
    /// A character device.
    CharDevice {
        /// Driver.
        major: u32,
        /// Unit.
        minor: u32,
    },
    /// A block device.
    BlockDevice {
        /// Driver.
        major: u32,
        /// Unit.
        minor: u32,
    },
    /// A named pipe.
    Fifo,
    /// As [`Kind::Whiteout`].
    Whiteout,
    /// As [`Kind::Opaque`].
    Opaque,
}

impl NewEntry {
    /// An entry of root's with no extended attributes, at the start of 1970.
    pub fn new(path: impl Into<Vec<u8>>, kind: NewKind, mode: u32) -> NewEntry {
        NewEntry {
            path: path.into(),
            kind,
            mode,
            uid: 0,
            gid: 0,
            mtime: 0,
            xattrs: BTreeMap::new(),
        }
    }

    /// Bytes of content: a file's size, else 0.
    pub fn size(&self) -> u64 {
        match self.kind {
            NewKind::File { size } => size,
            _ => 0,
        }
    }

    /// The entry with the digest of its content, which kinds other than files have no use for.
    pub fn with_digest(self, digest: Digest) -> Entry {
        let NewEntry {
            path,
            kind,
            mode,
            uid,
            gid,
            mtime,
            xattrs,
        } = self;
        let kind = match kind {
            NewKind::File { size } => Kind::File { size, digest },
            NewKind::Directory => Kind::Directory,
            NewKind::Symlink { target } => Kind::Symlink { target },
            NewKind::Hardlink { target } => Kind::Hardlink { target },
            NewKind::CharDevice { major, minor } => Kind::CharDevice { major, minor },
            NewKind::BlockDevice { major, minor } => Kind::BlockDevice { major, minor },
            NewKind::Fifo => Kind::Fifo,
            NewKind::Whiteout => Kind::Whiteout,
            NewKind::Opaque => Kind::Opaque,
        };
        Entry {
            path,
            kind,
            mode,
            uid,
            gid,
            mtime,
            xattrs,
        }
    }
}

impl From<Entry> for NewEntry {
    fn from(entry: Entry) -> NewEntry {
        let Entry {
            path,
            kind,
            mode,
            uid,
            gid,
            mtime,
            xattrs,
        } = entry;
        let kind = match kind {
            Kind::File { size, digest: _ } => NewKind::File { size },
            Kind::Directory => NewKind::Directory,
            Kind::Symlink { target } => NewKind::Symlink { target },
            Kind::Hardlink { target } => NewKind::Hardlink { target },
            Kind::CharDevice { major, minor } => NewKind::CharDevice { major, minor },
            Kind::BlockDevice { major, minor } => NewKind::BlockDevice { major, minor },
            Kind::Fifo => NewKind::Fifo,
            Kind::Whiteout => NewKind::Whiteout,
            Kind::Opaque => NewKind::Opaque,
        };
        NewEntry {
            path,
            kind,
            mode,
            uid,
            gid,
            mtime,
            xattrs,
        }
    }
}

/// An entry and where its content is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IndexedEntry {
    /// The entry.
    pub entry: Entry,
    /// Of a file: where its content starts in the uncompressed tar. `None` for other kinds and for sparse files, whose
    /// content is not in one piece.
    pub content_offset: Option<u64>,
}
