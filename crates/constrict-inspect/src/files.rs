//! The merged view of an image's files: what is at a path, where links lead, who may go there, and content on demand.
//!
//! Never unpacks anything and never looks at the host: paths are bytes relative to the image's root, without a leading
//! `/`; the root is the empty path. Every function that takes a path also accepts one with a leading `/`.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex};

use constrict_elf::{Object, Symbols};
use constrict_oci::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How many links a path may lead through, as in Linux (`MAXSYMLINKS`).
const MAX_LINKS: usize = 40;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Permission, set-id and sticky bits (07777).
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// Seconds since 1970.
    pub mtime: i64,
    /// The number of the layer that it is from, lowest 0.
    pub layer: usize,
}

/// What a [`Node`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File {
        /// Bytes.
        size: u64,
        /// Equal for equal contents, where it is known.
        digest: Option<Digest>,
        /// The path, in the node's layer, of the entry that has the content: another one for hard links.
        content: Vec<u8>,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Its text.
        target: Vec<u8>,
    },
    /// A device, pipe or socket.
    Special,
}

impl Node {
    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory)
    }

    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        matches!(self.kind, Kind::File { .. })
    }

    /// Bytes of a regular file, else 0.
    pub fn size(&self) -> u64 {
        match self.kind {
            Kind::File { size, .. } => size,
            _ => 0,
        }
    }
}

/// Where the contents of files come from.
pub trait Contents: Send + Sync {
    /// The first `limit` bytes of the file that layer `layer` has at `path`.
    fn read(&self, layer: usize, path: &[u8], limit: usize) -> io::Result<Vec<u8>>;
    /// What an ELF object says of itself, and its dynamic symbols; `None` if the file is none.
    fn object(&self, layer: usize, path: &[u8]) -> io::Result<Option<(Object, Symbols)>>;
    /// Whether the file is an ELF object, without reading what it says.
    fn is_object(&self, layer: usize, path: &[u8]) -> bool {
        matches!(self.object(layer, path), Ok(Some(_)))
    }
    /// A fact that [`Contents::learn`] was told earlier, perhaps by another check, of a content that this layer has.
    fn recall(&self, _layer: usize, _content: &Digest, _fact: &str) -> Option<Vec<u8>> {
        None
    }
    /// Is told a fact of a content that this layer has: a function of the content, the fact's name and this program alone.
    fn learn(&self, _layer: usize, _content: &Digest, _fact: &str, _value: Vec<u8>) {}
}

/// The facts of an ELF object.
pub type Elf = (Object, Symbols);
/// The same, shared by all who look at the object.
pub type SharedElf = (Arc<Object>, Arc<Symbols>);

/// The files of an image.
pub struct Files {
    nodes: BTreeMap<Vec<u8>, Node>,
    contents: Box<dyn Contents>,
    objects: Mutex<HashMap<Vec<u8>, Option<SharedElf>>>,
}

/// A path without leading and trailing slashes.
fn trim(path: &[u8]) -> &[u8] {
    let path = &path[path.iter().take_while(|byte| **byte == b'/').count()..];
    &path[..path.len() - path.iter().rev().take_while(|byte| **byte == b'/').count()]
}

impl Files {
    /// The view of `nodes`, by path; missing parents are directories of root's.
    pub fn new(mut nodes: BTreeMap<Vec<u8>, Node>, contents: Box<dyn Contents>) -> Files {
        let implied = |layer| Node {
            kind: Kind::Directory,
            mode: 0o755,
            uid: 0,
            gid: 0,
            mtime: 0,
            layer,
        };
        let mut missing = BTreeMap::new();
        for (path, node) in &nodes {
            let mut above = parent(path);
            while !above.is_empty() && !nodes.contains_key(above) && !missing.contains_key(above) {
                missing.insert(above.to_vec(), implied(node.layer));
                above = parent(above);
            }
        }
        nodes.append(&mut missing);
        nodes.entry(Vec::new()).or_insert_with(|| implied(0));
        Files {
            nodes,
            contents,
            objects: Mutex::default(),
        }
    }

    /// What is at `path`; no link is followed.
    pub fn node(&self, path: &[u8]) -> Option<&Node> {
        self.nodes.get(trim(path))
    }

    /// The path that `path` stands for when every link is followed, and what is there; `None` if something on the way
    /// is missing or no directory, or links go round in circles.
    pub fn resolve(&self, path: &[u8]) -> Option<(Vec<u8>, &Node)> {
        let mut pending: Vec<Vec<u8>> = components(path).rev().map(<[u8]>::to_vec).collect();
        let mut done: Vec<u8> = Vec::new();
        let mut links = 0;
        while let Some(component) = pending.pop() {
            if component == b".." {
                done.truncate(parent(&done).len());
                continue;
            }
            let next = join(&done, &component);
            match &self.nodes.get(&next)?.kind {
                Kind::Symlink { target } => {
                    links += 1;
                    if links > MAX_LINKS {
                        return None;
                    }
                    if target.first() == Some(&b'/') {
                        done.clear();
                    }
                    pending.extend(components(target).rev().map(<[u8]>::to_vec));
                }
                Kind::Directory => done = next,
                _ if pending.is_empty() => done = next,
                _ => return None,
            }
        }
        let node = self.nodes.get(&done)?;
        Some((done, node))
    }

    /// The path that does not exist when `path` is followed: `/usr/bin/python3.11` for a dangling `venv/bin/python`. `None`
    /// if nothing is missing; `path` itself if links go round in circles.
    pub fn dangling(&self, path: &[u8]) -> Option<Vec<u8>> {
        let mut path = trim(path).to_vec();
        for _ in 0..MAX_LINKS {
            let mut done: Vec<u8> = Vec::new();
            let mut rest = components(&path).map(<[u8]>::to_vec).collect::<Vec<_>>();
            rest.reverse();
            let mut followed = None;
            while let Some(component) = rest.pop() {
                if component == b".." {
                    done.truncate(parent(&done).len());
                    continue;
                }
                let next = join(&done, &component);
                match self.nodes.get(&next).map(|node| &node.kind) {
                    None => {
                        return Some(rest.iter().rev().fold(next, |path, part| join(&path, part)));
                    }
                    Some(Kind::Symlink { target }) => {
                        let base = if target.first() == Some(&b'/') {
                            Vec::new()
                        } else {
                            done
                        };
                        let mut full = join(&base, trim(target));
                        for part in rest.iter().rev() {
                            full = join(&full, part);
                        }
                        followed = Some(full);
                        break;
                    }
                    Some(_) => done = next,
                }
            }
            path = followed?;
        }
        Some(path)
    }

    /// Whether something is at `path` once links are followed.
    pub fn exists(&self, path: &[u8]) -> bool {
        self.resolve(path).is_some()
    }

    /// Whether a directory is at `path` once links are followed.
    pub fn is_directory(&self, path: &[u8]) -> bool {
        self.resolve(path)
            .is_some_and(|(_, node)| node.is_directory())
    }

    /// Whether a regular file is at `path` once links are followed.
    pub fn is_file(&self, path: &[u8]) -> bool {
        self.resolve(path).is_some_and(|(_, node)| node.is_file())
    }

    /// The names in a directory, sorted, with what they are; links on the way to it are followed, those in it are not.
    pub fn list(&self, path: &[u8]) -> Vec<(&[u8], &Node)> {
        match self.resolve(path) {
            Some((path, node)) if node.is_directory() => self.children(&path).collect(),
            _ => Vec::new(),
        }
    }

    fn children(&self, path: &[u8]) -> impl Iterator<Item = (&[u8], &Node)> {
        let prefix = if path.is_empty() {
            Vec::new()
        } else {
            [path, b"/"].concat()
        };
        let start = prefix.len();
        let mut next = prefix.clone();
        std::iter::from_fn(move || {
            loop {
                let (path, node) = self.nodes.range(next.clone()..).next()?;
                if !path.starts_with(&prefix) {
                    return None;
                }
                match path[start..].iter().position(|byte| *byte == b'/') {
                    // everything below a name is left out at once: `/` is followed by `0`
                    Some(end) => next = [&path[..start + end], b"0"].concat(),
                    None => {
                        next = [path.as_slice(), b"\0"].concat();
                        if path.len() > start {
                            return Some((&path[start..], node));
                        }
                    }
                }
            }
        })
    }

    /// Every path below `path` (not followed) with its node, parents before children, `path` itself left out.
    pub fn walk<'a>(&'a self, path: &[u8]) -> impl Iterator<Item = (&'a [u8], &'a Node)> + use<'a> {
        let prefix = match trim(path) {
            b"" => Vec::new(),
            path => [path, b"/"].concat(),
        };
        self.nodes
            .range(prefix.clone()..)
            .take_while(move |(path, _)| path.starts_with(&prefix))
            .filter(|(path, _)| !path.is_empty())
            .map(|(path, node)| (path.as_slice(), node))
    }

    /// The first `limit` bytes of the regular file at `path`, links followed; `None` if there is none or it cannot be read.
    pub fn read(&self, path: &[u8], limit: usize) -> Option<Vec<u8>> {
        let (_, node) = self.resolve(path)?;
        match &node.kind {
            Kind::File { content, .. } => self.contents.read(node.layer, content, limit).ok(),
            _ => None,
        }
    }

    /// The first `limit` bytes of the file that a layer has at `path`, whatever later layers do with it.
    pub fn read_in_layer(&self, layer: usize, path: &[u8], limit: usize) -> Option<Vec<u8>> {
        self.contents.read(layer, path, limit).ok()
    }

    /// What `find` makes of the file that `node` is, unless an earlier check has learned it: a function of the file's content
    /// and of `fact` alone. `None`, which nobody learns, is what could not be found out.
    pub(crate) fn learned<T: Serialize + DeserializeOwned>(
        &self,
        node: &Node,
        fact: &str,
        find: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        let Kind::File {
            digest: Some(digest),
            ..
        } = &node.kind
        else {
            return find();
        };
        let known = self.contents.recall(node.layer, digest, fact);
        if let Some(known) = known.and_then(|known| postcard::from_bytes(&known).ok()) {
            return Some(known);
        }
        let found = find()?;
        if let Ok(value) = postcard::to_stdvec(&found) {
            self.contents.learn(node.layer, digest, fact, value);
        }
        Some(found)
    }

    /// The text of the regular file at `path`, if it has at most `limit` bytes; what is not UTF-8 is replaced.
    pub fn text(&self, path: &[u8], limit: usize) -> Option<String> {
        let content = self.read(path, limit + 1)?;
        (content.len() <= limit).then(|| String::from_utf8_lossy(&content).into_owned())
    }

    /// Whether the file that `node` is, is an ELF object.
    pub(crate) fn is_object(&self, node: &Node) -> bool {
        match &node.kind {
            Kind::File { content, .. } => self.contents.is_object(node.layer, content),
            _ => false,
        }
    }

    /// The ELF object at `path` with its symbols, links followed. Read once.
    pub fn object(&self, path: &[u8]) -> Option<SharedElf> {
        let (path, node) = self.resolve(path)?;
        let Kind::File { content, .. } = &node.kind else {
            return None;
        };
        let known = || self.objects.lock().expect("no panic while it is held");
        if let Some(object) = known().get(&path) {
            return object.clone();
        }
        let object = self
            .contents
            .object(node.layer, content)
            .ok()
            .flatten()
            .map(|(object, symbols)| (Arc::new(object), Arc::new(symbols)));
        known().insert(path, object.clone());
        object
    }
}

/// The components of a path, without empty ones and `.`.
pub fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty() && *part != b".")
}

/// `directory/name`; the root is the empty path, an absolute `name` stands alone.
pub fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if name.first() == Some(&b'/') {
        return trim(name).to_vec();
    }
    match trim(directory) {
        b"" => name.to_vec(),
        directory => [directory, b"/", name].concat(),
    }
}

/// The directory part of a path.
pub fn parent(path: &[u8]) -> &[u8] {
    &path[..path.iter().rposition(|byte| *byte == b'/').unwrap_or(0)]
}

/// The last component of a path.
pub fn file_name(path: &[u8]) -> &[u8] {
    &path[path
        .iter()
        .rposition(|byte| *byte == b'/')
        .map_or(0, |at| at + 1)..]
}

/// A path as people write it, with a leading `/`.
pub fn shown(path: &[u8]) -> String {
    format!("/{}", String::from_utf8_lossy(trim(path)))
}

#[cfg(test)]
mod tests;
