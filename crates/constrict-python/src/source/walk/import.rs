//! Import statements and calls that import.

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::TextSize;

use super::super::fact::{BindingKind, Form, Import, ImportedName, Need, Star};
use super::frame::{Failure, Frame, swallows};
use super::scope::Known;
use super::{MAX_IMPORTS, Walker, start, text};

impl<'a> Walker<'a> {
    pub(super) fn import(&mut self, import: &'a ast::StmtImport) {
        for alias in &import.names {
            let module = text(&alias.name);
            let asname = alias.asname.as_ref().map(text);
            let top = module.split('.').next().unwrap_or_default().to_owned();
            let (bound, path) = match &asname {
                Some(asname) => (asname.clone(), module.clone()),
                None => (top.clone(), top),
            };
            let line = self.line(start(alias));
            self.bind(&bound, BindingKind::Import, line);
            self.know(&bound, Known::Import { path, sure: true });
            self.record(0, module, Form::Module { asname }, start(alias));
        }
    }

    pub(super) fn import_from(&mut self, import: &'a ast::StmtImportFrom) {
        let module = import.module.as_ref().map(text).unwrap_or_default();
        if import.level == 0 && module == "__future__" {
            let annotations = import
                .names
                .iter()
                .any(|alias| alias.name.id.as_str() == "annotations");
            self.eager_annotations &= !annotations;
        }
        if import
            .names
            .iter()
            .any(|alias| alias.name.id.as_str() == "*")
        {
            let place = self.place(start(import), Some(Failure::Import));
            if place.need != Need::TypeChecking {
                self.facts.names.stars.push(Star {
                    level: import.level,
                    module: module.clone(),
                    need: place.need,
                });
            }
            self.record(import.level, module, Form::Star, start(import));
            return;
        }
        let mut names = Vec::new();
        for alias in &import.names {
            let name = ImportedName {
                name: text(&alias.name),
                asname: alias.asname.as_ref().map(text),
            };
            let line = self.line(start(alias));
            self.bind(name.bound(), BindingKind::Import, line);
            let dots = ".".repeat(import.level as usize);
            let joint = if module.is_empty() { "" } else { "." };
            let path = format!("{dots}{module}{joint}{}", name.name);
            self.know(name.bound(), Known::Import { path, sure: true });
            names.push(name);
        }
        self.record(import.level, module, Form::Names(names), start(import));
    }

    /// `importlib.import_module("a.b")`, `__import__("a")`.
    pub(super) fn dynamic_import(&mut self, path: &str, call: &ast::ExprCall) {
        if !matches!(
            path,
            "importlib.import_module" | "__import__" | "importlib.__import__"
        ) {
            return;
        }
        let Some(Expr::StringLiteral(literal)) = call.arguments.find_argument_value("name", 0)
        else {
            return;
        };
        let name = literal.value.to_str();
        let module = name.trim_start_matches('.');
        let level = name.len() - module.len();
        let own_package = match call.arguments.find_argument_value("package", 1) {
            Some(Expr::Name(package)) => matches!(package.id.as_str(), "__package__" | "__name__"),
            _ => false,
        };
        let plain = |part: &str| {
            !part.is_empty() && part.chars().all(|one| one.is_alphanumeric() || one == '_')
        };
        if (level > 0 && !own_package) || !module.split('.').all(plain) {
            return;
        }
        let level = u32::try_from(level).unwrap_or(u32::MAX);
        self.record(level, module.to_owned(), Form::Dynamic, start(call));
    }

    fn record(&mut self, level: u32, module: String, form: Form, offset: TextSize) {
        if self.facts.imports.len() >= MAX_IMPORTS {
            self.facts.truncated = true;
            return;
        }
        let place = self.place(offset, Some(Failure::Import));
        let index = u32::try_from(self.facts.imports.len()).unwrap_or(u32::MAX);
        let message = self.enter_in_attempts(index);
        self.facts.imports.push(Import {
            level,
            module,
            form,
            line: place.line,
            need: place.need,
            body: place.body,
            message,
        });
    }

    /// Adds an import to the attempts that its failure makes fail, and finds what their handlers say.
    fn enter_in_attempts(&mut self, import: u32) -> Option<String> {
        let mut said = None;
        for frame in self.frames.iter().rev() {
            let Frame::Attempt { index, message } = frame else {
                break;
            };
            let attempt = self.facts.attempts.get_mut(*index as usize)?;
            attempt.imports.push(import);
            if swallows(attempt, Failure::Import) {
                break;
            }
            if said.is_none() {
                said.clone_from(message);
            }
        }
        said
    }
}
