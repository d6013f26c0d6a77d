//! What the started programs import: the closure over their sources, with how each module is reached and what is missing.

mod zip;

use super::Facts;

pub(crate) use zip::is_zip;

/// The closures of all programs.
#[derive(Clone, Debug, Default)]
pub struct Imports {
    /// One for each program that is Python, in the order of `Start::programs`.
    pub runs: Vec<Closure>,
}

/// What one program imports.
#[derive(Clone, Debug)]
pub struct Closure {
    /// The index in `Start::programs`.
    pub program: usize,
    /// Every module that was found, by its dotted name.
    pub modules: std::collections::BTreeMap<String, Module>,
    /// Modules that nothing provides.
    pub missing: Vec<MissingModule>,
    /// Names that a module which is wholly known does not define.
    pub missing_names: Vec<MissingName>,
}

/// A module that was found.
#[derive(Clone, Debug)]
pub struct Module {
    /// The file, or the directory of a namespace package.
    pub path: Vec<u8>,
    /// What kind of file.
    pub kind: ModuleKind,
    /// How sure it is that it is imported at start.
    pub need: Reach,
    /// The chain of imports from the program to it: `app.py:1 import MySQLdb`.
    pub chain: Vec<String>,
}

/// What a module is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleKind {
    /// A source file.
    Source,
    /// Bytecode without source.
    Bytecode,
    /// An extension module.
    Extension,
    /// A namespace package.
    Namespace,
    /// Compiled into the interpreter.
    Builtin,
    /// In a zip file.
    Zipped,
}

/// How sure an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Each time the program starts; if it fails, the program ends.
    Sure,
    /// It may be imported, now or later: in a function, under a condition.
    Maybe,
    /// It is tried, and its failure is caught.
    Optional,
}

/// A module that no directory of the search path has.
#[derive(Clone, Debug)]
pub struct MissingModule {
    /// Dotted.
    pub name: String,
    /// How sure it is that this is met.
    pub need: Reach,
    /// As [`Module::chain`], ending with the import that fails.
    pub chain: Vec<String>,
    /// The file with that import, and its line.
    pub importer: Vec<u8>,
    /// First line 1.
    pub line: usize,
    /// The elements of `sys.path` that were searched.
    pub searched: Vec<Vec<u8>>,
}

/// `from module import name` where the module is known and has no such name.
#[derive(Clone, Debug)]
pub struct MissingName {
    /// The module.
    pub module: String,
    /// Its file.
    pub path: Vec<u8>,
    /// The name.
    pub name: String,
    /// How sure it is that this is met.
    pub need: Reach,
    /// As [`Module::chain`], ending with the import that fails.
    pub chain: Vec<String>,
    /// The file with that import.
    pub importer: Vec<u8>,
    /// First line 1.
    pub line: usize,
}

impl Imports {
    /// Follows every import.
    pub fn follow(facts: &Facts<'_>) -> Imports {
        let _ = facts;
        Imports::default()
    }
}
