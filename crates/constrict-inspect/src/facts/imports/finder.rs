//! Where a module is found: `importlib`'s path finder over a search path, directory by directory, as the user sees them.
//!
//! Never reads a module. Source: CPython's `Lib/importlib/_bootstrap_external.py` and `Lib/zipimport.py`.

use std::collections::HashMap;
use std::sync::Arc;

use super::ModuleKind;
use super::zip::{Archive, is_zip};
use crate::facts::account::{User, Want};
use crate::facts::interpreter::{Implementation, Interpreter};
use crate::files::{Files, Kind, join, parent};

/// A module that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The file; of a namespace package its first directory; of a member of a zip the zip's path and the member's name.
    pub(super) path: Vec<u8>,
    pub(super) kind: ModuleKind,
    /// `__path__`, if it is a package.
    pub(super) portions: Option<Vec<Vec<u8>>>,
    /// Where it lies in a zip.
    pub(super) member: Option<Member>,
}

/// A member of a zip.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) archive: Arc<Archive>,
    pub(super) name: String,
}

impl Member {
    /// Whether it may unpack its archive, or search elsewhere, before it imports: PEX and shiv begin so.
    pub(super) fn unpacks(&self) -> bool {
        const WORDS: &[&str] = &[
            "sys.path",
            "sys.modules",
            "addsitedir",
            "zipfile",
            "exec(",
            "runpy",
            "bootstrap",
        ];
        let tool = |name: &str| name == "PEX-INFO" || name.starts_with("_bootstrap/");
        let text = self.archive.member(&self.name).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        self.archive.names().any(tool) || WORDS.iter().any(|word| text.contains(word))
    }
}

/// The names in a directory, as the user sees them.
#[derive(Debug, Default)]
struct Listing {
    names: HashMap<Vec<u8>, Entry>,
    /// The user may not list it or go into it.
    closed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    directory: bool,
    file: bool,
}

/// What finds modules for one interpreter and one user.
pub(super) struct Finder<'a> {
    files: &'a Files,
    user: &'a User,
    /// Endings of modules, as they are tried.
    endings: Vec<(String, ModuleKind)>,
    /// The ending of extension modules whose platform is not known.
    loose: Option<String>,
    listings: HashMap<Vec<u8>, Arc<Listing>>,
    archives: HashMap<Vec<u8>, Option<Arc<Archive>>>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(files: &'a Files, user: &'a User, interpreter: &Interpreter) -> Finder<'a> {
        let tag = &interpreter.soabi;
        let mut endings = vec![(format!(".{tag}.so"), ModuleKind::Extension)];
        if interpreter.implementation == Implementation::CPython {
            endings.push((".abi3.so".into(), ModuleKind::Extension));
        }
        endings.push((".so".into(), ModuleKind::Extension));
        endings.push((".py".into(), ModuleKind::Source));
        endings.push((".pyc".into(), ModuleKind::Bytecode));
        let loose = (!interpreter.soabi_known)
            .then(|| tag.splitn(3, '-').take(2).collect::<Vec<_>>().join("-"));
        Finder {
            files,
            user,
            endings,
            loose: loose.map(|tag| format!(".{tag}-")),
            listings: HashMap::new(),
            archives: HashMap::new(),
        }
    }

    /// Whose eyes it sees with.
    pub(super) fn user(&self) -> &'a User {
        self.user
    }

    fn listing(&mut self, directory: &[u8]) -> Arc<Listing> {
        if let Some(known) = self.listings.get(directory) {
            return known.clone();
        }
        let mut listing = Listing::default();
        if let Some((path, node)) = self.files.resolve(directory)
            && node.is_directory()
        {
            let may = self.user.may(node, Want::Read) && self.user.may(node, Want::Execute);
            listing.closed = !may || self.user.blocked(self.files, directory).is_some();
            if !listing.closed {
                for (name, node) in self.files.list(&path) {
                    listing
                        .names
                        .insert(name.to_vec(), self.entry(&path, name, &node.kind));
                }
            }
        }
        let listing = Arc::new(listing);
        self.listings.insert(directory.to_vec(), listing.clone());
        listing
    }

    fn entry(&self, directory: &[u8], name: &[u8], kind: &Kind) -> Entry {
        match kind {
            Kind::Directory => Entry {
                directory: true,
                file: false,
            },
            Kind::File { .. } => Entry {
                directory: false,
                file: true,
            },
            Kind::Symlink { .. } => {
                let target = self.files.resolve(&join(directory, name));
                Entry {
                    directory: target.as_ref().is_some_and(|(_, node)| node.is_directory()),
                    file: target.is_some_and(|(_, node)| node.is_file()),
                }
            }
            Kind::Special => Entry {
                directory: false,
                file: false,
            },
        }
    }

    /// The first directory of `path` that the user may not look into.
    pub(super) fn closed(&mut self, path: &[Vec<u8>]) -> Option<Vec<u8>> {
        path.iter()
            .find(|directory| self.listing(directory).closed)
            .cloned()
    }

    /// Finds the module whose last component is `tail` on `path`.
    pub(super) fn find(&mut self, tail: &str, path: &[Vec<u8>]) -> Option<Found> {
        let mut portions = Vec::new();
        for element in path {
            match self.find_in(tail, element) {
                Some(found) if found.kind == ModuleKind::Namespace => {
                    portions.extend(found.portions.unwrap_or_default())
                }
                Some(found) => return Some(found),
                None => {}
            }
        }
        let first = portions.first()?.clone();
        Some(Found {
            path: first.clone(),
            kind: ModuleKind::Namespace,
            portions: Some(portions),
            member: None,
        })
    }

    fn find_in(&mut self, tail: &str, element: &[u8]) -> Option<Found> {
        if self.files.is_directory(element) {
            return self.find_in_directory(tail, element);
        }
        let (archive_path, inner) = self.archive_path(element)?;
        let archive = self.archive(&archive_path)?;
        find_in_archive(&archive, &archive_path, &inner, tail)
    }

    fn find_in_directory(&mut self, tail: &str, element: &[u8]) -> Option<Found> {
        let listing = self.listing(element);
        let entry = listing.names.get(tail.as_bytes());
        let directory = join(element, tail.as_bytes());
        let is_directory = entry.is_some_and(|entry| entry.directory);
        if is_directory {
            let inside = self.listing(&directory);
            if let Some((name, kind)) = self.ending(&inside, "__init__") {
                let path = join(&directory, name.as_bytes());
                return Some(Found {
                    path,
                    kind,
                    portions: Some(vec![directory]),
                    member: None,
                });
            }
        }
        if let Some((name, kind)) = self.ending(&listing, tail) {
            let path = join(element, name.as_bytes());
            return Some(Found {
                path,
                kind,
                portions: None,
                member: None,
            });
        }
        is_directory.then(|| Found {
            path: directory.clone(),
            kind: ModuleKind::Namespace,
            portions: Some(vec![directory]),
            member: None,
        })
    }

    /// The first file `stem` + ending in a directory.
    fn ending(&self, listing: &Listing, stem: &str) -> Option<(String, ModuleKind)> {
        for (ending, kind) in &self.endings {
            let name = format!("{stem}{ending}");
            if listing
                .names
                .get(name.as_bytes())
                .is_some_and(|entry| entry.file)
            {
                return Some((name, *kind));
            }
        }
        let start = format!("{stem}{}", self.loose.as_ref()?);
        let fits = |name: &&Vec<u8>| name.starts_with(start.as_bytes()) && name.ends_with(b".so");
        let name = listing.names.keys().find(fits)?;
        Some((
            String::from_utf8_lossy(name).into_owned(),
            ModuleKind::Extension,
        ))
    }

    /// The zip that a path leads into, and the rest of the path.
    fn archive_path(&mut self, element: &[u8]) -> Option<(Vec<u8>, String)> {
        let mut above = element;
        while !above.is_empty() {
            if let Some(node) = self.files.resolve(above).map(|(_, node)| node) {
                let inner = element[above.len()..]
                    .strip_prefix(b"/")
                    .unwrap_or_default();
                return node
                    .is_file()
                    .then(|| (above.to_vec(), String::from_utf8_lossy(inner).into_owned()));
            }
            above = parent(above);
        }
        None
    }

    fn archive(&mut self, path: &[u8]) -> Option<Arc<Archive>> {
        if !self.archives.contains_key(path) {
            let readable = self.user.can(self.files, path, Want::Read) && is_zip(self.files, path);
            let archive = readable
                .then(|| Archive::read(self.files, path))
                .flatten()
                .map(Arc::new);
            self.archives.insert(path.to_vec(), archive);
        }
        self.archives.get(path).cloned().flatten()
    }
}

fn find_in_archive(archive: &Arc<Archive>, path: &[u8], inner: &str, tail: &str) -> Option<Found> {
    let below = if inner.is_empty() {
        tail.to_string()
    } else {
        format!("{inner}/{tail}")
    };
    let candidates = [
        (format!("{below}/__init__.pyc"), ModuleKind::Bytecode, true),
        (format!("{below}/__init__.py"), ModuleKind::Zipped, true),
        (format!("{below}.pyc"), ModuleKind::Bytecode, false),
        (format!("{below}.py"), ModuleKind::Zipped, false),
    ];
    let directory = join(path, below.as_bytes());
    for (name, kind, package) in candidates {
        if archive.has(&name) {
            return Some(Found {
                path: join(path, name.as_bytes()),
                kind,
                portions: package.then(|| vec![directory]),
                member: Some(Member {
                    archive: archive.clone(),
                    name,
                }),
            });
        }
    }
    archive.has_directory(&format!("{below}/")).then(|| Found {
        path: directory.clone(),
        kind: ModuleKind::Namespace,
        portions: Some(vec![directory]),
        member: None,
    })
}
