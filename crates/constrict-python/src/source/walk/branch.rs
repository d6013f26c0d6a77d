//! `if`, loops and `match`: which branches run on the target, and what the others leave open.

use ruff_python_ast::{self as ast, Expr, Pattern};

use super::delta::Delta;
use super::frame::Frame;
use super::truth::Truth;
use super::{Flow, Walker, start, text};
use crate::source::fact::BindingKind;

impl<'a> Walker<'a> {
    pub(super) fn if_chain(&mut self, test: &'a ast::StmtIf) -> Flow {
        let first = std::iter::once((Some(&*test.test), &*test.body));
        let rest = test
            .elif_else_clauses
            .iter()
            .map(|clause| (clause.test.as_ref(), &*clause.body));
        let mut ways: Vec<Delta> = Vec::new();
        let mut flow: Option<Flow> = None;
        let mut taken = |way: Delta, one: Flow| {
            if !one.ends {
                ways.push(way);
            }
            flow = Some(flow.map_or(one, |flow| flow.or(one)));
        };
        let depth = self.frames.len();
        let mut complete = false;
        for (condition, body) in first.chain(rest) {
            let truth = condition.map_or(Truth::Known(true), |condition| {
                self.expression(condition);
                self.truth(condition)
            });
            match truth {
                Truth::Known(false) => {}
                Truth::Known(true) => {
                    let (way, one) = self.branch(None, body);
                    taken(way, one);
                    complete = true;
                }
                Truth::TypeChecking => {
                    self.branch(Some(Frame::TypeChecking), body);
                }
                Truth::Main { sure } => {
                    self.frames.push(Frame::Main);
                    let inner = (!sure).then_some(Frame::Conditional);
                    let (way, one) = self.branch(inner, body);
                    self.frames.pop();
                    // what comes after the guard is read as when the module is imported
                    let falls = Flow {
                        ends: one.ends,
                        ..Flow::FALLS
                    };
                    taken(way, falls);
                    self.frames.push(Frame::Conditional);
                }
                Truth::Unknown => {
                    let absent = condition.and_then(|condition| {
                        self.record_required(condition, body);
                        self.absent_path(condition)
                    });
                    let frame = absent.map_or(Frame::Conditional, Frame::Absent);
                    let (way, one) = self.branch(Some(frame), body);
                    taken(way, one);
                    self.frames.push(Frame::Conditional);
                }
            }
            if complete {
                break;
            }
        }
        self.frames.truncate(depth);
        if !complete {
            taken(Delta::default(), Flow::FALLS);
        }
        self.delta.then(Delta::either(ways));
        flow.unwrap_or(Flow::FALLS)
    }

    pub(super) fn for_loop(&mut self, each: &'a ast::StmtFor) -> Flow {
        self.expression(&each.iter);
        let before = std::mem::take(&mut self.delta);
        self.frames.push(Frame::Conditional);
        self.bind_target(&each.target, None);
        let flow = self.block(&each.body);
        self.frames.pop();
        let body = std::mem::replace(&mut self.delta, before);
        let runs = non_empty(&each.iter) && !flow.may_break;
        self.delta.then(if runs {
            body
        } else {
            Delta::either(vec![body, Delta::default()])
        });
        self.after_loop(flow, &each.orelse)
    }

    pub(super) fn while_loop(&mut self, each: &'a ast::StmtWhile) -> Flow {
        self.expression(&each.test);
        match self.truth(&each.test) {
            Truth::Known(false) => return self.block(&each.orelse),
            Truth::Known(true) => {
                let (body, flow) = self.branch(None, &each.body);
                let partly = body.partly();
                self.delta.then(partly);
                return Flow {
                    ends: flow.ends && !flow.may_break,
                    may_break: false,
                    ..flow
                };
            }
            _ => {}
        }
        let (body, flow) = self.branch(Some(Frame::Conditional), &each.body);
        self.delta.then(Delta::either(vec![body, Delta::default()]));
        self.after_loop(flow, &each.orelse)
    }

    fn after_loop(&mut self, body: Flow, orelse: &'a [ast::Stmt]) -> Flow {
        let otherwise = if body.may_break {
            let (way, flow) = self.branch(Some(Frame::Conditional), orelse);
            self.delta.then(Delta::either(vec![way, Delta::default()]));
            Flow {
                ends: false,
                ..flow
            }
        } else {
            self.block(orelse)
        };
        Flow {
            ends: otherwise.ends,
            may_return: body.may_return || otherwise.may_return,
            may_break: otherwise.may_break,
        }
    }

    pub(super) fn match_cases(&mut self, cases: &'a ast::StmtMatch) -> Flow {
        self.expression(&cases.subject);
        let mut ways = Vec::new();
        let mut flow: Option<Flow> = None;
        let mut complete = false;
        for case in &cases.cases {
            let before = std::mem::take(&mut self.delta);
            self.frames.push(Frame::Conditional);
            self.bind_pattern(&case.pattern);
            if let Some(guard) = &case.guard {
                self.expression(guard);
            }
            let one = self.block(&case.body);
            self.frames.pop();
            let way = std::mem::replace(&mut self.delta, before);
            if !one.ends {
                ways.push(way);
            }
            flow = Some(flow.map_or(one, |flow| flow.or(one)));
            complete |= case.guard.is_none() && case.pattern.is_irrefutable();
        }
        if !complete {
            ways.push(Delta::default());
            flow = Some(flow.map_or(Flow::FALLS, |flow| flow.or(Flow::FALLS)));
        }
        self.delta.then(Delta::either(ways));
        flow.unwrap_or(Flow::FALLS)
    }

    fn bind_pattern(&mut self, pattern: &'a Pattern) {
        let mut capture = |name: &ast::Identifier| {
            let line = self.line(start(name));
            let name = text(name);
            self.bind(&name, BindingKind::Value, line);
            self.know(&name, super::scope::Known::Other);
        };
        match pattern {
            Pattern::MatchStar(star) => star.name.iter().for_each(&mut capture),
            Pattern::MatchAs(bound) => {
                bound.name.iter().for_each(&mut capture);
                bound
                    .pattern
                    .iter()
                    .for_each(|inner| self.bind_pattern(inner));
            }
            Pattern::MatchMapping(mapping) => {
                mapping.rest.iter().for_each(&mut capture);
                mapping
                    .patterns
                    .iter()
                    .for_each(|inner| self.bind_pattern(inner));
            }
            Pattern::MatchSequence(sequence) => {
                sequence
                    .patterns
                    .iter()
                    .for_each(|inner| self.bind_pattern(inner));
            }
            Pattern::MatchOr(or) => or
                .patterns
                .iter()
                .for_each(|inner| self.bind_pattern(inner)),
            Pattern::MatchClass(class) => {
                self.expression(&class.cls);
                class
                    .arguments
                    .patterns
                    .iter()
                    .for_each(|inner| self.bind_pattern(inner));
                let keywords = class.arguments.keywords.iter();
                keywords.for_each(|keyword| self.bind_pattern(&keyword.pattern));
            }
            Pattern::MatchValue(value) => self.expression(&value.value),
            Pattern::MatchSingleton(_) => {}
        }
    }
}

/// A loop over it runs at least once.
fn non_empty(iter: &Expr) -> bool {
    let elements = match iter {
        Expr::Tuple(tuple) => &tuple.elts,
        Expr::List(list) => &list.elts,
        _ => return false,
    };
    elements.iter().any(|element| !element.is_starred_expr())
}
