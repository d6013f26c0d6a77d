//! The walk over a syntax tree that collects the facts: statements in the order in which they run, the bodies of
//! functions after everything around them, as they see what is bound later.
//!
//! Never guesses: what the text doesn't settle becomes [`Need::Conditional`], a name that is not sure, or
//! [`Literal::Unknown`](super::Literal::Unknown).

mod assign;
mod attempt;
mod branch;
mod call;
mod define;
mod delta;
mod expression;
mod frame;
mod import;
mod open;
mod path;
mod scope;
mod statement;
mod truth;
mod value;
mod write;

use std::collections::BTreeSet;

use ruff_python_ast::{self as ast, Stmt};
use ruff_text_size::{Ranged, TextSize};

use super::fact::{Body, Module, Need, Open};
use super::{Lines, Target};
use delta::Delta;
use frame::{Failure, Frame, classify};
use scope::{Scope, ScopeKind};

/// Bounds on what is kept of one module; real modules stay far below.
const MAX_IMPORTS: usize = 8_192;
const MAX_NAMES: usize = 65_536;
const MAX_USES: usize = 4_096;
const MAX_CALLS: usize = 2_048;
const MAX_VALUES: usize = 2_048;

/// Collects the facts of a module.
pub(super) fn walk(body: &[Stmt], lines: &Lines, target: Target) -> Module {
    let mut walker = Walker {
        lines,
        target,
        facts: Module::default(),
        frames: Vec::new(),
        scopes: vec![Scope::new(ScopeKind::Module)],
        function: None,
        classes: Vec::new(),
        delta: Delta::default(),
        eager_annotations: target.python < (3, 14),
        all_known: true,
        searchers: BTreeSet::new(),
    };
    walker.block(body);
    walker.run_pending();
    walker.finish()
}

/// The state of the walk.
struct Walker<'a> {
    lines: &'a Lines,
    target: Target,
    facts: Module,
    /// The circumstances, outermost first.
    frames: Vec<Frame>,
    /// The scopes, the module's first.
    scopes: Vec<Scope<'a>>,
    /// The top-level function or method that the walk is in.
    function: Option<String>,
    /// The classes that the walk is in, outermost first.
    classes: Vec<String>,
    /// What happened to the module's names since the current branch began.
    delta: Delta,
    /// Annotations are evaluated where they stand.
    eager_annotations: bool,
    /// `__all__` has only been given literals.
    all_known: bool,
    /// The functions and methods that change the search path.
    searchers: BTreeSet<String>,
}

/// Where and when something stands.
struct Place {
    line: u32,
    need: Need,
    body: Option<Body>,
}

/// How a statement or block ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Flow {
    /// Control never gets past it.
    ends: bool,
    /// Some way through it returns.
    may_return: bool,
    /// Some way through it leaves or restarts the loop.
    may_break: bool,
}

impl Flow {
    const FALLS: Flow = Flow {
        ends: false,
        may_return: false,
        may_break: false,
    };

    const ENDS: Flow = Flow {
        ends: true,
        may_return: false,
        may_break: false,
    };

    /// Either of the two happened.
    fn or(self, other: Flow) -> Flow {
        Flow {
            ends: self.ends && other.ends,
            may_return: self.may_return || other.may_return,
            may_break: self.may_break || other.may_break,
        }
    }

    /// First this, then the other.
    fn then(self, other: Flow) -> Flow {
        Flow {
            ends: self.ends || other.ends,
            may_return: self.may_return || other.may_return,
            may_break: self.may_break || other.may_break,
        }
    }

    fn leaves_somewhere(self) -> bool {
        self.may_return || self.may_break
    }
}

impl<'a> Walker<'a> {
    fn line(&self, offset: TextSize) -> u32 {
        self.lines.line(offset)
    }

    /// Statements one after the other, up to the one that control doesn't get past.
    fn block(&mut self, body: &'a [Stmt]) -> Flow {
        let depth = self.frames.len();
        let mut flow = Flow::FALLS;
        for statement in body {
            let one = self.statement(statement);
            let newly = one.leaves_somewhere() && !flow.leaves_somewhere();
            flow = flow.then(one);
            if flow.ends {
                break;
            }
            if newly {
                self.frames.push(Frame::Conditional);
            }
        }
        self.frames.truncate(depth);
        flow
    }

    /// The block under one more frame.
    fn block_in(&mut self, frame: Frame, body: &'a [Stmt]) -> Flow {
        self.frames.push(frame);
        let flow = self.block(body);
        self.frames.pop();
        flow
    }

    /// The block as one of several ways: what it does to the names is handed back instead of applied.
    fn branch(&mut self, frame: Option<Frame>, body: &'a [Stmt]) -> (Delta, Flow) {
        let before = std::mem::take(&mut self.delta);
        let flow = match frame {
            Some(frame) => self.block_in(frame, body),
            None => self.block(body),
        };
        (std::mem::replace(&mut self.delta, before), flow)
    }

    /// The circumstances of something that can fail in this way.
    fn place(&self, offset: TextSize, failure: Option<Failure>) -> Place {
        let attempts = &self.facts.attempts;
        let need = classify(&self.frames, attempts, failure);
        let first = self
            .frames
            .iter()
            .position(|frame| *frame == Frame::Function);
        let body = first.map(|at| Body {
            function: self
                .function
                .clone()
                .unwrap_or_else(|| "<lambda>".to_owned()),
            need: classify(&self.frames[at + 1..], attempts, failure),
        });
        Place {
            line: self.line(offset),
            need,
            body,
        }
    }

    /// Outside every function.
    fn at_module_run(&self) -> bool {
        !self.frames.contains(&Frame::Function)
    }

    /// What stands here runs whenever the module or function around it does.
    fn surely(&self) -> bool {
        classify(self.frames_here(), &self.facts.attempts, None) == Need::Always
            && !self.frames_here().iter().any(
                |frame| matches!(frame, Frame::Attempt { index, .. } if self.facts.attempts[*index as usize].swallows != super::fact::Swallows::default()),
            )
    }

    /// The frames since the innermost function began.
    fn frames_here(&self) -> &[Frame] {
        let start = self
            .frames
            .iter()
            .rposition(|frame| *frame == Frame::Function)
            .map_or(0, |at| at + 1);
        &self.frames[start..]
    }

    fn set_open(&mut self, why: Open) {
        self.facts.names.open.get_or_insert(why);
    }

    /// Whether a function that changes the search path is called as the module is run.
    fn calls_searcher(&self) -> bool {
        let top = self.facts.top_calls.iter();
        let mut pending: Vec<&str> = top
            .filter(|call| call.need != Need::TypeChecking)
            .map(|call| call.name.as_str())
            .collect();
        let mut seen = BTreeSet::new();
        while let Some(name) = pending.pop() {
            if self.searchers.contains(name) {
                return true;
            }
            if seen.insert(name)
                && let Some(function) = self.facts.functions.get(name)
            {
                pending.extend(function.calls.iter().map(|(name, _)| name.as_str()));
            }
        }
        false
    }

    fn finish(mut self) -> Module {
        self.facts.alters_search |= !self.searchers.is_empty() && self.calls_searcher();
        let (bound, overflow) = std::mem::take(&mut self.delta).into_bindings(MAX_NAMES);
        if overflow {
            self.set_open(Open::Bound);
            self.facts.truncated = true;
        }
        if bound.contains_key("__getattr__") {
            self.set_open(Open::Getattr);
        }
        self.facts.names.bound = bound;
        if !self.all_known {
            self.facts.names.all = None;
            self.facts.names.all_computed = true;
        }
        self.facts
    }
}

/// The text of a name in the tree.
fn text(identifier: &ast::Identifier) -> String {
    identifier.id.as_str().to_owned()
}

/// Where a node begins.
fn start(node: &impl Ranged) -> TextSize {
    node.start()
}
