//! Definitions of functions and classes: what runs at the definition, what waits for a call.

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::Ranged;

use super::super::fact::{BindingKind, Function, Open};
use super::scope::{Code, Known, Scope, ScopeKind};
use super::{Walker, text};

impl<'a> Walker<'a> {
    pub(super) fn define_function(&mut self, function: &'a ast::StmtFunctionDef) {
        let mut decorated = false;
        for decorator in &function.decorator_list {
            self.expression(&decorator.expression);
            decorated |= !plain_decorator(&decorator.expression);
        }
        self.signature(&function.parameters, function.returns.as_deref());
        let name = text(&function.name);
        self.bind(
            &name,
            BindingKind::Function,
            self.line(function.name.start()),
        );
        self.know(
            &name,
            if decorated {
                Known::Other
            } else {
                Known::Function
            },
        );
        let outer = self.function.clone();
        let top = outer.is_none() && self.at_module_run();
        let counts_for = outer.or_else(|| {
            let mut path = self.classes.clone();
            path.push(name.clone());
            Some(path.join("."))
        });
        if let Some(full) = counts_for.as_ref().filter(|_| top) {
            let fact = Function {
                line: self.line(function.name.start()),
                end_line: self.line(function.end()),
                calls: Vec::new(),
                decorated,
            };
            self.facts.functions.insert(full.clone(), fact);
        }
        if decorated && top && self.classes.is_empty() {
            // the wrapped function can still be followed by its name
            self.know(&name, Known::Function);
        }
        self.defer(
            &function.parameters,
            counts_for,
            Code::Statements(&function.body),
        );
    }

    /// Defaults, and annotations where they are evaluated.
    pub(super) fn signature(&mut self, parameters: &'a ast::Parameters, returns: Option<&'a Expr>) {
        for parameter in parameters.iter_non_variadic_params() {
            parameter
                .default()
                .into_iter()
                .for_each(|default| self.expression(default));
        }
        if !self.eager_annotations {
            return;
        }
        for parameter in parameters {
            parameter
                .as_parameter()
                .annotation()
                .into_iter()
                .for_each(|part| self.expression(part));
        }
        returns.into_iter().for_each(|part| self.expression(part));
    }

    pub(super) fn define_class(&mut self, class: &'a ast::StmtClassDef) {
        for decorator in &class.decorator_list {
            self.expression(&decorator.expression);
            let by_name = self.dotted(&decorator.expression).is_some_and(|dotted| {
                dotted
                    .written
                    .last()
                    .is_some_and(|last| last == "global_enum")
            });
            if by_name {
                self.set_open(Open::ByName);
            }
        }
        if let Some(arguments) = &class.arguments {
            arguments.args.iter().for_each(|base| self.expression(base));
            arguments
                .keywords
                .iter()
                .for_each(|keyword| self.expression(&keyword.value));
        }
        let name = text(&class.name);
        self.scopes.push(Scope::new(ScopeKind::Class));
        self.classes.push(name.clone());
        self.block(&class.body);
        self.classes.pop();
        self.scopes.pop();
        self.bind(&name, BindingKind::Class, self.line(class.name.start()));
        self.know(&name, Known::Class);
    }
}

/// Decorators that leave a function what it is.
fn plain_decorator(decorator: &Expr) -> bool {
    let last = match decorator {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.id.as_str(),
        _ => return false,
    };
    matches!(
        last,
        "staticmethod"
            | "classmethod"
            | "property"
            | "setter"
            | "cached_property"
            | "wraps"
            | "override"
    )
}
