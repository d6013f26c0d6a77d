//! Functions that are called while modules are imported, and what their bodies import.
//!
//! Never evaluates anything: a call counts by its name. Of a library's functions only those count that are called by name
//! from where it is sure which one is meant.

use constrict_python::source::{BindingKind, Form, Module, Need, Root};

use super::Reach;
use super::node::Origin;
use super::walk::{Task, Walk};

/// How many names a function may be imported through.
const MOST_HOPS: usize = 8;

impl Walk<'_, '_> {
    /// Follows what the top level of a module calls.
    pub(super) fn top_calls(&mut self, id: usize, source: &Module, reach: Reach) {
        for call in &source.top_calls {
            let relative = self.nodes[id]
                .circumstances(source, self.known)
                .top(call.need);
            if let Some(relative) = relative {
                self.push_call(id, call.name.clone(), reach.max(relative), 0);
            }
        }
        for call in source
            .calls
            .iter()
            .filter(|call| call.root == Root::Imported && call.body.is_none())
        {
            let relative = self.nodes[id]
                .circumstances(source, self.known)
                .top(call.need);
            if let Some(relative) = relative {
                self.call_imported(id, &call.callee, reach.max(relative));
            }
        }
    }

    fn push_call(&mut self, module: usize, function: String, reach: Reach, hops: usize) {
        let known = self.called.get(&(module, function.clone()));
        if known.is_none_or(|known| reach < *known) {
            self.called.insert((module, function.clone()), reach);
            self.push(
                reach,
                Task::Call {
                    module,
                    function,
                    hops,
                },
            );
        }
    }

    /// A function is called: its own imports, and what it calls in turn.
    pub(super) fn call(&mut self, id: usize, function: &str, reach: Reach, hops: usize) {
        let Some(source) = self.nodes[id].source.clone() else {
            return;
        };
        if self.nodes[id].origin == Origin::Library {
            return;
        }
        let Some(known) = source.functions.get(function) else {
            self.call_elsewhere(id, &source, function, reach, hops);
            return;
        };
        let own = self.nodes[id].origin == Origin::Own || self.nodes[id].main;
        // what a decorator makes of it is not known
        let called = match (known.decorated, own) {
            (false, _) => reach,
            (true, true) => reach.max(Reach::Maybe),
            (true, false) => Reach::Optional,
        };
        for import in &source.imports {
            let Some(body) = import
                .body
                .as_ref()
                .filter(|body| body.function == function)
            else {
                continue;
            };
            let relative = self.nodes[id]
                .circumstances(&source, self.known)
                .within(body);
            if let Some(relative) = relative {
                self.import(id, import, relative.max(called), relative.max(called));
            }
        }
        // how far a library goes from there is not followed with certainty
        let onwards = if own { called } else { Reach::Optional };
        for (callee, need) in &known.calls {
            let body = constrict_python::source::Body {
                function: function.to_string(),
                need: *need,
            };
            let relative = self.nodes[id]
                .circumstances(&source, self.known)
                .within(&body);
            if let Some(relative) = relative {
                self.push_call(id, callee.clone(), onwards.max(relative), 0);
            }
        }
        for call in source
            .calls
            .iter()
            .filter(|call| call.root == Root::Imported)
        {
            let Some(body) = call.body.as_ref().filter(|body| body.function == function) else {
                continue;
            };
            let relative = self.nodes[id]
                .circumstances(&source, self.known)
                .within(body);
            if let Some(relative) = relative {
                self.call_imported(id, &call.callee, onwards.max(relative));
            }
        }
    }

    /// A name is called that is no function of the module: a class, or what it imports.
    fn call_elsewhere(
        &mut self,
        id: usize,
        source: &Module,
        name: &str,
        reach: Reach,
        hops: usize,
    ) {
        for method in ["__init__", "__new__"] {
            let method = format!("{name}.{method}");
            if source.functions.contains_key(&method) {
                self.push_call(id, method, reach, hops);
            }
        }
        let (first, rest) = name
            .split_once('.')
            .map_or((name, None), |(first, rest)| (first, Some(rest)));
        let imported = source
            .names
            .bound
            .get(first)
            .is_some_and(|binding| binding.kind == BindingKind::Import);
        if !imported || hops >= MOST_HOPS {
            return;
        }
        for import in source
            .imports
            .iter()
            .filter(|import| import.need != Need::TypeChecking)
        {
            let Form::Names(names) = &import.form else {
                continue;
            };
            let Some(taken) = names.iter().find(|taken| taken.bound() == first) else {
                continue;
            };
            let Ok(base) = self.absolute(id, import) else {
                continue;
            };
            let function = rest.map_or(taken.name.clone(), |rest| format!("{}.{rest}", taken.name));
            let Some(target) = self.names.get(&base).copied() else {
                continue;
            };
            let reach = self.across(id, target, reach);
            self.push_call(target, function, reach, hops + 1);
            return;
        }
    }

    /// `pkg.cli.main()`, where `pkg.cli` is a module.
    fn call_imported(&mut self, id: usize, callee: &str, reach: Reach) {
        let mut end = callee.len();
        while let Some(dot) = callee[..end].rfind('.') {
            end = dot;
            if let Some(target) = self.names.get(&callee[..end]).copied() {
                let function = callee[end + 1..].to_string();
                if !function.contains('(') {
                    let reach = self.across(id, target, reach);
                    self.push_call(target, function, reach, 1);
                }
                return;
            }
        }
    }

    /// How sure a call from one module to another one's function is: what the program itself and the application call.
    fn across(&self, from: usize, to: usize, reach: Reach) -> Reach {
        let caller = &self.nodes[from];
        let own = caller.main || caller.origin == Origin::Own;
        let straight = caller.main || self.nodes[to].origin == Origin::Own;
        if own && straight {
            reach
        } else {
            Reach::Optional
        }
    }
}
