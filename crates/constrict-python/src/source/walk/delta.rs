//! What a piece of a module does to the module's names, so that branches can be compared and joined.

use std::collections::BTreeMap;

use super::super::fact::{Binding, BindingKind};

/// What happens to one name, over all ways through a piece of text.
#[derive(Debug, Clone, Copy)]
struct State {
    /// Some way binds it.
    binds: bool,
    /// Some way unbinds it.
    deletes: bool,
    /// Some way leaves it as it was.
    keeps: bool,
    /// By what, in the last statement that binds it.
    kind: BindingKind,
    /// Where.
    line: u32,
}

impl State {
    /// Either this way or the other.
    fn or(self, other: Option<State>) -> State {
        match other {
            None => State {
                keeps: true,
                ..self
            },
            Some(other) => {
                let last = if other.binds { other } else { self };
                State {
                    binds: self.binds || other.binds,
                    deletes: self.deletes || other.deletes,
                    keeps: self.keeps || other.keeps,
                    ..last
                }
            }
        }
    }

    /// This after the earlier one.
    fn after(self, earlier: Option<State>) -> State {
        let Some(earlier) = earlier.filter(|_| self.keeps) else {
            return self;
        };
        let last = if self.binds { self } else { earlier };
        State {
            binds: self.binds || earlier.binds,
            deletes: self.deletes || earlier.deletes,
            keeps: earlier.keeps,
            ..last
        }
    }
}

/// What happens to every name that something happens to.
#[derive(Debug, Clone, Default)]
pub(super) struct Delta(BTreeMap<String, State>);

impl Delta {
    /// The name is bound.
    pub(super) fn bind(&mut self, name: &str, kind: BindingKind, line: u32) {
        let state = State {
            binds: true,
            deletes: false,
            keeps: false,
            kind,
            line,
        };
        self.0.insert(name.to_owned(), state);
    }

    /// The name may be bound some time later, by a function.
    pub(super) fn may_bind(&mut self, name: &str, kind: BindingKind, line: u32) {
        let earlier = self.0.get(name).copied();
        let state = State {
            binds: true,
            deletes: false,
            keeps: true,
            kind,
            line,
        };
        let joined = state.after(earlier);
        self.0.insert(name.to_owned(), joined);
    }

    /// The name is unbound.
    pub(super) fn delete(&mut self, name: &str) {
        let kept = self.0.get(name).copied();
        let state = State {
            binds: false,
            deletes: true,
            keeps: false,
            kind: kept.map_or(BindingKind::Value, |state| state.kind),
            line: kept.map_or(0, |state| state.line),
        };
        self.0.insert(name.to_owned(), state);
    }

    /// What is known when the piece stopped somewhere on its way.
    pub(super) fn partly(&self) -> Delta {
        let mut delta = self.clone();
        for state in delta.0.values_mut() {
            state.keeps = true;
        }
        delta
    }

    /// The later piece runs after this one.
    pub(super) fn then(&mut self, later: Delta) {
        for (name, state) in later.0 {
            let joined = state.after(self.0.get(&name).copied());
            self.0.insert(name, joined);
        }
    }

    /// One of the ways was taken.
    pub(super) fn either(ways: Vec<Delta>) -> Delta {
        let mut ways = ways.into_iter();
        let Some(mut joined) = ways.next() else {
            return Delta::default();
        };
        for mut way in ways {
            for (name, state) in &mut joined.0 {
                *state = state.or(way.0.remove(name));
            }
            for (name, state) in way.0 {
                joined.0.insert(name, state.or(None));
            }
        }
        joined
    }

    /// The bindings of a module that begins with no names, and whether there were more than `limit`.
    pub(super) fn into_bindings(self, limit: usize) -> (BTreeMap<String, Binding>, bool) {
        let binds = self.0.into_iter().filter(|(_, state)| state.binds);
        let mut bound = BTreeMap::new();
        for (name, state) in binds {
            if bound.len() == limit {
                return (bound, true);
            }
            let binding = Binding {
                kind: state.kind,
                sure: !state.deletes && !state.keeps,
                line: state.line,
            };
            bound.insert(name, binding);
        }
        (bound, false)
    }
}
