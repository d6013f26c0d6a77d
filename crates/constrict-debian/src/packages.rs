//! `Packages` indices: what a suite offers on one architecture. Never decides between versions.
//!
//! Reads decompressed bytes as a stream and keeps the fields that resolving and fetching need. Relations stay text
//! until somebody asks: of the 63,000 paragraphs of a suite a few hundred are looked at.

use std::io::BufRead;

use crate::checksum::Sha256;
use crate::relation::{Alternatives, is_architecture, is_package_name};
use crate::version::Version;
use crate::{Error, Result};

const DOCUMENT: &str = "Packages";

/// Longest line taken, in bytes; real ones stay under 200 KiB.
const LINE_LIMIT: u64 = 4 << 20;

/// The `Multi-Arch` field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MultiArch {
    /// Absent or `no`: satisfies its own architecture only.
    #[default]
    No,
    /// May be installed for several architectures at once.
    Same,
    /// Satisfies relations from any architecture.
    Foreign,
    /// Satisfies `:any` relations from any architecture.
    Allowed,
}

/// One package of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// `Package`
    pub name: Box<str>,
    /// `Version`
    pub version: Version,
    /// `Architecture`: the index's own or `all`.
    pub architecture: Box<str>,
    /// `Multi-Arch`
    pub multi_arch: MultiArch,
    /// `Essential: yes`
    pub essential: bool,
    /// `Priority`, such as `required`; empty where absent.
    pub priority: Box<str>,
    /// `Section`; empty where absent.
    pub section: Box<str>,
    /// `Filename`: the path below the archive's root; relative, without `..`.
    pub filename: Box<str>,
    /// `Size` of the `.deb`, bytes.
    pub size: u64,
    /// `SHA256` of the `.deb`.
    pub sha256: Sha256,
    /// `Installed-Size`, KiB; 0 where absent.
    pub installed_size: u64,
    source: Option<Box<str>>,
    relations: [Option<Box<str>>; Field::COUNT],
}

/// The relation fields of a binary package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Has to be configured before this one is unpacked.
    PreDepends,
    /// Has to be configured before this one is.
    Depends,
    /// Usually wanted with it.
    Recommends,
    /// Must not be there, not even unpacked.
    Conflicts,
    /// Must not be configured at the same time.
    Breaks,
    /// Whose files this one may overwrite.
    Replaces,
    /// Virtual packages that this one stands for.
    Provides,
}

impl Field {
    const COUNT: usize = 7;

    /// The field's name in control paragraphs.
    pub fn name(self) -> &'static str {
        match self {
            Field::PreDepends => "Pre-Depends",
            Field::Depends => "Depends",
            Field::Recommends => "Recommends",
            Field::Conflicts => "Conflicts",
            Field::Breaks => "Breaks",
            Field::Replaces => "Replaces",
            Field::Provides => "Provides",
        }
    }
}

impl Package {
    /// The source package that it was built from, and that one's version.
    pub fn source(&self) -> (&str, &str) {
        let own = self.version.as_str();
        match self.source.as_deref() {
            None => (&self.name, own),
            Some(text) => match text.split_once('(') {
                Some((name, version)) => (name.trim(), version.trim_end_matches(')').trim()),
                None => (text, own),
            },
        }
    }

    /// A relation field, parsed; empty where the package has none.
    pub fn relations(&self, field: Field) -> Result<Vec<Alternatives>> {
        self.relation_text(field)
            .map_or(Ok(Vec::new()), Alternatives::parse_list)
    }

    /// A relation field as it was written.
    pub fn relation_text(&self, field: Field) -> Option<&str> {
        self.relations[field as usize].as_deref()
    }
}

/// Reads the packages of an index; paragraphs of other architectures than `architecture` and `all` are passed over.
pub fn read_packages(mut index: impl BufRead, architecture: &str) -> Result<Vec<Package>> {
    let mut list = Vec::new();
    let mut draft = Draft::default();
    let mut raw = Vec::with_capacity(1 << 12);
    let mut line_number = 0;
    loop {
        raw.clear();
        line_number += 1;
        let mut bounded = std::io::Read::take(&mut index, LINE_LIMIT + 1);
        let count = bounded
            .read_until(b'\n', &mut raw)
            .map_err(Error::io("read a Packages index"))?;
        if count as u64 > LINE_LIMIT {
            return Err(Error::TooLarge {
                what: "a line of a Packages index",
                limit: LINE_LIMIT,
            });
        }
        let line = raw.trim_ascii_end();
        if line.is_empty() {
            if let Some(package) = std::mem::take(&mut draft).finish(architecture)? {
                list.push(package);
            }
            if count == 0 {
                return Ok(list);
            }
            continue;
        }
        draft.add_line(line).map_err(|fact| Error::Line {
            document: DOCUMENT,
            line: line_number,
            fact,
        })?;
    }
}

/// The fields of a paragraph that is being read.
#[derive(Default)]
struct Draft {
    started: bool,
    continues: Option<Field>,
    name: Option<Box<str>>,
    version: Option<Box<str>>,
    architecture: Option<Box<str>>,
    multi_arch: MultiArch,
    essential: bool,
    priority: Box<str>,
    section: Box<str>,
    filename: Option<Box<str>>,
    size: Option<u64>,
    sha256: Option<Box<str>>,
    installed_size: u64,
    source: Option<Box<str>>,
    relations: [Option<Box<str>>; Field::COUNT],
}

impl Draft {
    fn add_line(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let text = |bytes: &[u8]| {
            std::str::from_utf8(bytes.trim_ascii())
                .map(Box::<str>::from)
                .map_err(|_| "is not UTF-8")
        };
        if matches!(line[0], b' ' | b'\t') {
            if let Some(field) = self.continues {
                let slot = &mut self.relations[field as usize];
                let joined = format!("{} {}", slot.as_deref().unwrap_or_default(), text(line)?);
                *slot = Some(joined.into());
            }
            return if self.started {
                Ok(())
            } else {
                Err("a continuation line before any field")
            };
        }
        let colon = line
            .iter()
            .position(|&b| b == b':')
            .ok_or("no colon in a field")?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        self.started = true;
        self.continues = relation_field(name);
        if let Some(field) = self.continues {
            self.relations[field as usize] = Some(text(value)?);
            return Ok(());
        }
        match name {
            b"Package" => self.name = Some(text(value)?),
            b"Version" => self.version = Some(text(value)?),
            b"Architecture" => self.architecture = Some(text(value)?),
            b"Multi-Arch" => self.multi_arch = multi_arch(value.trim_ascii())?,
            b"Essential" => self.essential = value.trim_ascii() == b"yes",
            b"Priority" => self.priority = text(value)?,
            b"Section" => self.section = text(value)?,
            b"Filename" => self.filename = Some(text(value)?),
            b"Size" => self.size = Some(number(value)?),
            b"SHA256" => self.sha256 = Some(text(value)?),
            b"Source" => self.source = Some(text(value)?),
            b"Installed-Size" => self.installed_size = number(value)?,
            _ => {}
        }
        Ok(())
    }

    fn finish(self, architecture: &str) -> Result<Option<Package>> {
        if !self.started {
            return Ok(None);
        }
        let missing = |field| Error::MissingField {
            document: DOCUMENT,
            field,
        };
        let found = self.architecture.ok_or_else(|| missing("Architecture"))?;
        if &*found != architecture && &*found != "all" {
            return Ok(None);
        }
        let name = self.name.ok_or_else(|| missing("Package"))?;
        if !is_package_name(&name) || !is_architecture(&found) {
            return Err(Error::value("package name", &name, "is none"));
        }
        let filename = self.filename.ok_or_else(|| missing("Filename"))?;
        if !is_archive_path(&filename) {
            return Err(Error::value(
                "archive path",
                &filename,
                "leaves the archive",
            ));
        }
        Ok(Some(Package {
            name,
            version: Version::parse(&self.version.ok_or_else(|| missing("Version"))?)?,
            architecture: found,
            multi_arch: self.multi_arch,
            essential: self.essential,
            priority: self.priority,
            section: self.section,
            filename,
            size: self.size.ok_or_else(|| missing("Size"))?,
            sha256: Sha256::parse(&self.sha256.ok_or_else(|| missing("SHA256"))?)?,
            installed_size: self.installed_size,
            source: self.source,
            relations: self.relations,
        }))
    }
}

fn relation_field(name: &[u8]) -> Option<Field> {
    Some(match name {
        b"Pre-Depends" => Field::PreDepends,
        b"Depends" => Field::Depends,
        b"Recommends" => Field::Recommends,
        b"Conflicts" => Field::Conflicts,
        b"Breaks" => Field::Breaks,
        b"Replaces" => Field::Replaces,
        b"Provides" => Field::Provides,
        _ => return None,
    })
}

fn multi_arch(value: &[u8]) -> Result<MultiArch, &'static str> {
    match value {
        b"no" => Ok(MultiArch::No),
        b"same" => Ok(MultiArch::Same),
        b"foreign" => Ok(MultiArch::Foreign),
        b"allowed" => Ok(MultiArch::Allowed),
        _ => Err("an unknown value of Multi-Arch"),
    }
}

fn number(value: &[u8]) -> Result<u64, &'static str> {
    std::str::from_utf8(value.trim_ascii())
        .ok()
        .and_then(|digits| digits.parse().ok())
        .ok_or("not a number")
}

/// A relative path that stays below its root and is printable.
pub(crate) fn is_archive_path(path: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.bytes().all(|b| b.is_ascii_graphic()) && path.split('/').all(part)
}
