//! The application's own sources: what the started programs import that is neither the standard library nor installed.

use std::collections::BTreeMap;

use super::Facts;
use super::imports::{Imports, ModuleKind, Reach};
use super::landmarks::is_installed;
use super::start::Target;

/// The largest source that is read.
const LIMIT: usize = 1 << 20;

/// A source file of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSource {
    /// Relative to the root.
    pub path: Vec<u8>,
    /// How sure it is that it runs at start.
    pub need: Reach,
    /// Its text.
    pub text: String,
}

/// Every one, by path.
pub fn own_sources(facts: &Facts<'_>, imports: &Imports) -> Vec<OwnSource> {
    let libraries: Vec<&[u8]> = facts
        .interpreters()
        .all
        .iter()
        .filter_map(|python| python.library.as_deref())
        .collect();
    let foreign = |path: &[u8]| {
        is_installed(path) || libraries.iter().any(|library| path.starts_with(library))
    };
    let mut found: BTreeMap<Vec<u8>, Reach> = BTreeMap::new();
    let mut add = |path: &[u8], need: Reach| {
        if !foreign(path) {
            let known = found.entry(path.to_vec()).or_insert(need);
            *known = (*known).min(need);
        }
    };
    for program in &facts.start().programs {
        if let Some(Target::Path(path)) = program.python.as_ref().map(|python| &python.target) {
            add(
                path,
                if program.sure {
                    Reach::Sure
                } else {
                    Reach::Maybe
                },
            );
        }
    }
    for closure in &imports.runs {
        for module in closure
            .modules
            .values()
            .filter(|module| module.kind == ModuleKind::Source)
        {
            let need = match module.need {
                Reach::Sure if !facts.fails(closure.program, module.need) => Reach::Maybe,
                need => need,
            };
            add(&module.path, need);
        }
    }
    let read = |(path, need): (Vec<u8>, Reach)| {
        let text = facts.files().text(&path, LIMIT)?;
        Some(OwnSource { path, need, text })
    };
    found.into_iter().filter_map(read).collect()
}

impl OwnSource {
    /// The first line, counted from 1, whose code (no comment) a test accepts.
    pub fn line(&self, wanted: impl Fn(&str) -> bool) -> Option<usize> {
        let code = |line: &str| !line.trim_start().starts_with('#') && wanted(line);
        self.text.lines().position(code).map(|at| at + 1)
    }

    /// The first line that imports one of these modules.
    pub fn imports(&self, modules: &[&str]) -> Option<(usize, String)> {
        let names = |line: &str| {
            let line = line.trim_start();
            let rest = line
                .strip_prefix("import ")
                .or_else(|| line.strip_prefix("from "))?;
            let whole = |module: &&&str| {
                let ends = |end: Option<char>| {
                    end.is_none_or(|next| !(next.is_alphanumeric() || next == '_'))
                };
                rest.strip_prefix(**module)
                    .is_some_and(|rest| ends(rest.chars().next()))
            };
            modules.iter().find(whole).map(|module| module.to_string())
        };
        let lines = self.text.lines().enumerate();
        lines
            .filter_map(|(at, line)| Some((at + 1, names(line)?)))
            .next()
    }
}
