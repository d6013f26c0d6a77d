//! Why a Dockerfile, an expansion, a mount or an ignore file was refused.
//!
//! Never wraps an I/O error: this crate does none.

use crate::Span;

/// A fact about the text that makes it no Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No instruction at all.
    #[error("file with no instructions")]
    Empty,
}

impl Error {
    /// Where in the text.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Empty => Span::default(),
        }
    }
}
