//! Assignments: names, values, what made them, `__all__`, and stores into other modules.

use ruff_python_ast::{self as ast, Expr};

use super::super::fact::{Call, Constructed, Root};
use super::super::literal::Literal;
use super::scope::Known;
use super::truth::Value;
use super::{MAX_VALUES, Walker, start};

impl<'a> Walker<'a> {
    pub(super) fn assign(&mut self, targets: &'a [Expr], value: &'a Expr) {
        self.expression(value);
        for target in targets {
            self.bind_target(target, Some(value));
        }
    }

    pub(super) fn annotate(&mut self, assign: &'a ast::StmtAnnAssign) {
        let in_function = self.scopes.len() > 1
            && self
                .scopes
                .last()
                .is_some_and(|scope| scope.kind == super::scope::ScopeKind::Function);
        if self.eager_annotations && !in_function {
            self.expression(&assign.annotation);
        }
        if let Some(value) = &assign.value {
            self.assign(std::slice::from_ref(&assign.target), value);
        }
    }

    pub(super) fn augment(&mut self, assign: &'a ast::StmtAugAssign) {
        self.expression(&assign.value);
        match &*assign.target {
            Expr::Name(name) => {
                let id = name.id.as_str();
                self.bind_name(name);
                if id == "__all__" && self.scopes.len() == 1 {
                    self.extend_all(&assign.value);
                } else if self.scopes.len() == 1 {
                    self.extend_value(name, &assign.value);
                }
                self.know(id, Known::Other);
            }
            target => self.bind_target(target, None),
        }
    }

    /// `NAME += value` of the module's top level: a known list grows, another one has got its `__iadd__` called.
    fn extend_value(&mut self, name: &ast::ExprName, value: &Expr) {
        let id = name.id.as_str();
        let literal = self.literal(value);
        let surely = self.surely();
        match (self.facts.values.remove(id), literal) {
            (Some(Literal::List(mut known)), Literal::List(more) | Literal::Tuple(more))
                if surely =>
            {
                known.extend(more);
                self.facts
                    .values
                    .insert(id.to_owned(), Literal::List(known));
            }
            (None, literal @ (Literal::List(_) | Literal::Tuple(_)))
                if surely && self.facts.calls.len() < MAX_VALUES =>
            {
                let place = self.place(start(name), None);
                self.facts.calls.push(Call {
                    callee: format!("{id}.__iadd__"),
                    root: Root::Local,
                    receiver: None,
                    args: vec![literal],
                    keywords: Vec::new(),
                    line: place.line,
                    need: place.need,
                    body: place.body,
                });
            }
            _ => {}
        }
    }

    /// Binds what a target names; the value is [`None`] where it isn't that of the whole target.
    pub(super) fn bind_target(&mut self, target: &'a Expr, value: Option<&'a Expr>) {
        match target {
            Expr::Name(name) => {
                self.bind_name(name);
                self.know_assigned(name, value);
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                let values = match value {
                    Some(Expr::Tuple(tuple)) if tuple.elts.len() == elts.len() => Some(&tuple.elts),
                    _ => None,
                };
                for (index, element) in elts.iter().enumerate() {
                    self.bind_target(element, values.map(|values| &values[index]));
                }
            }
            Expr::Starred(starred) => self.bind_target(&starred.value, None),
            Expr::Attribute(attribute) => {
                self.watch_attribute_store(attribute);
                self.expression(&attribute.value);
            }
            Expr::Subscript(subscript) => {
                self.watch_modules_store(subscript);
                self.watch_globals_store(subscript);
                self.expression(&subscript.value);
                self.expression(&subscript.slice);
            }
            _ => {}
        }
    }

    /// What a name stands for after the assignment.
    fn know_assigned(&mut self, name: &'a ast::ExprName, value: Option<&'a Expr>) {
        let id = name.id.as_str();
        let module_level = self.scopes.len() == 1;
        if id == "__all__" && module_level {
            self.set_all(value);
        }
        let known = value.map_or(Known::Other, |value| self.meaning(value));
        if module_level && self.facts.values.len() + self.facts.constructed.len() < MAX_VALUES {
            let place = self.place(start(name), None);
            match &known {
                Known::Made { callee, root } => {
                    let made = Constructed {
                        callee: callee.clone(),
                        root: *root,
                        line: place.line,
                        need: place.need,
                    };
                    self.facts.constructed.insert(id.to_owned(), made);
                    self.facts.values.remove(id);
                }
                _ => self.keep_value(id, value),
            }
        }
        self.know(id, known);
    }

    /// Keeps a module-level literal; where branches disagree it is unknown.
    fn keep_value(&mut self, id: &str, value: Option<&Expr>) {
        let literal = value.map_or(Literal::Unknown, |value| self.literal(value));
        let surely = self.surely();
        let values = &mut self.facts.values;
        match values.get(id) {
            Some(earlier) if *earlier == literal => {}
            Some(_) if !surely => {
                values.insert(id.to_owned(), Literal::Unknown);
            }
            Some(_) if literal == Literal::Unknown => {
                values.remove(id);
            }
            _ if literal == Literal::Unknown => {}
            _ => {
                values.insert(id.to_owned(), literal);
            }
        }
        if surely {
            self.facts.constructed.remove(id);
        }
    }

    /// What an expression stands for.
    fn meaning(&self, value: &Expr) -> Known {
        match value {
            Expr::Name(_) | Expr::Attribute(_) => {
                if let Some(settled) = self.settled(value) {
                    return Known::Settled(settled);
                }
                if let path @ Literal::Path(_) = self.literal(value) {
                    return Known::Value(path);
                }
                match self.dotted(value) {
                    Some(dotted) if dotted.root == Root::Imported => Known::Import {
                        path: dotted.path,
                        sure: false,
                    },
                    Some(dotted) if dotted.written.len() == 1 => self
                        .lookup(&dotted.written[0])
                        .cloned()
                        .unwrap_or(Known::Other),
                    _ => Known::Other,
                }
            }
            Expr::Await(inner) => self.meaning(&inner.value),
            Expr::Call(call) => match (self.literal(value), self.dotted(&call.func)) {
                (literal, _) if literal != Literal::Unknown => Known::Value(literal),
                _ if self.looked_up(call).is_some() => {
                    self.looked_up(call).map_or(Known::Other, Known::Program)
                }
                _ if self.settled(value).is_some() => {
                    self.settled(value).map_or(Known::Other, Known::Settled)
                }
                (_, Some(dotted)) => Known::Made {
                    callee: dotted.path,
                    root: dotted.root,
                },
                _ => Known::Other,
            },
            _ => match self.literal(value) {
                Literal::Unknown => self.settled(value).map_or(Known::Other, Known::Settled),
                literal => Known::Value(literal),
            },
        }
    }

    /// A value that comes from the target, not a plain literal.
    fn settled(&self, value: &Expr) -> Option<Value> {
        self.value(value)
    }

    fn set_all(&mut self, value: Option<&Expr>) {
        let names = value.and_then(|value| self.texts(value));
        self.all_known = names.is_some() && self.surely();
        self.facts.names.all = names;
    }

    /// `__all__ += [...]`, `.extend([...])`.
    pub(super) fn extend_all(&mut self, value: &Expr) {
        let more = self.texts(value);
        match (&mut self.facts.names.all, more) {
            (Some(names), Some(more)) if self.all_known => names.extend(more),
            _ => self.all_known = false,
        }
        self.all_known &= self.surely();
    }

    /// A list or tuple of strings, or a sum of such.
    fn texts(&self, value: &Expr) -> Option<Vec<String>> {
        let elements = match value {
            Expr::List(list) => &list.elts,
            Expr::Tuple(tuple) => &tuple.elts,
            Expr::BinOp(sum) if sum.op == ast::Operator::Add => {
                let mut names = self.texts(&sum.left)?;
                names.extend(self.texts(&sum.right)?);
                return Some(names);
            }
            Expr::Name(name) if name.id.as_str() == "__all__" => {
                return self.facts.names.all.clone().filter(|_| self.all_known);
            }
            _ => return None,
        };
        let text = |element: &Expr| match element {
            Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
            _ => None,
        };
        elements.iter().map(text).collect()
    }
}
