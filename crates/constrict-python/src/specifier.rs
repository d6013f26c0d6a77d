//! Lists of version clauses: `>=2.0,<3`, `~=1.4.2`, `==1.*`, and what old metadata made of them.
//!
//! Format: PEP 440; besides, `>=2.7.*` is read as `>=2.7`, and parentheses, quotes and an empty list are accepted,
//! because installed metadata has them.

use std::fmt;
use std::str::FromStr;

use crate::version::Version;
use crate::{Error, Result};

/// A conjunction of clauses; the empty one takes every version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Specifier {
    clauses: Vec<pep440_rs::VersionSpecifier>,
}

impl Specifier {
    /// Reads a list of clauses.
    ///
    /// # Errors
    ///
    /// [`Error::Specifier`] if a clause can't be understood.
    pub fn parse(text: &str) -> Result<Specifier> {
        let refused = || Error::Specifier(text.to_owned());
        let mut clauses = Vec::new();
        let inner = text.trim();
        let inner = inner
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
            .unwrap_or(inner);
        for clause in inner.split(',') {
            let clause = clause
                .trim()
                .trim_matches(|quote| quote == '"' || quote == '\'');
            if clause.is_empty() {
                continue;
            }
            clauses.push(parse_clause(clause).ok_or_else(refused)?);
        }
        Ok(Specifier { clauses })
    }

    /// Whether the version satisfies every clause. A pre-release counts by its order alone, since what is asked is
    /// whether an installed version fits, not which to choose.
    pub fn contains(&self, version: &Version) -> bool {
        self.clauses
            .iter()
            .all(|clause| clause.contains(&version.0))
    }

    /// No clause at all.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// Whether a clause keeps later major versions out: `<3`, `==1.2`, `~=1.4`.
    pub fn has_upper_bound(&self) -> bool {
        use pep440_rs::Operator;
        self.clauses.iter().any(|clause| {
            matches!(
                clause.operator(),
                Operator::LessThan
                    | Operator::LessThanEqual
                    | Operator::Equal
                    | Operator::EqualStar
                    | Operator::ExactEqual
                    | Operator::TildeEqual
            )
        })
    }
}

/// One clause, as PEP 440 has it or as old tools wrote it.
fn parse_clause(clause: &str) -> Option<pep440_rs::VersionSpecifier> {
    if let Ok(parsed) = pep440_rs::VersionSpecifier::from_str(clause) {
        return Some(parsed);
    }
    let ordered = clause.starts_with(['<', '>', '~']);
    let bare = clause.strip_suffix(".*").filter(|_| ordered)?;
    pep440_rs::VersionSpecifier::from_str(bare).ok()
}

impl fmt::Display for Specifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, clause) in self.clauses.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(formatter, "{comma}{clause}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(specifier: &str, version: &str) -> bool {
        let version = Version::parse(version).unwrap();
        Specifier::parse(specifier).unwrap().contains(&version)
    }

    #[test]
    fn clauses_hold_together() {
        for (specifier, version, expected) in [
            (">=2.0,<3", "2.3.7", true),
            (">=2.0,<3", "3.0.0", false),
            ("~=1.4.2", "1.4.9", true),
            ("~=1.4.2", "1.5", false),
            ("==1.*", "1.9", true),
            ("!=1.5", "1.5.0", false),
            ("===1.0", "1.0", true),
            (">=1.0", "2.0rc1", true),
            ("", "5", true),
            ("(>=2.0)", "2.1", true),
            (">=2.7.*", "3.9", true),
            (">=2.7, !=3.0.*, !=3.1.*", "3.1.2", false),
        ] {
            assert_eq!(fits(specifier, version), expected, "{specifier} {version}");
        }
    }

    #[test]
    fn display_joins_and_nonsense_is_refused() {
        let specifier = Specifier::parse("( >=2.0 , <3 )").unwrap();
        assert_eq!(specifier.to_string(), ">=2.0,<3");
        assert!(specifier.has_upper_bound());
        assert!(!Specifier::parse(">=2").unwrap().has_upper_bound());
        for text in ["2.0", ">=", ">>2", "==a"] {
            assert_eq!(
                Specifier::parse(text),
                Err(Error::Specifier(text.to_owned()))
            );
        }
    }
}
