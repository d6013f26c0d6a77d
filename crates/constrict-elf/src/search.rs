//! What a dynamic loader would map: [`load`] a program, then [`Loaded::open`] the modules that it opens.
//!
//! Follows the loader of the program's own libc, glibc's or musl's, which is decided by its `PT_INTERP`. Never opens a
//! file: the caller shows a file system as [`Files`]. Never gives up at the first library that is missing, as a loader
//! does: all are reported.

mod files;
mod found;
mod glibc;
mod interpreter;
mod loaded;
mod musl;
mod path;

use std::sync::Arc;

use crate::Object;

pub use files::{Environment, Files};
pub use loaded::{Loaded, load};

/// A C library, and with it a loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Libc {
    /// GNU's.
    Glibc,
    /// Alpine's.
    Musl,
}

/// The loader of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interpreter {
    /// The program names none: it is static.
    None,
    /// The file that `PT_INTERP` names does not exist: the kernel says "no such file" of the program itself.
    Missing {
        /// What `PT_INTERP` says.
        path: String,
    },
    /// It is there, but for a system that this crate knows nothing of: nothing was searched for.
    Unknown {
        /// What `PT_INTERP` says.
        path: String,
    },
    /// It is there.
    Found {
        /// What `PT_INTERP` says.
        path: String,
        /// Whose loader it is.
        libc: Libc,
    },
}

/// An object that is mapped.
#[derive(Debug, Clone)]
pub struct LoadedObject {
    /// Where the loader found it, links not followed.
    pub path: Vec<u8>,
    /// The file behind `path`.
    pub real_path: Vec<u8>,
    /// Its facts.
    pub object: Arc<Object>,
    /// Which object's need brought it in, as an index into [`Loaded::objects`]; `None` for the program and its loader.
    pub loaded_by: Option<usize>,
    /// The names it answers to besides its path: those it was asked for by.
    names: Vec<String>,
}

/// A library that was needed and not mapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The name in `DT_NEEDED`, the path that was opened, or an entry of a preload list.
    pub name: String,
    /// The paths from the program or the opened module to the object that needs it, in that order.
    pub needed_by: Vec<Vec<u8>>,
    /// The directories that were searched, in order, each once.
    pub searched: Vec<Vec<u8>>,
    /// Files of that name that the loader passed over: of another class or machine.
    pub skipped: Vec<Vec<u8>>,
    /// Paths of files with that name where the loader doesn't look.
    pub elsewhere: Vec<Vec<u8>>,
    /// Why it was not mapped.
    pub cause: Cause,
    /// Whether the loader goes on without it: so for preloaded ones.
    pub ignored: bool,
}

/// Why a library was not mapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// No file was found.
    NotFound,
    /// This file was found first, and the loader stops there: it is no ELF object, or not one that can be mapped.
    Unloadable(Vec<u8>),
    /// This file was named by its path, and is for another class or machine.
    WrongMachine(Vec<u8>),
}

/// How a module is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// The object whose code calls `dlopen`, as an index into [`Loaded::objects`]; see [`Loaded::python`].
    pub caller: usize,
    /// `RTLD_GLOBAL`: what is opened later finds its symbols.
    pub global: bool,
}

/// What [`Loaded::open`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The module, as an index into [`Loaded::objects`]; `None` where it or a library of it is missing. In that case
    /// nothing stays mapped, as in a real process.
    pub object: Option<usize>,
    /// What was newly mapped.
    pub new: std::ops::Range<usize>,
    /// What kept the module from being mapped.
    pub missing: Vec<Missing>,
}

/// An object and those that loaded it, up to the one that nobody did.
fn chain(object: usize, objects: &[LoadedObject]) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(object), |&index| objects[index].loaded_by)
}
