//! What a search for one library comes to, and one candidate of it.

use std::sync::Arc;

use super::{Cause, Files};
use crate::Object;
use crate::object::{Class, Machine, ObjectType};

/// The end of a search.
pub(super) enum Found {
    /// It is mapped already: an index into the objects.
    Mapped(usize),
    /// A file that is to be mapped.
    File(Candidate),
    /// None.
    Nothing(Cause),
}

/// A file that can be mapped.
pub(super) struct Candidate {
    pub(super) path: Vec<u8>,
    pub(super) real_path: Vec<u8>,
    pub(super) object: Arc<Object>,
}

/// What is at a path that was looked at.
pub(super) enum Look {
    /// No file.
    Nothing,
    /// A library for another class or machine.
    Foreign(Candidate),
    /// A file that no loader maps.
    Unloadable,
    /// A library that fits.
    Fits(Candidate),
}

/// Where a search went so far.
#[derive(Default)]
pub(super) struct Trail {
    /// The directories, each once.
    pub(super) searched: Vec<Vec<u8>>,
    /// The files that were passed over.
    pub(super) skipped: Vec<Vec<u8>>,
}

impl Trail {
    pub(super) fn visit(&mut self, directory: &[u8]) {
        if !self.searched.iter().any(|known| known == directory) {
            self.searched.push(directory.to_vec());
        }
    }
}

/// Looks at `path` for a library of `class` and `machine`.
pub(super) fn look(path: Vec<u8>, fits: (Class, Machine), files: &dyn Files) -> Look {
    let Some(real_path) = files.resolve(&path) else {
        return Look::Nothing;
    };
    let Some(object) = files.object(&path) else {
        return Look::Unloadable;
    };
    let (class, machine) = (object.class, object.machine);
    let kind = object.kind;
    let candidate = Candidate {
        path,
        real_path,
        object,
    };
    if (class, machine) != fits {
        Look::Foreign(candidate)
    } else if matches!(kind, ObjectType::Dynamic | ObjectType::Executable) {
        Look::Fits(candidate)
    } else {
        Look::Unloadable
    }
}
