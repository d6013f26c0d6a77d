//! `.dockerignore`: which paths of a context do not belong to it. Also the patterns of `--exclude`.
//!
//! Never reads a file. Format: one pattern a line, `#` comments, `!` exceptions, the last match decides.

use crate::glob::BadPattern;

/// The patterns of an ignore file.
#[derive(Debug, Clone, Default)]
pub struct Ignore {
    lines: Vec<(usize, String)>,
}

/// Why an ignore file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreError {
    /// A malformed pattern.
    #[error("`{pattern}` on line {line}: {reason}")]
    Pattern {
        /// Line, from 1.
        line: usize,
        /// The pattern.
        pattern: String,
        /// What is wrong.
        reason: BadPattern,
    },
}

impl Ignore {
    /// Parses an ignore file.
    ///
    /// # Errors
    /// A malformed pattern.
    pub fn parse(_text: &[u8]) -> Result<Self, IgnoreError> {
        Ok(Self::default())
    }

    /// Patterns given one by one, such as those of `--exclude`.
    ///
    /// # Errors
    /// A malformed pattern; its line is its position from 1.
    pub fn from_patterns<S: AsRef<str>>(_patterns: &[S]) -> Result<Self, IgnoreError> {
        Ok(Self::default())
    }

    /// No pattern at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether the path, relative and with `/`, is ignored.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.deciding_line(path)
            .is_some_and(|(_, pattern)| !pattern.starts_with('!'))
    }

    /// The line that decides about the path: its number from 1 and its text.
    #[must_use]
    pub fn deciding_line(&self, path: &str) -> Option<(usize, &str)> {
        self.lines
            .iter()
            .rev()
            .find(|(_, text)| text == path)
            .map(|(line, text)| (*line, text.as_str()))
    }

    /// Whether an ignored directory can be left out wholesale: no exception can match below it.
    #[must_use]
    pub fn prunes(&self, dir: &str) -> bool {
        self.matches(dir)
    }
}
