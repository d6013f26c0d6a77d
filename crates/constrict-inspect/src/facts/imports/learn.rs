//! What a walk tells of modules as a whole, for the next walk of the same program: which attempts fail, what is put into
//! `sys.modules`, which attributes are set from outside, who changes the search path.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{Check, Origin, Outcome, top};
use super::walk::Walk;
use crate::files::{file_name, parent};

/// What earlier walks have learned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// Attempts that fail, by module.
    pub(super) failed: BTreeMap<String, BTreeSet<u32>>,
    /// Modules that are put into `sys.modules`.
    pub(super) injected: BTreeSet<String>,
    /// Attributes that are set from outside, dotted.
    pub(super) patched: BTreeSet<String>,
    /// The directories of the files that change the search path, the standard library's left out.
    pub(super) altering: BTreeSet<Vec<u8>>,
}

/// What a walk with these failed checks has learned.
pub(super) fn learn(
    walk: &Walk<'_, '_>,
    failed_checks: &[Check],
    broken: &BTreeSet<Vec<u8>>,
) -> Known {
    let mut known = Known {
        failed: failed_attempts(walk, failed_checks, broken),
        ..Known::default()
    };
    for node in &walk.nodes {
        let Some(source) = &node.source else { continue };
        let whole = |injected: &String| match injected.starts_with('.') {
            true => format!("{}{injected}", node.name),
            false => injected.clone(),
        };
        let others = source.injects.iter().map(whole);
        // a package that puts itself back is what it was
        known
            .injected
            .extend(others.filter(|name| *name != node.name));
        known.patched.extend(source.patches.iter().cloned());
        if source.alters_search && node.origin != Origin::Library && !serves(walk, &node.name) {
            known.altering.insert(parent(&node.found.path).to_vec());
        }
    }
    known
}

/// Servers whose options say what they put on the search path: `facts::start` reads them.
const SERVERS: &[&str] = &["celery", "flask", "gunicorn", "hypercorn", "uvicorn"];

/// Whether a module is of the server that runs.
fn serves(walk: &Walk<'_, '_>, name: &str) -> bool {
    let server = top(name);
    let main = walk.names.get("__main__").map(|id| &walk.nodes[*id].found);
    SERVERS.contains(&server)
        && main.is_some_and(|main| {
            [file_name(&main.path), file_name(parent(&main.path))].contains(&server.as_bytes())
        })
}

/// The modules whose import surely fails, and the attempts that fail with what they import.
fn failed_attempts(
    walk: &Walk<'_, '_>,
    failed_checks: &[Check],
    broken: &BTreeSet<Vec<u8>>,
) -> BTreeMap<String, BTreeSet<u32>> {
    let mut fails = vec![false; walk.nodes.len()];
    let mut found: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for check in failed_checks {
        let Some(importer) = check.step.importer else {
            continue;
        };
        fails[importer] |= check.hard;
        if let Some(attempt) = check.attempt {
            found
                .entry(walk.nodes[importer].name.clone())
                .or_default()
                .insert(attempt);
        }
    }
    // importers of each module that need it
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); walk.nodes.len()];
    let mut pending: Vec<usize> = Vec::new();
    for (id, node) in walk.nodes.iter().enumerate() {
        for outcome in &node.hard {
            match outcome {
                Outcome::Found(target) => needed_by[*target].push(id),
                Outcome::Missing => fails[id] = true,
                Outcome::Unknown => {}
            }
        }
        let too_new = node
            .source
            .as_ref()
            .is_some_and(|source| source.newer_syntax.is_some());
        fails[id] |= too_new || broken.contains(&node.found.path);
        if fails[id] {
            pending.push(id);
        }
    }
    while let Some(id) = pending.pop() {
        for importer in std::mem::take(&mut needed_by[id]) {
            if !fails[importer] {
                fails[importer] = true;
                pending.push(importer);
            }
        }
    }
    for node in &walk.nodes {
        for (attempt, outcome) in &node.attempts {
            let failed = match outcome {
                Outcome::Found(target) => fails[*target],
                Outcome::Missing => true,
                Outcome::Unknown => false,
            };
            if failed {
                found.entry(node.name.clone()).or_default().insert(*attempt);
            }
        }
    }
    found
}
