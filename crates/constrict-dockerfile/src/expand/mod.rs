//! Expansion of variables and removal of quotes in words.
//!
//! Never knows where a variable's value comes from: the caller looks it up. Never runs anything: there is no `$(...)`.
//! The language is that of BuildKit: `$x`, `${x}`, `${x:-w}` `${x-w}` `${x:+w}` `${x+w}` `${x:?w}` `${x?w}`,
//! `${x#p}` `${x##p}` `${x%p}` `${x%%p}`, `${x/p/w}` `${x//p/w}`, all nested; quotes and escapes as in a shell.

mod lexer;
mod pattern;
mod substitution;

use std::collections::BTreeSet;

use lexer::{Lexer, Mode};

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
    /// A quote without its partner.
    #[error("unexpected end of statement while looking for matching {0}-quote")]
    UnclosedQuote(&'static str),
    /// `${` without `}`.
    #[error("syntax error: missing '}}'")]
    UnclosedBrace,
    /// `${x/p` without a second slash.
    #[error("syntax error: missing '/' in ${{}}")]
    MissingSlash,
    /// `${}`, `${:` or `${{`.
    #[error("syntax error: bad substitution")]
    BadSubstitution,
    /// `${x` and something that is no operator.
    #[error("unsupported modifier ({0}) in substitution")]
    UnsupportedModifier(String),
    /// A pattern with an escape that means nothing.
    #[error("invalid pattern ({pattern}) in substitution: invalid escape '\\{escaped}'")]
    InvalidPattern {
        /// The pattern.
        pattern: String,
        /// The character after the backslash.
        escaped: String,
    },
    /// More `${` within each other than any Dockerfile needs.
    #[error("substitutions nested deeper than {0} levels")]
    TooDeep(usize),
}

/// Expands a word: variables replaced, quotes and escapes removed.
///
/// `escape` is the Dockerfile's escape character. What the lookup does not know is empty.
///
/// # Errors
/// Bad syntax, or a `?` operator without a value.
pub fn expand(
    word: &str,
    lookup: impl Fn(&str) -> Option<String>,
    escape: char,
) -> Result<Expansion, ExpandError> {
    run(word, &lookup, escape, Mode::Word).map(Run::into_expansion)
}

/// Expands a word and splits it at blanks outside quotes, those of variables' values included.
///
/// # Errors
/// As [`expand`].
pub fn expand_to_words(
    word: &str,
    lookup: impl Fn(&str) -> Option<String>,
    escape: char,
) -> Result<Words, ExpandError> {
    let Run {
        words,
        matched,
        unmatched,
        ..
    } = run(word, &lookup, escape, Mode::Word)?;
    Ok(Words {
        words,
        matched,
        unmatched,
    })
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
    run(body, &lookup, escape, Mode::HeredocBody).map(Run::into_expansion)
}

/// The words of a line as far as heredocs are concerned: quotes, escapes and variables stay.
pub(crate) fn heredoc_line_words(line: &str) -> Option<Vec<String>> {
    run(line, &|_: &str| None, '\\', Mode::HeredocLine)
        .ok()
        .map(|run| run.words)
}

/// The words of a heredoc's delimiter, with or without its quotes; variables stay.
pub(crate) fn delimiter_words(
    delimiter: &str,
    raw_quotes: bool,
) -> Result<Vec<String>, ExpandError> {
    let mode = if raw_quotes {
        Mode::RawDelimiter
    } else {
        Mode::Delimiter
    };
    run(delimiter, &|_: &str| None, '\\', mode).map(|run| run.words)
}

struct Run {
    value: String,
    words: Vec<String>,
    matched: BTreeSet<String>,
    unmatched: BTreeSet<String>,
}

impl Run {
    fn into_expansion(self) -> Expansion {
        Expansion {
            value: self.value,
            matched: self.matched,
            unmatched: self.unmatched,
        }
    }
}

fn run(
    word: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    escape: char,
    mode: Mode,
) -> Result<Run, ExpandError> {
    let mut lexer = Lexer::new(word, lookup, escape, mode);
    let (value, words) = lexer.read_all()?;
    let (matched, unmatched) = lexer.into_names();
    Ok(Run {
        value,
        words,
        matched,
        unmatched,
    })
}
