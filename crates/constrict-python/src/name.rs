//! Names of distributions and extras, normalised (PEP 503): lower case, one `-` for each run of `-`, `_` and `.`.
//!
//! Format: PEP 508, letters and digits with `-`, `_`, `.` between them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A normalised name: `Flask_SQLAlchemy` is `flask-sqlalchemy`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Name(String);

impl Name {
    /// Normalises a name.
    ///
    /// # Errors
    ///
    /// [`Error::Name`] if it has other characters or doesn't start and end with a letter or digit.
    pub fn parse(text: &str) -> Result<Name> {
        let refused = || Error::Name(text.to_owned());
        let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = text.as_bytes();
        if !edge(bytes.first()) || !edge(bytes.last()) {
            return Err(refused());
        }
        let mut name = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '-' | '_' | '.' if name.ends_with('-') => {}
                '-' | '_' | '.' => name.push('-'),
                _ if character.is_ascii_alphanumeric() => name.push(character.to_ascii_lowercase()),
                _ => return Err(refused()),
            }
        }
        Ok(Name(name))
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_separators_are_one_dash() {
        for (written, normal) in [
            ("Flask", "flask"),
            ("Flask_SQLAlchemy", "flask-sqlalchemy"),
            ("zope.interface", "zope-interface"),
            ("a-_.b", "a-b"),
            ("x", "x"),
        ] {
            assert_eq!(Name::parse(written).unwrap().as_str(), normal);
        }
    }

    #[test]
    fn names_need_letters_or_digits_at_both_ends() {
        for written in ["", "-a", "a-", "a b", "é", "a/b", "."] {
            assert_eq!(Name::parse(written), Err(Error::Name(written.to_owned())));
        }
    }
}
