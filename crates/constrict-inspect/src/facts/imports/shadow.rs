//! Modules of the application that are found in place of others: `logging.py` beside the script.
//!
//! Never says whether that is an error: it is one where somebody needs what only the hidden module has.

use constrict_python::source::Need;

use super::node::{Node, Origin, Outcome, top};
use super::walk::Walk;
use super::{ModuleKind, Reach};
use crate::files::{Files, Kind, parent, shown};

/// A module of the application that hides another one of its name, which lies later on the search path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadow {
    /// The name, without dots.
    pub name: String,
    /// Its file.
    pub path: Vec<u8>,
    /// The file of the hidden module.
    pub hidden: Vec<u8>,
    /// The directory of the hidden module's submodules, if it is a package.
    pub hidden_package: Option<Vec<u8>>,
    /// Whether the hidden module is the standard library's.
    pub library: bool,
    /// The modules of the standard library and of distributions that get it instead, the surest first.
    pub importers: Vec<Importer>,
}

/// A module that means another one than it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Importer {
    /// Its file, and the line of the import or of what fails: ``/usr/lib/python3.11/tempfile.py:45``.
    pub place: String,
    /// How sure it is that it is imported itself.
    pub need: Reach,
    /// A name that it takes as it is imported and that only the hidden module has.
    pub lacks: Option<String>,
}

/// Every module that hides another one.
pub(super) fn shadows(walk: &mut Walk<'_, '_>) -> Vec<Shadow> {
    let own = |node: &Node| {
        !node.name.contains('.')
            && !node.main
            && node.origin == Origin::Own
            && node.found.member.is_none()
            && !matches!(node.found.kind, ModuleKind::Builtin | ModuleKind::Namespace)
    };
    let ids: Vec<usize> = (0..walk.nodes.len())
        .filter(|id| own(&walk.nodes[*id]))
        .collect();
    ids.into_iter().filter_map(|id| shadow(walk, id)).collect()
}

fn shadow(walk: &mut Walk<'_, '_>, id: usize) -> Option<Shadow> {
    let node = &walk.nodes[id];
    let (name, path) = (node.name.clone(), node.found.path.clone());
    let place = node
        .portions()
        .and_then(|portions| portions.first())
        .map_or(parent(&path), |portion| parent(portion));
    let at = walk.path.iter().position(|element| element == place)?;
    let rest = walk.path[at + 1..].to_vec();
    let hidden = walk.finder.find(&name, &rest)?;
    let files = walk.facts.files();
    if hidden.kind == ModuleKind::Namespace
        || hidden.member.is_some()
        || is_same(files, &path, &hidden.path)
    {
        return None;
    }
    let library = walk
        .interpreter
        .library
        .as_ref()
        .is_some_and(|library| hidden.path.starts_with(library))
        && !crate::facts::landmarks::is_installed(&hidden.path);
    // the project itself, installed and beside the script
    let owner = walk.facts.distributions().owner_of(files, &hidden.path);
    if owner.is_some_and(|owner| owner.documents(files).url.is_some()) {
        return None;
    }
    Some(Shadow {
        importers: importers(walk, id),
        name,
        path,
        hidden: hidden.path,
        hidden_package: hidden
            .portions
            .and_then(|portions| portions.into_iter().next()),
        library,
    })
}

/// Whether two files are one, or have the same content.
fn is_same(files: &Files, one: &[u8], other: &[u8]) -> bool {
    let (Some((one, a)), Some((other, b))) = (files.resolve(one), files.resolve(other)) else {
        return false;
    };
    let equal = match (&a.kind, &b.kind) {
        (
            Kind::File {
                digest: Some(a), ..
            },
            Kind::File {
                digest: Some(b), ..
            },
        ) => a == b,
        _ => a.size() == b.size() && files.read(&one, 1 << 20) == files.read(&other, 1 << 20),
    };
    one == other || equal && a.size() > 0
}

/// Who imports the module and is not the application's.
fn importers(walk: &mut Walk<'_, '_>, id: usize) -> Vec<Importer> {
    let name = walk.nodes[id].name.clone();
    let foreign = |node: &Node| node.origin != Origin::Own && !node.main && top(&node.name) != name;
    let takes = |node: &Node| {
        node.hard.contains(&Outcome::Found(id))
            || node
                .attempts
                .iter()
                .any(|(_, outcome)| *outcome == Outcome::Found(id))
    };
    let ids: Vec<usize> = (0..walk.nodes.len())
        .filter(|other| foreign(&walk.nodes[*other]) && takes(&walk.nodes[*other]))
        .collect();
    let mut found: Vec<Importer> = ids
        .into_iter()
        .map(|importer| describe(walk, id, importer))
        .collect();
    found.sort_by_key(|importer| (importer.need, importer.lacks.is_none()));
    found
}

fn describe(walk: &mut Walk<'_, '_>, id: usize, importer: usize) -> Importer {
    let name = walk.nodes[id].name.clone();
    let node = &walk.nodes[importer];
    let (path, reach, source) = (
        shown(&node.found.path),
        node.reach,
        node.source.clone().unwrap_or_default(),
    );
    let inside = format!("{name}.");
    let below = |module: &str| module == name || module.starts_with(&inside);
    let line = source
        .imports
        .iter()
        .find(|import| import.level == 0 && below(&import.module))
        .map_or(0, |import| import.line);
    let hard = node.hard.contains(&Outcome::Found(id));
    let read = source
        .uses
        .iter()
        .filter(|used| used.body.is_none() && used.need == Need::Always)
        .filter_map(|used| {
            let rest = used.path.strip_prefix(&inside)?;
            Some((rest.split('.').next()?.to_string(), used.line))
        });
    let lacks = read
        .filter(|_| hard)
        .find(|(read, _)| walk.surely_lacks(id, read));
    Importer {
        place: format!("{path}:{}", lacks.as_ref().map_or(line, |(_, line)| *line)),
        need: if hard { reach } else { Reach::Optional },
        lacks: lacks.map(|(name, _)| name),
    }
}
