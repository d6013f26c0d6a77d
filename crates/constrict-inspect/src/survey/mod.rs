//! One walk over an image's files that says of each what everybody who counts wants to know: bytes, kind, owner, and what an
//! ELF object is made of. Never counts a file twice that has two names.

mod kind;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

pub use kind::FileKind;
pub(crate) use kind::is_environment;

use crate::facts::Facts;
use crate::files::{Kind, Node};

/// The files of an image.
pub struct Survey<'a> {
    /// By path; directories are left out.
    pub items: Vec<Item<'a>>,
}

/// A file, link, device, pipe or socket.
pub struct Item<'a> {
    /// Relative to the root.
    pub path: &'a [u8],
    /// What is there.
    pub node: &'a Node,
    /// Bytes; 0 for another name of a file that was counted before.
    pub bytes: u64,
    /// What it is for.
    pub kind: FileKind,
    /// The number of the package that it is from, in `Facts::packages`.
    pub owner: Option<usize>,
    /// What it is made of, if it is an ELF object.
    pub elf: Option<ElfParts>,
}

/// What an ELF object is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElfParts {
    /// Bytes that are mapped executable.
    pub code: u64,
    /// Where the mapped part of the file ends; 0 for objects that no loader maps (`.o`).
    pub mapped: u64,
    /// `DT_SONAME`.
    pub soname: Option<String>,
    /// `DT_NEEDED`.
    pub needed: Vec<String>,
    /// Whether the kernel starts it: it has an interpreter or is no shared object.
    pub is_program: bool,
}

impl<'a> Survey<'a> {
    /// Walks over everything.
    pub fn of(facts: &Facts<'a>) -> Survey<'a> {
        let files = facts.files();
        let packages = facts.packages();
        let mut counted: HashSet<(usize, &[u8])> = HashSet::new();
        let items = files.walk(b"").filter(|(_, node)| !node.is_directory());
        let items = items.map(|(path, node)| {
            let first = match &node.kind {
                Kind::File { content, .. } => counted.insert((node.layer, content)),
                _ => false,
            };
            let elf = elf(facts, path, node);
            Item {
                path,
                node,
                bytes: if first { node.size() } else { 0 },
                kind: FileKind::of(path, elf.is_some()),
                owner: packages.owner(path),
                elf,
            }
        });
        Survey {
            items: items.collect(),
        }
    }

    /// The regular files.
    pub fn files(&self) -> impl Iterator<Item = &Item<'a>> {
        self.items.iter().filter(|item| item.node.is_file())
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.items.iter().map(|item| item.bytes).sum()
    }
}

fn elf(facts: &Facts<'_>, path: &[u8], node: &Node) -> Option<ElfParts> {
    let files = facts.files();
    if !files.is_object(node) {
        return None;
    }
    files.learned(node, "elf parts", || {
        let (object, _) = files.object(path)?;
        Some(ElfParts {
            code: object.code,
            mapped: object.mapped,
            soname: object.soname.clone(),
            needed: object.needed.clone(),
            is_program: object.interpreter.is_some()
                || object.kind == constrict_elf::object::ObjectType::Executable,
        })
    })
}

#[cfg(test)]
mod tests;
