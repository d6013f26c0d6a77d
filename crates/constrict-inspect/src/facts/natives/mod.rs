//! What the dynamic loader does: for each started program, and for each extension module that it imports.
//!
//! Never says how bad a fault is or what to do about it: rules do. Paths are relative to the root, as in [`crate::files`].

mod calls;
mod machine;
mod matter;
mod opens;
mod owner;
mod process;
mod provider;
mod route;
mod sonames;
mod stage;
mod suffix;
mod unreached;
mod view;

pub use matter::Matter;
pub(crate) use opens::opens;
pub(crate) use owner::owner;
pub use provider::{Provider, provider};
pub(crate) use route::{below_site, name_of};
pub(crate) use sonames::package;
pub(crate) use stage::{builders, copied_libraries, glibc_version};
pub(crate) use suffix::{Foreign, MadeFor, foreign};
pub(crate) use view::View;

use std::collections::BTreeSet;

use super::Facts;
use super::imports::{Imports, Reach};
use super::system::Libc;

/// What loading found.
#[derive(Clone, Debug, Default)]
pub struct Natives {
    /// What is wrong, each object once per cause; the surest first.
    pub faults: Vec<Fault>,
}

/// An object that cannot be loaded.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The object that asks for something, or that is wrong itself.
    pub object: Vec<u8>,
    /// What is wrong.
    pub kind: FaultKind,
    /// Which rule's business it is.
    pub matter: Matter,
    /// How sure it is that a program loads it; `None` if no program is known to.
    pub need: Option<Reach>,
    /// The imports from the program to the extension module that is loaded; empty for a program itself.
    pub chain: Vec<String>,
    /// The program or extension module, and the libraries on the way to `object`, which is the last.
    pub objects: Vec<Vec<u8>>,
    /// Whether the loader surely refuses; false where something that is opened before may help.
    pub certain: bool,
}

/// Why an object cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A library is nowhere that the loader looks.
    MissingLibrary {
        /// `libpq.so.5`.
        soname: String,
        /// Where in the image it lies all the same, made for this processor.
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
        /// The symbol, with its version if one is asked for.
        symbol: String,
        /// Whether the loader binds it when it loads the object.
        eager: bool,
        /// How many further symbols the object lacks.
        more: usize,
    },
    /// Made for another C library than the program's, and the loader refuses it.
    WrongLibc {
        /// The object's.
        object: Libc,
        /// The program's.
        program: Libc,
        /// The loader's words: ``no `ld-linux-x86-64.so.2` ``, ``no symbol `__printf_chk` ``.
        cause: String,
    },
    /// Made for another processor, `arm64`.
    WrongMachine {
        /// The object's.
        found: String,
        /// The program's, or the image's.
        expected: String,
    },
    /// No ELF object: Mach-O, Windows.
    WrongFormat {
        /// Its format.
        format: String,
    },
    /// The user may not read it.
    Unreadable,
}

/// What lacks one library.
#[derive(Clone, Debug)]
pub struct Lack<'a> {
    /// The library.
    pub soname: &'a str,
    /// The surest that needs it.
    pub fault: &'a Fault,
    /// How many further objects need it.
    pub others: usize,
}

impl Natives {
    /// Loads every program and every extension module, as the loader would.
    pub fn load(facts: &Facts<'_>, imports: &Imports) -> Natives {
        let view = View::new(facts.files());
        let mut faults = process::faults(facts, imports, &view);
        unreached::sweep(facts, imports, &view, &mut faults);
        // the surest of equals is kept
        faults.sort_by_key(|fault| fault.need.map_or(u8::MAX, |need| need as u8));
        let mut kept: Vec<Fault> = Vec::new();
        for fault in faults {
            let same = |other: &Fault| other.object == fault.object && other.kind == fault.kind;
            if !kept.iter().any(same) {
                kept.push(fault);
            }
        }
        Natives { faults: kept }
    }

    /// The extension modules that cannot be loaded: their imports fail.
    pub fn broken(&self) -> BTreeSet<Vec<u8>> {
        let broken = self.faults.iter().filter(|fault| fault.certain);
        broken
            .filter(|fault| fault.need.is_some())
            .filter_map(|fault| fault.objects.first().cloned())
            .collect()
    }

    /// The faults that are one rule's business.
    pub fn of(&self, matter: Matter) -> impl Iterator<Item = &Fault> {
        self.faults
            .iter()
            .filter(move |fault| fault.matter == matter)
    }

    /// The libraries that are missing, each once, with the surest that needs it.
    pub fn lacks(&self, matter: Matter) -> Vec<Lack<'_>> {
        let mut lacks: Vec<Lack<'_>> = Vec::new();
        for fault in self.of(matter) {
            let FaultKind::MissingLibrary { soname, .. } = &fault.kind else {
                continue;
            };
            match lacks.iter_mut().find(|lack| lack.soname == soname) {
                Some(lack) => lack.others += 1,
                None => lacks.push(Lack {
                    soname,
                    fault,
                    others: 0,
                }),
            }
        }
        lacks
    }
}
