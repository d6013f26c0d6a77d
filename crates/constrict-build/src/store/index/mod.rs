//! The entries of one layer, prepared for looking up: found in the bytes of its index, decoded when somebody looks at one.

mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::OnceLock;

use constrict_oci::layer::{Entry, Kind, Spot, SpotKind, entry_at, scan_index};

use crate::view::parent;
use names::{Name, Names};
pub(crate) use names::{NameKind, PathHash};

/// About as many bytes as an entry has: only a guess at their number.
const USUAL_ENTRY: usize = 96;

/// The entries of one layer, prepared for looking up.
#[derive(Debug, Default)]
pub struct LayerIndex {
    bytes: Vec<u8>,
    /// First the entries, each path once, whiteouts not among them; then the directories that are implied.
    names: Names,
    /// The entries that were looked at so far.
    decoded: Vec<OnceLock<Box<Entry>>>,
    /// The numbers of the entries' names, by path.
    sorted: OnceLock<Vec<usize>>,
    /// Where the entries of hard links begin.
    hard_links: Vec<usize>,
    whiteouts: BTreeSet<Vec<u8>>,
    opaques: BTreeSet<Vec<u8>>,
    needs_below: bool,
}

/// What a layer has at a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AtPath {
    number: usize,
    pub(crate) kind: NameKind,
}

impl LayerIndex {
    /// The index of entries. Of two entries with one path, the later counts.
    #[cfg(test)]
    pub(crate) fn new(listed: impl IntoIterator<Item = Entry>) -> Self {
        use constrict_oci::layer::{IndexedEntry, index_to_bytes};
        let indexed = listed.into_iter().map(|entry| IndexedEntry {
            entry,
            content_offset: None,
        });
        Self::parse(index_to_bytes(&indexed.collect::<Vec<_>>())).unwrap()
    }

    /// Takes the bytes of an index. Of two entries with one path, the later counts.
    pub(crate) fn parse(bytes: Vec<u8>) -> constrict_oci::Result<Self> {
        let mut index = LayerIndex {
            names: Names::with_capacity(bytes.len() / USUAL_ENTRY),
            ..LayerIndex::default()
        };
        let mut directory: &[u8] = b"";
        scan_index(&bytes, |spot| index.add(&bytes, spot, &mut directory))?;
        index.decoded.resize_with(index.names.len(), OnceLock::new);
        index.add_implied(&bytes);
        index.bytes = bytes;
        Ok(index)
    }

    /// Takes the next entry; `directory` is one that the layer is known to have.
    fn add<'b>(&mut self, bytes: &'b [u8], spot: Spot<'b>, directory: &mut &'b [u8]) {
        if !self.needs_below && !self.admits(bytes, &spot, directory) {
            self.needs_below = true;
        }
        match spot.kind {
            SpotKind::Whiteout => drop(self.whiteouts.insert(spot.path.to_vec())),
            SpotKind::Opaque => drop(self.opaques.insert(spot.path.to_vec())),
            kind => {
                if let SpotKind::Hardlink { .. } = kind {
                    self.hard_links.push(spot.at);
                }
                let name = Name {
                    start: spot.path_at,
                    length: spot.path.len(),
                    entry: spot.at,
                    kind: match kind {
                        SpotKind::Directory => NameKind::Directory,
                        _ => NameKind::Other,
                    },
                };
                self.names.put(bytes, name);
            }
        }
    }

    /// As `placement::Standing` tells it, from the names so far.
    fn admits<'b>(&self, bytes: &'b [u8], spot: &Spot<'b>, directory: &mut &'b [u8]) -> bool {
        let is_directory = |path: &[u8]| {
            let found = self.names.find(bytes, path, PathHash::of(path));
            found.is_some_and(|number| self.names.get(number).kind == NameKind::Directory)
        };
        let mut has = |path: &'b [u8]| {
            let has = path.is_empty() || path == *directory || is_directory(path);
            if has {
                *directory = path;
            }
            has
        };
        match spot.kind {
            SpotKind::Opaque => has(spot.path),
            SpotKind::Directory => has(parent(spot.path)),
            SpotKind::Hardlink { target } => {
                has(parent(spot.path)) && !is_directory(spot.path) && has(parent(target))
            }
            SpotKind::Whiteout | SpotKind::Other => {
                has(parent(spot.path)) && !is_directory(spot.path)
            }
        }
    }

    fn add_implied(&mut self, bytes: &[u8]) {
        let mut last: &[u8] = b"";
        for number in 0..self.names.len() {
            let Name { start, .. } = *self.names.get(number);
            let mut above = parent(self.names.get(number).path(bytes));
            // neighbours share their directories
            if above == last {
                continue;
            }
            last = above;
            while !above.is_empty() && self.names.find(bytes, above, PathHash::of(above)).is_none()
            {
                let implied = Name {
                    start,
                    length: above.len(),
                    entry: 0,
                    kind: NameKind::Implied,
                };
                self.names.put(bytes, implied);
                above = parent(above);
            }
        }
    }

    /// What is at `path`, whose hash is `hash`.
    pub(crate) fn at(&self, path: &[u8], hash: PathHash) -> Option<AtPath> {
        match self.names.find(&self.bytes, path, hash) {
            Some(number) => Some(AtPath {
                number,
                kind: self.names.get(number).kind,
            }),
            // the root, which is nobody's name
            None if path.is_empty() && !self.decoded.is_empty() => Some(AtPath {
                number: usize::MAX,
                kind: NameKind::Implied,
            }),
            None => None,
        }
    }

    /// The entry that was found; none for a directory that is implied.
    pub(crate) fn entry(&self, at: AtPath) -> Option<&Entry> {
        let place = self.decoded.get(at.number)?;
        Some(place.get_or_init(|| {
            let indexed = entry_at(&self.bytes, self.names.get(at.number).entry);
            Box::new(indexed.expect("it was scanned").entry)
        }))
    }

    /// The entry at `path`.
    #[cfg(test)]
    pub(crate) fn get(&self, path: &[u8]) -> Option<&Entry> {
        self.entry(self.at(path, PathHash::of(path))?)
    }

    /// The names directly below `path`, in no order, each at least once.
    pub(crate) fn names_below(&self, path: &[u8], mut each: impl FnMut(&[u8])) {
        let prefix = below_prefix(path);
        let mut at = self.first_from(&prefix);
        while let Some(rest) = self
            .sorted()
            .get(at)
            .and_then(|number| self.path(*number).strip_prefix(prefix.as_slice()))
        {
            match rest.iter().position(|byte| *byte == b'/') {
                // everything below the name is left out at once: `/` is followed by `0`
                Some(end) => {
                    each(&rest[..end]);
                    at = self.first_from(&[prefix.as_slice(), &rest[..end], b"0"].concat());
                }
                None => {
                    if !rest.is_empty() {
                        each(rest);
                    }
                    at += 1;
                }
            }
        }
    }

    /// The place, among the sorted, of the first entry whose path is not before `path`.
    fn first_from(&self, path: &[u8]) -> usize {
        self.sorted()
            .partition_point(|number| self.path(*number) < path)
    }

    fn sorted(&self) -> &[usize] {
        self.sorted.get_or_init(|| {
            let mut sorted: Vec<usize> = (0..self.decoded.len()).collect();
            sorted.sort_unstable_by(|a, b| self.path(*a).cmp(self.path(*b)));
            sorted
        })
    }

    fn path(&self, number: usize) -> &[u8] {
        self.names.get(number).path(&self.bytes)
    }

    /// Whether the layer removes `path` from the layers below it.
    pub(crate) fn removes(&self, path: &[u8]) -> bool {
        self.whiteouts.contains(path)
    }

    /// Whether the layer hides what the layers below it have in directory `path`.
    pub(crate) fn is_opaque(&self, path: &[u8]) -> bool {
        self.opaques.contains(path)
    }

    /// Whether the layer hides something below directory `path` of the layers below it.
    pub(crate) fn hides_below(&self, path: &[u8]) -> bool {
        let prefix = below_prefix(path);
        let from = (Bound::Included(prefix.as_slice()), Bound::Unbounded);
        [&self.whiteouts, &self.opaques].into_iter().any(|hidden| {
            let mut after = hidden.range::<[u8], _>(from);
            after.next().is_some_and(|path| path.starts_with(&prefix))
        })
    }

    /// The hard links: where they are, and where they lead.
    pub(crate) fn hard_links(&self) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
        self.hard_links.iter().filter_map(|at| {
            let entry = entry_at(&self.bytes, *at).expect("it was scanned").entry;
            match entry.kind {
                Kind::Hardlink { target } => Some((entry.path, target)),
                _ => None,
            }
        })
    }

    /// Whether what the entries mean depends on the layers below (`placement.rs`).
    pub(crate) fn needs_below(&self) -> bool {
        self.needs_below
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.decoded.is_empty() && self.whiteouts.is_empty() && self.opaques.is_empty()
    }

    /// What it removes of the layers below: whiteouts, then opaque directories, each by path.
    pub fn removals(&self) -> impl Iterator<Item = Entry> {
        let removal = |path: &Vec<u8>, kind| Entry {
            path: path.clone(),
            kind,
            mode: 0,
            uid: 0,
            gid: 0,
            mtime: 0,
            xattrs: BTreeMap::new(),
        };
        let whiteouts = self.whiteouts.iter();
        let whiteouts = whiteouts.map(move |path| removal(path, Kind::Whiteout));
        let opaques = self.opaques.iter();
        whiteouts.chain(opaques.map(move |path| removal(path, Kind::Opaque)))
    }

    /// The entries, by path; removals are not among them.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.sorted().iter().map(|number| {
            let indexed = entry_at(&self.bytes, self.names.get(*number).entry);
            indexed.expect("it was scanned").entry
        })
    }
}

/// What the paths below `path` begin with.
fn below_prefix(path: &[u8]) -> Vec<u8> {
    let mut prefix = path.to_vec();
    if !prefix.is_empty() {
        prefix.push(b'/');
    }
    prefix
}

#[cfg(test)]
mod tests;
