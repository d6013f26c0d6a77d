//! Statements: which of them run, in which order, and whether control gets past them.

use ruff_python_ast::{self as ast, Expr, Stmt};

use super::super::fact::BindingKind;
use super::{Flow, Walker, start};

/// Calls that don't return.
const EXITS: [&str; 8] = [
    "sys.exit",
    "exit",
    "quit",
    "os._exit",
    "os.abort",
    "os.execv",
    "os.execvp",
    "os.execve",
];

impl<'a> Walker<'a> {
    pub(super) fn statement(&mut self, statement: &'a Stmt) -> Flow {
        match statement {
            Stmt::FunctionDef(function) => self.define_function(function),
            Stmt::ClassDef(class) => self.define_class(class),
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Assign(assign) => self.assign(&assign.targets, &assign.value),
            Stmt::AugAssign(assign) => self.augment(assign),
            Stmt::AnnAssign(assign) => self.annotate(assign),
            Stmt::Delete(delete) => delete.targets.iter().for_each(|target| self.delete(target)),
            Stmt::TypeAlias(alias) => self.bind_target(&alias.name, None),
            Stmt::For(each) => return self.for_loop(each),
            Stmt::While(each) => return self.while_loop(each),
            Stmt::If(test) => return self.if_chain(test),
            Stmt::With(with) => return self.with(with),
            Stmt::Match(cases) => return self.match_cases(cases),
            Stmt::Try(attempt) => return self.attempt(attempt),
            Stmt::Global(global) => self.declare_global(global),
            Stmt::Assert(assert) => {
                self.expression(&assert.test);
                self.record_asserted(&assert.test);
                if let Some(message) = &assert.msg {
                    self.conditional(|walker| walker.expression(message));
                }
            }
            Stmt::Expr(expression) => return self.expression_statement(&expression.value),
            Stmt::Return(value) => {
                value.value.iter().for_each(|value| self.expression(value));
                return Flow {
                    may_return: true,
                    ..Flow::ENDS
                };
            }
            Stmt::Raise(raise) => {
                let parts = raise.exc.iter().chain(&raise.cause);
                parts.for_each(|part| self.expression(part));
                return Flow::ENDS;
            }
            Stmt::Break(_) | Stmt::Continue(_) => {
                return Flow {
                    may_break: true,
                    ..Flow::ENDS
                };
            }
            Stmt::Nonlocal(_) | Stmt::Pass(_) | Stmt::IpyEscapeCommand(_) => {}
        }
        Flow::FALLS
    }

    fn expression_statement(&mut self, value: &'a Expr) -> Flow {
        if let Expr::Call(call) = value {
            self.watch_statement_call(call);
        }
        self.expression(value);
        if self.exits(value) {
            Flow::ENDS
        } else {
            Flow::FALLS
        }
    }

    /// The expression is a call that doesn't return.
    pub(super) fn exits(&self, value: &Expr) -> bool {
        let Expr::Call(call) = value else {
            return false;
        };
        self.foreign_path(&call.func)
            .is_some_and(|path| EXITS.contains(&path.as_str()))
    }

    fn declare_global(&mut self, global: &ast::StmtGlobal) {
        for name in &global.names {
            if let Some(scope) = self.scopes.last_mut() {
                scope.globals.insert(name.id.as_str().to_owned());
            }
        }
    }

    fn delete(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => {
                let id = name.id.as_str();
                let scope = self.binding_scope(id);
                self.scopes[scope].names.remove(id);
                if scope == 0 && self.at_module_run() {
                    self.delta.delete(id);
                }
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|part| self.delete(part)),
            Expr::List(list) => list.elts.iter().for_each(|part| self.delete(part)),
            Expr::Subscript(subscript) => {
                self.watch_modules_store(subscript);
                self.expression(&subscript.slice);
            }
            _ => {}
        }
    }

    /// Binds a name in the current scope; at module level it becomes one of the module's names.
    pub(super) fn bind(&mut self, name: &str, kind: BindingKind, line: u32) {
        if self.binding_scope(name) != 0 {
            return;
        }
        if self.at_module_run() {
            self.delta.bind(name, kind, line);
        } else {
            self.delta.may_bind(name, kind, line);
        }
        if name == "__path__" {
            self.facts.alters_path = true;
        }
    }

    pub(super) fn bind_name(&mut self, name: &ast::ExprName) {
        let line = self.line(start(name));
        self.bind(name.id.as_str(), BindingKind::Value, line);
    }
}
