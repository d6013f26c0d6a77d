//! What a loader reads of an ELF object before it maps it: [`Object`].
//!
//! Found through program headers and `PT_DYNAMIC` alone, since section headers may be stripped. Never reads symbols
//! (that is [`crate::Symbols`]), so it costs a few small reads even for an object of hundreds of megabytes.
//!
//! Format: System V gABI, chapters 4 and 5; GNU's extensions as in the LSB and the x86-64 psABI. Names are UTF-8 with
//! what isn't replaced.

mod dynamic;
mod machine;
mod parse;
mod property;
mod region;
mod segments;
mod versions;

use serde::{Deserialize, Serialize};

pub(crate) use dynamic::{Dynamic, tag};
pub use machine::Machine;
pub(crate) use segments::Image;
pub(crate) use versions::{definitions, needs};

/// 32 or 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// `ELFCLASS32`.
    Elf32,
    /// `ELFCLASS64`.
    Elf64,
}

/// The order of the bytes in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Endianness {
    /// `ELFDATA2LSB`.
    Little,
    /// `ELFDATA2MSB`.
    Big,
}

/// `e_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ObjectType {
    /// `ET_REL`: what a compiler writes and a linker reads; no loader takes it.
    Relocatable,
    /// `ET_EXEC`: a program at a fixed address.
    Executable,
    /// `ET_DYN`: a library, or a program that runs at any address.
    Dynamic,
    /// Any other, such as a core dump.
    Other(u16),
}

/// What `DT_FLAGS` and `DT_FLAGS_1` say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flags {
    /// `DF_1_NODEFLIB`: not searched for in the default directories.
    pub no_default_lib: bool,
    /// `DF_1_PIE`: a program, though its type is [`ObjectType::Dynamic`].
    pub pie: bool,
    /// `DT_BIND_NOW`, `DF_BIND_NOW` or `DF_1_NOW`: functions are bound when it is loaded.
    pub bind_now: bool,
}

/// The x86-64 level that an object's `GNU_PROPERTY_X86_ISA_1_NEEDED` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum IsaLevel {
    /// Every x86-64 CPU.
    Baseline,
    /// x86-64-v2.
    V2,
    /// x86-64-v3.
    V3,
    /// x86-64-v4.
    V4,
}

/// The versions that an object needs of one library (`DT_VERNEED`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionNeed {
    /// The library's soname, which is one of [`Object::needed`].
    pub file: String,
    /// Its versions, such as `GLIBC_2.34`.
    pub versions: Vec<NeededVersion>,
}

/// A version in a [`VersionNeed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeededVersion {
    /// Its name.
    pub name: String,
    /// Whether its absence is no error.
    pub weak: bool,
}

/// The facts of one ELF object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// 32 or 64 bits.
    pub class: Class,
    /// The order of bytes.
    pub endianness: Endianness,
    /// `e_machine`.
    pub machine: Machine,
    /// `e_type`.
    pub kind: ObjectType,
    /// `PT_INTERP`: the loader that the kernel starts for this program.
    pub interpreter: Option<String>,
    /// Whether it has a `PT_DYNAMIC`; without one it is static or not for a loader at all.
    pub dynamic: bool,
    /// `DT_SONAME`.
    pub soname: Option<String>,
    /// `DT_NEEDED`, in order.
    pub needed: Vec<String>,
    /// `DT_RPATH` as it is written, even where `runpath` makes loaders ignore it.
    pub rpath: Option<String>,
    /// `DT_RUNPATH` as it is written.
    pub runpath: Option<String>,
    /// `DT_FLAGS` and `DT_FLAGS_1`.
    pub flags: Flags,
    /// `DT_VERNEED`, in order.
    pub version_needs: Vec<VersionNeed>,
    /// The names in `DT_VERDEF`, the base version too; `None` where the object has no such table.
    pub version_definitions: Option<Vec<String>>,
    /// The level of x86-64 that it needs, where it says so.
    pub isa_needed: Option<IsaLevel>,
    /// Bytes of the file that are mapped executable: those of `PT_LOAD` segments with `PF_X`.
    pub code: u64,
    /// Where the last `PT_LOAD` segment ends in the file: no loader maps what lies behind.
    pub mapped: u64,
}
