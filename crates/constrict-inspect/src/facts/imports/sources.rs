//! Facts of Python sources, each file read and parsed once, two at a time. Never follows an import.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use constrict_python::source::{Module, Target};

use super::finder::{Found, Member};
use super::zip::Archive;
use crate::files::{Files, Kind};

/// The largest source that is read.
const LIMIT: usize = 8 << 20;
/// Threads that parse.
const THREADS: usize = 2;
/// The stack of each: sources may nest.
const STACK: usize = 16 << 20;
/// Below this many sources a thread costs more than it saves.
const WORTH_A_THREAD: usize = 4;

/// Parsed sources.
#[derive(Clone, Debug, Default)]
pub struct Sources(Arc<Mutex<HashMap<Key, Parsed>>>);

/// What came of parsing.
pub(super) type Parsed = Option<Arc<Module>>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Content {
    Digest(constrict_oci::Digest),
    Path(Vec<u8>),
}

type Key = (Content, (u8, u8));

impl Sources {
    /// The facts of the source at `path` for Python X.Y; `None` if it cannot be read or is no Python.
    pub fn module(&self, files: &Files, path: &[u8], python: (u8, u8)) -> Option<Arc<Module>> {
        let (place, node) = files.resolve(path)?;
        let Kind::File { digest, .. } = &node.kind else {
            return None;
        };
        let content = (*digest).map_or(Content::Path(place), Content::Digest);
        let key = (content, python);
        if let Some(parsed) = self.known(&key) {
            return parsed;
        }
        let fact = format!("module {}.{}", python.0, python.1);
        let parsed: Parsed = files
            .learned(node, &fact, || {
                let parsed = parse(&files.read(path, LIMIT)?, python);
                Some(parsed.map(Arc::unwrap_or_clone))
            })?
            .map(Arc::new);
        self.keep(key, parsed.clone());
        parsed
    }

    fn known(&self, key: &Key) -> Option<Parsed> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    fn keep(&self, key: Key, parsed: Parsed) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, parsed);
    }

    /// The facts of each, in order.
    pub(super) fn all(&self, files: &Files, wanted: &[&Found], python: (u8, u8)) -> Vec<Parsed> {
        let one = |found: &Found| match &found.member {
            Some(member) => member_of(member).and_then(|text| parse(&text, python)),
            None => self.module(files, &found.path, python),
        };
        if wanted.len() < WORTH_A_THREAD {
            return wanted.iter().map(|found| one(found)).collect();
        }
        let mut parsed: Vec<Parsed> = vec![None; wanted.len()];
        std::thread::scope(|scope| {
            // neighbours differ less in size than the ends do: every other one goes to the same thread
            let mut shares: Vec<Vec<(&&Found, &mut Parsed)>> =
                (0..THREADS).map(|_| Vec::new()).collect();
            for (at, pair) in wanted.iter().zip(parsed.iter_mut()).enumerate() {
                shares[at % THREADS].push(pair);
            }
            let work = |share: Vec<(&&Found, &mut Parsed)>| {
                for (found, parsed) in share {
                    *parsed = one(found);
                }
            };
            for share in shares {
                let started = std::thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, move || work(share));
                // without a thread its share stays unparsed, which makes those modules unknown
                drop(started);
            }
        });
        parsed
    }
}

fn member_of(member: &Member) -> Option<Vec<u8>> {
    let archive: &Archive = &member.archive;
    archive.member(&member.name)
}

/// Parses a text.
pub(super) fn parse(text: &[u8], python: (u8, u8)) -> Parsed {
    Module::parse(text, &Target { python }).ok().map(Arc::new)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io;

    use constrict_oci::Digest;

    use super::*;
    use crate::files::{Contents, Elf, Node};

    /// By layer, content and name.
    type Facts = BTreeMap<(usize, Digest, String), Vec<u8>>;

    /// What earlier checks learned, and what was read since.
    #[derive(Clone, Default)]
    struct Memory {
        facts: Arc<Mutex<Facts>>,
        read: Arc<Mutex<Vec<String>>>,
    }

    const CONTENTS: [(&str, &str); 3] = [
        ("a.py", "import os\nfrom x import y\nz = 1.5\n"),
        ("same.py", "import os\nfrom x import y\nz = 1.5\n"),
        ("none.py", "import ("),
    ];

    impl Contents for Memory {
        fn read(&self, _: usize, path: &[u8], _: usize) -> io::Result<Vec<u8>> {
            let found = CONTENTS.iter().find(|(name, _)| name.as_bytes() == path);
            let (name, text) = found.ok_or(io::ErrorKind::NotFound)?;
            self.read.lock().unwrap().push(name.to_string());
            Ok(text.as_bytes().to_vec())
        }
        fn object(&self, _: usize, _: &[u8]) -> io::Result<Option<Elf>> {
            Ok(None)
        }
        fn recall(&self, layer: usize, content: &Digest, fact: &str) -> Option<Vec<u8>> {
            let key = (layer, *content, fact.to_string());
            self.facts.lock().unwrap().get(&key).cloned()
        }
        fn learn(&self, layer: usize, content: &Digest, fact: &str, value: Vec<u8>) {
            let key = (layer, *content, fact.to_string());
            self.facts.lock().unwrap().insert(key, value);
        }
    }

    impl Memory {
        fn files(&self) -> Files {
            let node = |(path, text): (&str, &str)| {
                let kind = Kind::File {
                    size: text.len() as u64,
                    digest: Some(Digest::of(text.as_bytes())),
                    content: path.into(),
                };
                let (mode, uid, gid, mtime, layer) = (0o644, 0, 0, 0, 0);
                let node = Node {
                    kind,
                    mode,
                    uid,
                    gid,
                    mtime,
                    layer,
                };
                (path.as_bytes().to_vec(), node)
            };
            let gone = [("gone.py", "not in the contents")];
            let nodes = CONTENTS.into_iter().chain(gone).map(node).collect();
            Files::new(nodes, Box::new(self.clone()))
        }

        /// The facts that a new check finds, and what it read for them.
        fn check(&self, python: (u8, u8)) -> (Vec<Parsed>, Vec<String>) {
            self.read.lock().unwrap().clear();
            let (files, sources) = (self.files(), Sources::default());
            let paths = ["a.py", "same.py", "none.py", "gone.py", "missing.py"];
            let parsed = paths.map(|path| sources.module(&files, path.as_bytes(), python));
            (parsed.into(), self.read.lock().unwrap().clone())
        }
    }

    #[test]
    fn the_next_check_reads_no_source_that_one_before_has_parsed() {
        let memory = Memory::default();
        let direct = |text: &str, python| parse(text.as_bytes(), python);
        for python in [(3, 9), (3, 12)] {
            let a = direct(CONTENTS[0].1, python);
            assert!(a.is_some());
            let expected = vec![a.clone(), a, None, None, None];
            let read = vec!["a.py".to_string(), "none.py".into()];
            assert_eq!(memory.check(python), (expected.clone(), read));
            assert_eq!(memory.check(python), (expected, Vec::new()));
        }
    }

    #[test]
    fn what_was_learned_and_makes_no_sense_is_found_again() {
        let memory = Memory::default();
        let (expected, read) = memory.check((3, 9));
        for fact in memory.facts.lock().unwrap().values_mut() {
            fact.truncate(fact.len() / 2);
        }
        assert_eq!(memory.check((3, 9)), (expected, read));
    }
}
