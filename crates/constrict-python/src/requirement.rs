//! Requirements: `uvicorn[standard] (>=0.20) ; python_version >= "3.8"`, `pkg @ https://host/file.whl`.
//!
//! Format: PEP 508, and the version in parentheses that older metadata has.

use std::fmt;

use crate::marker::{Environment, Marker};
use crate::name::Name;
use crate::specifier::Specifier;
use crate::{Error, Result};

/// What a distribution asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Whom.
    pub name: Name,
    /// With which of its extras, sorted.
    pub extras: Vec<Name>,
    /// In which versions.
    pub specifier: Specifier,
    /// From where, for `name @ url`.
    pub url: Option<String>,
    /// Under which condition.
    pub marker: Option<Marker>,
}

impl Requirement {
    /// Reads a requirement.
    ///
    /// # Errors
    ///
    /// [`Error::Requirement`] if it breaks the grammar, [`Error::Name`], [`Error::Specifier`] or [`Error::Marker`]
    /// if a part does.
    pub fn parse(text: &str) -> Result<Requirement> {
        let refused = |fact| Error::Requirement {
            text: text.to_owned(),
            fact,
        };
        let rest = text.trim();
        let in_name = |character: char| character.is_alphanumeric() || "-_.".contains(character);
        let end = rest.find(|next| !in_name(next)).unwrap_or(rest.len());
        let name = Name::parse(&rest[..end])?;
        let mut rest = rest[end..].trim_start();
        let mut extras = Vec::new();
        if let Some(inner) = rest.strip_prefix('[') {
            let (list, after) = inner
                .split_once(']')
                .ok_or_else(|| refused("the list of extras is not closed"))?;
            for extra in list
                .split(',')
                .map(str::trim)
                .filter(|extra| !extra.is_empty())
            {
                extras.push(Name::parse(extra)?);
            }
            rest = after.trim_start();
        }
        extras.sort();
        extras.dedup();
        let mut url = None;
        let (clauses, marker) = if let Some(after) = rest.strip_prefix('@') {
            // a `;` belongs to the address unless a blank stands before it
            let after = after.trim();
            let (address, marker) = match after.split_once(" ;") {
                Some((address, marker)) => (address, Some(marker)),
                None => (after, None),
            };
            let address = address.trim();
            if address.is_empty() || address.contains(char::is_whitespace) {
                return Err(refused("no address after `@`"));
            }
            url = Some(address.to_owned());
            ("", marker)
        } else {
            match rest.split_once(';') {
                Some((clauses, marker)) => (clauses, Some(marker)),
                None => (rest, None),
            }
        };
        let marker = marker.map(str::trim).filter(|marker| !marker.is_empty());
        Ok(Requirement {
            name,
            extras,
            specifier: Specifier::parse(clauses)?,
            url,
            marker: marker.map(Marker::parse).transpose()?,
        })
    }

    /// Whether it counts in the environment when these extras of the asking distribution were installed.
    pub fn applies(&self, environment: &Environment, extras: &[Name]) -> bool {
        self.marker
            .as_ref()
            .is_none_or(|marker| marker.holds(environment, extras))
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.name)?;
        if !self.extras.is_empty() {
            let extras: Vec<_> = self.extras.iter().map(Name::as_str).collect();
            write!(formatter, "[{}]", extras.join(","))?;
        }
        match &self.url {
            Some(url) => write!(formatter, " @ {url}")?,
            None => write!(formatter, "{}", self.specifier)?,
        }
        match &self.marker {
            Some(marker) => write!(formatter, " ; {marker}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_read_and_written() {
        for (text, expected) in [
            ("Werkzeug>=2.0", "werkzeug>=2.0"),
            ("Werkzeug (>=2.0)", "werkzeug>=2.0"),
            (
                "Werkzeug >= 2.0 ; python_version >= \"3.8\"",
                "werkzeug>=2.0 ; python_version >= \"3.8\"",
            ),
            (
                "uvicorn[standard, Http_2]<1,>0.2",
                "uvicorn[http-2,standard]<1,>0.2",
            ),
            ("a@ https://host/a;b.whl", "a @ https://host/a;b.whl"),
            (
                "a @ file:///x ; extra == 'y'",
                "a @ file:///x ; extra == 'y'",
            ),
            ("a[]", "a"),
            ("a;os_name=='nt'", "a ; os_name=='nt'"),
        ] {
            assert_eq!(Requirement::parse(text).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn extras_decide() {
        let requirement = Requirement::parse("httptools>=0.5; extra == 'standard'").unwrap();
        let environment = Environment::new((3, 12), "aarch64");
        assert!(!requirement.applies(&environment, &[]));
        assert!(requirement.applies(&environment, &[Name::parse("standard").unwrap()]));
    }

    #[test]
    fn broken_requirements_are_refused() {
        for text in ["", ">=1", "a[b", "a @ ", "a 1.0", "a>=1;;", "-e ."] {
            assert!(Requirement::parse(text).is_err(), "{text}");
        }
    }
}
