//! What a walk knows of one module, and of one import.

use constrict_python::source::Module;

use super::chain::Step;
use super::finder::Found;
use super::reach::Circumstances;
use super::sources::Parsed;
use super::{Absence, Reach};

/// Whose a module is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The standard library's.
    Library,
    /// A distribution's.
    Installed,
    /// The application's.
    Own,
}

/// A module of the closure.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) found: Found,
    pub(super) origin: Origin,
    /// It runs as `__main__`.
    pub(super) main: bool,
    /// It was found where the program may have pointed the search path to: it may be another one.
    pub(super) guessed: bool,
    /// `__package__`; `None` for a script.
    pub(super) package: Option<String>,
    pub(super) reach: Reach,
    pub(super) step: Step,
    pub(super) source: Parsed,
    pub(super) parsed: bool,
    /// The reach that it was scanned with last.
    pub(super) scanned: Option<Reach>,
    /// What it needs whenever it is imported.
    pub(super) hard: Vec<Outcome>,
    /// What its attempts import.
    pub(super) attempts: Vec<(u32, Outcome)>,
}

impl Node {
    /// The directories of its submodules; `None` if it is no package.
    pub(super) fn portions(&self) -> Option<&[Vec<u8>]> {
        self.found.portions.as_deref()
    }

    /// The module as the circumstances of its statements see it.
    pub(super) fn circumstances<'a>(
        &self,
        source: &'a Module,
        known: &'a super::learn::Known,
    ) -> Circumstances<'a> {
        Circumstances {
            source,
            failed: known.failed.get(&self.name),
            main: self.main,
            own: self.origin == Origin::Own || self.main,
        }
    }
}

/// What came of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The module with this number.
    Found(usize),
    /// Nothing provides it.
    Missing,
    /// Only the run tells.
    Unknown,
}

/// An import of a module that nothing provides.
#[derive(Clone, Debug)]
pub(super) struct Absent {
    pub(super) reach: Reach,
    pub(super) step: Step,
    pub(super) why: Absence,
}

/// A name that is asked of a module.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) module: usize,
    pub(super) name: String,
    pub(super) reach: Reach,
    pub(super) step: Step,
    /// The importer fails without it.
    pub(super) hard: bool,
    /// This attempt of the importer fails without it.
    pub(super) attempt: Option<u32>,
    /// It is read as an attribute, not imported.
    pub(super) attribute: bool,
}

/// The first component of a dotted name.
pub(super) fn top(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}
