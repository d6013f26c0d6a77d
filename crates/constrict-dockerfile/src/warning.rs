//! What the parser noticed and did not refuse, under the names of BuildKit's lint rules.
//!
//! Never decides whether a warning is shown or fails the build: that is the caller's, with [`Checks`](crate::Checks).

use crate::Span;

/// A lint finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The name of BuildKit's rule, such as `JSONArgsRecommended`.
    pub rule: &'static str,
    /// Where.
    pub span: Span,
    /// What, in one clause.
    pub message: String,
}
