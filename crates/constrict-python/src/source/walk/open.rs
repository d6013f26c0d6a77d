//! What makes the names of a module unknowable from its text, and what it does to other modules.

use ruff_python_ast::{self as ast, Expr};

use super::super::fact::{Open, Root};
use super::Walker;
use super::scope::Dotted;

/// The most modules or attributes that are kept as set from one module.
const MAX_PATCHES: usize = 1_024;

/// What may be called with `__name__` without writing into the module.
const NAME_READERS: [&str; 12] = [
    "getLogger",
    "get_logger",
    "getlogger",
    "Flask",
    "Celery",
    "Blueprint",
    "declare_namespace",
    "import_module",
    "extend_path",
    "warn",
    "basicConfig",
    "set_start_method",
];

/// Builtins that only read a namespace they are given.
const READERS: [&str; 12] = [
    "eval",
    "dict",
    "list",
    "set",
    "sorted",
    "len",
    "tuple",
    "frozenset",
    "print",
    "iter",
    "repr",
    "__import__",
];

impl<'a> Walker<'a> {
    /// `globals()`, or `locals()`, `vars()` where they are the module's.
    pub(super) fn namespace_call(&self, expression: &Expr) -> bool {
        let Expr::Call(call) = expression else {
            return false;
        };
        let Expr::Name(name) = &*call.func else {
            return false;
        };
        let namespace = match name.id.as_str() {
            "globals" => true,
            "locals" | "vars" => self.scopes.len() == 1,
            _ => false,
        };
        namespace && call.arguments.is_empty() && self.lookup(name.id.as_str()).is_none()
    }

    /// A name read by itself: nothing to note unless it is one of the namespace functions, handed on as a value.
    pub(super) fn watch_name(&mut self, name: &'a ast::ExprName) {
        let hands_on = name.id.as_str() == "globals" && self.lookup("globals").is_none();
        if hands_on {
            self.set_open(Open::Globals);
        }
    }

    /// The callee is `globals().get` or another method that only reads.
    pub(super) fn reads_namespace(&self, dotted: &Dotted, call: &ast::ExprCall) -> bool {
        let [namespace, method] = &*dotted.written else {
            return false;
        };
        let reads = matches!(
            method.as_str(),
            "get" | "keys" | "items" | "values" | "copy" | "__contains__"
        );
        let of_namespace = matches!(&*call.func, Expr::Attribute(attribute) if self.namespace_call(&attribute.value));
        namespace.ends_with("()") && reads && of_namespace
    }

    /// The callee only reads a namespace it is given.
    pub(super) fn only_reads_arguments(&self, dotted: &Dotted) -> bool {
        dotted.root == Root::Builtin && READERS.contains(&dotted.path.as_str())
    }

    /// A call, before its parts are walked.
    pub(super) fn watch_call(&mut self, dotted: &Dotted, call: &'a ast::ExprCall) {
        let arguments = &call.arguments.args;
        let last = dotted.written.last().map_or("", String::as_str);
        if dotted.root == Root::Builtin {
            match dotted.path.as_str() {
                "exec" | "execfile" if self.at_module_run() && arguments.len() < 2 => {
                    self.set_open(Open::Exec)
                }
                "setattr" => self.watch_setattr(arguments),
                "vars" | "locals" if self.scopes.len() == 1 && arguments.is_empty() => {
                    self.set_open(Open::Globals)
                }
                _ => {}
            }
        }
        match dotted.path.as_str() {
            "sys.modules.setdefault" => arguments
                .first()
                .into_iter()
                .for_each(|key| self.inject(key)),
            "sys.modules.get" | "importlib.import_module" | "importlib.reload"
                if arguments.first().is_some_and(is_own_name) =>
            {
                self.set_open(Open::SysModules);
            }
            "sys.modules.update" => self.facts.injects.push("*".to_owned()),
            "pkgutil.extend_path" | "pkg_resources.declare_namespace" => {
                self.facts.alters_path = true
            }
            path if path.ends_with(".declare_namespace") => self.facts.alters_path = true,
            path => self.watch_search(path),
        }
        if matches!(dotted.written.first().map(String::as_str), Some("__path__")) {
            self.facts.alters_path = true;
        }
        if matches!(&*dotted.written, [all, extend] if all == "__all__" && extend == "extend")
            && self.scopes.len() == 1
        {
            arguments
                .first()
                .into_iter()
                .for_each(|more| self.extend_all(more));
        } else if matches!(&*dotted.written, [all, ..] if all == "__all__") {
            self.all_known = false;
        }
        let converts = matches!(last, "_convert_" | "_convert" | "initpkg");
        if converts && arguments.iter().any(is_own_name) {
            self.set_open(Open::ByName);
        }
    }

    /// A call that stands by itself and is handed the module's name may well write into the module.
    pub(super) fn watch_statement_call(&mut self, call: &ast::ExprCall) {
        let last = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.id.as_str(),
            _ => return,
        };
        let given = call.arguments.args.iter().any(is_own_name);
        if given && self.at_module_run() && !NAME_READERS.contains(&last) {
            self.set_open(Open::ByName);
        }
    }

    fn watch_setattr(&mut self, arguments: &'a [Expr]) {
        let [object, name, ..] = arguments else {
            return;
        };
        let Some(dotted) = self
            .dotted(object)
            .filter(|dotted| dotted.root == Root::Imported)
        else {
            return;
        };
        let attribute = match name {
            Expr::StringLiteral(text) => text.value.to_str(),
            _ => "*",
        };
        self.patch(format!("{}.{attribute}", dotted.path));
    }

    fn patch(&mut self, path: String) {
        if self.facts.patches.len() >= MAX_PATCHES {
            self.facts.truncated = true;
        } else if !self.facts.patches.contains(&path) {
            self.facts.patches.push(path);
        }
    }

    fn watch_search(&mut self, path: &str) {
        let search = ["sys.path", "sys.meta_path", "sys.path_hooks"];
        let changes = search.iter().any(|list| {
            path.strip_prefix(list).is_some_and(|rest| {
                rest.is_empty()
                    || matches!(
                        rest,
                        ".insert" | ".append" | ".extend" | ".remove" | ".pop" | ".clear"
                    )
            })
        });
        if !(changes || path == "site.addsitedir") {
            return;
        }
        match &self.function {
            _ if self.at_module_run() => self.facts.alters_search = true,
            Some(function) => {
                self.searchers.insert(function.clone());
            }
            None => {}
        }
    }

    /// `module.attribute = …`.
    pub(super) fn watch_attribute_store(&mut self, attribute: &'a ast::ExprAttribute) {
        if attribute.attr.id.as_str() == "__class__" {
            if let Expr::Subscript(subscript) = &*attribute.value {
                self.watch_own_module(subscript);
            }
            return;
        }
        let Some(dotted) = self.dotted(&attribute.value) else {
            return;
        };
        if dotted.root == Root::Imported {
            let path = format!("{}.{}", dotted.path, attribute.attr.id.as_str());
            self.watch_search(&path);
            if path != "sys.path" {
                self.patch(path);
            }
        }
    }

    /// `sys.modules[…] = …`, `del sys.modules[…]`, `sys.path[:0] = …`.
    pub(super) fn watch_modules_store(&mut self, subscript: &'a ast::ExprSubscript) {
        match self.foreign_path(&subscript.value).as_deref() {
            Some("sys.modules") if is_own_name(&subscript.slice) => self.set_open(Open::SysModules),
            Some("sys.modules") => self.inject(&subscript.slice),
            Some(path) => {
                let path = path.to_owned();
                self.watch_search(&path);
            }
            None => {}
        }
    }

    /// `globals()[…] = …`.
    pub(super) fn watch_globals_store(&mut self, subscript: &ast::ExprSubscript) {
        if self.namespace_call(&subscript.value) {
            self.set_open(Open::Globals);
        }
    }

    /// `sys.modules[__name__]`: whoever holds its own module can write to it.
    pub(super) fn watch_own_module(&mut self, subscript: &ast::ExprSubscript) {
        let own = self.foreign_path(&subscript.value).as_deref() == Some("sys.modules");
        if own && is_own_name(&subscript.slice) {
            self.set_open(Open::SysModules);
        }
    }

    /// A module that this one puts into `sys.modules`: a name, `.x` for `__name__ + ".x"`, `*` for any.
    fn inject(&mut self, key: &Expr) {
        let name = match key {
            Expr::StringLiteral(text) => text.value.to_str().to_owned(),
            Expr::BinOp(sum) if is_own_name(&sum.left) => match &*sum.right {
                Expr::StringLiteral(text) => text.value.to_str().to_owned(),
                _ => "*".to_owned(),
            },
            Expr::Attribute(own) if own.attr.as_str() == "__name__" => match &*own.value {
                // a class that is given out as a module, as `typing.io` was
                Expr::Name(class) => format!(".{}", class.id),
                _ => "*".to_owned(),
            },
            _ => "*".to_owned(),
        };
        if self.facts.injects.len() >= MAX_PATCHES {
            self.facts.truncated = true;
        } else if !self.facts.injects.contains(&name) {
            self.facts.injects.push(name);
        }
    }
}

fn is_own_name(expression: &Expr) -> bool {
    matches!(expression, Expr::Name(name) if name.id.as_str() == "__name__")
}
