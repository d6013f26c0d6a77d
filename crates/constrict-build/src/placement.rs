//! Where the entries of a layer go on top of the layers below it, where the layer itself does not say: entries below a
//! symbolic link, and entries in directories that the layer has no entry for. Moves no bytes.
//!
//! The usual builders write an entry for each directory before what is in it: such a layer *stands alone*, it means the same
//! on any layers. What others write means what unpacking it over the layers below makes of it, as containerd does it: links
//! on the way are followed inside the root, and a directory that is there already keeps its permissions and owner.

use std::collections::{BTreeMap, HashSet};

use constrict_oci::layer::{Entry, Kind, NewEntry, NewKind};

use crate::error::{Error, Result};
use crate::tree::Tree;
use crate::view::{parent, resolve};

/// What of an entry decides whether it needs the layers below.
pub(crate) enum Shape<'e> {
    Directory,
    Opaque,
    Hardlink(&'e [u8]),
    Other,
}

impl<'e> From<&'e Kind> for Shape<'e> {
    fn from(kind: &'e Kind) -> Self {
        match kind {
            Kind::Directory => Shape::Directory,
            Kind::Opaque => Shape::Opaque,
            Kind::Hardlink { target } => Shape::Hardlink(target),
            _ => Shape::Other,
        }
    }
}

impl<'e> From<&'e NewKind> for Shape<'e> {
    fn from(kind: &'e NewKind) -> Self {
        match kind {
            NewKind::Directory => Shape::Directory,
            NewKind::Opaque => Shape::Opaque,
            NewKind::Hardlink { target } => Shape::Hardlink(target),
            _ => Shape::Other,
        }
    }
}

/// Tells, entry by entry, whether a layer stands alone.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    directories: HashSet<Vec<u8>>,
    /// A directory of the layer; neighbours share theirs.
    last: Vec<u8>,
}

impl Standing {
    /// Takes the next entry; says no if what it means depends on the layers below.
    pub(crate) fn admits(&mut self, path: &[u8], shape: Shape<'_>) -> bool {
        match shape {
            Shape::Opaque => self.has(path),
            Shape::Directory => {
                let stands = path.is_empty() || self.has(parent(path));
                self.directories.insert(path.to_vec());
                stands
            }
            Shape::Hardlink(target) => self.admits_file(path) && self.has(parent(target)),
            Shape::Other => self.admits_file(path),
        }
    }

    /// A directory that something else takes the place of loses what the layer had in it.
    fn admits_file(&mut self, path: &[u8]) -> bool {
        self.has(parent(path)) && !self.directories.contains(path)
    }

    fn has(&mut self, directory: &[u8]) -> bool {
        if directory.is_empty() || directory == self.last {
            return true;
        }
        let has = self.directories.contains(directory);
        if has {
            self.last = directory.to_vec();
        }
        has
    }
}

/// One entry of the layer that takes the place of another.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// A directory of the layers below.
    Directory(NewEntry),
    /// An entry of the layer.
    Entry {
        /// Which, from 0.
        at: usize,
        /// Where it goes.
        path: Vec<u8>,
        /// Of a hard link: where its target is.
        target: Option<Vec<u8>>,
    },
}

/// The layer that means on its own what a layer with these `entries`, in the order of the archive, means on `below`; `None`
/// if it is the same.
pub(crate) fn place<'e>(
    entries: impl IntoIterator<Item = &'e Entry>,
    below: &Tree,
) -> Result<Option<Vec<Step>>> {
    let mut placing = Placing {
        below,
        own: BTreeMap::new(),
        removed: HashSet::new(),
        opaque: HashSet::new(),
        steps: Vec::new(),
        by_path: BTreeMap::new(),
        changed: false,
    };
    for (at, entry) in entries.into_iter().enumerate() {
        placing.add(at, entry)?;
    }
    let Placing { steps, changed, .. } = placing;
    Ok(changed.then(|| steps.into_iter().flatten().collect()))
}

#[derive(Clone, Debug)]
enum Seen {
    Nothing,
    Directory(Option<Box<Entry>>),
    Link(Vec<u8>),
    Other,
}

struct Placing<'t> {
    below: &'t Tree,
    /// What the layer has so far, directories that it implies among it.
    own: BTreeMap<Vec<u8>, Seen>,
    removed: HashSet<Vec<u8>>,
    opaque: HashSet<Vec<u8>>,
    /// `None` where something else took the place.
    steps: Vec<Option<Step>>,
    by_path: BTreeMap<Vec<u8>, Vec<usize>>,
    changed: bool,
}

impl Placing<'_> {
    fn add(&mut self, at: usize, entry: &Entry) -> Result<()> {
        let path = self.resolve(&entry.path, matches!(entry.kind, Kind::Opaque))?;
        self.add_parents(&path, entry)?;
        let mut target = None;
        match &entry.kind {
            Kind::Whiteout => drop(self.removed.insert(path.clone())),
            Kind::Opaque => {
                self.add_directory(&path, entry)?;
                self.opaque.insert(path.clone());
            }
            Kind::Directory => drop(self.own.insert(path.clone(), Seen::Directory(None))),
            kind => {
                if matches!(self.own.get(&path), Some(Seen::Directory(_))) {
                    self.drop_below(&path);
                }
                let seen = match kind {
                    Kind::Symlink { target } => Seen::Link(target.clone()),
                    _ => Seen::Other,
                };
                self.own.insert(path.clone(), seen);
                if let Kind::Hardlink { target: old } = kind {
                    let new = self.resolve(old, false)?;
                    self.changed |= new != *old;
                    target = Some(new);
                }
            }
        }
        self.changed |= path != entry.path;
        self.push(path.clone(), Step::Entry { at, path, target });
        Ok(())
    }

    fn push(&mut self, path: Vec<u8>, step: Step) {
        self.by_path.entry(path).or_default().push(self.steps.len());
        self.steps.push(Some(step));
    }

    fn resolve(&self, path: &[u8], follow_last: bool) -> Result<Vec<u8>> {
        let mut read_link = |path: &[u8]| {
            Ok(match self.seen(path) {
                Seen::Link(target) => Some(target),
                _ => None,
            })
        };
        resolve(path, &mut read_link, follow_last)
    }

    /// What is at a path whose parent was resolved.
    fn seen(&self, path: &[u8]) -> Seen {
        if let Some(own) = self.own.get(path) {
            return own.clone();
        }
        let hidden = self.removed.contains(path)
            || ancestors(path)
                .any(|above| self.removed.contains(above) || self.opaque.contains(above))
            || self.opaque.contains(&b""[..]);
        match self.below.get(path) {
            Some(node) if !hidden => match node.entry.map(|entry| &entry.kind) {
                Some(Kind::Symlink { target }) => Seen::Link(target.clone()),
                _ if node.is_directory() => Seen::Directory(node.entry.cloned().map(Box::new)),
                _ => Seen::Other,
            },
            _ => Seen::Nothing,
        }
    }

    fn add_parents(&mut self, path: &[u8], entry: &Entry) -> Result<()> {
        ancestors(path).try_for_each(|directory| self.add_directory(directory, entry))
    }

    /// Makes sure that the layer has a directory, for the sake of `entry`.
    fn add_directory(&mut self, path: &[u8], entry: &Entry) -> Result<()> {
        let refuse = |fault| {
            let entry = String::from_utf8_lossy(&entry.path).into_owned();
            Err(Error::Oci(constrict_oci::Error::Entry { entry, fault }))
        };
        match self.own.get(path) {
            Some(Seen::Directory(_)) => return Ok(()),
            Some(Seen::Link(_)) => return refuse("leads through too many symbolic links"),
            Some(_) => return refuse("is below an entry that is no directory"),
            None if path.is_empty() => return Ok(()),
            None => {}
        }
        match self.seen(path) {
            Seen::Directory(Some(lower)) => {
                self.changed = true;
                self.push(path.to_vec(), Step::Directory((*lower).into()));
            }
            Seen::Link(_) => return refuse("leads through too many symbolic links"),
            // made as a directory, over whatever is there
            Seen::Directory(None) | Seen::Nothing | Seen::Other => {}
        }
        self.own.insert(path.to_vec(), Seen::Directory(None));
        Ok(())
    }

    fn drop_below(&mut self, path: &[u8]) {
        let prefix = [path, b"/"].concat();
        let is_below = |key: &Vec<u8>| key.starts_with(&prefix);
        let own: Vec<_> = self
            .own
            .range(prefix.clone()..)
            .map(|(key, _)| key.clone())
            .take_while(is_below)
            .collect();
        own.iter().for_each(|key| drop(self.own.remove(key)));
        let keys: Vec<_> = self
            .by_path
            .range(prefix.clone()..)
            .map(|(key, _)| key.clone())
            .take_while(is_below)
            .collect();
        // the directory's own entries go as well
        for key in keys.into_iter().chain([path.to_vec()]) {
            for at in self.by_path.remove(&key).unwrap_or_default() {
                self.steps[at] = None;
            }
        }
        self.changed = true;
    }
}

/// The directories that a path is in, from the top, the root left out.
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(at, _)| &path[..at])
}
