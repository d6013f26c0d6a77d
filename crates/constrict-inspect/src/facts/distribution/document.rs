//! The files of a dist-info or egg-info: METADATA, RECORD, entry_points.txt, WHEEL, INSTALLER, REQUESTED, direct_url.json.
//! A file that is missing or damaged reads as empty: pip and the interpreter take it so, too.
//!
//! Source: the PyPA specifications "core metadata", "recording installed projects", "entry points", "binary distribution
//! format", "direct URL data structure".

use constrict_python::dist_info::{
    DirectUrl, Entry, EntryPoint, Metadata, Wheel, parse_installed_files, parse_installer,
    parse_requires, parse_top_level,
};
use constrict_python::name::Name;
use constrict_python::requirement::Requirement;

use crate::files::{Files, components, join, parent};

/// Bytes of a metadata file that are read.
const LIMIT: usize = 1 << 20;
/// Bytes of a record that are read.
const RECORD_LIMIT: usize = 16 << 20;

/// What a distribution says of itself.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    /// What it asks for.
    pub requires: Vec<Requirement>,
    /// The files that were installed with it.
    pub record: Vec<Recorded>,
    /// Entry points: group, name, `module:attribute`.
    pub entry_points: Vec<(String, String, String)>,
    /// Tags of the wheel: `cp311-cp311-manylinux_2_17_x86_64`.
    pub tags: Vec<String>,
    /// Who installed it: `pip`, `uv`; empty if nobody says.
    pub installer: String,
    /// Whether somebody asked for it by name.
    pub requested: bool,
    /// Where it came from, if not from an index.
    pub url: Option<String>,
    /// Whether `url` is a directory that is imported from where it lies.
    pub editable: bool,
    /// The modules that it provides at the top, as far as it says (`top_level.txt`, else the record).
    pub modules: Vec<String>,
}

/// A file that was installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Relative to the root.
    pub path: Vec<u8>,
    /// Bytes, if the record says.
    pub size: Option<u64>,
}

impl Documents {
    /// Reads what is in the dist-info or egg-info at `info`.
    pub(super) fn read(files: &Files, info: &[u8], site: &[u8]) -> Documents {
        let text = |name: &str| files.text(&join(info, name.as_bytes()), LIMIT);
        let metadata = metadata(files, info).and_then(|text| Metadata::parse(&text).ok());
        let mut requires = metadata
            .map(|metadata| metadata.requires)
            .unwrap_or_default();
        if let Some(text) = text("requires.txt") {
            requires.extend(parse_requires(&text));
        }
        let entry = |entry: EntryPoint| {
            let attribute = entry
                .attribute
                .map(|attribute| format!(":{attribute}"))
                .unwrap_or_default();
            (
                entry.group,
                entry.name,
                format!("{}{attribute}", entry.module),
            )
        };
        let origin =
            text("direct_url.json").and_then(|text| DirectUrl::parse(text.as_bytes()).ok());
        let record = record(files, info, site);
        let installer = text("INSTALLER").unwrap_or_default();
        Documents {
            requires,
            entry_points: EntryPoint::parse_all(&text("entry_points.txt").unwrap_or_default())
                .into_iter()
                .map(entry)
                .collect(),
            tags: Wheel::parse(&text("WHEEL").unwrap_or_default())
                .tags
                .iter()
                .map(ToString::to_string)
                .collect(),
            installer: parse_installer(&installer).unwrap_or_default().to_string(),
            requested: files.is_file(&join(info, b"REQUESTED")),
            editable: origin.as_ref().is_some_and(|origin| origin.editable),
            url: origin.map(|origin| {
                origin
                    .path()
                    .map_or(origin.url, |path| format!("file://{path}"))
            }),
            modules: text("top_level.txt")
                .map_or_else(|| modules(&record, site), |text| parse_top_level(&text)),
            record,
        }
    }

    /// The console scripts: name and `module:attribute`.
    pub fn scripts(&self) -> impl Iterator<Item = (&str, &str)> {
        let scripts = self
            .entry_points
            .iter()
            .filter(|(group, ..)| group == "console_scripts" || group == "gui_scripts");
        scripts.map(|(_, name, object)| (name.as_str(), object.as_str()))
    }
}

/// The metadata's text: METADATA, PKG-INFO, or the egg-info itself if it is a file.
pub(crate) fn metadata(files: &Files, info: &[u8]) -> Option<String> {
    let inside = ["METADATA", "PKG-INFO"]
        .iter()
        .find_map(|name| files.text(&join(info, name.as_bytes()), LIMIT));
    inside.or_else(|| files.text(info, LIMIT))
}

/// Name and version that the metadata has.
pub(super) fn name_and_version(files: &Files, info: &[u8]) -> Option<(Name, String)> {
    let found = Metadata::parse(&metadata(files, info)?).ok()?;
    Some((found.name, found.version))
}

/// The record's files, or what setuptools wrote down before there were records.
fn record(files: &Files, info: &[u8], site: &[u8]) -> Vec<Recorded> {
    if let Some(text) = files.text(&join(info, b"RECORD"), RECORD_LIMIT) {
        let entries = Entry::parse_record(&text).into_iter();
        return entries
            .map(|entry| Recorded {
                path: below(site, &entry.path),
                size: entry.size,
            })
            .collect();
    }
    let text = files
        .text(&join(info, b"installed-files.txt"), RECORD_LIMIT)
        .unwrap_or_default();
    let file = |line: String| Recorded {
        path: below(info, &line),
        size: None,
    };
    parse_installed_files(&text).into_iter().map(file).collect()
}

/// A path of a record, which may lead out of the directory: `../../../bin/flask`.
fn below(directory: &[u8], path: &str) -> Vec<u8> {
    let mut found = if path.starts_with('/') {
        Vec::new()
    } else {
        directory.to_vec()
    };
    for part in components(path.as_bytes()) {
        match part {
            b".." => found.truncate(parent(&found).len()),
            part => found = join(&found, part),
        }
    }
    found
}

/// The modules at the top of a record: directories with Python files, and single files.
fn modules(record: &[Recorded], site: &[u8]) -> Vec<String> {
    let inside = [site, b"/"].concat();
    let module = |recorded: &Recorded| {
        let path = recorded.path.strip_prefix(inside.as_slice())?;
        let text = std::str::from_utf8(path).ok()?;
        let python = [".py", ".so", ".pyi"].iter().any(|end| text.ends_with(end));
        let first = text.split('/').next()?.split('.').next()?;
        (python && !first.is_empty() && first != "__pycache__").then(|| first.to_string())
    };
    let mut found: Vec<String> = record.iter().filter_map(module).collect();
    found.sort();
    found.dedup();
    found
}
