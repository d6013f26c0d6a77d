//! Names that are asked of modules: whether a module defines them, as a name or as a submodule.
//!
//! Only a module whose names are all known lacks one: read from source, nothing in it that could add others.

use std::collections::BTreeSet;

use constrict_python::removed::{self, removed_name_somewhere};
use constrict_python::source::{BindingKind, Form, Import, Literal, Module, Need, Root, Use};
use constrict_python::stdlib;

use super::node::{Check, Origin, Outcome};
use super::walk::{Taken, Task, Walk};
use super::{ModuleKind, Reach};

/// What the import system itself puts into every module.
const GIVEN: &[&str] = &[
    "__all__",
    "__annotations__",
    "__builtins__",
    "__cached__",
    "__dict__",
    "__doc__",
    "__file__",
    "__loader__",
    "__name__",
    "__package__",
    "__path__",
    "__spec__",
    "__class__",
    "__annotate__",
    "__conditional_annotations__",
    "__debug__",
];

/// Whether a module has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Defines {
    Yes,
    No,
    /// Only the run tells.
    Unknown,
}

impl Walk<'_, '_> {
    /// `from target import …`: names that are submodules are imported, the others are checked in the end.
    pub(super) fn take_names(&mut self, target: usize, taken: &Taken, reach: Reach) {
        let import = taken.import.clone();
        let names: Vec<String> = match &import.form {
            Form::Names(names) => names.iter().map(|name| name.name.clone()).collect(),
            Form::Star => self.nodes[target]
                .source
                .as_ref()
                .and_then(|source| source.names.all.clone())
                .unwrap_or_default(),
            _ => return,
        };
        for name in names {
            self.take_name(target, &name, taken, &import, reach);
        }
    }

    fn take_name(
        &mut self,
        target: usize,
        name: &str,
        taken: &Taken,
        import: &Import,
        reach: Reach,
    ) {
        let bound = self.nodes[target]
            .source
            .as_ref()
            .and_then(|source| source.names.bound.get(name))
            .copied();
        // `from . import x` in a package binds what it asks for itself
        let bound = bound.filter(|_| target != taken.importer);
        if bound.is_some_and(|binding| binding.sure) || GIVEN.contains(&name) {
            return;
        }
        let is_package = self.nodes[target].portions().is_some();
        let full = format!("{}.{name}", self.nodes[target].name);
        let step = self.step(taken.importer, import, Some(name), &full);
        let in_body = import.body.as_ref().map(|body| body.need);
        if is_package && (self.names.contains_key(&full) || self.has_submodule(target, name)) {
            let reach = if bound.is_some() {
                reach.max(Reach::Maybe)
            } else {
                reach
            };
            let outcome = self.module(&full, Some(target), reach, &step);
            if bound.is_none() {
                self.note(
                    taken.importer,
                    import.need,
                    in_body,
                    taken.relative,
                    outcome,
                );
            }
            return;
        }
        if bound.is_some() || import.form == Form::Star {
            return;
        }
        let told = self.lazy(target, name);
        let told = told.and_then(|told| Some((self.absolute(target, &told).ok()?, told)));
        let outcome = if self.nodes[target].found.kind == ModuleKind::Namespace {
            Some(self.module(&full, Some(target), reach, &step))
        } else if let Some((base, told)) = told {
            let step = self.step(target, &told, Some(name), &base);
            Some(self.import_dotted(&base, reach, &step))
        } else {
            None
        };
        if let Some(outcome) = outcome {
            self.note(
                taken.importer,
                import.need,
                in_body,
                taken.relative,
                outcome,
            );
            return;
        }
        let (hard, attempt) = match in_body.unwrap_or(import.need) {
            Need::Guarded { attempt } => (false, Some(attempt)),
            _ => (taken.relative == Reach::Sure, None),
        };
        self.checks.push(Check {
            module: target,
            name: name.to_string(),
            reach,
            step,
            hard,
            attempt,
            attribute: false,
        });
    }

    /// Whether a package has a submodule, without importing it.
    pub(super) fn has_submodule(&mut self, id: usize, name: &str) -> bool {
        let Some(portions) = self.nodes[id].portions().map(<[Vec<u8>]>::to_vec) else {
            return false;
        };
        self.finder.find(name, &portions).is_some()
    }

    /// The attributes that a module reads of others while it is imported.
    pub(super) fn uses(&mut self, id: usize, source: &Module, reach: Reach) {
        if self.nodes[id].origin == Origin::Library {
            return;
        }
        for used in source.uses.iter().filter(|used| used.body.is_none()) {
            let relative = self.nodes[id]
                .circumstances(source, self.known)
                .top(used.need);
            if let Some(relative) = relative {
                self.add_use(id, used, relative, reach.max(relative));
            }
        }
    }

    fn add_use(&mut self, id: usize, used: &Use, relative: Reach, reach: Reach) {
        let Some(path) = self.absolute_use(id, &used.path) else {
            return;
        };
        let Some((target, name)) = self.module_of_use(&path) else {
            return;
        };
        let step = super::chain::Step {
            importer: Some(id),
            file: self.shown(id),
            line: usize::try_from(used.line).unwrap_or(0),
            text: used.path.clone(),
            crosses: true,
        };
        let attempt = match used.need {
            Need::Guarded { attempt } => Some(attempt),
            _ => None,
        };
        self.checks.push(Check {
            module: target,
            name,
            reach,
            step,
            hard: relative == Reach::Sure && attempt.is_none(),
            attempt,
            attribute: true,
        });
    }

    /// A path with leading dots as a whole name.
    fn absolute_use(&self, id: usize, path: &str) -> Option<String> {
        let rest = path.trim_start_matches('.');
        let level = path.len() - rest.len();
        if level == 0 {
            return Some(path.to_string());
        }
        let mut package = self.nodes[id]
            .package
            .as_deref()
            .filter(|package| !package.is_empty())?;
        for _ in 1..level {
            package = package.rsplit_once('.')?.0;
        }
        Some(format!("{package}.{rest}"))
    }

    /// The module that a path leads through, and the name that is read of it: no name may hide a module on the way.
    fn module_of_use(&self, path: &str) -> Option<(usize, String)> {
        let mut parts = path.split('.');
        let mut name = parts.next()?.to_string();
        let mut id = *self.names.get(&name)?;
        loop {
            let part = parts.next()?;
            let below = format!("{name}.{part}");
            match self.names.get(&below) {
                Some(next) if !self.binds_other(id, part) => {
                    id = *next;
                    name = below;
                }
                Some(_) => return None,
                None => return Some((id, part.to_string())),
            }
        }
    }

    /// Whether a package has something under the name of its submodule that need not be the submodule.
    fn binds_other(&self, id: usize, name: &str) -> bool {
        let Some(source) = &self.nodes[id].source else {
            return self.nodes[id].found.kind != ModuleKind::Namespace;
        };
        if !source.names.bound.contains_key(name) {
            return !source.names.stars.is_empty() || source.names.open.is_some();
        }
        let own = |import: &Import| {
            let named = matches!(&import.form, Form::Names(names) if names.iter().any(|taken| taken.name == name && taken.bound() == name));
            named && import.level == 1 && import.module.is_empty()
        };
        !source.imports.iter().any(own)
    }

    /// The checks that fail.
    pub(super) fn failed_checks(&mut self) -> Vec<Check> {
        let checks = std::mem::take(&mut self.checks);
        let mut failed: Vec<Check> = checks
            .into_iter()
            .filter(|check| {
                let mut seen = BTreeSet::new();
                self.lacks(check, &mut seen)
            })
            .collect();
        // where the import itself fails, the name stands for something else by the time it is read
        let imported: BTreeSet<(usize, String, Option<usize>)> = failed
            .iter()
            .filter(|check| !check.attribute)
            .map(|check| (check.module, check.name.clone(), check.step.importer))
            .collect();
        failed.retain(|check| {
            !check.attribute
                || !imported.contains(&(check.module, check.name.clone(), check.step.importer))
        });
        failed
    }

    /// Whether a name that is asked for is surely not there.
    fn lacks(&mut self, check: &Check, seen: &mut BTreeSet<usize>) -> bool {
        let Check { module, name, .. } = check;
        match self.defines(*module, name, seen) {
            Defines::Yes => self.asks_itself(check),
            Defines::No => true,
            Defines::Unknown => self.is_known_to_lack(*module, name),
        }
    }

    /// Whether a module has no such name, whoever asks.
    pub(super) fn surely_lacks(&mut self, id: usize, name: &str) -> bool {
        self.parse_one(id);
        self.defines(id, name, &mut BTreeSet::new()) == Defines::No
    }

    /// Whether nothing but this very statement binds the name in the module: `from flask import Flask` in flask.py.
    fn asks_itself(&self, check: &Check) -> bool {
        let node = &self.nodes[check.module];
        let bound = node
            .source
            .as_ref()
            .and_then(|source| source.names.bound.get(&check.name));
        check.step.importer == Some(check.module)
            && !check.attribute
            && node.portions().is_none()
            && bound.is_some_and(|binding| {
                binding.kind == BindingKind::Import
                    && usize::try_from(binding.line) == Ok(check.step.line)
            })
    }

    /// Whether a module whose text does not tell is known to lack a name in its version: names of the standard library that
    /// came later, names that a distribution answers with an error.
    fn is_known_to_lack(&self, id: usize, name: &str) -> bool {
        let node = &self.nodes[id];
        let full = format!("{}.{name}", node.name);
        if node.origin == Origin::Library {
            return stdlib::later_name(&full, self.interpreter.version).is_some();
        }
        // looked up first: finding an owner costs more
        if removed_name_somewhere(&node.name, name).is_none() {
            return false;
        }
        let files = self.facts.files();
        self.facts
            .distributions()
            .owner_of(files, &node.found.path)
            .is_some_and(|owner| removed::is_removed(&owner.name, &owner.version, &node.name, name))
    }

    fn defines(&mut self, id: usize, name: &str, seen: &mut BTreeSet<usize>) -> Defines {
        if !seen.insert(id) {
            return Defines::No;
        }
        let full = format!("{}.{name}", self.nodes[id].name);
        let given = GIVEN.contains(&name) || self.names.contains_key(&full);
        if given
            || self.known.patched.contains(&full)
            || self.known.injected.contains(&full)
            || self.has_submodule(id, name)
        {
            return Defines::Yes;
        }
        let Some(source) = self.nodes[id]
            .source
            .clone()
            .filter(|_| !self.nodes[id].guessed)
        else {
            return Defines::Unknown;
        };
        if source.names.bound.contains_key(name) {
            return Defines::Yes;
        }
        // a finder that a package installs may give it submodules
        let finds = source.alters_search && self.nodes[id].portions().is_some();
        let closed = source.names.open.is_none()
            && !finds
            && !source.truncated
            && !source.alters_path
            && source.newer_syntax.is_none();
        if !closed || self.hands_itself_out(id, &source) {
            return Defines::Unknown;
        }
        let mut result = Defines::No;
        for star in source
            .names
            .stars
            .iter()
            .filter(|star| star.need != Need::TypeChecking)
        {
            let import = Import {
                level: star.level,
                module: star.module.clone(),
                form: Form::Star,
                line: 0,
                need: star.need,
                body: None,
                message: None,
            };
            let target = self
                .absolute(id, &import)
                .ok()
                .and_then(|base| self.names.get(&base).copied());
            match target.map_or(Defines::Unknown, |target| self.defines(target, name, seen)) {
                Defines::Yes => return Defines::Yes,
                Defines::Unknown => result = Defines::Unknown,
                Defines::No => {}
            }
        }
        result
    }

    /// Whether a module calls a function of a library with its own name, which may put others into it: celery's
    /// `recreate_module(__name__, …)`. Loggers, and classes of frameworks, don't.
    fn hands_itself_out(&self, id: usize, source: &Module) -> bool {
        source.calls.iter().filter(|call| call.body.is_none() && call.root == Root::Imported).any(|call| {
            let named = |argument: &Literal| matches!(argument, Literal::Name(name) if name == "__name__" || name.ends_with(".__name__"));
            let given = call.args.iter().chain(call.keywords.iter().map(|(_, value)| value)).any(named);
            let function = call.callee.rsplit('.').next().unwrap_or_default();
            let harmless = function.to_ascii_lowercase().contains("log") || function.starts_with(char::is_uppercase);
            let library = self.names.get(super::node::top(&call.callee)).is_some_and(|top| self.nodes[*top].origin == Origin::Library);
            given && !harmless && !library && !self.nodes[id].main
        })
    }

    /// Whether a module has a name for a server: `app.main:app`.
    pub(super) fn demand_attribute(
        &mut self,
        target: Outcome,
        attribute: &str,
        reach: Reach,
        step: &super::chain::Step,
    ) {
        let name = attribute.split(['.', '(', '[']).next().unwrap_or_default();
        let Outcome::Found(module) = target else {
            return;
        };
        self.parse_one(module);
        if !name.is_empty() {
            let check = Check {
                module,
                name: name.to_string(),
                reach,
                step: step.clone(),
                hard: false,
                attempt: None,
                attribute: true,
            };
            self.checks.push(check);
        }
        if attribute.contains('(') {
            self.push(
                reach,
                Task::Call {
                    module,
                    function: name.to_string(),
                    hops: 0,
                },
            );
        }
    }
}
