//! One OSV record, and whether an installed version is affected by it. Does no I/O.
//!
//! Format: the OSV schema 1.x, <https://ossf.github.io/osv-schema/>. Every field may be missing or null: exporters differ.
//! Ranges of commits (`GIT`) say nothing about versions; a record that has nothing else cannot be compared.

use std::cmp::Ordering;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::order::Version;
use crate::packages::Ecosystem;

/// Longest summary that is kept, characters.
const SUMMARY: usize = 200;

/// A record.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Record {
    /// `GHSA-…`
    pub id: String,
    withdrawn: Option<IgnoredAny>,
    aliases: Option<Vec<String>>,
    upstream: Option<Vec<String>>,
    summary: Option<String>,
    details: Option<String>,
    severity: Option<Vec<Score>>,
    database_specific: Option<Value>,
    /// Which versions of which packages.
    pub affected: Option<Vec<Affected>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Score {
    score: Option<String>,
}

/// Versions of one package.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Affected {
    /// The package.
    pub package: Option<PackageName>,
    severity: Option<Vec<Score>>,
    ranges: Option<Vec<Range>>,
    versions: Option<Vec<String>>,
    ecosystem_specific: Option<Value>,
    database_specific: Option<Value>,
}

/// A package of an ecosystem.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PackageName {
    /// `PyPI`, `Debian:12`.
    pub ecosystem: String,
    /// As the ecosystem spells it.
    pub name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Range {
    r#type: String,
    events: Option<Vec<Event>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    introduced: Option<String>,
    last_affected: Option<String>,
    fixed: Option<String>,
    limit: Option<String>,
}

/// Whether a version is affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is; the first later version that is not, where the record names one.
    Affected {
        /// That version.
        fixed: Option<String>,
    },
    /// It is not.
    Unaffected,
    /// It may be: why it cannot be told.
    NotCompared(String),
}

impl Record {
    /// Whether its authors took it back.
    pub fn is_withdrawn(&self) -> bool {
        self.withdrawn.is_some()
    }

    /// Its other names, and those of what it is about, sorted.
    pub fn aliases(&self) -> Vec<String> {
        let lists = [&self.aliases, &self.upstream];
        let mut all: Vec<String> = lists.into_iter().flatten().flatten().cloned().collect();
        all.retain(|name| *name != self.id);
        all.sort();
        all.dedup();
        all
    }

    /// One line about it.
    pub fn summary(&self) -> String {
        let texts = [&self.summary, &self.details];
        let mut lines = texts.into_iter().flatten().flat_map(|text| text.lines());
        let line = lines.find(|line| !line.trim().is_empty());
        let line = line.unwrap_or_default().trim();
        line.chars()
            .filter(|c| !c.is_control())
            .take(SUMMARY)
            .collect()
    }

    /// How bad it is, in a word where there is one, else as a CVSS vector.
    pub fn severity(&self, affected: &Affected) -> Option<String> {
        let word = |value: &Option<Value>, name: &str| {
            let word = value.as_ref()?.get(name)?.as_str()?;
            (!word.is_empty() && word.len() < 64).then(|| word.to_ascii_lowercase())
        };
        let score = |scores: &Option<Vec<Score>>| {
            let scores = scores.as_ref()?.iter();
            let found = scores
                .filter_map(|each| each.score.as_deref())
                .next_back()?;
            (found.len() < 512).then(|| found.to_string())
        };
        word(&affected.ecosystem_specific, "severity")
            .or_else(|| word(&affected.database_specific, "severity"))
            .or_else(|| word(&self.database_specific, "severity"))
            .or_else(|| score(&affected.severity))
            .or_else(|| score(&self.severity))
            .or_else(|| word(&affected.ecosystem_specific, "urgency"))
    }
}

impl Affected {
    /// Whether an installed version is among those.
    pub fn verdict(&self, ecosystem: Ecosystem, installed: &str) -> Verdict {
        let versions = self.versions.iter().flatten();
        let ranges: Vec<&Range> = self.ranges.iter().flatten().collect();
        let version = Version::parse(ecosystem, installed);
        let mut reason = None;
        let mut compared = false;
        let mut affected = false;
        let mut fixed: Option<(Version, String)> = None;
        for listed in versions {
            compared = true;
            affected |= listed == installed || is_same(ecosystem, &version, listed);
        }
        for range in ranges.iter().filter(|range| range.r#type != "GIT") {
            let judged = match &version {
                Ok(version) => range.judge(ecosystem, version),
                Err(why) => Err(why.clone()),
            };
            match judged {
                Ok((inside, later)) => {
                    compared = true;
                    affected |= inside;
                    let later = later.filter(|(later, _)| {
                        let known = fixed.as_ref();
                        known.is_none_or(|(known, _)| later.order(known).is_lt())
                    });
                    fixed = later.or(fixed);
                }
                Err(why) => reason = Some(why),
            }
        }
        match (affected, reason, compared) {
            (true, _, _) => Verdict::Affected {
                fixed: fixed.map(|(_, text)| text),
            },
            (false, Some(why), _) => Verdict::NotCompared(why),
            (false, None, true) => match version {
                Ok(_) => Verdict::Unaffected,
                // a list of versions, none of which is spelt so
                Err(why) => Verdict::NotCompared(why),
            },
            (false, None, false) if ranges.is_empty() => {
                Verdict::NotCompared("the record names no versions".into())
            }
            (false, None, false) => {
                Verdict::NotCompared("the record names commits, and no versions".into())
            }
        }
    }
}

/// Whether a listed version is the installed one, however both are spelt.
fn is_same(ecosystem: Ecosystem, version: &Result<Version, String>, listed: &str) -> bool {
    let Ok(version) = version else { return false };
    Version::parse(ecosystem, listed).is_ok_and(|listed| version.against(&listed).is_eq())
}

/// What an event does, in the order in which events of one version count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Introduced,
    LastAffected,
    Fixed,
}

/// An event with its version; none is before all versions.
type Step<'a> = (Option<Version>, Act, &'a str);

impl Range {
    /// Whether a version is in the range, and the first fixed version behind it.
    fn judge(
        &self,
        ecosystem: Ecosystem,
        version: &Version,
    ) -> Result<(bool, Option<(Version, String)>), String> {
        let known = match ecosystem {
            // plain releases and their candidates are ordered alike
            Ecosystem::Python => ["ECOSYSTEM", "SEMVER"].contains(&self.r#type.as_str()),
            _ => self.r#type == "ECOSYSTEM",
        };
        if !known {
            let kind: String = self.r#type.chars().take(32).collect();
            return Err(format!("the record has a range of type `{kind}`"));
        }
        let (mut steps, limits) = self.steps(ecosystem)?;
        steps.sort_by(|one, other| {
            let versions = match (&one.0, &other.0) {
                (Some(one), Some(other)) => one.order(other),
                (one, other) => one.is_some().cmp(&other.is_some()),
            };
            versions.then(one.1.cmp(&other.1))
        });
        let mut inside = false;
        for (bound, act, _) in &steps {
            let order = bound
                .as_ref()
                .map_or(Ordering::Greater, |bound| version.against(bound));
            match act {
                Act::Introduced if order.is_ge() => inside = true,
                Act::Fixed if order.is_ge() => inside = false,
                Act::LastAffected if order.is_gt() => inside = false,
                _ => {}
            }
        }
        let before = |limit: &Version| version.against(limit).is_lt();
        inside &= limits.is_empty() || limits.iter().any(before);
        let later = steps.into_iter().find_map(|(bound, act, text)| {
            let bound = bound.filter(|bound| version.against(bound).is_lt())?;
            (act == Act::Fixed).then(|| (bound, text.to_string()))
        });
        Ok((inside, later.filter(|_| inside)))
    }

    /// The events, and the limits other than `*`.
    fn steps(&self, ecosystem: Ecosystem) -> Result<(Vec<Step<'_>>, Vec<Version>), String> {
        let (mut steps, mut limits) = (Vec::new(), Vec::new());
        let mut unlimited = false;
        for event in self.events.iter().flatten() {
            let acts = [
                (&event.introduced, Act::Introduced),
                (&event.last_affected, Act::LastAffected),
                (&event.fixed, Act::Fixed),
            ];
            for (text, act) in acts {
                let Some(text) = text.as_deref() else {
                    continue;
                };
                let bound = match (act, text) {
                    (Act::Introduced, "0") => None,
                    _ => Some(Version::parse(ecosystem, text)?),
                };
                steps.push((bound, act, text));
            }
            match event.limit.as_deref() {
                Some("*") => unlimited = true,
                Some(text) => limits.push(Version::parse(ecosystem, text)?),
                None => {}
            }
        }
        if !steps.iter().any(|(_, act, _)| *act == Act::Introduced) {
            return Err("the record has a range without a beginning".into());
        }
        if unlimited {
            limits.clear();
        }
        Ok((steps, limits))
    }
}

#[cfg(test)]
mod tests;
