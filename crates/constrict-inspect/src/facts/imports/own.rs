//! What the application's own modules do: each with how sure it is that a statement of it runs when the program starts.
//!
//! Never says what a statement means: rules read the facts of the source.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use constrict_python::source::{self, Body, Need};

use super::Reach;
use super::node::{Node, Origin};
use super::reach::Circumstances;
use super::walk::Walk;
use crate::facts::Facts;
use crate::facts::distribution::Distribution;

/// Bytes of `direct_url.json` that are read.
const LIMIT: usize = 1 << 16;

/// A module of the application, as one program imports it.
#[derive(Clone, Debug)]
pub struct OwnModule {
    /// The file.
    pub path: Vec<u8>,
    /// As [`super::Module::chain`].
    pub chain: Vec<String>,
    /// What its source says.
    pub source: Arc<source::Module>,
    /// How sure it is that it is imported.
    need: Reach,
    /// It runs as `__main__`.
    main: bool,
    /// The attempts that fail.
    failed: BTreeSet<u32>,
    /// The functions that are called while it is imported.
    called: BTreeMap<String, Reach>,
}

/// The files of distributions that were installed from a directory, `pip install .`: the application's own.
fn local_files<'f>(facts: &'f Facts<'_>) -> BTreeSet<&'f [u8]> {
    let files = facts.files();
    let local = |found: &&Distribution| {
        let text = files.text(&found.file("direct_url.json"), LIMIT);
        text.is_some_and(|text| text.contains("\"dir_info\""))
    };
    let all = facts.distributions().all.iter().filter(local);
    all.flat_map(|found| &found.documents(files).record)
        .map(|recorded| recorded.path.as_slice())
        .collect()
}

impl OwnModule {
    /// The application's modules of a walk whose sources are known.
    pub(super) fn all(walk: &Walk<'_, '_>, chain: impl Fn(&Node) -> Vec<String>) -> Vec<OwnModule> {
        let local = local_files(walk.facts);
        let mut found = Vec::new();
        for (id, node) in walk.nodes.iter().enumerate() {
            let own = node.origin == Origin::Own
                || node.main
                || local.contains(node.found.path.as_slice());
            let Some(source) = node
                .source
                .clone()
                .filter(|_| own && node.found.member.is_none())
            else {
                continue;
            };
            let calls = walk.called.iter().filter(|((module, _), _)| *module == id);
            found.push(OwnModule {
                path: node.found.path.clone(),
                chain: chain(node),
                source,
                need: node.reach,
                main: node.main,
                failed: walk
                    .known
                    .failed
                    .get(&node.name)
                    .cloned()
                    .unwrap_or_default(),
                called: calls
                    .map(|((_, function), reach)| (function.clone(), *reach))
                    .collect(),
            });
        }
        found
    }

    /// How sure a statement runs when the program starts; `None` if it does not run at all.
    pub fn reach(&self, need: Need, body: Option<&Body>) -> Option<Reach> {
        let circumstances = Circumstances {
            source: &self.source,
            failed: Some(&self.failed),
            main: self.main,
            own: true,
        };
        let Some(body) = body else {
            return Some(circumstances.top(need)?.max(self.need));
        };
        let inside = circumstances.within(body)?;
        let decorated = self
            .source
            .functions
            .get(&body.function)
            .is_some_and(|function| function.decorated);
        // it is called sooner or later, or the decorator does something else with it
        let called = match self.called.get(&body.function) {
            Some(reach) if !decorated => *reach,
            Some(reach) => (*reach).max(Reach::Maybe),
            None => Reach::Maybe,
        };
        Some(inside.max(called).max(self.need))
    }
}
