//! Known vulnerabilities of what is installed, by data that the caller brings: OSV records ([`osv`], [`scan`]) and Debian's
//! security suite ([`security_suite`]).
//!
//! What was not compared is said: a source that fails is [`Outcome::NotChecked`], a version that cannot be read is
//! [`NotCompared`]; neither is ever zero findings. Never fetches anything and reads no clock.
//!
//! ```text
//! Packages, System ──▶ Subjects ─┬─ osv records ──▶ Scan ──▶ Outcome ┐
//!                                └─ newest sources, changelogs ──▶ Outcome ┴─▶ Vulnerabilities
//! ```

mod merge;
mod order;
pub mod osv;
pub mod scan;
pub mod security_suite;
pub mod subjects;
pub mod zip;

use serde::{Deserialize, Serialize};

use crate::packages::Ecosystem;
pub use subjects::{Subject, Subjects};

/// A vulnerability that an installed package has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The record's id: `GHSA-…`, `PYSEC-…`, `DEBIAN-CVE-…`, `CVE-…`.
    pub id: String,
    /// Its other names, sorted.
    pub aliases: Vec<String>,
    /// Whose package it is.
    pub ecosystem: Ecosystem,
    /// The distribution; of Debian the source package.
    pub package: String,
    /// The version that is installed.
    pub installed: String,
    /// Debian: the installed binary packages of that source, sorted.
    pub binaries: Vec<String>,
    /// The first version that does not have it, if there is one.
    pub fixed: Option<String>,
    /// One line; empty if the source gives none.
    pub summary: String,
    /// As the source says it: a word, or a CVSS vector.
    pub severity: Option<String>,
    /// The source that knows it.
    pub source: String,
}

/// A record that names an installed package and could not be compared with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NotCompared {
    /// The record's id, or the file that should hold one.
    pub id: String,
    /// The installed package, where the record could be read.
    pub package: Option<String>,
    /// Its version.
    pub installed: Option<String>,
    /// Why: one clause.
    pub why: String,
}

/// What came of one source for one ecosystem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Every installed package of the ecosystem was looked for.
    Checked {
        /// The source as the user named it.
        source: String,
        /// Whose packages.
        ecosystem: Ecosystem,
        /// How many installed packages were looked for.
        packages: usize,
        /// What was compared with what, for people.
        what: String,
        /// What was found, by package and id.
        known: Vec<Known>,
        /// What could not be compared.
        not_compared: Vec<NotCompared>,
        /// How old the source is: a date of RFC 3339.
        as_of: Option<String>,
    },
    /// Nothing is known: not the same as nothing found.
    NotChecked {
        /// The source as the user named it; none if there was none to ask.
        source: Option<String>,
        /// Whose packages; none if all of them.
        ecosystem: Option<Ecosystem>,
        /// Why, one clause.
        why: String,
    },
}

/// All outcomes for one image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vulnerabilities {
    /// By source, in the order in which they were named; then what no source covers.
    pub outcomes: Vec<Outcome>,
}

/// What to do where no source is configured.
pub const NO_SOURCE: &str = "no source is configured: a flag or `[vulnerabilities] sources = [\"debian-security\"]` in \
                             `constrict.toml` names one";

impl Vulnerabilities {
    /// Puts the outcomes together, and adds what none of them covers.
    pub fn new(mut outcomes: Vec<Outcome>, subjects: &Subjects) -> Vulnerabilities {
        let not_checked = |ecosystem, why: String| Outcome::NotChecked {
            source: None,
            ecosystem,
            why,
        };
        if outcomes.is_empty() {
            outcomes.push(not_checked(None, NO_SOURCE.into()));
            return Vulnerabilities { outcomes };
        }
        let covered = |ecosystem| {
            let is_of = |outcome: &Outcome| matches!(outcome, Outcome::Checked { ecosystem: found, .. } if *found == ecosystem);
            outcomes.iter().any(is_of)
        };
        let mut missing: Vec<Outcome> = subjects
            .ecosystems()
            .filter(|ecosystem| !covered(*ecosystem))
            .map(|ecosystem| {
                let packages = subjects.described(ecosystem);
                let why = match ecosystem {
                    Ecosystem::Alpine => {
                        format!("{packages}: the order of apk's versions is not known here")
                    }
                    _ => format!("no source covers {packages}"),
                };
                not_checked(Some(ecosystem), why)
            })
            .collect();
        if subjects.ecosystems().next().is_none() {
            let why =
                "the image has no record of a package manager: what is installed is not known";
            missing.push(not_checked(None, why.into()));
        }
        outcomes.extend(missing);
        Vulnerabilities { outcomes }
    }

    /// What all sources found, each vulnerability of a package once, by package and id.
    pub fn known(&self) -> Vec<Known> {
        let all = self.outcomes.iter().flat_map(|outcome| match outcome {
            Outcome::Checked { known, .. } => known.clone(),
            Outcome::NotChecked { .. } => Vec::new(),
        });
        merge::merged(all.collect())
    }

    /// Why something is not checked; empty if every installed package was looked for in every source.
    pub fn not_checked<'a>(&'a self) -> Vec<&'a str> {
        let why = |outcome: &'a Outcome| match outcome {
            Outcome::NotChecked { why, .. } => Some(why.as_str()),
            Outcome::Checked { .. } => None,
        };
        self.outcomes.iter().filter_map(why).collect()
    }

    /// Whether any installed package was looked for at all.
    pub fn is_checked(&self) -> bool {
        let is_checked =
            |outcome: &Outcome| matches!(outcome, Outcome::Checked { packages: 1.., .. });
        self.outcomes.iter().any(is_checked)
    }
}

#[cfg(test)]
mod tests;
