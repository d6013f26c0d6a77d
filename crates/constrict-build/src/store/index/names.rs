//! Names in the bytes of an index, found by hash. Never copies a path.
//!
//! Images choose their paths, hence the secret: who does not know it cannot choose paths whose hashes are alike.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

static SECRET: LazyLock<[u64; 2]> = LazyLock::new(|| {
    let state = RandomState::new();
    [state.hash_one(0), state.hash_one(1) | 1]
});

/// The hash of a path, in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathHash(u64);

impl PathHash {
    pub(crate) fn of(path: &[u8]) -> Self {
        let [mut hash, secret] = *SECRET;
        hash ^= path.len() as u64;
        let (words, rest) = path.as_chunks::<8>();
        for word in words {
            hash = fold(hash ^ u64::from_le_bytes(*word), secret);
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        PathHash(fold(hash ^ u64::from_le_bytes(last), secret))
    }
}

/// Both halves of the product, so that each bit depends on all.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameKind {
    /// An entry that is a directory.
    Directory,
    /// Any other entry.
    Other,
    /// A directory without an entry that has something below it.
    Implied,
}

/// A path in the bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    /// Where the path begins.
    pub(super) start: usize,
    pub(super) length: usize,
    /// Where its entry begins, if it has one.
    pub(super) entry: usize,
    pub(super) kind: NameKind,
}

impl Name {
    pub(super) fn path<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        &bytes[self.start..self.start + self.length]
    }
}

/// Names by path.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<Name>,
    /// Part of the hash, and the number of the name + 1; 0 where there is none. A power of two, at most half of them in use.
    slots: Vec<(u32, u32)>,
}

impl Names {
    pub(super) fn with_capacity(count: usize) -> Self {
        Names {
            names: Vec::with_capacity(count),
            slots: vec![(0, 0); (count * 2).next_power_of_two().max(16)],
        }
    }

    pub(super) fn get(&self, number: usize) -> &Name {
        &self.names[number]
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The number of the name `path`.
    pub(super) fn find(&self, bytes: &[u8], path: &[u8], hash: PathHash) -> Option<usize> {
        self.slot(bytes, path, hash).ok()
    }

    /// The number of the name `path`, or the slot that it would get.
    fn slot(&self, bytes: &[u8], path: &[u8], PathHash(hash): PathHash) -> Result<usize, usize> {
        if self.slots.is_empty() {
            return Err(0);
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at] {
                (_, 0) => return Err(at),
                (part, number) => {
                    let number = number as usize - 1;
                    if part == (hash >> 32) as u32 && self.names[number].path(bytes) == path {
                        return Ok(number);
                    }
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds a name, or replaces the one with its path, and returns what was replaced.
    pub(super) fn put(&mut self, bytes: &[u8], name: Name) -> Option<Name> {
        if (self.names.len() + 1) * 2 > self.slots.len() {
            self.grow(bytes);
        }
        let hash = PathHash::of(name.path(bytes));
        match self.slot(bytes, name.path(bytes), hash) {
            Ok(number) => Some(std::mem::replace(&mut self.names[number], name)),
            Err(at) => {
                self.names.push(name);
                let number = u32::try_from(self.names.len()).expect("an index counts in 32 bits");
                self.slots[at] = ((hash.0 >> 32) as u32, number);
                None
            }
        }
    }

    fn grow(&mut self, bytes: &[u8]) {
        let count = (self.slots.len() * 2).max(16);
        self.slots = vec![(0, 0); count];
        for (number, name) in (1..).zip(&self.names) {
            let PathHash(hash) = PathHash::of(name.path(bytes));
            let mut at = hash as usize & (count - 1);
            while self.slots[at].1 != 0 {
                at = (at + 1) & (count - 1);
            }
            self.slots[at] = ((hash >> 32) as u32, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        let paths: Vec<String> = (0..5000).map(|n| format!("usr/lib/{n}/x{n}")).collect();
        let bytes = paths.concat().into_bytes();
        let mut names = Names::default();
        let mut start = 0;
        for path in &paths {
            let name = Name {
                start,
                length: path.len(),
                entry: start,
                kind: NameKind::Other,
            };
            assert!(names.put(&bytes, name).is_none());
            start += path.len();
        }
        let find = |path: &[u8]| names.find(&bytes, path, PathHash::of(path));
        for (number, path) in paths.iter().enumerate() {
            assert_eq!(find(path.as_bytes()), Some(number));
            assert_eq!(find(&path.as_bytes()[1..]), None);
        }
        assert_eq!(find(b""), None);
        assert_eq!(Names::default().find(b"", b"", PathHash::of(b"")), None);
    }

    #[test]
    fn a_name_replaces_the_one_with_its_path() {
        let bytes = b"a/ba/b";
        let at = |start| Name {
            start,
            length: 3,
            entry: start,
            kind: NameKind::Other,
        };
        let mut names = Names::default();
        assert!(names.put(bytes, at(0)).is_none());
        assert_eq!(names.put(bytes, at(3)).map(|old| old.start), Some(0));
        assert_eq!((names.len(), names.get(0).start), (1, 3));
    }

    #[test]
    fn hashes_tell_zeros_and_lengths_apart() {
        let hashes: std::collections::HashSet<u64> = (0..40)
            .map(|length| PathHash::of(&vec![0; length]).0)
            .collect();
        assert_eq!(hashes.len(), 40);
    }
}
