//! The image's files as a loader sees them: absolute paths, one answer for all names of a file.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use constrict_elf::search;
use constrict_elf::{Object, Symbols};

use crate::files::{Files, Kind, file_name, join};

/// Bytes of a loader's configuration or cache that are read.
const LIMIT: usize = 16 << 20;

/// The files of an image, or of a stage.
pub(crate) struct View<'a> {
    files: &'a Files,
    /// Every path of a shared library or link to one, by its last part.
    names: OnceLock<HashMap<&'a [u8], Vec<&'a [u8]>>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(files: &'a Files) -> View<'a> {
        View {
            files,
            names: OnceLock::new(),
        }
    }

    fn names(&self) -> &HashMap<&'a [u8], Vec<&'a [u8]>> {
        self.names.get_or_init(|| {
            let mut names: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
            for (path, node) in self.files.walk(b"") {
                let name = file_name(path);
                let library = name.windows(3).any(|part| part == b".so");
                if library && matches!(node.kind, Kind::File { .. } | Kind::Symlink { .. }) {
                    names.entry(name).or_default().push(path);
                }
            }
            names
        })
    }

    /// The paths, relative to the root, whose last part is `name`.
    pub(crate) fn libraries(&self, name: &[u8]) -> &[&'a [u8]] {
        self.names().get(name).map_or(&[], Vec::as_slice)
    }
}

/// A path relative to the root, as a loader's.
pub(crate) fn absolute(path: &[u8]) -> Vec<u8> {
    [b"/", path].concat()
}

/// A loader's path, relative to the root.
pub(crate) fn relative(path: &[u8]) -> Vec<u8> {
    join(b"", path)
}

impl search::Files for View<'_> {
    fn resolve(&self, path: &[u8]) -> Option<Vec<u8>> {
        let (path, node) = self.files.resolve(path)?;
        match &node.kind {
            // of hard links the one that has the content
            Kind::File { content, .. } => match self.files.node(content) {
                Some(other) if other.layer == node.layer && other.is_file() => {
                    Some(absolute(content))
                }
                _ => Some(absolute(&path)),
            },
            _ => None,
        }
    }

    fn object(&self, path: &[u8]) -> Option<Arc<Object>> {
        self.files.object(path).map(|elf| elf.0.clone())
    }

    fn symbols(&self, path: &[u8]) -> Option<Arc<Symbols>> {
        self.files.object(path).map(|elf| elf.1.clone())
    }

    fn read(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.files.read(path, LIMIT)
    }

    fn list(&self, directory: &[u8]) -> Vec<Vec<u8>> {
        let names = self.files.list(directory).into_iter();
        names.map(|(name, _)| name.to_vec()).collect()
    }

    fn named(&self, name: &[u8]) -> Vec<Vec<u8>> {
        self.libraries(name)
            .iter()
            .map(|path| absolute(path))
            .collect()
    }
}
