//! `Release` files: what a suite holds and the checksums of its indices. Never checks a signature (see
//! [`crate::openpgp`]) and never reads the clock.
//!
//! Source: the Debian repository format (wiki.debian.org/DebianRepository/Format). Only SHA256 is read.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

use crate::checksum::Sha256;
use crate::compression::Compression;
use crate::packages::is_archive_path;
use crate::paragraph::Paragraph;
use crate::{Error, Result};

const DOCUMENT: &str = "Release";

/// How far a Release file may be dated ahead of the clock, seconds: clocks differ, apt allows ten seconds by default.
const CLOCK_SLACK: i64 = 300;

/// Whether a Release file may be older than it says it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// `Valid-Until` and `Date` are held against the clock.
    #[default]
    Checked,
    /// An old snapshot is wanted.
    Ignored,
}

/// A suite's Release file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// `Origin`, such as `Debian`.
    pub origin: Option<String>,
    /// `Label`, such as `Debian-Security`.
    pub label: Option<String>,
    /// `Suite`, such as `stable`.
    pub suite: Option<String>,
    /// `Codename`, such as `bookworm`.
    pub codename: Option<String>,
    /// `Version`, such as `12.11`.
    pub version: Option<String>,
    /// `Date`
    pub date: OffsetDateTime,
    /// `Valid-Until`
    pub valid_until: Option<OffsetDateTime>,
    /// `Architectures`
    pub architectures: Vec<String>,
    /// `Components`, without the directory some suites put in front (`updates/main` is `main`).
    pub components: Vec<String>,
    /// `Acquire-By-Hash`: files can be fetched under their checksum, immune to a mirror's update in between.
    pub acquire_by_hash: bool,
    files: BTreeMap<String, Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    size: u64,
    sha256: Sha256,
}

/// A file that a Release file vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexFile {
    /// The path below `dists/<suite>/`.
    pub path: String,
    /// The path below `dists/<suite>/` to ask first: by checksum where the archive offers that.
    pub fetch_path: String,
    /// How it is compressed.
    pub compression: Compression,
    /// Its length, bytes.
    pub size: u64,
    /// Its checksum.
    pub sha256: Sha256,
}

impl IndexFile {
    /// Refuses bytes that aren't this file.
    pub fn check(&self, bytes: &[u8]) -> Result<()> {
        self.sha256.check(&self.path, self.size, bytes)
    }
}

impl Release {
    /// Reads a Release file: the text that [`crate::openpgp::verify_clearsigned`] returned.
    pub fn parse(text: &[u8]) -> Result<Release> {
        let paragraph = Paragraph::parse_one(DOCUMENT, text)?;
        let owned = |name: &str| paragraph.get(name).map(str::to_owned);
        let words = |name: &str| -> Vec<String> {
            paragraph
                .get(name)
                .unwrap_or_default()
                .split_whitespace()
                .map(str::to_owned)
                .collect()
        };
        Ok(Release {
            origin: owned("Origin"),
            label: owned("Label"),
            suite: owned("Suite"),
            codename: owned("Codename"),
            version: owned("Version"),
            date: parse_date(paragraph.require(DOCUMENT, "Date")?)?,
            valid_until: paragraph.get("Valid-Until").map(parse_date).transpose()?,
            architectures: words("Architectures"),
            components: words("Components")
                .iter()
                .map(|name| without_directory(name))
                .collect(),
            acquire_by_hash: paragraph.get("Acquire-By-Hash") == Some("yes"),
            files: parse_files(paragraph.require(DOCUMENT, "SHA256")?)?,
        })
    }

    /// Refuses a file that is out of date, or from the future.
    pub fn check_freshness(&self, now: OffsetDateTime, freshness: Freshness) -> Result<()> {
        let shown =
            |date: OffsetDateTime| date.format(&Rfc3339).unwrap_or_else(|_| date.to_string());
        if freshness == Freshness::Ignored {
            return Ok(());
        }
        match self.valid_until {
            Some(until) if until < now => Err(Error::ReleaseExpired {
                valid_until: shown(until),
            }),
            _ if self.date > now + time::Duration::seconds(CLOCK_SLACK) => {
                Err(Error::ReleaseFromFuture {
                    date: shown(self.date),
                })
            }
            _ => Ok(()),
        }
    }

    /// `Packages` of a component and architecture, in the best compression offered.
    pub fn packages_file(&self, component: &str, architecture: &str) -> Result<IndexFile> {
        self.file(&format!("{component}/binary-{architecture}/Packages"))
    }

    /// `Contents` of a component and architecture (`all` has its own), in the best compression offered.
    pub fn contents_file(&self, component: &str, architecture: &str) -> Result<IndexFile> {
        self.file(&format!("{component}/Contents-{architecture}"))
    }

    /// A file by its path below `dists/<suite>/`, without the compression's suffix.
    pub fn file(&self, path: &str) -> Result<IndexFile> {
        let offered = Compression::BY_PREFERENCE
            .into_iter()
            .find_map(|compression| {
                let path = format!("{path}{}", compression.suffix());
                self.files
                    .get(&path)
                    .map(|entry| (compression, path, *entry))
            });
        let (compression, path, Entry { size, sha256 }) =
            offered.ok_or_else(|| Error::NotInRelease {
                path: path.to_owned(),
            })?;
        let fetch_path = match path.rsplit_once('/') {
            Some((directory, _)) if self.acquire_by_hash => {
                format!("{directory}/by-hash/SHA256/{sha256}")
            }
            None if self.acquire_by_hash => format!("by-hash/SHA256/{sha256}"),
            _ => path.clone(),
        };
        Ok(IndexFile {
            path,
            fetch_path,
            compression,
            size,
            sha256,
        })
    }
}

fn without_directory(component: &str) -> String {
    component.rsplit('/').next().unwrap_or(component).to_owned()
}

/// RFC 2822 dates with the zone as `UTC`, as the archive writes them, or as an offset.
fn parse_date(text: &str) -> Result<OffsetDateTime> {
    let numeric = text
        .strip_suffix("UTC")
        .or_else(|| text.strip_suffix("GMT"))
        .map(|date| format!("{date}+0000"));
    OffsetDateTime::parse(numeric.as_deref().unwrap_or(text), &Rfc2822).map_err(|_| {
        Error::value(
            "date",
            text,
            "is not of the form `Sat, 10 Feb 2024 11:07:25 UTC`",
        )
    })
}

fn parse_files(table: &str) -> Result<BTreeMap<String, Entry>> {
    let mut files = BTreeMap::new();
    for line in table.lines().filter(|line| !line.trim().is_empty()) {
        let wrong = |fact| Error::value("checksum line", line, fact);
        let mut words = line.split_whitespace();
        let (Some(checksum), Some(size), Some(path), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(wrong("is not `checksum size path`"));
        };
        let sha256 = Sha256::parse(checksum)?;
        let size = size.parse().map_err(|_| wrong("has no number as size"))?;
        if !is_archive_path(path) {
            return Err(wrong("has a path that leaves the suite"));
        }
        files.insert(path.to_owned(), Entry { size, sha256 });
    }
    Ok(files)
}
