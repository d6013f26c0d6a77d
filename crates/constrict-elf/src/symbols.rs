//! The dynamic symbols of an ELF object: [`Symbols`].
//!
//! Read apart from [`crate::Object`], since a large library has hundreds of thousands of them: only a check of symbols
//! needs them. Names lie in one block of bytes, as they do in the file.

mod count;
mod read;
mod references;

use serde::{Deserialize, Serialize};

/// What a symbol names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SymbolKind {
    /// `STT_NOTYPE`: not said, as is usual of undefined ones.
    Unknown,
    /// `STT_OBJECT`, `STT_COMMON`.
    Object,
    /// `STT_FUNC`, `STT_GNU_IFUNC`.
    Function,
    /// `STT_TLS`.
    ThreadLocal,
}

/// How the relocations of an object refer to an undefined symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reference {
    /// No relocation does: its absence is never noticed.
    None,
    /// Only through the procedure linkage table: bound at the first call, where nothing asks for more.
    Call,
    /// Through data or a global offset table: bound when the object is loaded.
    Data,
}

/// A symbol that an object needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undefined<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// The version of it, where the object says so.
    pub version: Option<&'a str>,
    /// `STB_WEAK`: its absence is no error.
    pub weak: bool,
    /// What it names.
    pub kind: SymbolKind,
    /// How it is referred to.
    pub reference: Reference,
}

/// A symbol that an object offers to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defined<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its version; `None` for the base version and in objects without versions.
    pub version: Option<&'a str>,
    /// Not the default version: found only by those who ask for this very version.
    pub hidden: bool,
    /// What it names.
    pub kind: SymbolKind,
}

/// The dynamic symbols of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbols {
    /// The names, one after the other.
    names: Vec<u8>,
    /// The names of versions.
    versions: Vec<String>,
    undefined: Vec<UndefinedEntry>,
    defined: Vec<DefinedEntry>,
}

/// A name in [`Symbols::names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Name {
    start: u32,
    length: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct UndefinedEntry {
    name: Name,
    /// An index into [`Symbols::versions`].
    version: Option<u16>,
    weak: bool,
    kind: SymbolKind,
    reference: Reference,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct DefinedEntry {
    name: Name,
    version: Option<u16>,
    hidden: bool,
    kind: SymbolKind,
}

impl Symbols {
    /// The symbols that the object needs, in the order of its table.
    pub fn undefined(&self) -> impl Iterator<Item = Undefined<'_>> {
        self.undefined.iter().map(|entry| Undefined {
            name: self.name(entry.name),
            version: self.version(entry.version),
            weak: entry.weak,
            kind: entry.kind,
            reference: entry.reference,
        })
    }

    /// The symbols that the object offers, in the order of its table.
    pub fn defined(&self) -> impl Iterator<Item = Defined<'_>> {
        self.defined.iter().map(|entry| Defined {
            name: self.name(entry.name),
            version: self.version(entry.version),
            hidden: entry.hidden,
            kind: entry.kind,
        })
    }

    fn name(&self, name: Name) -> &[u8] {
        let start = name.start as usize;
        // entries that were deserialized may say anything
        self.names
            .get(start..start.saturating_add(name.length as usize))
            .unwrap_or_default()
    }

    fn version(&self, index: Option<u16>) -> Option<&str> {
        self.versions.get(usize::from(index?)).map(String::as_str)
    }
}
