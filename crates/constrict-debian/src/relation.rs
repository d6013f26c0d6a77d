//! Relations between packages: `Depends`, `Conflicts`, `Provides` and their kin. Never looks for candidates.
//!
//! Source: Debian policy 7.1. `a (>= 1) | b:any, c [amd64]`: a comma means and, a bar means or. Build profiles
//! (`<!nocheck>`) belong to source packages and are an error here.

use std::cmp::Ordering;
use std::fmt;

use crate::version::Version;
use crate::{Error, Result};

/// The comparison of a version constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// `<<`
    Earlier,
    /// `<=`, also the obsolete `<`
    EarlierOrEqual,
    /// `=`
    Equal,
    /// `>=`, also the obsolete `>`
    LaterOrEqual,
    /// `>>`
    Later,
}

impl Operator {
    fn parse(text: &str) -> Option<Operator> {
        Some(match text {
            "<<" => Operator::Earlier,
            "<=" | "<" => Operator::EarlierOrEqual,
            "=" => Operator::Equal,
            ">=" | ">" => Operator::LaterOrEqual,
            ">>" => Operator::Later,
            _ => return None,
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            Operator::Earlier => "<<",
            Operator::EarlierOrEqual => "<=",
            Operator::Equal => "=",
            Operator::LaterOrEqual => ">=",
            Operator::Later => ">>",
        }
    }
}

/// What a relation asks of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// The comparison.
    pub operator: Operator,
    /// What is compared with.
    pub version: Version,
}

impl Constraint {
    /// Whether a version satisfies it.
    pub fn admits(&self, version: &Version) -> bool {
        let order = version.cmp(&self.version);
        match self.operator {
            Operator::Earlier => order == Ordering::Less,
            Operator::EarlierOrEqual => order != Ordering::Greater,
            Operator::Equal => order == Ordering::Equal,
            Operator::LaterOrEqual => order != Ordering::Less,
            Operator::Later => order == Ordering::Greater,
        }
    }
}

/// One package named in a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The package's name.
    pub name: String,
    /// The qualifier behind the colon: `any`, `native` or an architecture.
    pub qualifier: Option<String>,
    /// The version asked for.
    pub constraint: Option<Constraint>,
    /// The architectures in brackets, with their `!`; empty where the relation holds on all.
    pub architectures: Vec<String>,
}

/// The alternatives of one comma-separated item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternatives(pub Vec<Relation>);

impl Relation {
    /// A relation to any version of a package.
    pub fn to(name: &str) -> Result<Relation> {
        let relation = Relation::parse(name)?;
        match relation {
            Relation {
                qualifier: None,
                constraint: None,
                ref architectures,
                ..
            } if architectures.is_empty() => Ok(relation),
            _ => Err(Error::value("package name", name, "is more than a name")),
        }
    }

    /// Reads one relation, such as `libc6 (>= 2.36) [amd64]`.
    pub fn parse(text: &str) -> Result<Relation> {
        let wrong = |fact| Error::value("relation", text, fact);
        let rest = text.trim();
        let end = rest
            .find([' ', '\t', '\n', '(', '[', '<'])
            .unwrap_or(rest.len());
        let (name, mut rest) = rest.split_at(end);
        let (name, qualifier) = match name.split_once(':') {
            Some((_, qualifier)) if !is_architecture(qualifier) => {
                return Err(wrong("an unusable qualifier"));
            }
            Some((name, qualifier)) => (name, Some(qualifier.to_owned())),
            None => (name, None),
        };
        if !is_package_name(name) {
            return Err(wrong("not a package name"));
        }
        let mut relation = Relation {
            name: name.to_owned(),
            qualifier,
            constraint: None,
            architectures: Vec::new(),
        };
        rest = rest.trim_start();
        if let Some(inner) = rest.strip_prefix('(') {
            let (inner, behind) = inner
                .split_once(')')
                .ok_or_else(|| wrong("an unclosed parenthesis"))?;
            let inner = inner.trim();
            let operator_end = inner.find(|c| !"<>=".contains(c)).unwrap_or(inner.len());
            let (operator, version) = inner.split_at(operator_end);
            let operator =
                Operator::parse(operator).ok_or_else(|| wrong("an unknown comparison"))?;
            relation.constraint = Some(Constraint {
                operator,
                version: Version::parse(version.trim())?,
            });
            rest = behind.trim_start();
        }
        if let Some(inner) = rest.strip_prefix('[') {
            let (inner, behind) = inner
                .split_once(']')
                .ok_or_else(|| wrong("an unclosed bracket"))?;
            relation.architectures = inner.split_whitespace().map(str::to_owned).collect();
            let fine = |arch: &String| is_architecture(arch.strip_prefix('!').unwrap_or(arch));
            if relation.architectures.is_empty() || !relation.architectures.iter().all(fine) {
                return Err(wrong("an unusable architecture list"));
            }
            rest = behind.trim_start();
        }
        match rest {
            "" => Ok(relation),
            _ if rest.starts_with('<') => {
                Err(wrong("build profiles, which only source packages have"))
            }
            _ => Err(wrong("something behind its end")),
        }
    }

    /// Whether the relation holds on an architecture at all (its bracket list).
    pub fn applies_on(&self, architecture: &str) -> bool {
        let listed = |arch: &str| arch == architecture || arch == "any" || arch == "linux-any";
        match self
            .architectures
            .iter()
            .partition::<Vec<_>, _>(|arch| arch.starts_with('!'))
        {
            (forbidden, allowed) if allowed.is_empty() => {
                !forbidden.iter().any(|arch| listed(&arch[1..]))
            }
            (_, allowed) => allowed.iter().any(|arch| listed(arch)),
        }
    }
}

impl Alternatives {
    /// Reads a whole field; an empty one has no items. Empty items (a trailing comma) are passed over, as dpkg does.
    pub fn parse_list(text: &str) -> Result<Vec<Alternatives>> {
        let items = text.split(',').filter(|item| !item.trim().is_empty());
        items
            .map(|item| {
                item.split('|')
                    .map(Relation::parse)
                    .collect::<Result<_>>()
                    .map(Alternatives)
            })
            .collect()
    }
}

/// Policy 5.6.1: lower-case letters, digits, `+ - .`, starting with a letter or digit. Upper case and `_` don't occur.
pub(crate) fn is_package_name(name: &str) -> bool {
    let rest = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b));
    rest && name.len() >= 2 && name.as_bytes()[0].is_ascii_alphanumeric()
}

/// Architecture names and wildcards: lower-case letters, digits, hyphens.
pub(crate) fn is_architecture(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(qualifier) = &self.qualifier {
            write!(f, ":{qualifier}")?;
        }
        if let Some(Constraint { operator, version }) = &self.constraint {
            write!(f, " ({} {version})", operator.as_str())?;
        }
        if !self.architectures.is_empty() {
            write!(f, " [{}]", self.architectures.join(" "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Alternatives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, relation) in self.0.iter().enumerate() {
            write!(f, "{}{relation}", if index == 0 { "" } else { " | " })?;
        }
        Ok(())
    }
}
