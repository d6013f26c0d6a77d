//! Flags: `--name=value` words between an instruction's keyword and its arguments.
//!
//! Never expands a value. Quotes around parts of a flag are removed here, as BuildKit does, so that
//! a value is unquoted once more when it is expanded.

use crate::error::{Error, Fact};
use crate::words::is_blank;
use crate::{Span, suggest};

/// A flag as written, without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flag<'a> {
    pub(crate) text: String,
    /// The part of the line it was read from.
    pub(crate) part: &'a str,
}

/// Takes the flags off the front of a line; the second value is what follows them.
pub(crate) fn take(line: &str) -> (Vec<Flag<'_>>, &str) {
    let mut flags = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches(is_blank);
        if !rest.starts_with("--") {
            return (flags, rest);
        }
        let (text, length) = word(rest);
        let (part, after) = rest.split_at(length);
        rest = after;
        if text == "--" {
            return (flags, rest);
        }
        flags.push(Flag { text, part });
    }
}

/// The first word with quotes and escapes removed, and its length as written.
fn word(line: &str) -> (String, usize) {
    let mut text = String::new();
    let mut quote = None;
    let mut chars = line.char_indices();
    while let Some((at, ch)) = chars.next() {
        match (quote, ch) {
            (None, _) if is_blank(ch) => return (text, at),
            (None, '\'' | '"') => quote = Some(ch),
            (Some(open), _) if ch == open => quote = None,
            // the escape is always a backslash here, whatever the directive says
            (_, '\\') => text.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => text.push(ch),
        }
    }
    (text, line.len())
}

/// How a flag takes its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// `--flag`, `--flag=true`, `--flag=false`.
    Bool,
    /// `--flag=value`, once.
    Text,
    /// `--flag=value`, any number of times.
    Texts,
}

/// The flags of an instruction, checked.
#[derive(Debug, Default)]
pub(crate) struct Values {
    found: Vec<(&'static str, String, Span)>,
}

impl Values {
    /// Checks the flags against those the instruction has.
    pub(crate) fn parse(
        flags: &[(String, Span)],
        known: &[(&'static str, Takes)],
    ) -> Result<Self, Error> {
        let mut values = Self::default();
        for (text, span) in flags {
            let text = text.strip_prefix("--").unwrap_or(text);
            let (name, value) = text
                .split_once('=')
                .map_or((text, None), |(name, value)| (name, Some(value)));
            values
                .add(name, value, *span, known)
                .map_err(|fact| Error::new(fact, *span))?;
        }
        Ok(values)
    }

    fn add(
        &mut self,
        name: &str,
        value: Option<&str>,
        span: Span,
        known: &[(&'static str, Takes)],
    ) -> Result<(), Fact> {
        let Some((name, takes)) = known.iter().find(|(known, _)| *known == name) else {
            let names: Vec<&'static str> = known.iter().map(|(name, _)| *name).collect();
            return Err(Fact::UnknownFlag {
                flag: name.to_owned(),
                suggestion: suggest::nearest(name, &names),
            });
        };
        if *takes != Takes::Texts && self.found.iter().any(|(found, ..)| found == name) {
            return Err(Fact::DuplicateFlag((*name).to_owned()));
        }
        let value = match (takes, value) {
            (Takes::Bool, None) => "true".to_owned(),
            (Takes::Bool, Some("")) | (_, None) => {
                return Err(Fact::FlagWithoutValue((*name).to_owned()));
            }
            (Takes::Bool, Some(value)) => match value.to_lowercase().as_str() {
                lower @ ("true" | "false") => lower.to_owned(),
                _ => {
                    return Err(Fact::FlagNotBoolean {
                        flag: (*name).to_owned(),
                        value: value.to_owned(),
                    });
                }
            },
            (_, Some(value)) => value.to_owned(),
        };
        self.found.push((name, value, span));
        Ok(())
    }

    /// The value of a flag; an empty one is none.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.find(name)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
    }

    /// The value of a boolean flag, if it was given.
    pub(crate) fn boolean(&self, name: &str) -> Option<bool> {
        self.find(name).map(|value| value == "true")
    }

    /// Every value of a flag, with its place.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = (&str, Span)> {
        self.found
            .iter()
            .filter(move |(found, ..)| *found == name)
            .map(|(_, value, span)| (value.as_str(), *span))
    }

    /// The place of a flag.
    pub(crate) fn span(&self, name: &str) -> Option<Span> {
        self.found
            .iter()
            .find(|(found, ..)| *found == name)
            .map(|(_, _, span)| *span)
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.found
            .iter()
            .find(|(found, ..)| *found == name)
            .map(|(_, value, _)| value.as_str())
    }
}
