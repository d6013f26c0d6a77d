//! Expressions: attributes read from imported modules, calls, and what runs only sometimes or later.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, CmpOp, Expr, ExprContext};

use super::super::fact::{BindingKind, Need, Root, Use};
use super::frame::{Failure, Frame};
use super::scope::{Code, Dotted, Known, Scope, ScopeKind};
use super::truth::Truth;
use super::{MAX_USES, Walker, start};

impl<'a> Walker<'a> {
    pub(super) fn expression(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) => self.watch_name(name),
            Expr::Attribute(attribute) => self.attribute(expression, attribute),
            Expr::Call(call) => self.call(call),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::BoolOp(several) => self.several(several),
            Expr::If(choice) => self.choice(choice),
            Expr::Named(named) => {
                self.expression(&named.value);
                self.walrus(named);
            }
            Expr::Compare(compare) => self.compare(compare),
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::ListComp(ast::ExprListComp {
                elt, generators, ..
            })
            | Expr::SetComp(ast::ExprSetComp {
                elt, generators, ..
            })
            | Expr::Generator(ast::ExprGenerator {
                elt, generators, ..
            }) => {
                self.comprehension(&[elt], generators);
            }
            Expr::DictComp(comprehension) => {
                let mut parts: Vec<&'a Expr> = vec![&comprehension.value];
                parts.extend(comprehension.key.as_deref());
                self.comprehension(&parts, &comprehension.generators);
            }
            other => visitor::walk_expr(self, other),
        }
    }

    /// What runs only if something else holds.
    pub(super) fn conditional(&mut self, run: impl FnOnce(&mut Self)) {
        self.frames.push(Frame::Conditional);
        run(self);
        self.frames.pop();
    }

    fn attribute(&mut self, expression: &'a Expr, attribute: &'a ast::ExprAttribute) {
        match self.dotted(expression) {
            Some(dotted) if attribute.ctx == ExprContext::Load => {
                self.record_use(&dotted, expression);
                self.watch_calls_within(expression);
            }
            _ => self.expression(&attribute.value),
        }
    }

    /// The calls in a dotted name such as `a().b`.
    fn watch_calls_within(&mut self, expression: &'a Expr) {
        let mut at = expression;
        loop {
            match at {
                Expr::Attribute(attribute) => at = &attribute.value,
                Expr::Call(call) => return self.call(call),
                Expr::Name(name) => return self.watch_name(name),
                _ => return,
            }
        }
    }

    /// An attribute read from what is imported.
    pub(super) fn record_use(&mut self, dotted: &Dotted, expression: &Expr) {
        if dotted.root != Root::Imported
            || !dotted.sure
            || dotted.written.len() < 2
            || dotted.path.contains("()")
        {
            return;
        }
        let place = self.place(start(expression), Some(Failure::Attribute));
        match place.need {
            Need::TypeChecking => return,
            Need::Deferred
                if crate::stdlib::removed_attribute(&dotted.path, self.target.python).is_none() =>
            {
                return;
            }
            _ => {}
        }
        let seen = self.facts.uses.iter().rev().take(256);
        let mut same = seen.filter(|seen| seen.path == dotted.path);
        if same.any(|seen| seen.need == place.need && seen.body == place.body) {
            return;
        }
        if self.facts.uses.len() >= MAX_USES {
            self.facts.truncated = true;
            return;
        }
        self.facts.uses.push(Use {
            path: dotted.path.clone(),
            line: place.line,
            need: place.need,
            body: place.body,
        });
    }

    fn lambda(&mut self, lambda: &'a ast::ExprLambda) {
        let function = self.function.clone();
        match &lambda.parameters {
            Some(parameters) => {
                self.signature(parameters, None);
                self.defer(parameters, function, Code::Expression(&lambda.body));
            }
            None => self.defer(
                &ast::Parameters::default(),
                function,
                Code::Expression(&lambda.body),
            ),
        }
    }

    /// `a and b`, `a or b`: what follows an operand that isn't settled may not run.
    fn several(&mut self, several: &'a ast::ExprBoolOp) {
        let depth = self.frames.len();
        for operand in &several.values {
            self.expression(operand);
            match self.truth(operand) {
                Truth::Known(value) if value == (several.op == ast::BoolOp::Or) => break,
                Truth::Known(_) => {}
                Truth::TypeChecking if several.op == ast::BoolOp::And => break,
                Truth::TypeChecking => {}
                _ => self.frames.push(Frame::Conditional),
            }
        }
        self.frames.truncate(depth);
    }

    fn choice(&mut self, choice: &'a ast::ExprIf) {
        self.expression(&choice.test);
        match self.truth(&choice.test) {
            Truth::Known(true) => self.expression(&choice.body),
            Truth::Known(false) | Truth::TypeChecking => self.expression(&choice.orelse),
            _ => self.conditional(|walker| {
                walker.expression(&choice.body);
                walker.expression(&choice.orelse);
            }),
        }
    }

    /// `name := value` binds outside of comprehensions.
    fn walrus(&mut self, named: &'a ast::ExprNamed) {
        let Expr::Name(name) = &*named.target else {
            return;
        };
        let scopes = self.scopes.len();
        let inner = self
            .scopes
            .iter()
            .rev()
            .take_while(|scope| scope.kind == ScopeKind::Comprehension);
        let outer = scopes - inner.count();
        let comprehensions = self.scopes.split_off(outer);
        let id = name.id.as_str();
        let line = self.line(start(name));
        if comprehensions.is_empty() && self.frames_here().is_empty() {
            self.bind(id, BindingKind::Value, line);
        } else if self.binding_scope(id) == 0 {
            self.delta.may_bind(id, BindingKind::Value, line);
        }
        self.know(id, Known::Other);
        self.scopes.extend(comprehensions);
    }

    fn compare(&mut self, compare: &'a ast::ExprCompare) {
        self.expression(&compare.left);
        for (operator, right) in compare.ops.iter().zip(&compare.comparators) {
            // `"x" in globals()` only reads
            if !(matches!(operator, CmpOp::In | CmpOp::NotIn) && self.namespace_call(right)) {
                self.expression(right);
            }
        }
    }

    fn subscript(&mut self, subscript: &'a ast::ExprSubscript) {
        let reads = subscript.ctx == ExprContext::Load;
        if reads {
            self.watch_own_module(subscript);
        }
        if !(reads && self.namespace_call(&subscript.value)) {
            self.expression(&subscript.value);
        }
        self.expression(&subscript.slice);
    }

    fn comprehension(&mut self, parts: &[&'a Expr], generators: &'a [ast::Comprehension]) {
        if let Some(first) = generators.first() {
            self.expression(&first.iter);
        }
        self.frames.push(Frame::Conditional);
        self.scopes.push(Scope::new(ScopeKind::Comprehension));
        for (index, generator) in generators.iter().enumerate() {
            if index > 0 {
                self.expression(&generator.iter);
            }
            self.bind_target(&generator.target, None);
            generator.ifs.iter().for_each(|test| self.expression(test));
        }
        parts.iter().for_each(|part| self.expression(part));
        self.run_pending();
        self.scopes.pop();
        self.frames.pop();
    }
}

impl<'a> Visitor<'a> for Walker<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        self.expression(expression);
    }
}
