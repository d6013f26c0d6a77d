//! A system in memory: objects and links at absolute paths.

use std::collections::BTreeMap;
use std::sync::Arc;

use constrict_elf::search::Files;
use constrict_elf::{Object, Symbols};

use crate::build::Elf;

/// The files of a system that was made up.
#[derive(Default, Clone)]
pub(crate) struct Memory {
    files: BTreeMap<String, Vec<u8>>,
    links: BTreeMap<String, String>,
}

impl Memory {
    pub(crate) fn file(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.files.insert(path.to_owned(), bytes.as_ref().to_vec());
        self
    }

    pub(crate) fn elf(self, path: &str, elf: &Elf) -> Self {
        self.file(path, elf.build())
    }

    /// A link to a file or to a directory.
    pub(crate) fn link(mut self, path: &str, target: &str) -> Self {
        self.links.insert(path.to_owned(), target.to_owned());
        self
    }

    fn real(&self, path: &[u8]) -> Option<String> {
        let mut parts: Vec<&str> = Vec::new();
        for part in std::str::from_utf8(path).ok()?.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
            let here = format!("/{}", parts.join("/"));
            if let Some(target) = self.links.get(&here) {
                parts = target.split('/').filter(|it| !it.is_empty()).collect();
            }
        }
        Some(format!("/{}", parts.join("/")))
    }
}

impl Files for Memory {
    fn resolve(&self, path: &[u8]) -> Option<Vec<u8>> {
        let real = self.real(path)?;
        self.files.contains_key(&real).then(|| real.into_bytes())
    }

    fn object(&self, path: &[u8]) -> Option<Arc<Object>> {
        Some(Arc::new(Object::parse(&self.read(path)?).ok()?))
    }

    fn symbols(&self, path: &[u8]) -> Option<Arc<Symbols>> {
        Some(Arc::new(Symbols::parse(&self.read(path)?).ok()?))
    }

    fn read(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.files.get(&self.real(path)?).cloned()
    }

    fn list(&self, directory: &[u8]) -> Vec<Vec<u8>> {
        let Some(directory) = self.real(directory) else {
            return Vec::new();
        };
        let prefix = format!("{}/", directory.trim_end_matches('/'));
        let names = self.files.keys().filter_map(|path| {
            let rest = path.strip_prefix(&prefix)?;
            rest.split('/').next().map(|name| name.as_bytes().to_vec())
        });
        let names: std::collections::BTreeSet<_> = names.collect();
        names.into_iter().collect()
    }

    fn named(&self, name: &[u8]) -> Vec<Vec<u8>> {
        let ends = |path: &&String| path.rsplit('/').next().map(str::as_bytes) == Some(name);
        let paths = self.files.keys().chain(self.links.keys());
        paths
            .filter(ends)
            .map(|path| path.clone().into_bytes())
            .collect()
    }
}
