//! Extension modules that nothing which starts is known to import: what they lack is a risk, not a break.
//!
//! Says nothing of the base's own modules, of Python's standard library (slim images leave out what `_tkinter` needs), and
//! of back ends that are made to be absent: windows, GPUs.

use std::collections::BTreeSet;

use constrict_elf::search::{Environment, load};

use super::process::{Process, Reached, environment};
use super::view::{View, absolute};
use super::{Fault, FaultKind};
use crate::facts::Facts;
use crate::facts::imports::Imports;
use crate::files::{components, file_name};

/// More modules than this are not opened; the largest images have some three thousand.
const LIMIT: usize = 8192;
/// Libraries that the machine's driver brings, or that only windows need.
const QUIET_LIBRARIES: &[&str] = &[
    "libcuda.so",
    "libnvidia",
    "libnvcuvid",
    "libtk8",
    "libtcl8",
    "libtk9",
    "libtcl9",
    "libwayland",
    "libQt",
    "libgtk-",
    "libgdk-",
];
/// Directories whose modules are tried and left out where they fail.
const QUIET_DIRECTORIES: &[&str] = &["plugins", "tests", "test", "backends"];

/// Opens every extension module of the site directories that is not known to fail already.
pub(super) fn sweep<'f>(
    facts: &Facts<'f>,
    imports: &Imports,
    view: &View<'f>,
    faults: &mut Vec<Fault>,
) {
    let python = facts
        .start()
        .programs
        .iter()
        .find(|program| program.python.is_some());
    let (executable, environment) = match (python, facts.interpreters().all.first()) {
        (Some(program), _) => (absolute(&program.executable), environment(program)),
        (None, Some(python)) => (absolute(&python.path), Environment::default()),
        (None, None) => return,
    };
    let Ok(mut loaded) = load(&executable, view, environment) else {
        return;
    };
    // what keeps Python itself from starting says nothing of its modules
    if loaded.missing.iter().any(|missing| !missing.ignored) {
        return;
    }
    let mut process = Process {
        facts,
        imports,
        view,
        user: python.map_or(facts.user(), |program| &program.user),
        loaded: &mut loaded,
    };
    let reached = Reached {
        need: None,
        chain: &[],
        opened: None,
    };
    let mut found = Vec::new();
    let mut again = Vec::new();
    for path in modules(facts, imports, faults) {
        if !process.look(&path, &reached, &mut found, false) {
            again.push(path);
        }
    }
    for path in again {
        process.look(&path, &reached, &mut found, true);
    }
    faults.extend(found.into_iter().filter(|fault| !is_quiet(fault)));
}

/// The extension modules of the site directories that no import leads to.
fn modules(facts: &Facts<'_>, imports: &Imports, known: &[Fault]) -> BTreeSet<Vec<u8>> {
    let reached: BTreeSet<&[u8]> = imports
        .runs
        .iter()
        .flat_map(|run| run.modules.values())
        .map(|module| module.path.as_slice())
        .chain(
            known
                .iter()
                .filter_map(|fault| Some(fault.objects.first()?.as_slice())),
        )
        .collect();
    let distributions = facts.distributions();
    let mut modules = BTreeSet::new();
    for site in distributions.sites() {
        // Debian's own
        if site.starts_with(b"usr/lib/python") {
            continue;
        }
        let inside = facts.files().walk(site).filter(|(path, node)| {
            node.is_file() && is_module(facts, path) && !reached.contains(path)
        });
        modules.extend(inside.map(|(path, _)| path.to_vec()).take(LIMIT));
    }
    modules
}

/// Whether a file is an extension module that some interpreter of the image takes, by its name.
fn is_module(facts: &Facts<'_>, path: &[u8]) -> bool {
    let name = String::from_utf8_lossy(file_name(path)).into_owned();
    let Some(stem) = name.strip_suffix(".so") else {
        return false;
    };
    let bundled = components(path).any(|part| part.ends_with(b".libs") || part == b"lib");
    if name.starts_with("lib") || bundled {
        return false;
    }
    match stem.split_once('.') {
        None | Some((_, "abi3")) => true,
        Some((_, tag)) => facts.interpreters().all.iter().any(|python| {
            let (major, minor) = python.version;
            python.soabi == tag || tag.starts_with(&format!("cpython-{major}{minor}-"))
        }),
    }
}

fn is_quiet(fault: &Fault) -> bool {
    let library = match &fault.kind {
        FaultKind::MissingLibrary { soname, .. } => {
            QUIET_LIBRARIES.iter().any(|name| soname.starts_with(name))
        }
        _ => false,
    };
    let quiet = |part: &[u8]| QUIET_DIRECTORIES.iter().any(|name| name.as_bytes() == part);
    library || fault.objects.iter().any(|path| components(path).any(quiet))
}
