//! What a loader would refuse of objects that were all found: versions and symbols that nobody has, machines that
//! don't fit.
//!
//! Follows the loader that mapped them: musl's knows no versions and binds every symbol at once.

mod symbols;
mod versions;

use crate::symbols::SymbolKind;

pub use symbols::symbol_errors;
pub use versions::{machine_errors, version_errors};

/// A version that the library found does not define: glibc ends with ``version `…' not found (required by …)``.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionError {
    /// The version, such as `GLIBC_2.34`.
    pub version: String,
    /// The library that was found, as an index into `Loaded::objects`.
    pub provider: usize,
    /// The object that needs it.
    pub required_by: usize,
}

/// When the absence of a symbol is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Binding {
    /// When the object is loaded: the program does not start, the import fails.
    Eager,
    /// When it is first called.
    Lazy,
}

/// A symbol that no object in scope defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolError {
    /// Its name.
    pub name: String,
    /// The version that is needed of it.
    pub version: Option<String>,
    /// What it names, as far as the object says.
    pub kind: SymbolKind,
    /// The object that needs it, as an index into `Loaded::objects`.
    pub required_by: usize,
    /// When that is noticed.
    pub binding: Binding,
}

/// An object that was mapped though it is for another class or machine than the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineError {
    /// The object, as an index into `Loaded::objects`.
    pub object: usize,
}
