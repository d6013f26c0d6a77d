//! SPDX licence expressions: identifiers, `+`, `WITH`, `AND`, `OR`, parentheses. One that names what the list does not have is
//! none, but for `LicenseRef-`.
//!
//! Source: SPDX specification 2.3, annex D.

use super::{Licence, RENAMED, exception, id};

/// Parentheses in parentheses that are followed.
const DEEPEST: usize = 16;

/// Reads an expression.
pub(super) fn parse(text: &str) -> Option<Licence> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut words = Words {
        words: spaced.split_whitespace().collect(),
        at: 0,
    };
    let licence = words.any(0)?;
    (words.at == words.words.len()).then_some(licence)
}

struct Words<'a> {
    words: Vec<&'a str>,
    at: usize,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at).copied();
        self.at += 1;
        word
    }

    /// Takes the operator, in capitals or small letters, if it is next.
    fn takes(&mut self, operator: &str) -> bool {
        let next = self.words.get(self.at);
        let is_next =
            next.is_some_and(|word| *word == operator || *word == operator.to_ascii_lowercase());
        self.at += usize::from(is_next);
        is_next
    }

    fn any(&mut self, depth: usize) -> Option<Licence> {
        let mut parts = vec![self.all(depth)?];
        while self.takes("OR") {
            parts.push(self.all(depth)?);
        }
        Some(match parts.len() {
            1 => parts.remove(0),
            _ => Licence::Any(parts),
        })
    }

    fn all(&mut self, depth: usize) -> Option<Licence> {
        let mut parts = vec![self.one(depth)?];
        while self.takes("AND") {
            parts.push(self.one(depth)?);
        }
        Some(match parts.len() {
            1 => parts.remove(0),
            _ => Licence::All(parts),
        })
    }

    fn one(&mut self, depth: usize) -> Option<Licence> {
        let word = self.next()?;
        if word == "(" {
            let inner = (depth < DEEPEST).then(|| self.any(depth + 1))??;
            return (self.next()? == ")").then_some(inner);
        }
        let licence = simple(word)?;
        if !self.takes("WITH") {
            return Some(licence);
        }
        let exception = exception(self.next()?)?;
        match licence {
            Licence::Id(id) => Some(Licence::Modified(format!("{id} WITH {exception}"))),
            Licence::Modified(text) => Some(Licence::Modified(format!("{text} WITH {exception}"))),
            _ => None,
        }
    }
}

fn simple(word: &str) -> Option<Licence> {
    if let Some((_, id)) = RENAMED
        .iter()
        .find(|(old, _)| old.eq_ignore_ascii_case(word))
    {
        return Some(Licence::Id(id));
    }
    if let Some(id) = id(word) {
        return Some(Licence::Id(id));
    }
    if word.starts_with("LicenseRef-") {
        return Some(Licence::Named(word.to_string()));
    }
    // `MPL-2.0+`: no validator's list has it
    id(word.strip_suffix('+')?)?;
    Some(Licence::Named(word.to_string()))
}
