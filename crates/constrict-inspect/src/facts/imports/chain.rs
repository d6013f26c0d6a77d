//! Chains of imports as people read them: ``app.py:1 `from flask import Flask` → flask/app.py:30 `from werkzeug…` ``.

use constrict_python::source::{Form, Import};

/// Elements that are shown of a chain: the first, and as many of the end.
const LAST: usize = 3;
/// Names that are shown of `from x import a, b, c`.
const NAMES: usize = 3;

/// An import statement, or what stands for one, on the way to a module.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The module that it is in; `None` for what a server is told.
    pub(super) importer: Option<usize>,
    /// Its file, as shown.
    pub(super) file: String,
    /// First line 1; 0 if there is none.
    pub(super) line: usize,
    /// The statement.
    pub(super) text: String,
    /// Whether it goes from one top-level package to another.
    pub(super) crosses: bool,
}

impl Step {
    /// As an element of a chain.
    pub(super) fn shown(&self) -> String {
        match (self.file.as_str(), self.line) {
            ("", _) => self.text.clone(),
            (file, 0) => file.to_string(),
            (file, line) => format!("{file}:{line} `{}`", self.text),
        }
    }
}

/// The elements that are shown of steps, first to last: the first, those that go from one package to another, and the last if
/// it is what the chain is about; of a long chain the first and the end.
pub(super) fn shown(steps: &[&Step], with_last: bool) -> Vec<String> {
    let last = steps.len().saturating_sub(1);
    let kept = |at: usize| at == 0 || steps[at].crosses || (with_last && at == last);
    let texts: Vec<String> = (0..steps.len())
        .filter(|at| kept(*at))
        .map(|at| steps[at].shown())
        .collect();
    if texts.len() <= LAST + 2 {
        return texts;
    }
    let mut short = vec![texts[0].clone(), "…".to_string()];
    short.extend_from_slice(&texts[texts.len() - LAST..]);
    short
}

/// An import statement as it is written, `only` instead of its names if given.
pub(super) fn statement(import: &Import, only: Option<&str>) -> String {
    let dots = ".".repeat(usize::try_from(import.level).unwrap_or(0).min(20));
    let module = format!("{dots}{}", import.module);
    match (&import.form, only) {
        (Form::Module { .. }, _) => format!("import {module}"),
        (Form::Names(_), Some(only)) => format!("from {module} import {only}"),
        (Form::Names(names), None) => {
            let mut shown: Vec<&str> = names
                .iter()
                .take(NAMES)
                .map(|name| name.name.as_str())
                .collect();
            if names.len() > NAMES {
                shown.push("…");
            }
            format!("from {module} import {}", shown.join(", "))
        }
        (Form::Star, _) => format!("from {module} import *"),
        (Form::Dynamic, _) => format!("import_module(\"{module}\")"),
    }
}
