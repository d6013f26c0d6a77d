//! Known vulnerabilities of an image's packages: the sources that the user named are read or asked, one after the other.
//!
//! ```text
//! debian-security                 the security suite of the host's Debian mirror
//! https://…, http://…             OSV records, kept in the store
//! a path                          OSV records: a directory, a zip, JSON
//! ```
//!
//! A source that fails is an outcome that says why, never an error and never nothing found.

mod records;
mod suite;

use std::error::Error;
use std::path::Path;

use constrict_build::layers::Layers;
use constrict_build::settings::{DEBIAN_SECURITY, Settings};
use constrict_build::source::advisories;
use constrict_inspect::Facts;
use constrict_inspect::vulnerabilities::{Outcome, Subjects, Vulnerabilities};

/// What is needed to ask sources.
pub(crate) struct Access<'a> {
    /// The store, and who is told.
    pub(crate) layers: &'a Layers,
    /// Debian's mirrors.
    pub(crate) settings: &'a Settings,
    /// Certificate authorities for downloads.
    pub(crate) ca: Option<&'a Path>,
    /// Nothing is asked of a server.
    pub(crate) offline: bool,
}

/// Why a source is not asked.
const OFFLINE: &str = "it is not asked, being offline";

/// Looks up what is installed in every source.
pub(crate) fn look(sources: &[String], facts: &Facts<'_>, access: &Access<'_>) -> Vulnerabilities {
    let subjects = Subjects::of(facts.packages(), facts.system());
    let outcomes = sources
        .iter()
        .flat_map(|source| one(source, &subjects, access));
    Vulnerabilities::new(outcomes.collect(), &subjects)
}

fn one(source: &str, subjects: &Subjects, access: &Access<'_>) -> Vec<Outcome> {
    if source == DEBIAN_SECURITY {
        return vec![match suite::look(subjects, access) {
            Ok(outcome) => outcome,
            Err(why) => not_checked(source, why),
        }];
    }
    let is_address = ["http://", "https://"]
        .iter()
        .any(|scheme| source.starts_with(scheme));
    let name = shown(source);
    let found = match (is_address, access.offline) {
        (true, true) => Err(OFFLINE.to_string()),
        (true, false) => advisories::fetch(source, access.ca, access.layers)
            .map_err(|error| told(&error))
            .and_then(|path| records::look(&path, &name, subjects)),
        (false, _) => records::look(Path::new(source), &name, subjects),
    };
    found.unwrap_or_else(|why| vec![not_checked(&name, why)])
}

fn not_checked(source: &str, why: String) -> Outcome {
    Outcome::NotChecked {
        source: Some(source.to_string()),
        ecosystem: None,
        why: crate::progress::without_numbers(&why),
    }
}

/// A source without the password and the query of its address.
fn shown(source: &str) -> String {
    match source.contains("://") {
        true => advisories::shown(source),
        false => source.to_string(),
    }
}

/// An error with its causes.
fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(&format!(": {source}"));
        cause = source.source();
    }
    text
}
