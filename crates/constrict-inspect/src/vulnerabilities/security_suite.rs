//! Debian's security suite against what is installed: a newer source version there is known and fixed. The ids stand in the
//! changelog of the newer package, above the entry of the installed version.
//!
//! What is not fixed is not there, and no severity is. Reads versions and changelogs that the caller fetched; never fetches.

use std::collections::{BTreeMap, BTreeSet};

use super::order::Version;
use super::{Known, NotCompared, Outcome, Subjects, merge};
use crate::packages::Ecosystem;

/// A source package whose installed version is older than the suite's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outdated {
    /// Its name.
    pub name: String,
    /// The installed version.
    pub installed: String,
    /// The suite's version.
    pub newest: String,
    /// The installed packages that were built from it.
    pub binaries: BTreeSet<String>,
}

/// What the suite has newer, and what could not be compared. `newest` has the suite's version of each source package.
pub fn outdated(
    subjects: &Subjects,
    newest: &BTreeMap<String, String>,
) -> (Vec<Outdated>, Vec<NotCompared>) {
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for subject in subjects.all(Ecosystem::Debian) {
        let Some(version) = newest.get(&subject.name) else {
            continue;
        };
        let parse = |text: &str| Version::parse(Ecosystem::Debian, text);
        match (parse(&subject.version), parse(version)) {
            (Ok(installed), Ok(newest)) if installed.against(&newest).is_lt() => {
                found.push(Outdated {
                    name: subject.name.clone(),
                    installed: subject.version.clone(),
                    newest: version.clone(),
                    binaries: subject.binaries.clone(),
                });
            }
            (Ok(_), Ok(_)) => {}
            (Err(why), _) | (_, Err(why)) => unknown.push(NotCompared {
                id: format!("{} {version}", subject.name),
                package: Some(subject.name.clone()),
                installed: Some(subject.version.clone()),
                why,
            }),
        }
    }
    (found, unknown)
}

/// Whether the ids of a source package are not looked for: the kernel's changelog names thousands that its headers do not have.
pub fn is_kernel(source: &str) -> bool {
    let version = source.strip_prefix("linux-");
    let is_version = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    source == "linux" || version.is_some_and(|rest| is_version(rest) || rest.starts_with("signed-"))
}

/// The ids that the entries of a changelog above `installed` name, sorted.
pub fn ids(changelog: &str, installed: &str) -> Vec<String> {
    let Ok(installed) = Version::parse(Ecosystem::Debian, installed) else {
        return Vec::new();
    };
    let mut found = BTreeSet::new();
    for line in changelog.lines() {
        if let Some(version) = entry(line) {
            let version = Version::parse(Ecosystem::Debian, version);
            if version.is_ok_and(|version| version.against(&installed).is_le()) {
                break;
            }
        }
        found.extend(cves(line));
    }
    found.into_iter().collect()
}

/// The version in the first line of an entry: `openssl (3.0.15-1~deb12u1) bookworm-security; urgency=medium`.
fn entry(line: &str) -> Option<&str> {
    if line.starts_with([' ', '\t']) {
        return None;
    }
    let (_, rest) = line.split_once(" (")?;
    let (version, rest) = rest.split_once(") ")?;
    rest.contains(';').then_some(version)
}

/// `CVE-2024-1234` wherever it stands.
fn cves(line: &str) -> impl Iterator<Item = String> + '_ {
    line.match_indices("CVE-").filter_map(|(at, _)| {
        let rest = &line[at + 4..];
        let digits =
            |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let year = digits(rest);
        let number = digits(rest.get(year..)?.strip_prefix('-')?);
        let is_one = year == 4 && (4..=12).contains(&number);
        is_one.then(|| format!("CVE-{}", &rest[..year + 1 + number]))
    })
}

/// The outcome: `ids` has those that were found for a source package, or why there are none.
pub fn outcome(
    source: &str,
    suite: &str,
    subjects: &Subjects,
    found: Vec<(Outdated, Result<Vec<String>, String>)>,
    not_compared: Vec<NotCompared>,
    as_of: String,
) -> Outcome {
    let known = found.into_iter().flat_map(|(outdated, ids)| {
        let known = |id: String, summary: String| Known {
            id,
            aliases: Vec::new(),
            ecosystem: Ecosystem::Debian,
            package: outdated.name.clone(),
            installed: outdated.installed.clone(),
            binaries: outdated.binaries.iter().cloned().collect(),
            fixed: Some(outdated.newest.clone()),
            summary,
            severity: None,
            source: source.to_string(),
        };
        let newer = format!("{} {}", outdated.name, outdated.newest);
        match ids {
            Ok(ids) if ids.is_empty() => {
                vec![known(
                    newer,
                    format!("{suite} has it; its changelog names no ids"),
                )]
            }
            Ok(ids) => ids.into_iter().map(|id| known(id, String::new())).collect(),
            Err(why) => vec![known(
                newer,
                format!("{suite} has it; its ids are not listed: {why}"),
            )],
        }
    });
    Outcome::Checked {
        source: source.to_string(),
        ecosystem: Ecosystem::Debian,
        packages: subjects.count(Ecosystem::Debian),
        what: format!(
            "{} against {suite}: only what is fixed there",
            subjects.described(Ecosystem::Debian)
        ),
        known: merge::merged(known.collect()),
        not_compared,
        as_of: Some(as_of),
    }
}

#[cfg(test)]
mod tests;
