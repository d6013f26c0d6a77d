//! The entries that an operation on files adds to a state, found without touching a disk.
//!
//! A [`Plan`] is made over the tree of the state: it follows links of the destination inside that tree, makes missing
//! parents, and refuses what docker's COPY refuses. A layer's bytes are a function of the plan alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use constrict_oci::Digest;
use constrict_oci::layer::Kind;

use crate::error::{Error, Result};
use crate::tree::{Tree, join};
use crate::view::{FileKind, Meta, View, clean, components, parent, resolve};

/// Where the bytes of a planned file come from.
#[derive(Clone)]
pub(crate) enum Content {
    /// It has none: a directory, link or device.
    None,
    /// The text of a heredoc, or the like.
    Inline(Arc<Vec<u8>>),
    /// A file of a view.
    File(Arc<dyn View>, Vec<u8>),
}

/// One entry to be written.
#[derive(Clone)]
pub(crate) struct Planned {
    /// What it is.
    pub(crate) meta: Meta,
    /// Its bytes.
    pub(crate) content: Content,
    /// Another planned path that is the same file.
    pub(crate) hard_link: Option<Vec<u8>>,
}

/// Entries by path, over a tree.
pub(crate) struct Plan<'t> {
    base: &'t Tree,
    /// What is to be written.
    pub(crate) entries: BTreeMap<Vec<u8>, Planned>,
    /// The time of everything that the build makes itself.
    epoch: i64,
}

/// Owner and mode of directories that are made on the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MakeDirectories {
    /// Permission bits.
    pub(crate) mode: u32,
    /// Owner and group.
    pub(crate) owner: (u32, u32),
}

impl<'t> Plan<'t> {
    /// Nothing yet, over `base`.
    pub(crate) fn new(base: &'t Tree, epoch: i64) -> Self {
        Plan {
            base,
            entries: BTreeMap::new(),
            epoch,
        }
    }

    /// The time of what the build makes itself.
    pub(crate) fn epoch(&self) -> i64 {
        self.epoch
    }

    /// What is, or will be, at `path`.
    pub(crate) fn kind(&self, path: &[u8]) -> Option<FileKind> {
        if let Some(planned) = self.entries.get(path) {
            return Some(planned.meta.kind.clone());
        }
        // below a planned non-directory nothing of the base shows
        let mut above = parent(path);
        while !above.is_empty() {
            if self
                .entries
                .get(above)
                .is_some_and(|planned| !planned.meta.is_directory())
            {
                return None;
            }
            above = parent(above);
        }
        let node = self.base.get(path)?;
        Some(match node.entry.map(|entry| &entry.kind) {
            None | Some(Kind::Directory) => FileKind::Directory,
            Some(Kind::Symlink { target }) => FileKind::Symlink {
                target: target.clone(),
            },
            Some(_) => FileKind::Regular { size: 0 },
        })
    }

    /// `path` with every link on it followed inside the state's tree.
    pub(crate) fn resolve(&self, path: &[u8]) -> Result<Vec<u8>> {
        let mut read_link = |path: &[u8]| {
            Ok(match self.kind(path) {
                Some(FileKind::Symlink { target }) => Some(target),
                _ => None,
            })
        };
        resolve(path, &mut read_link, true)
    }

    /// Makes `path`, already resolved, and its missing parents. What exists is left alone.
    pub(crate) fn make_directories(&mut self, path: &[u8], how: MakeDirectories) -> Result<()> {
        let mut at = Vec::new();
        for component in components(path) {
            at = join(&at, component);
            match self.kind(&at) {
                Some(FileKind::Directory) => {}
                Some(_) => {
                    let path = format!("/{}", String::from_utf8_lossy(&at));
                    return Err(Error::Copy {
                        path,
                        reason: "a parent is not a directory",
                    });
                }
                None => self.put_directory(&at, how),
            }
        }
        Ok(())
    }

    fn put_directory(&mut self, path: &[u8], how: MakeDirectories) {
        let meta = Meta {
            kind: FileKind::Directory,
            mode: how.mode,
            uid: how.owner.0,
            gid: how.owner.1,
            mtime: self.epoch,
            xattrs: BTreeMap::new(),
            link_group: None,
        };
        self.put(
            path,
            Planned {
                meta,
                content: Content::None,
                hard_link: None,
            },
        );
    }

    /// Plans an entry; what was planned below a path that is no directory any more is forgotten.
    pub(crate) fn put(&mut self, path: &[u8], planned: Planned) {
        if !planned.meta.is_directory()
            && self
                .entries
                .get(path)
                .is_some_and(|old| old.meta.is_directory())
        {
            let prefix = join(path, b"");
            self.entries.retain(|key, _| !key.starts_with(&prefix));
        }
        self.entries.insert(path.to_vec(), planned);
    }

    /// Adds the directories that lead to the entries, as they are in the state: a layer without them would give them
    /// other owners wherever it is unpacked by itself.
    pub(crate) fn add_parents(&mut self) {
        let mut missing = BTreeMap::new();
        let mut last: &[u8] = b"";
        for path in self.entries.keys() {
            // neighbours share their directories
            if parent(path) == last {
                continue;
            }
            last = parent(path);
            for (at, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
                let parent = &path[..at];
                if self.entries.contains_key(parent) || missing.contains_key(parent) {
                    continue;
                }
                let Some(entry) = self.base.get(parent).and_then(|node| node.entry) else {
                    continue;
                };
                let meta = Meta {
                    kind: FileKind::Directory,
                    mode: entry.mode,
                    uid: entry.uid,
                    gid: entry.gid,
                    mtime: entry.mtime,
                    xattrs: entry.xattrs.clone(),
                    link_group: None,
                };
                let planned = Planned {
                    meta,
                    content: Content::None,
                    hard_link: None,
                };
                missing.insert(parent.to_vec(), planned);
            }
        }
        self.entries.extend(missing);
    }

    /// The parts of the plan that make up a cache key: for each path what is there, without times that the host chose.
    pub(crate) fn components(&self) -> Result<Vec<(String, String)>> {
        let mut parts = Vec::with_capacity(self.entries.len());
        for (path, planned) in &self.entries {
            let meta = &planned.meta;
            let what = match &meta.kind {
                FileKind::Regular { .. } => match &planned.hard_link {
                    Some(to) => format!("link {}", escape(to)),
                    None => format!("file {}", self.digest(planned)?),
                },
                FileKind::Directory => "directory".into(),
                FileKind::Symlink { target } => format!("symlink {}", escape(target)),
                FileKind::CharDevice { major, minor } => format!("char {major}:{minor}"),
                FileKind::BlockDevice { major, minor } => format!("block {major}:{minor}"),
                FileKind::Fifo | FileKind::Socket => "fifo".into(),
            };
            let xattrs: Vec<String> = meta
                .xattrs
                .iter()
                .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
                .collect();
            let value = format!(
                "{what} {:o} {}:{} {} {}",
                meta.mode,
                meta.uid,
                meta.gid,
                meta.mtime,
                xattrs.join(",")
            );
            parts.push((escape(path), value));
        }
        Ok(parts)
    }

    fn digest(&self, planned: &Planned) -> Result<Digest> {
        match &planned.content {
            Content::None => Ok(Digest::of(b"")),
            Content::Inline(bytes) => Ok(Digest::of(bytes)),
            Content::File(view, path) => view.digest(path),
        }
    }
}

/// A path for a key or a message: UTF-8 as it is, other bytes escaped so that different paths stay different.
fn escape(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.escape_ascii().to_string(),
    }
}

/// A destination as COPY has it.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    /// Absolute, cleaned, without the leading slash.
    pub(crate) path: Vec<u8>,
    /// Written with a slash at its end, or the like: a directory.
    pub(crate) is_directory: bool,
}

impl Destination {
    /// Takes the destination apart.
    pub(crate) fn parse(path: &str) -> Self {
        let is_directory =
            path.ends_with('/') || path.ends_with("/.") || path == "." || path.is_empty();
        Destination {
            path: clean(path.as_bytes()),
            is_directory,
        }
    }
}
