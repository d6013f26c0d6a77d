//! Many OSV records against what is installed. What is of no installed package is read once, over its names, and dropped.
//!
//! Bounded by the size of a record, not by their number: Debian's database has more than fifty thousand.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use constrict_python::name::Name;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::osv::{PackageName, Record, Verdict};
use super::{Known, NotCompared, Outcome, Subjects, merge};
use crate::packages::Ecosystem;

/// Longest record, bytes; the longest real ones stay under 4 MiB.
pub const RECORD_LIMIT: usize = 16 << 20;

/// Most entries of what was not compared.
const NOT_COMPARED: usize = 10_000;

/// What records said so far.
pub struct Scan<'a> {
    subjects: &'a Subjects,
    source: &'a str,
    known: BTreeMap<Ecosystem, Vec<Known>>,
    not_compared: BTreeSet<(Option<Ecosystem>, NotCompared)>,
    /// Records by the ecosystem that they are about, if it is one of the image's.
    records: BTreeMap<Ecosystem, usize>,
    /// Ecosystems of Debian's and Alpine's other releases, of other distributions and languages.
    others: BTreeSet<String>,
    newest: String,
}

/// What is looked at of every record.
#[derive(Deserialize)]
struct Glance<'a> {
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    modified: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    affected: Option<Vec<GlanceAffected<'a>>>,
}

#[derive(Deserialize)]
struct GlanceAffected<'a> {
    #[serde(borrow, default)]
    package: Option<GlancePackage<'a>>,
}

#[derive(Deserialize)]
struct GlancePackage<'a> {
    #[serde(borrow, default)]
    ecosystem: Cow<'a, str>,
    #[serde(borrow, default)]
    name: Cow<'a, str>,
}

/// What OSV's API answers.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    vulns: Vec<&'a RawValue>,
}

impl<'a> Scan<'a> {
    /// Nothing is read yet; `source` is how the user named where the records are.
    pub fn new(subjects: &'a Subjects, source: &'a str) -> Scan<'a> {
        Scan {
            subjects,
            source,
            known: BTreeMap::new(),
            not_compared: BTreeSet::new(),
            records: BTreeMap::new(),
            others: BTreeSet::new(),
            newest: String::new(),
        }
    }

    /// Reads a JSON file: a record, an array of them, several behind one another, or `{"vulns": […]}` of OSV's API. What
    /// cannot be read is remembered under `name`.
    pub fn document(&mut self, name: &str, text: &[u8]) {
        let start = text.trim_ascii_start();
        if start.is_empty() {
            return self.unreadable(name, "it is empty");
        }
        for value in serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>() {
            match value {
                Ok(value) => self.value(name, value.get().as_bytes()),
                Err(_) => return self.unreadable(name, "it is no JSON"),
            }
        }
    }

    fn value(&mut self, name: &str, text: &[u8]) {
        let many: Option<Vec<&RawValue>> = match text.first() {
            Some(b'[') => serde_json::from_slice(text).ok(),
            _ if text.len() > RECORD_LIMIT || has_answer(text) => {
                let answer: Option<Answer<'_>> = serde_json::from_slice(text).ok();
                answer.map(|answer| answer.vulns)
            }
            _ => None,
        };
        match many {
            Some(many) => many
                .iter()
                .for_each(|value| self.record(name, value.get().as_bytes())),
            None => self.record(name, text),
        }
    }

    /// Reads one record.
    pub fn record(&mut self, name: &str, text: &[u8]) {
        if text.len() > RECORD_LIMIT {
            return self.unreadable(name, "the record is too long");
        }
        let Ok(glance) = serde_json::from_slice::<Glance<'_>>(text) else {
            return self.unreadable(name, "it is no record of OSV");
        };
        let (Some(id), Some(affected)) = (&glance.id, &glance.affected) else {
            // what was withdrawn may name nothing
            if glance.id.is_none() {
                self.unreadable(name, "it is no record of OSV");
            }
            return;
        };
        let mut about = BTreeSet::new();
        let mut is_ours = false;
        for package in affected.iter().filter_map(|each| each.package.as_ref()) {
            let Some(ecosystem) = self.ecosystem(&package.ecosystem) else {
                if self.others.len() < 64 && !self.others.contains(&*package.ecosystem) {
                    self.others
                        .insert(package.ecosystem.chars().take(64).collect());
                }
                continue;
            };
            about.insert(ecosystem);
            is_ours |= !self.named(ecosystem, &package.name).is_empty();
        }
        for ecosystem in about {
            *self.records.entry(ecosystem).or_default() += 1;
        }
        if let Some(modified) = glance.modified
            && is_date(&modified)
            && *modified > *self.newest
        {
            self.newest = modified.into_owned();
        }
        if !is_ours {
            return;
        }
        match serde_json::from_slice::<Record>(text) {
            Ok(record) if record.is_withdrawn() => {}
            Ok(record) => self.judge(&record),
            Err(_) => {
                let why = format!("`{id}` is not as OSV's records are");
                self.unreadable(name, &why);
            }
        }
    }

    /// Whose packages an ecosystem of OSV means in this image.
    fn ecosystem(&self, name: &str) -> Option<Ecosystem> {
        let (ecosystem, release) = match name.split_once(':') {
            Some((ecosystem, release)) => (ecosystem, Some(release)),
            None => (name, None),
        };
        match ecosystem {
            "PyPI" => Some(Ecosystem::Python),
            "Debian" => {
                let ours = self.subjects.release.as_deref()?;
                (release.is_none_or(|release| release == ours)).then_some(Ecosystem::Debian)
            }
            _ => None,
        }
    }

    fn named(&self, ecosystem: Ecosystem, name: &str) -> &'a [super::Subject] {
        match ecosystem {
            Ecosystem::Python => match Name::parse(name) {
                Ok(name) => self.subjects.get(ecosystem, name.as_str()),
                Err(_) => &[],
            },
            _ => self.subjects.get(ecosystem, name),
        }
    }

    fn judge(&mut self, record: &Record) {
        for affected in record.affected.iter().flatten() {
            let Some(PackageName { ecosystem, name }) = &affected.package else {
                continue;
            };
            let Some(ecosystem) = self.ecosystem(ecosystem) else {
                continue;
            };
            for subject in self.named(ecosystem, name) {
                match affected.verdict(ecosystem, &subject.version) {
                    Verdict::Unaffected => {}
                    Verdict::Affected { fixed } => {
                        let known = Known {
                            id: record.id.clone(),
                            aliases: record.aliases(),
                            ecosystem,
                            package: subject.name.clone(),
                            installed: subject.version.clone(),
                            binaries: subject.binaries.iter().cloned().collect(),
                            fixed,
                            summary: record.summary(),
                            severity: record.severity(affected),
                            source: self.source.to_string(),
                        };
                        self.known.entry(ecosystem).or_default().push(known);
                    }
                    Verdict::NotCompared(why) => {
                        let entry = NotCompared {
                            id: record.id.clone(),
                            package: Some(subject.name.clone()),
                            installed: Some(subject.version.clone()),
                            why,
                        };
                        self.not_compared(Some(ecosystem), entry);
                    }
                }
            }
        }
    }

    /// Remembers that something could not be read.
    pub fn unreadable(&mut self, name: &str, why: &str) {
        let entry = NotCompared {
            id: name.chars().take(256).collect(),
            package: None,
            installed: None,
            why: why.to_string(),
        };
        self.not_compared(None, entry);
    }

    fn not_compared(&mut self, ecosystem: Option<Ecosystem>, entry: NotCompared) {
        if self.not_compared.len() < NOT_COMPARED {
            self.not_compared.insert((ecosystem, entry));
        }
    }

    /// Takes in what another part of the same source said.
    pub fn add(&mut self, other: Scan<'a>) {
        for (ecosystem, known) in other.known {
            self.known.entry(ecosystem).or_default().extend(known);
        }
        for (ecosystem, entry) in other.not_compared {
            self.not_compared(ecosystem, entry);
        }
        for (ecosystem, count) in other.records {
            *self.records.entry(ecosystem).or_default() += count;
        }
        self.others.extend(other.others);
        self.newest = std::mem::take(&mut self.newest).max(other.newest);
    }

    /// One outcome for each ecosystem of this system that the records are about, installed or not; else one that says why
    /// there is none.
    pub fn finish(mut self) -> Vec<Outcome> {
        if self.records.is_empty() {
            return vec![Outcome::NotChecked {
                source: Some(self.source.to_string()),
                ecosystem: None,
                why: self.nothing(),
            }];
        }
        let mut outcomes = Vec::new();
        for (ecosystem, count) in &self.records {
            let of = |(found, _): &&(Option<Ecosystem>, NotCompared)| {
                found.is_none_or(|found| found == *ecosystem)
            };
            let not_compared = self.not_compared.iter().filter(of);
            let plural = if *count == 1 { "" } else { "s" };
            outcomes.push(Outcome::Checked {
                source: self.source.to_string(),
                ecosystem: *ecosystem,
                packages: self.subjects.count(*ecosystem),
                what: format!(
                    "{} against {count} record{plural}",
                    self.subjects.described(*ecosystem)
                ),
                not_compared: not_compared.map(|(_, entry)| entry.clone()).collect(),
                as_of: (!self.newest.is_empty()).then(|| self.newest.clone()),
                known: merge::merged(self.known.remove(ecosystem).unwrap_or_default()),
            });
        }
        outcomes
    }

    /// Why nothing could be checked.
    fn nothing(&self) -> String {
        let others: Vec<&str> = self.others.iter().map(String::as_str).take(5).collect();
        let system = match self.subjects.system.as_str() {
            "" => "what is installed",
            system => system,
        };
        match (others.is_empty(), self.not_compared.first()) {
            (false, _) => format!(
                "its records are about {}, and not about {system}",
                others.join(", ")
            ),
            (true, Some((_, entry))) => {
                format!("it has no record of OSV: `{}`: {}", entry.id, entry.why)
            }
            (true, None) => "it has no record of OSV".into(),
        }
    }
}

/// Whether a document begins as the answer of OSV's API does.
fn has_answer(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"{").unwrap_or(text).trim_ascii_start();
    text.starts_with(b"\"vulns\"")
}

/// `2024-05-01T…`
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    (10..=40).contains(&bytes.len())
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
        && bytes.is_ascii()
}

#[cfg(test)]
mod tests;
