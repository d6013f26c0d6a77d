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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use constrict_oci::Digest;

    use super::*;
    use crate::store::LayerIndex;

    /// `d PATH`, `d PATH MODE`, `f PATH`, `l PATH TARGET` (symbolic), `h PATH TARGET`, `w PATH` (whiteout), `o PATH` (opaque).
    fn entry(line: &str) -> Entry {
        let mut words = line.split(' ').map(|word| word.as_bytes().to_vec());
        let kind = words.next().unwrap();
        let path = words.next().unwrap();
        let third = words.next();
        let mode = match (&kind[..], &third) {
            (b"d", Some(mode)) => {
                u32::from_str_radix(std::str::from_utf8(mode).unwrap(), 8).unwrap()
            }
            _ => 0o755,
        };
        let new = match &kind[..] {
            b"d" => NewKind::Directory,
            b"f" => NewKind::File { size: 0 },
            b"l" => NewKind::Symlink {
                target: third.unwrap(),
            },
            b"h" => NewKind::Hardlink {
                target: third.unwrap(),
            },
            b"w" => NewKind::Whiteout,
            _ => NewKind::Opaque,
        };
        NewEntry::new(path, new, mode).with_digest(Digest::of(b""))
    }

    fn tree(layers: &[&[&str]]) -> Tree {
        let index = |lines: &&[&str]| LayerIndex::new(lines.iter().map(|line| entry(line)));
        let digest = |at: usize| Digest::of(&[u8::try_from(at).unwrap()]);
        Tree::new(
            layers
                .iter()
                .enumerate()
                .map(|(at, lines)| (digest(at), Arc::new(index(lines))))
                .collect(),
        )
    }

    /// `+ PATH MODE` for a directory from below, else the entry's number, its place and its target.
    fn placed(below: &[&[&str]], layer: &[&str]) -> Result<Option<Vec<String>>> {
        let entries: Vec<Entry> = layer.iter().map(|line| entry(line)).collect();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let show = |step: Step| match step {
            Step::Directory(entry) => format!("+ {} {:o}", text(&entry.path), entry.mode),
            Step::Entry {
                at,
                path,
                target: None,
            } => format!("{at} {}", text(&path)),
            Step::Entry {
                at,
                path,
                target: Some(target),
            } => format!("{at} {} {}", text(&path), text(&target)),
        };
        Ok(place(&entries, &tree(below))?.map(|steps| steps.into_iter().map(show).collect()))
    }

    fn assert_placed(below: &[&[&str]], layer: &[&str], expected: &[&str]) {
        let expected: Vec<String> = expected.iter().map(|line| line.to_string()).collect();
        assert_eq!(placed(below, layer).unwrap(), Some(expected), "{layer:?}");
    }

    fn assert_same(below: &[&[&str]], layer: &[&str]) {
        assert_eq!(placed(below, layer).unwrap(), None, "{layer:?}");
    }

    const RUN: &[&str] = &[
        "d run 711",
        "d tmp 1777",
        "d var",
        "l var/run /run",
        "l var/tmp ../tmp",
    ];

    #[test]
    fn links_of_layers_below_are_followed() {
        assert_placed(
            &[RUN],
            &["d var", "f var/run/x"],
            &["0 var", "+ run 711", "1 run/x"],
        );
        assert_placed(&[RUN], &["f var/tmp/a/b"], &["+ tmp 1777", "0 tmp/a/b"]);
        assert_placed(&[RUN], &["w var/run/x"], &["+ run 711", "0 run/x"]);
        assert_placed(&[RUN], &["o var/run"], &["+ run 711", "0 run"]);
        assert_placed(
            &[RUN],
            &["d opt", "f run/x", "h opt/y var/run/x"],
            &["0 opt", "+ run 711", "1 run/x", "2 opt/y run/x"],
        );
    }

    #[test]
    fn links_of_the_layer_itself_are_followed() {
        assert_placed(&[], &["l a /b/c", "f a/x"], &["0 a", "1 b/c/x"]);
        assert_placed(&[], &["l a ../../../b", "f a/x"], &["0 a", "1 b/x"]);
        assert_placed(&[], &["l a b", "l b c", "f a/x"], &["0 a", "1 b", "2 c/x"]);
    }

    #[test]
    fn directories_of_layers_below_are_kept() {
        assert_placed(&[RUN], &["f tmp/a/b"], &["+ tmp 1777", "0 tmp/a/b"]);
        assert_placed(&[RUN], &["w tmp/a"], &["+ tmp 1777", "0 tmp/a"]);
        assert_placed(&[RUN], &["o tmp"], &["+ tmp 1777", "0 tmp"]);
        // the layer's own entry counts, even if it comes late
        assert_placed(
            &[RUN],
            &["f tmp/a", "d tmp 700"],
            &["+ tmp 1777", "0 tmp/a", "1 tmp"],
        );
    }

    #[test]
    fn what_is_hidden_below_does_not_count() {
        assert_same(&[RUN], &["w tmp", "f tmp/a"]);
        assert_same(&[RUN], &["d var", "w var/run", "f var/run/x"]);
        assert_same(&[RUN], &["d var", "o var", "f var/run/x"]);
        assert_same(&[RUN, &["w tmp"]], &["f tmp/a"]);
    }

    #[test]
    fn layers_that_mean_the_same_stay_as_they_are() {
        assert_same(&[], &["f a/b/c", "d a", "w x/y"]);
        assert_same(
            &[RUN],
            &["d opt", "f opt/x", "d var", "d var/run", "f var/run/x"],
        );
        // a file below gives way to the directory that is implied
        assert_same(&[&["f a"]], &["f a/b"]);
    }

    #[test]
    fn what_takes_the_place_of_a_directory_takes_all_of_it() {
        assert_placed(
            &[],
            &["d a", "f a/b", "w a/c", "d a-b", "l a /etc", "f a/d"],
            &["3 a-b", "4 a", "5 etc/d"],
        );
    }

    #[test]
    fn paths_that_lead_nowhere_are_refused() {
        let error = placed(&[&["l a b", "l b a"]], &["f a/x"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the layer's entry `a/x` leads through too many symbolic links"
        );
        let error = placed(&[], &["f a", "f a/x"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the layer's entry `a/x` is below an entry that is no directory"
        );
    }

    #[test]
    fn layers_with_an_entry_for_every_directory_stand_alone() {
        for (layer, alone) in [
            (
                &[
                    "d a", "d a/b", "f a/b/c", "w a/x", "o a/b", "f d", "l e a/b",
                ][..],
                true,
            ),
            (&["d ", "d a", "h a/b d", "o "], true),
            (&["f a/b"], false),
            (&["f a/b", "d a"], false),
            (&["l a b", "f a/c"], false),
            (&["d a", "f a/b", "l a b"], false),
            (&["w a/b"], false),
            (&["o a"], false),
            (&["h x a/b"], false),
        ] {
            let mut standing = Standing::default();
            let entries: Vec<Entry> = layer.iter().map(|line| entry(line)).collect();
            let admitted = entries
                .iter()
                .all(|entry| standing.admits(&entry.path, (&entry.kind).into()));
            assert_eq!(admitted, alone, "{layer:?}");
        }
    }
}
