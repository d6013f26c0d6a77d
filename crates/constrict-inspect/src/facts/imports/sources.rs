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
        let key = self.key(files, path, python)?;
        if let Some(parsed) = self.known(&key) {
            return parsed;
        }
        let parsed = parse(&files.read(path, LIMIT)?, python);
        self.keep(key, parsed.clone());
        parsed
    }

    fn key(&self, files: &Files, path: &[u8], python: (u8, u8)) -> Option<Key> {
        let (path, node) = files.resolve(path)?;
        let Kind::File { digest, .. } = &node.kind else {
            return None;
        };
        let content = (*digest).map_or(Content::Path(path), Content::Digest);
        Some((content, python))
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
