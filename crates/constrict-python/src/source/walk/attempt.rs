//! `try` and `with`: what they swallow, and in which circumstances that puts their parts.

use ruff_python_ast::{self as ast, ExceptHandler, Expr, Stmt};

use super::super::fact::{Attempt, Swallows};
use super::super::literal::Literal;
use super::delta::Delta;
use super::frame::Frame;
use super::scope::Known;
use super::truth::Truth;
use super::{Flow, Walker, start};

/// Classes above `ImportError` and `ModuleNotFoundError`.
const ABOVE_ALL: [&str; 2] = ["Exception", "BaseException"];

/// Builtin exceptions that are none of those asked for here, nor above them.
const OTHERS: [&str; 46] = [
    "ArithmeticError",
    "AssertionError",
    "BlockingIOError",
    "BrokenPipeError",
    "BufferError",
    "BytesWarning",
    "ChildProcessError",
    "ConnectionAbortedError",
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "DeprecationWarning",
    "EOFError",
    "FileExistsError",
    "FloatingPointError",
    "FutureWarning",
    "GeneratorExit",
    "IndexError",
    "InterruptedError",
    "IsADirectoryError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "NameError",
    "NotADirectoryError",
    "NotImplementedError",
    "OverflowError",
    "PermissionError",
    "ProcessLookupError",
    "RecursionError",
    "ReferenceError",
    "RuntimeError",
    "RuntimeWarning",
    "StopIteration",
    "SyntaxError",
    "SystemError",
    "SystemExit",
    "TimeoutError",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "ValueError",
    "ZeroDivisionError",
];

/// The kinds of failure, each with the classes that catch it.
const KINDS: [(&str, &[&str]); 6] = [
    (
        "ModuleNotFoundError",
        &["ModuleNotFoundError", "ImportError"],
    ),
    ("ImportError", &["ImportError"]),
    ("AttributeError", &["AttributeError"]),
    (
        "OSError",
        &[
            "OSError",
            "IOError",
            "EnvironmentError",
            "FileNotFoundError",
        ],
    ),
    (
        "PermissionError",
        &["OSError", "IOError", "EnvironmentError", "PermissionError"],
    ),
    (
        "subprocess.CalledProcessError",
        &[
            "subprocess.CalledProcessError",
            "subprocess.SubprocessError",
        ],
    ),
];

/// Exceptions of the standard library that are no builtins.
const IMPORTED: [&str; 3] = [
    "subprocess.CalledProcessError",
    "subprocess.SubprocessError",
    "subprocess.TimeoutExpired",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Catches {
    Yes,
    Maybe,
    No,
}

/// What a handler does in the end.
enum Outcome {
    Swallows,
    GivesUp(Option<String>),
}

impl<'a> Walker<'a> {
    pub(super) fn attempt(&mut self, attempt: &'a ast::StmtTry) -> Flow {
        if attempt.handlers.is_empty() {
            let body = self.block(&attempt.body).then(self.block(&attempt.orelse));
            return body.then(self.block(&attempt.finalbody));
        }
        let default = self.default_of_unset(attempt);
        let (swallows, message) = self.judge_handlers(&attempt.handlers);
        let index = self.enter_attempt(start(attempt), swallows);
        let frame = Frame::Attempt { index, message };
        let (body, body_flow) = self.branch(Some(frame), &attempt.body);
        let mut ways = Vec::new();
        let mut flow = body_flow;
        if !body_flow.ends {
            let (orelse, orelse_flow) = self.branch(Some(Frame::Follow(index)), &attempt.orelse);
            flow = body_flow.then(orelse_flow);
            if !flow.ends {
                let mut success = body.clone();
                success.then(orelse);
                ways.push(success);
            }
        }
        for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
            let (handled, handled_flow) = self.handler(handler, index);
            if !handled_flow.ends {
                let mut way = body.partly();
                way.then(handled);
                ways.push(way);
            }
            flow = flow.or(handled_flow);
        }
        self.delta.then(Delta::either(ways));
        if let Some((name, value)) = default {
            self.know(name, Known::Value(value));
        }
        flow.then(self.block(&attempt.finalbody))
    }

    /// `try: NAME` with `except NameError: NAME = literal`, where nothing has set the name: it has that value afterwards.
    fn default_of_unset(&self, attempt: &'a ast::StmtTry) -> Option<(&'a str, Literal)> {
        let ([Stmt::Expr(asked)], [ExceptHandler::ExceptHandler(handler)]) =
            (&*attempt.body, &*attempt.handlers)
        else {
            return None;
        };
        let (Expr::Name(asked), [Stmt::Assign(assign)]) = (&*asked.value, &*handler.body) else {
            return None;
        };
        let (Some(Expr::Name(caught)), [Expr::Name(set)]) =
            (handler.type_.as_deref(), &*assign.targets)
        else {
            return None;
        };
        let unset = set.id == asked.id && self.lookup(asked.id.as_str()).is_none();
        let fits = unset && caught.id.as_str() == "NameError" && attempt.orelse.is_empty();
        fits.then(|| (asked.id.as_str(), self.literal(&assign.value)))
    }

    fn handler(
        &mut self,
        handler: &'a ast::ExceptHandlerExceptHandler,
        index: u32,
    ) -> (Delta, Flow) {
        let before = std::mem::take(&mut self.delta);
        self.frames.push(Frame::Handler(index));
        if let Some(kind) = &handler.type_ {
            self.expression(kind);
        }
        if let Some(name) = &handler.name {
            let scope = self.binding_scope(name.id.as_str());
            let names = &mut self.scopes[scope].names;
            names.insert(name.id.as_str().to_owned(), Known::Other);
        }
        let flow = self.block(&handler.body);
        self.frames.pop();
        if let Some(name) = &handler.name
            && self.binding_scope(name.id.as_str()) == 0
            && self.at_module_run()
        {
            self.delta.delete(name.id.as_str());
        }
        (std::mem::replace(&mut self.delta, before), flow)
    }

    /// A new attempt in the facts; its index.
    fn enter_attempt(&mut self, offset: ruff_text_size::TextSize, swallows: Swallows) -> u32 {
        let place = self.place(offset, None);
        let index = u32::try_from(self.facts.attempts.len()).unwrap_or(u32::MAX);
        self.facts.attempts.push(Attempt {
            line: place.line,
            need: place.need,
            body: place.body,
            swallows,
            imports: Vec::new(),
        });
        index
    }

    /// What the handlers swallow, and what the one says that gives up on a missing module.
    fn judge_handlers(&self, handlers: &'a [ExceptHandler]) -> (Swallows, Option<String>) {
        let mut ended = [false; KINDS.len()];
        let mut message = None;
        for (kind, ended) in ended.iter_mut().enumerate() {
            for ExceptHandler::ExceptHandler(handler) in handlers {
                let caught = self.catches(handler.type_.as_deref(), kind);
                if caught == Catches::No {
                    continue;
                }
                match self.outcome(&handler.body) {
                    Outcome::Swallows => *ended = true,
                    Outcome::GivesUp(said) => {
                        if kind == 0 && message.is_none() {
                            message = said;
                        }
                        if caught == Catches::Maybe {
                            continue;
                        }
                    }
                }
                break;
            }
        }
        (Swallows::of(|kind| ended[kind]), message)
    }

    /// Whether a handler of this type catches the kind of failure.
    fn catches(&self, type_: Option<&Expr>, kind: usize) -> Catches {
        let Some(type_) = type_ else {
            return Catches::Yes;
        };
        if let Expr::Tuple(tuple) = type_ {
            let each = tuple.elts.iter().map(|part| self.catches_one(part, kind));
            let all: Vec<_> = each.collect();
            return match () {
                () if all.contains(&Catches::Yes) => Catches::Yes,
                () if all.contains(&Catches::Maybe) => Catches::Maybe,
                () => Catches::No,
            };
        }
        self.catches_one(type_, kind)
    }

    fn catches_one(&self, type_: &Expr, kind: usize) -> Catches {
        let (_, catching) = KINDS[kind];
        let Some(dotted) = self.dotted(type_) else {
            return Catches::Maybe;
        };
        let name = dotted
            .path
            .strip_prefix("builtins.")
            .unwrap_or(&dotted.path);
        let builtin = dotted.root == super::super::fact::Root::Builtin || name != dotted.path;
        if !builtin && !IMPORTED.contains(&name) {
            return Catches::Maybe;
        }
        if ABOVE_ALL.contains(&name) || catching.contains(&name) {
            return Catches::Yes;
        }
        let known = OTHERS.contains(&name) || KINDS.iter().any(|(_, names)| names.contains(&name));
        if known { Catches::No } else { Catches::Maybe }
    }

    /// Whether the end of a handler is reached.
    fn outcome(&self, body: &'a [Stmt]) -> Outcome {
        let mut printed = None;
        for statement in body {
            match statement {
                Stmt::Raise(raise) => {
                    let said = raise.exc.as_deref().and_then(|raised| self.said(raised));
                    return Outcome::GivesUp(said.or(printed));
                }
                Stmt::Return(_) | Stmt::Break(_) | Stmt::Continue(_) => return Outcome::Swallows,
                Stmt::Expr(expression) if self.exits(&expression.value) => {
                    return Outcome::GivesUp(self.said(&expression.value).or(printed));
                }
                Stmt::Expr(expression) => printed = self.said(&expression.value).or(printed),
                Stmt::If(test) => {
                    if let Some(Outcome::GivesUp(said)) = self.outcome_of_if(test) {
                        return Outcome::GivesUp(said);
                    }
                }
                Stmt::With(with) => {
                    if let Outcome::GivesUp(said) = self.outcome(&with.body) {
                        return Outcome::GivesUp(said);
                    }
                }
                _ => {}
            }
        }
        Outcome::Swallows
    }

    /// [`Outcome::GivesUp`] if every way through the `if` gives up.
    fn outcome_of_if(&self, test: &'a ast::StmtIf) -> Option<Outcome> {
        let first = std::iter::once((Some(&*test.test), &test.body));
        let rest = test
            .elif_else_clauses
            .iter()
            .map(|clause| (clause.test.as_ref(), &clause.body));
        let mut said = None;
        for (condition, body) in first.chain(rest) {
            let truth = condition.map_or(Truth::Known(true), |condition| self.truth(condition));
            if truth == Truth::Known(false) {
                continue;
            }
            match self.outcome(body) {
                Outcome::GivesUp(message) => said = said.or(message),
                Outcome::Swallows => return None,
            }
            if truth == Truth::Known(true) {
                return Some(Outcome::GivesUp(said));
            }
        }
        None
    }

    /// The text that an exception, `sys.exit` or `print` is given.
    fn said(&self, value: &Expr) -> Option<String> {
        let Expr::Call(call) = value else {
            return None;
        };
        let text = self.literal(call.arguments.args.first()?);
        text.as_str().map(str::to_owned)
    }

    pub(super) fn with(&mut self, with: &'a ast::StmtWith) -> Flow {
        let mut swallows = Swallows::default();
        for item in &with.items {
            self.expression(&item.context_expr);
            if let Some(target) = &item.optional_vars {
                self.bind_target(target, Some(&item.context_expr));
            }
            if let Expr::Call(call) = &item.context_expr {
                swallows = join(swallows, self.context_swallows(call));
            }
        }
        if swallows == Swallows::default() {
            return self.block(&with.body);
        }
        let index = self.enter_attempt(start(with), swallows);
        let frame = Frame::Attempt {
            index,
            message: None,
        };
        let (body, flow) = self.branch(Some(frame), &with.body);
        let partly = body.partly();
        self.delta.then(if flow.ends {
            partly
        } else {
            Delta::either(vec![body, partly])
        });
        Flow {
            ends: false,
            ..flow
        }
    }

    /// What a context manager swallows: `contextlib.suppress`, and any that looks made for optional imports.
    fn context_swallows(&self, call: &ast::ExprCall) -> Swallows {
        let Some(dotted) = self.dotted(&call.func) else {
            return Swallows::default();
        };
        if dotted.path == "contextlib.suppress" {
            let types = &call.arguments.args;
            let caught = |kind| {
                types
                    .iter()
                    .any(|type_| self.catches(Some(type_), kind) != Catches::No)
            };
            return Swallows::of(caught);
        }
        let last = dotted
            .written
            .last()
            .map(|name| name.to_ascii_lowercase())
            .unwrap_or_default();
        let optional = ["import", "suppress", "ignore", "optional", "lazy"];
        let looks_optional = optional.iter().any(|word| last.contains(word));
        Swallows::of(|_| looks_optional)
    }
}

impl Swallows {
    /// What is swallowed of the kinds, by their index.
    fn of(swallows: impl Fn(usize) -> bool) -> Swallows {
        Swallows {
            module_not_found: swallows(0),
            import_error: swallows(1),
            attribute_error: swallows(2),
            os_error: swallows(3),
            permission_error: swallows(4),
            process_error: swallows(5),
        }
    }
}

fn join(one: Swallows, other: Swallows) -> Swallows {
    Swallows {
        module_not_found: one.module_not_found || other.module_not_found,
        import_error: one.import_error || other.import_error,
        attribute_error: one.attribute_error || other.attribute_error,
        os_error: one.os_error || other.os_error,
        permission_error: one.permission_error || other.permission_error,
        process_error: one.process_error || other.process_error,
    }
}
