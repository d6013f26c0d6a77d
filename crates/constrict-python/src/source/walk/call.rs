//! Calls: which are kept, what they are given, and what they tell of the flow between functions.

use ruff_python_ast::{self as ast, Expr};

use super::super::fact::{Call, Need, Root, TopCall};
use super::super::literal::Literal;
use super::frame::Failure;
use super::scope::{Dotted, Known};
use super::{MAX_CALLS, Walker, start};

/// Bounds on one call.
const MAX_ARGUMENTS: usize = 32;

/// The most functions that are kept as called by one function.
const MAX_CALLED: usize = 256;

/// Builtins whose calls are kept.
const BUILTINS: [&str; 7] = [
    "open",
    "exec",
    "eval",
    "compile",
    "exit",
    "quit",
    "__import__",
];

/// Methods of local objects whose calls are kept although nothing is known of the object.
const METHODS: [&str; 16] = [
    "run",
    "run_app",
    "run_forever",
    "run_until_complete",
    "run_server",
    "run_simple",
    "serve",
    "serve_forever",
    "listen",
    "bind",
    "start",
    "start_server",
    "create_server",
    "launch",
    "main",
    "config_from_object",
];

/// Roots whose calls say nothing here and are many.
const SILENT: [&str; 14] = [
    "typing",
    "typing_extensions",
    "re",
    "dataclasses",
    "functools",
    "enum",
    "abc",
    "collections",
    "itertools",
    "operator",
    "warnings",
    "textwrap",
    "struct",
    "attr",
];

/// Calls that run the function they are given.
const RUNNERS: [&str; 8] = [
    "run",
    "wrapper",
    "main",
    "start",
    "run_until_complete",
    "run_sync",
    "launch",
    "call",
];

impl<'a> Walker<'a> {
    pub(super) fn call(&mut self, call: &'a ast::ExprCall) {
        let dotted = self.dotted(&call.func);
        if let Some(dotted) = &dotted {
            self.watch_call(dotted, call);
            if dotted.root != Root::Local {
                self.dynamic_import(&dotted.path, call);
            }
            self.follow(dotted, call);
            self.record_call(dotted, call);
        }
        self.record_write(call);
        if !dotted
            .as_ref()
            .is_some_and(|dotted| self.reads_namespace(dotted, call))
        {
            self.expression(&call.func);
        }
        let skips_arguments = dotted.is_some_and(|dotted| self.only_reads_arguments(&dotted));
        for argument in &call.arguments.args {
            if !(skips_arguments && self.namespace_call(argument)) {
                self.expression(argument);
            }
        }
        for keyword in &call.arguments.keywords {
            // `f(**globals())` copies
            if !(keyword.arg.is_none() && self.namespace_call(&keyword.value)) {
                self.expression(&keyword.value);
            }
        }
    }

    fn record_call(&mut self, dotted: &Dotted, call: &ast::ExprCall) {
        if !worth_keeping(dotted) {
            return;
        }
        let failure = if is_checked_shell(&dotted.path, call) {
            Failure::Process
        } else {
            Failure::Os
        };
        let place = self.place(start(call), Some(failure));
        if place.need == Need::TypeChecking {
            return;
        }
        if self.facts.calls.len() >= MAX_CALLS {
            self.facts.truncated = true;
            return;
        }
        let args = call.arguments.args.iter().take(MAX_ARGUMENTS);
        let keywords = call.arguments.keywords.iter().take(MAX_ARGUMENTS);
        let fact = Call {
            callee: dotted.path.clone(),
            root: dotted.root,
            receiver: dotted.receiver.clone(),
            args: args.map(|argument| self.literal(argument)).collect(),
            keywords: keywords
                .map(|keyword| match &keyword.arg {
                    Some(name) => (name.id.as_str().to_owned(), self.literal(&keyword.value)),
                    None => ("**".to_owned(), Literal::Unknown),
                })
                .collect(),
            line: place.line,
            need: place.need,
            body: place.body,
        };
        self.facts.calls.push(fact);
    }

    /// Which functions of this module the call runs.
    fn follow(&mut self, dotted: &Dotted, call: &ast::ExprCall) {
        let mut called = Vec::new();
        match &*dotted.written {
            [name] if self.is_definition(name) => called.push(name.clone()),
            [own, method] if own == "self" || own == "cls" => {
                called.extend(self.classes.last().map(|class| format!("{class}.{method}")));
            }
            [object, method] => called.extend(
                self.class_of(object)
                    .map(|class| format!("{class}.{method}")),
            ),
            _ => {}
        }
        let last = dotted.written.last().map_or("", String::as_str);
        if RUNNERS.contains(&last) && dotted.root != Root::Local {
            for argument in &call.arguments.args {
                match argument {
                    Expr::Name(name) if self.is_definition(name.id.as_str()) => {
                        called.push(name.id.as_str().to_owned())
                    }
                    _ => {}
                }
            }
        }
        for name in called {
            self.enter_called(name, call);
        }
    }

    /// The class of this module that `C()` or `x` after `x = C()` is of.
    fn class_of(&self, object: &str) -> Option<String> {
        if let Some(class) = object.strip_suffix("()") {
            return self.is_definition(class).then(|| class.to_owned());
        }
        match self.lookup(object)? {
            Known::Made { callee, .. } if self.is_definition(callee) => Some(callee.clone()),
            Known::Class => Some(object.to_owned()),
            _ => None,
        }
    }

    fn enter_called(&mut self, name: String, call: &ast::ExprCall) {
        let place = self.place(start(call), None);
        match (place.need, place.body) {
            (Need::TypeChecking, _) => {}
            (_, Some(body)) => {
                let Some(function) = self.facts.functions.get_mut(&body.function) else {
                    return;
                };
                let entry = (name, body.need);
                if function.calls.len() < MAX_CALLED && !function.calls.contains(&entry) {
                    function.calls.push(entry);
                }
            }
            (need, None) if self.facts.top_calls.len() < MAX_CALLS => {
                self.facts.top_calls.push(TopCall {
                    name,
                    line: place.line,
                    need,
                })
            }
            _ => self.facts.truncated = true,
        }
    }
}

/// A shell is given the command: that its program isn't there shows in the shell's exit status.
fn is_checked_shell(callee: &str, call: &ast::ExprCall) -> bool {
    let shell = call.arguments.find_keyword("shell");
    callee.starts_with("subprocess.")
        && shell.is_some_and(|shell| !matches!(&shell.value, Expr::BooleanLiteral(no) if !no.value))
}

fn worth_keeping(dotted: &Dotted) -> bool {
    match dotted.root {
        Root::Imported => {
            let first = dotted.path.split('.').next().unwrap_or_default();
            !SILENT.contains(&first)
        }
        Root::Builtin => BUILTINS.contains(&dotted.path.as_str()),
        Root::Local => {
            let last = dotted.written.last().map_or("", String::as_str);
            dotted.written.len() > 1 && (dotted.receiver.is_some() || METHODS.contains(&last))
        }
    }
}
