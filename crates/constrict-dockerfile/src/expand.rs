//! Expansion of variables and removal of quotes in words.
//!
//! Never knows where a variable's value comes from: the caller looks it up.

use std::collections::BTreeSet;

/// A word's value and the names that took part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expansion {
    /// The value.
    pub value: String,
    /// Names that were looked up and found.
    pub matched: BTreeSet<String>,
    /// Names that were looked up and not found.
    pub unmatched: BTreeSet<String>,
}

/// The words of a value and the names that took part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The words.
    pub words: Vec<String>,
    /// Names that were looked up and found.
    pub matched: BTreeSet<String>,
    /// Names that were looked up and not found.
    pub unmatched: BTreeSet<String>,
}

/// Why a word was not expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// `${name:?message}` or `${name?message}` and no value.
    #[error("{name}: {message}")]
    Required {
        /// The variable.
        name: String,
        /// The message of the Dockerfile, or a default one.
        message: String,
    },
}

/// Expands a word: variables replaced, quotes and escapes removed.
///
/// # Errors
/// Bad syntax, or a `?` operator without a value.
pub fn expand(
    word: &str,
    lookup: impl Fn(&str) -> Option<String>,
    escape: char,
) -> Result<Expansion, ExpandError> {
    let _ = (word, lookup("x"), escape);
    Ok(Expansion::default())
}

/// Expands a word and splits it at blanks outside quotes.
///
/// # Errors
/// As [`expand`].
pub fn expand_to_words(
    word: &str,
    lookup: impl Fn(&str) -> Option<String>,
    escape: char,
) -> Result<Words, ExpandError> {
    let _ = (word, lookup("x"), escape);
    Ok(Words::default())
}

/// Expands the body of an unquoted COPY or ADD heredoc: quotes stay, escapes go.
///
/// # Errors
/// As [`expand`].
pub fn expand_heredoc(
    body: &str,
    lookup: impl Fn(&str) -> Option<String>,
    escape: char,
) -> Result<Expansion, ExpandError> {
    let _ = (body, lookup("x"), escape);
    Ok(Expansion::default())
}
