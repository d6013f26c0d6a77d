//! The files of a state as a [`View`]: metadata from the indexes, contents from the snapshots.

use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use constrict_oci::Digest;
use constrict_oci::layer::{Entry, Kind};

use crate::error::{Error, IoContext, Result};
use crate::layers::Layers;
use crate::tree::{Node, Tree};
use crate::view::{FileKind, Meta, View};

/// The merged files of a state's layers.
pub(crate) struct StateView {
    tree: Tree,
    layers: Arc<Layers>,
    name: String,
}

impl StateView {
    /// A view of `tree`; `name` is for messages.
    pub(crate) fn new(tree: Tree, layers: Arc<Layers>, name: String) -> Self {
        StateView { tree, layers, name }
    }

    /// The file that `path` names: a hard link leads to the entry that has the content.
    fn file(&self, path: &[u8]) -> Result<(&Entry, &Digest)> {
        let missing = || {
            Error::Invalid(format!(
                "`/{}` is no file in {}",
                String::from_utf8_lossy(path),
                self.name
            ))
        };
        let mut node = self.tree.get(path).ok_or_else(missing)?;
        // a link to a link to a link: more than any layer has
        for _ in 0..16 {
            let entry = node.entry.ok_or_else(missing)?;
            match &entry.kind {
                Kind::File { .. } => return Ok((entry, node.layer)),
                Kind::Hardlink { target } => {
                    node = self.linked(target, node.layer).ok_or_else(missing)?
                }
                _ => return Err(missing()),
            }
        }
        Err(missing())
    }

    /// The target of a hard link: in the link's own layer, or below.
    fn linked(&self, target: &[u8], layer: &Digest) -> Option<Node<'_>> {
        self.tree.get_up_to(target, layer)
    }

    fn describe(&self, path: &[u8], node: &Node<'_>) -> Result<Meta> {
        let Some(entry) = node.entry else {
            return Ok(Meta {
                kind: FileKind::Directory,
                mode: 0o755,
                uid: 0,
                gid: 0,
                mtime: 0,
                xattrs: Default::default(),
                link_group: None,
            });
        };
        let mut link_group = None;
        let mut source = entry;
        let kind = match &entry.kind {
            Kind::File { size, .. } => FileKind::Regular { size: *size },
            Kind::Hardlink { .. } => {
                let (target, layer) = self.file(path)?;
                source = target;
                link_group = Some([layer.hex().as_bytes(), b" ", &target.path].concat());
                FileKind::Regular {
                    size: if let Kind::File { size, .. } = target.kind {
                        size
                    } else {
                        0
                    },
                }
            }
            Kind::Directory | Kind::Whiteout | Kind::Opaque => FileKind::Directory,
            Kind::Symlink { target } => FileKind::Symlink {
                target: target.clone(),
            },
            Kind::CharDevice { major, minor } => FileKind::CharDevice {
                major: *major,
                minor: *minor,
            },
            Kind::BlockDevice { major, minor } => FileKind::BlockDevice {
                major: *major,
                minor: *minor,
            },
            Kind::Fifo => FileKind::Fifo,
        };
        if let Kind::File { .. } = entry.kind {
            link_group = Some([node.layer.hex().as_bytes(), b" ", &entry.path].concat());
        }
        Ok(Meta {
            kind,
            mode: source.mode,
            uid: source.uid,
            gid: source.gid,
            mtime: source.mtime,
            xattrs: source.xattrs.clone(),
            link_group,
        })
    }
}

impl View for StateView {
    fn meta(&self, path: &[u8]) -> Result<Option<Meta>> {
        self.tree
            .get(path)
            .map(|node| self.describe(path, &node))
            .transpose()
    }

    fn list(&self, path: &[u8]) -> Result<Vec<Vec<u8>>> {
        Ok(self.tree.list(path))
    }

    fn digest(&self, path: &[u8]) -> Result<Digest> {
        match &self.file(path)?.0.kind {
            Kind::File { digest, .. } => Ok(*digest),
            _ => Ok(Digest::of(b"")),
        }
    }

    fn open(&self, path: &[u8]) -> Result<Box<dyn Read + '_>> {
        let (entry, layer) = self.file(path)?;
        let root = self.layers.snapshot(layer)?;
        let on_disk = root.join(std::ffi::OsStr::from_bytes(&entry.path));
        let directory = std::fs::File::open(&root).at("open", &root)?;
        let flags =
            rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::CLOEXEC | rustix::fs::OFlags::NOFOLLOW;
        let resolve = rustix::fs::ResolveFlags::BENEATH | rustix::fs::ResolveFlags::NO_SYMLINKS;
        let file = rustix::fs::openat2(
            &directory,
            &*entry.path,
            flags,
            rustix::fs::Mode::empty(),
            resolve,
        )
        .at("open", on_disk)?;
        Ok(Box::new(std::fs::File::from(file)))
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}
