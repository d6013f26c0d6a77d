//! Modules anywhere in the image, for programs that change the search path while they run: what lies nowhere is missing
//! wherever they look.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::facts::Facts;
use crate::facts::landmarks::is_installed;
use crate::files::{Files, file_name, join, parent};

/// Directories that hold copies which nobody puts on the search path.
const NOT_SEARCHED: &[&[u8]] = &[
    b"_vendor",
    b"_vendored",
    b"vendored",
    b"tests",
    b"test",
    b"__pycache__",
    b"node_modules",
    b"_distutils",
    b"extern",
];

/// The directories in which a top-level module of some name lies, found in one walk when first asked for.
#[derive(Debug, Default)]
pub(super) struct Elsewhere(OnceLock<BTreeMap<Vec<u8>, Vec<Vec<u8>>>>);

impl Elsewhere {
    /// The directory with a module of this name that is nearest to one of these.
    pub(super) fn find(
        &self,
        facts: &Facts<'_>,
        name: &str,
        near: &BTreeSet<Vec<u8>>,
    ) -> Option<Vec<u8>> {
        let index = self.0.get_or_init(|| index(facts.files()));
        let common = |directory: &[u8]| {
            near.iter()
                .map(|near| shared(near, directory))
                .max()
                .unwrap_or(0)
        };
        index
            .get(name.as_bytes())?
            .iter()
            .max_by_key(|directory| common(directory))
            .cloned()
    }
}

/// How many components two paths begin with alike.
fn shared(one: &[u8], other: &[u8]) -> usize {
    let parts = |path: &[u8]| {
        path.split(|byte| *byte == b'/')
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>()
    };
    parts(one)
        .iter()
        .zip(parts(other))
        .take_while(|(one, other)| *one == other)
        .count()
}

fn index(files: &Files) -> BTreeMap<Vec<u8>, Vec<Vec<u8>>> {
    let mut found: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
    let mut add = |stem: &[u8], directory: &[u8]| {
        let directories = found.entry(stem.to_vec()).or_default();
        if directories.last().is_none_or(|last| last != directory) {
            directories.push(directory.to_vec());
        }
    };
    for (path, node) in files.walk(b"") {
        let name = file_name(path);
        let Some(stem) = stem(name).filter(|_| !node.is_directory()) else {
            continue;
        };
        let directory = parent(path);
        // a part of an installed package is no module at the top
        if is_installed(path) && files.is_file(&join(directory, b"__init__.py")) {
            if file_name(path) == b"__init__.py"
                && !files.is_file(&join(parent(directory), b"__init__.py"))
            {
                add(file_name(directory), parent(directory));
            }
            continue;
        }
        if directory.starts_with(b"usr/share/")
            || directory
                .split(|byte| *byte == b'/')
                .any(|part| NOT_SEARCHED.contains(&part))
        {
            continue;
        }
        add(stem, directory);
        // a directory with modules in it is a package, with or without `__init__.py`
        if !directory.is_empty() {
            add(file_name(directory), parent(directory));
        }
    }
    found
}

/// The module's name in a file's: `a` of `a.py` and `a.cpython-311-x86_64-linux-gnu.so`.
fn stem(name: &[u8]) -> Option<&[u8]> {
    match name.strip_suffix(b".py") {
        Some(stem) => Some(stem),
        None => name
            .ends_with(b".so")
            .then(|| name.split(|byte| *byte == b'.').next().unwrap_or_default()),
    }
}
