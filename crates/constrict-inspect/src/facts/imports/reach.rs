//! From the circumstances of a statement (`Need`) to how sure it runs (`Reach`), given what is known of its module.

use std::collections::BTreeSet;

use constrict_python::source::{Attempt, Body, Module, Need};

use super::Reach;

/// What decides it.
pub(super) struct Circumstances<'a> {
    pub(super) source: &'a Module,
    /// The attempts that are known to fail.
    pub(super) failed: Option<&'a BTreeSet<u32>>,
    /// It runs as `__main__`.
    pub(super) main: bool,
    /// It is the application's: what it may do matters.
    pub(super) own: bool,
}

/// How many `try` statements are looked through, one within another.
const MOST_ATTEMPTS: usize = 16;

impl Circumstances<'_> {
    /// How sure a statement at the top level runs when the module is imported; `None` if it does not.
    pub(super) fn top(&self, need: Need) -> Option<Reach> {
        self.of(need, false, MOST_ATTEMPTS)
    }

    /// How sure a statement of a function runs when the function does.
    pub(super) fn within(&self, body: &Body) -> Option<Reach> {
        self.of(body.need, true, MOST_ATTEMPTS)
    }

    fn of(&self, need: Need, in_function: bool, left: usize) -> Option<Reach> {
        match need {
            Need::Always => Some(Reach::Sure),
            Need::Guarded { .. } => Some(Reach::Optional),
            Need::Fallback { of } if self.fails(of) => self.attempt(of, in_function, left),
            Need::Fallback { .. } => Some(Reach::Optional),
            Need::Follow { of } if self.fails(of) => None,
            Need::Follow { of } => self.attempt(of, in_function, left),
            Need::TypeChecking => None,
            Need::Conditional => Some(self.unsure()),
            Need::Main => self.main.then_some(Reach::Sure),
            Need::Deferred => (in_function && self.own).then_some(Reach::Maybe),
        }
    }

    fn attempt(&self, index: u32, in_function: bool, left: usize) -> Option<Reach> {
        let attempt = self.get(index)?;
        let need = match (&attempt.body, in_function) {
            (Some(body), true) => body.need,
            _ => attempt.need,
        };
        if left == 0 {
            return Some(Reach::Optional);
        }
        self.of(need, in_function, left - 1)
    }

    fn get(&self, index: u32) -> Option<&Attempt> {
        self.source.attempts.get(usize::try_from(index).ok()?)
    }

    fn fails(&self, index: u32) -> bool {
        self.failed.is_some_and(|failed| failed.contains(&index))
    }

    /// What a condition that is not known comes to: what libraries may do is their own matter.
    fn unsure(&self) -> Reach {
        if self.own {
            Reach::Maybe
        } else {
            Reach::Optional
        }
    }
}
