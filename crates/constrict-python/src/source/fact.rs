//! What is known of a module from its source: plain data, compact, to be cached.
//!
//! Nothing here is resolved against files: `from .a import b` stays level 1, module `a`, name `b`; whether `b` is a
//! submodule or a name of `a` is the caller's to find out. Lines count from one.
//!
//! Format: serde with every field written, so that any serde format will do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::literal::Literal;
use super::path::FilePath;

/// The facts of one module.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// Every import statement that can run on the target, one entry for each module named, in order.
    pub imports: Vec<Import>,
    /// The `try` statements (and `contextlib.suppress` blocks) that [`Need::Guarded`], [`Need::Fallback`] and
    /// [`Need::Follow`] speak of by index.
    pub attempts: Vec<Attempt>,
    /// The names that the module has after it was imported.
    pub names: Names,
    /// Attributes read from imported modules while this one is imported, and removed ones of the standard library
    /// wherever they are read.
    pub uses: Vec<Use>,
    /// Calls whose callee is a dotted name that tells something, in order.
    pub calls: Vec<Call>,
    /// Files and directories that are made or changed, where the path is known, in order.
    pub writes: Vec<Write>,
    /// Programs whose absence is made a failure: `if not shutil.which("git"): raise …`.
    pub required: Vec<Required>,
    /// Plain names called at the top level, under the main guard too.
    pub top_calls: Vec<TopCall>,
    /// Functions of the top level (`f`) and methods of its classes (`C.f`).
    pub functions: BTreeMap<String, Function>,
    /// Names assigned a literal at the top level (the last assignment wins).
    pub values: BTreeMap<String, Literal>,
    /// Names assigned the result of a call at the top level.
    pub constructed: BTreeMap<String, Constructed>,
    /// Keys that are assigned in `sys.modules`: modules that exist once this one is imported. `.x` stands for
    /// `__name__ + ".x"`, `*` for a key that isn't known.
    pub injects: Vec<String>,
    /// Attributes set on imported modules from here, dotted: `collections.Mapping = …`, `setattr(np, "float", …)`;
    /// the attribute is `*` where it isn't known.
    pub patches: Vec<String>,
    /// The module changes `sys.path`, `sys.meta_path` or `sys.path_hooks`, or calls `site.addsitedir`.
    pub alters_search: bool,
    /// The package changes its `__path__` (`pkgutil.extend_path`, `declare_namespace`, assignment).
    pub alters_path: bool,
    /// The first syntax that the target's version doesn't know yet: importing the module is a `SyntaxError`.
    pub newer_syntax: Option<NewerSyntax>,
    /// Some list reached its bound: absence of a fact proves nothing.
    pub truncated: bool,
}

/// Syntax that came in a later version than the target's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewerSyntax {
    /// Where.
    pub line: u32,
    /// The parser's words, such as "Cannot use `match` statement on Python 3.9 (syntax was added in Python 3.10)".
    pub fact: String,
}

/// Under which circumstances a statement runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Need {
    /// Whenever the module is imported (or, in [`Body::need`], whenever the function runs).
    Always,
    /// It runs, and its failure is caught: `attempt` indexes [`Module::attempts`].
    Guarded {
        /// The innermost `try` that swallows the failure.
        attempt: u32,
    },
    /// In a handler: it runs only if the attempt `of` ran and failed; nothing catches its own failure.
    Fallback {
        /// Indexes [`Module::attempts`].
        of: u32,
    },
    /// In the `else` of a `try`: it runs only if the attempt `of` ran and succeeded.
    Follow {
        /// Indexes [`Module::attempts`].
        of: u32,
    },
    /// Under `if TYPE_CHECKING`: never at run time.
    TypeChecking,
    /// In the body of a function, method or lambda: when that is called. See [`Body`].
    Deferred,
    /// Under a condition whose truth isn't known from the text.
    Conditional,
    /// Under `if __name__ == "__main__"`.
    Main,
}

/// The function that a deferred fact is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The top-level function `f` or method `C.f`; `<lambda>` for a lambda outside any.
    pub function: String,
    /// What the circumstances are once that function runs; [`Need::Deferred`] in a function within it.
    pub need: Need,
}

/// One module named by an import statement, or by a dynamic import with a literal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Dots in front: 0 is absolute, 1 is the module's own package.
    pub level: u32,
    /// The dotted name after them; empty in `from . import x`.
    pub module: String,
    /// How it is written, with the names it takes.
    pub form: Form,
    /// Where.
    pub line: u32,
    /// When it runs.
    pub need: Need,
    /// The function it is in.
    pub body: Option<Body>,
    /// What the handler says that re-raises or exits when this import fails: `raise ImportError("install x")`.
    pub message: Option<String>,
}

/// The form of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// `import a.b` or `import a.b as c`.
    Module {
        /// The name after `as`.
        asname: Option<String>,
    },
    /// `from a import b, c as d`.
    Names(Vec<ImportedName>),
    /// `from a import *`.
    Star,
    /// `importlib.import_module("a.b")`, `__import__("a")`: nothing is bound by it.
    Dynamic,
}

/// A name taken by `from … import`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedName {
    /// The name in the other module.
    pub name: String,
    /// The name after `as`.
    pub asname: Option<String>,
}

impl ImportedName {
    /// The name it is bound to here.
    pub fn bound(&self) -> &str {
        self.asname.as_deref().unwrap_or(&self.name)
    }
}

/// A `try` statement or `contextlib.suppress` block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Of `try` or `with`.
    pub line: u32,
    /// When the statement itself runs; never [`Need::Guarded`].
    pub need: Need,
    /// The function it is in.
    pub body: Option<Body>,
    /// Which failures of its body don't get out of it.
    pub swallows: Swallows,
    /// The imports in its body that surely run and whose failure makes it fail, as indices of [`Module::imports`].
    pub imports: Vec<u32>,
}

/// The kinds of failure that a `try` ends: caught by a handler that doesn't raise again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swallows {
    /// `ModuleNotFoundError`: the module isn't there.
    pub module_not_found: bool,
    /// `ImportError`: a name isn't there, or an extension module does not load.
    pub import_error: bool,
    /// `AttributeError`: a module lacks an attribute.
    pub attribute_error: bool,
    /// `OSError`: a file, program or library isn't there.
    pub os_error: bool,
    /// `PermissionError`: a file or directory is closed.
    pub permission_error: bool,
    /// `subprocess.CalledProcessError`: a program, such as a shell, ends in failure.
    pub process_error: bool,
}

/// The names of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// Every name that the text binds at module level.
    pub bound: BTreeMap<String, Binding>,
    /// Why there may be more names than these and those of `stars`.
    pub open: Option<Open>,
    /// The modules whose names `from … import *` brings.
    pub stars: Vec<Star>,
    /// `__all__`, when it is a literal all the way; [`None`] if absent or computed.
    pub all: Option<Vec<String>>,
    /// `__all__` is there, though its value isn't known.
    pub all_computed: bool,
}

/// How a name is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// By what kind of statement (the last one).
    pub kind: BindingKind,
    /// Bound on every way through the module; else on some only.
    pub sure: bool,
    /// Of the last statement that binds it.
    pub line: u32,
}

/// What binds a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BindingKind {
    /// `def`, `async def`.
    Function,
    /// `class`.
    Class,
    /// `import`, `from … import`.
    Import,
    /// Assignment, loop or `with` target, capture, `global` in a function.
    Value,
}

/// Why the names of a module are not all known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Open {
    /// The module has a `__getattr__`, its own or one made by a lazy loader.
    Getattr,
    /// `globals()`, `vars()` or `locals()` may be written to.
    Globals,
    /// `exec` at module level.
    Exec,
    /// The module looks itself up in `sys.modules`, or replaces itself there.
    SysModules,
    /// A helper that writes into the module by its name, such as `IntEnum._convert_`.
    ByName,
    /// There are more names than this crate keeps.
    Bound,
}

/// A star import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Star {
    /// As in [`Import::level`].
    pub level: u32,
    /// As in [`Import::module`].
    pub module: String,
    /// When it runs.
    pub need: Need,
}

/// An attribute read from an imported module or name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// Resolved through the import bindings: `numpy.float`, `.compat.text_type` (leading dots as in a relative import).
    pub path: String,
    /// Where it is read first.
    pub line: u32,
    /// When; [`Need::Guarded`] here means that `AttributeError` is swallowed.
    pub need: Need,
    /// The function it is in.
    pub body: Option<Body>,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Dotted, resolved through the import bindings: `subprocess.run`. A local root stays as written: `app.run`.
    /// A call in the chain is written `()`: `http.server.HTTPServer().serve_forever`.
    pub callee: String,
    /// What the root of `callee` is.
    pub root: Root,
    /// What the receiver was made by: for `app.run` after `app = Flask(__name__)` it is `flask.Flask`.
    pub receiver: Option<String>,
    /// The positional arguments; what isn't a literal is [`Literal::Unknown`].
    pub args: Vec<Literal>,
    /// The keyword arguments; `**x` is under the key `**`.
    pub keywords: Vec<(String, Literal)>,
    /// Where.
    pub line: u32,
    /// When; [`Need::Guarded`] here means that `OSError` is swallowed, for a shell's command `CalledProcessError`.
    pub need: Need,
    /// The function it is in.
    pub body: Option<Body>,
}

impl Call {
    /// The argument called `name`, else the positional one at `index`.
    pub fn argument(&self, name: &str, index: usize) -> Option<&Literal> {
        let by_name = self.keywords.iter().find(|(key, _)| key == name);
        by_name
            .map(|(_, value)| value)
            .or_else(|| self.args.get(index))
    }
}

/// What the first name of a dotted callee is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Root {
    /// An imported module or name.
    Imported,
    /// A name of this module or function.
    Local,
    /// A name that nothing here binds: a builtin such as `open`.
    Builtin,
}

/// A file or directory that is made or changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Write {
    /// Which.
    pub path: FilePath,
    /// What is done.
    pub act: Act,
    /// Where.
    pub line: u32,
    /// When; [`Need::Guarded`] here means that `PermissionError` is swallowed. A condition that the path isn't there yet
    /// doesn't count.
    pub need: Need,
    /// The function it is in.
    pub body: Option<Body>,
}

/// What is done to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// A directory is made.
    Directory {
        /// Those above it too.
        parents: bool,
    },
    /// A file is made or changed.
    File,
    /// A database is opened, and made if it isn't there.
    Database,
}

/// A program without which a module gives up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Required {
    /// As `shutil.which` is asked for it.
    pub program: String,
    /// Where.
    pub line: u32,
    /// When it is looked for.
    pub need: Need,
    /// The function it is in.
    pub body: Option<Body>,
}

/// A plain name called at the top level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopCall {
    /// The function or class called; `C.f` for `C().f()` and for `x.f()` where `x = C()`.
    pub name: String,
    /// Where.
    pub line: u32,
    /// When; never [`Need::Deferred`].
    pub need: Need,
}

/// A function of the top level or a method of a class there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Of `def`.
    pub line: u32,
    /// Of its last statement.
    pub end_line: u32,
    /// The functions and classes of this module that it calls by name, methods of its own class as `C.f`, each once,
    /// with the circumstances inside the function.
    pub calls: Vec<(String, Need)>,
    /// Some decorator other than `staticmethod`, `classmethod`, `property` wraps it.
    pub decorated: bool,
}

/// What a top-level name was made by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Constructed {
    /// The callee, resolved as in [`Call::callee`]: `fastapi.FastAPI`.
    pub callee: String,
    /// What the root of `callee` is.
    pub root: Root,
    /// Where.
    pub line: u32,
    /// When.
    pub need: Need,
}
