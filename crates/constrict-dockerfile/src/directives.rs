//! Parser directives: `# syntax=`, `# escape=` and `# check=` at the top of a Dockerfile.
//!
//! Never looks past the first line that is no directive.

use crate::Span;

/// A directive's value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The text after `=`, without blanks around it.
    pub value: String,
    /// The whole line.
    pub span: Span,
}

/// What `# check=` asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checks {
    /// Rules not to report.
    pub skip: Vec<String>,
    /// `skip=all`: report none.
    pub skip_all: bool,
    /// `error=true`: a warning fails the build.
    pub error: bool,
}

/// The directives of a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directives {
    /// `# syntax=`: the front end image asked for.
    pub syntax: Option<Directive>,
    /// `# escape=`: a backslash unless a backtick was asked for.
    pub escape: char,
    /// `# check=`.
    pub checks: Checks,
}

impl Default for Directives {
    fn default() -> Self {
        Self {
            syntax: None,
            escape: '\\',
            checks: Checks::default(),
        }
    }
}
