//! Shell texts: what they run, in which order and how surely. Never runs anything; bounded in depth and steps.

pub(crate) mod builtin;
pub(crate) mod condition;
mod expand;
pub(crate) mod follow;
mod lex;
mod parse;
mod pattern;
mod state;
mod substitute;
pub(crate) mod syntax;

pub(crate) use parse::{parse, parse_readable};
pub(crate) use state::State;

#[cfg(test)]
mod tests;
