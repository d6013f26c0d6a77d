//! Paths as databases spell them, to paths of the tree: a package lists `/lib/libc.so.6` where `/lib` is a link to `usr/lib`.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::files::{Files, file_name, join, parent};

/// Remembers where directories lie.
pub(super) struct Paths<'a> {
    files: &'a Files,
    directories: RefCell<HashMap<Vec<u8>, Option<Vec<u8>>>>,
}

impl<'a> Paths<'a> {
    pub(super) fn new(files: &'a Files) -> Paths<'a> {
        Paths {
            files,
            directories: RefCell::default(),
        }
    }

    /// The file or link that `path` names, its own last link not followed; `None` for directories, links to them, and what is not
    /// there.
    pub(super) fn real(&self, path: &[u8]) -> Option<Vec<u8>> {
        let path = join(b"", path.strip_prefix(b"/").unwrap_or(path));
        let mut known = self.directories.borrow_mut();
        let directory = known
            .entry(parent(&path).to_vec())
            .or_insert_with_key(|at| {
                let (directory, node) = self.files.resolve(at)?;
                node.is_directory().then_some(directory)
            });
        let real = join(directory.as_deref()?, file_name(&path));
        // `/lib` is a directory for the package, whatever it is now
        let is_there = self.files.node(&real).is_some();
        (is_there && !self.files.is_directory(&real)).then_some(real)
    }
}

/// The bytecode beside a source: `__pycache__/app.cpython-311.pyc`, or `app.pyc` in its place.
pub(super) fn bytecode(files: &Files, source: &[u8]) -> Vec<Vec<u8>> {
    let Some(stem) = file_name(source).strip_suffix(b".py") else {
        return Vec::new();
    };
    let prefix = [stem, b"."].concat();
    let cache = join(parent(source), b"__pycache__");
    let mut found: Vec<Vec<u8>> = files
        .list(&cache)
        .into_iter()
        .filter(|(name, _)| name.starts_with(&prefix) && name.ends_with(b".pyc"))
        .map(|(name, _)| join(&cache, name))
        .collect();
    let beside = join(parent(source), &[prefix.as_slice(), b"pyc"].concat());
    found.extend(files.node(&beside).map(|_| beside));
    found
}
