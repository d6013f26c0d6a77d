//! Scopes: what a name stands for where it is read, as far as imports and plain assignments tell.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{self as ast, Expr, Stmt};

use super::super::fact::Root;
use super::super::literal::Literal;
use super::Walker;
use super::frame::Frame;
use super::truth::Value;

/// The most names in a dotted name that is followed.
const MAX_DOTS: usize = 16;

/// What kind of text a scope belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeKind {
    Module,
    Class,
    Function,
    Comprehension,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Known {
    /// An imported module or name, or an attribute of one.
    Import {
        /// Dotted, with the dots of a relative import in front.
        path: String,
        /// It is exactly that on every way; else the path is the last one given.
        sure: bool,
    },
    /// A literal, assigned on every way.
    Value(Literal),
    /// A value that the target settles, such as `PY3 = sys.version_info[0] == 3`.
    Settled(Value),
    /// The result of a call.
    Made {
        /// Resolved.
        callee: String,
        /// What its root is.
        root: Root,
    },
    /// What `shutil.which` gave for a program.
    Program(String),
    /// A function of this scope.
    Function,
    /// A class of this scope.
    Class,
    /// Something else.
    Other,
}

/// A function body that is walked when the text around it is done.
pub(super) struct Pending<'a> {
    /// The circumstances of its definition, [`Frame::Function`] included.
    pub(super) frames: Vec<Frame>,
    /// The top-level function that it counts for.
    pub(super) function: Option<String>,
    /// The class that `self` is of.
    pub(super) classes: Vec<String>,
    /// Its parameters.
    pub(super) parameters: Vec<String>,
    /// What runs.
    pub(super) code: Code<'a>,
}

/// The body of a function or lambda.
pub(super) enum Code<'a> {
    Statements(&'a [Stmt]),
    Expression(&'a Expr),
}

/// One scope.
pub(super) struct Scope<'a> {
    pub(super) kind: ScopeKind,
    pub(super) names: BTreeMap<String, Known>,
    /// Names declared `global`.
    pub(super) globals: BTreeSet<String>,
    /// Bodies to walk when the scope is complete.
    pub(super) pending: Vec<Pending<'a>>,
}

impl Scope<'_> {
    pub(super) fn new(kind: ScopeKind) -> Self {
        Scope {
            kind,
            names: BTreeMap::new(),
            globals: BTreeSet::new(),
            pending: Vec::new(),
        }
    }
}

/// A dotted name, resolved.
#[derive(Debug, Clone)]
pub(super) struct Dotted {
    /// The whole path.
    pub(super) path: String,
    pub(super) root: Root,
    /// The path is exact: see [`Known::Import`].
    pub(super) sure: bool,
    /// For `x.f` where `x` was made by a call: by which.
    pub(super) receiver: Option<String>,
    /// The names as written.
    pub(super) written: Vec<String>,
}

impl<'a> Walker<'a> {
    /// What a name stands for here; [`None`] if nothing binds it.
    pub(super) fn lookup(&self, name: &str) -> Option<&Known> {
        for scope in self.scopes.iter().rev() {
            if scope.globals.contains(name) {
                continue;
            }
            if let Some(known) = scope.names.get(name) {
                return Some(known);
            }
        }
        None
    }

    /// The name is a module-level function or class, not hidden by a local name.
    pub(super) fn is_definition(&self, name: &str) -> bool {
        let known = self.lookup(name);
        let here = self.scopes[0].names.get(name);
        known == here && matches!(here, Some(Known::Function | Known::Class))
    }

    /// Resolves `a.b.c`, `a().b`; [`None`] for anything else.
    pub(super) fn dotted(&self, expression: &Expr) -> Option<Dotted> {
        let mut written: Vec<String> = Vec::new();
        let mut called = String::new();
        let mut at = expression;
        let name = loop {
            if written.len() > MAX_DOTS {
                return None;
            }
            match at {
                Expr::Name(name) => break name.id.as_str(),
                Expr::Attribute(attribute) => {
                    written.push(format!("{}{called}", attribute.attr.id.as_str()));
                    called.clear();
                    at = &attribute.value;
                }
                Expr::Call(call) if !written.is_empty() && called.is_empty() => {
                    called.push_str("()");
                    at = &call.func;
                }
                _ => return None,
            }
        };
        written.push(format!("{name}{called}"));
        written.reverse();
        Some(self.resolve(name, &called, written))
    }

    fn resolve(&self, name: &str, called: &str, written: Vec<String>) -> Dotted {
        let rest = &written[1..];
        let join = |root: &str| {
            let mut path = format!("{root}{called}");
            for part in rest {
                if !path.ends_with('.') {
                    path.push('.');
                }
                path.push_str(part);
            }
            path
        };
        let known = self.lookup(name);
        let (path, root, sure) = match known {
            Some(Known::Import { path, sure }) => (join(path), Root::Imported, *sure),
            Some(_) => (join(name), Root::Local, true),
            None => (join(name), Root::Builtin, true),
        };
        let receiver = match known {
            Some(Known::Made { callee, .. }) if !rest.is_empty() => Some(callee.clone()),
            _ => None,
        };
        Dotted {
            path,
            root,
            sure,
            receiver,
            written,
        }
    }

    /// The resolved path, if the root is imported or a builtin.
    pub(super) fn foreign_path(&self, expression: &Expr) -> Option<String> {
        let dotted = self.dotted(expression)?;
        (dotted.root != Root::Local).then_some(dotted.path)
    }

    /// Gives a name a meaning in the current scope.
    pub(super) fn know(&mut self, name: &str, known: Known) {
        let surely = self.surely();
        let index = self.binding_scope(name);
        let deferred = index == 0 && !self.at_module_run();
        let names = &mut self.scopes[index].names;
        let known = match (names.get(name), known) {
            (Some(earlier), known) if !surely || deferred => match (earlier, known) {
                (earlier, known) if *earlier == known => known,
                (_, Known::Import { path, .. }) => Known::Import { path, sure: false },
                (Known::Import { path, .. }, _) => Known::Import {
                    path: path.clone(),
                    sure: false,
                },
                (Known::Function | Known::Class, Known::Function | Known::Class) => Known::Function,
                _ => Known::Other,
            },
            (None, Known::Value(_) | Known::Settled(_) | Known::Program(_)) if !surely => {
                Known::Other
            }
            (_, known) => known,
        };
        names.insert(name.to_owned(), known);
    }

    /// The index of the scope that an assignment to the name goes to.
    pub(super) fn binding_scope(&self, name: &str) -> usize {
        let last = self.scopes.len() - 1;
        if self.scopes[last].globals.contains(name) {
            0
        } else {
            last
        }
    }

    /// Walks the bodies that waited for the current scope to be complete.
    pub(super) fn run_pending(&mut self) {
        let last = self.scopes.len() - 1;
        let waiting = std::mem::take(&mut self.scopes[last].pending);
        for pending in waiting {
            let frames = std::mem::replace(&mut self.frames, pending.frames);
            let function = std::mem::replace(&mut self.function, pending.function);
            let classes = std::mem::replace(&mut self.classes, pending.classes);
            let mut scope = Scope::new(ScopeKind::Function);
            for parameter in pending.parameters {
                scope.names.insert(parameter, Known::Other);
            }
            self.scopes.push(scope);
            match pending.code {
                Code::Statements(body) => {
                    self.block(body);
                }
                Code::Expression(expression) => self.expression(expression),
            }
            self.run_pending();
            self.scopes.pop();
            self.frames = frames;
            self.function = function;
            self.classes = classes;
        }
    }

    /// Puts a body where it is walked once its surroundings are complete.
    pub(super) fn defer(
        &mut self,
        parameters: &ast::Parameters,
        function: Option<String>,
        code: Code<'a>,
    ) {
        let mut frames = self.frames.clone();
        frames.push(Frame::Function);
        // within a function's function nothing more is told apart, and chains of lambdas must not grow the frames
        let mut functions = (0..frames.len()).filter(|at| frames[*at] == Frame::Function);
        if let Some(second) = functions.nth(1) {
            frames.truncate(second + 1);
        }
        let pending = Pending {
            frames,
            function,
            classes: self.classes.clone(),
            parameters: parameters
                .iter()
                .map(|parameter| parameter.name().id.as_str().to_owned())
                .collect(),
            code,
        };
        let holder = self
            .scopes
            .iter_mut()
            .rev()
            .find(|scope| scope.kind != ScopeKind::Class);
        if let Some(scope) = holder {
            scope.pending.push(pending);
        }
    }
}
