//! Every rule, one file each. What several rules share is a fact (`facts`), not a function here.

use crate::rule::Rule;

/// The rules, in the order of the catalogue.
pub const RULES: &[&Rule] = &[];

/// The rule with this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}
