//! The files of a dist-info or egg-info: METADATA, RECORD, entry_points.txt, WHEEL, INSTALLER, REQUESTED, direct_url.json.
//! A file that is missing or damaged reads as empty: pip and the interpreter take it so, too.
//!
//! Source: the PyPA specifications "core metadata", "recording installed projects", "entry points", "binary distribution
//! format", "direct URL data structure".

use std::collections::BTreeMap;

use crate::files::{Files, components, join, parent};

/// Bytes of a metadata file that are read.
const LIMIT: usize = 1 << 20;
/// Bytes of a record that are read.
const RECORD_LIMIT: usize = 16 << 20;

/// What a distribution says of itself.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    /// `Requires-Dist`, as written.
    pub requires: Vec<String>,
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
        let metadata = metadata(files, info).unwrap_or_default();
        let head = metadata.split("\n\n").next().unwrap_or_default();
        let requires = head
            .lines()
            .filter_map(|line| line.strip_prefix("Requires-Dist:"));
        let mut found = Documents {
            requires: requires.map(|text| text.trim().to_string()).collect(),
            record: record(files, info, site),
            entry_points: entry_points(&text("entry_points.txt").unwrap_or_default()),
            installer: text("INSTALLER").unwrap_or_default().trim().to_string(),
            requested: files.is_file(&join(info, b"REQUESTED")),
            ..Documents::default()
        };
        let wheel = text("WHEEL").unwrap_or_default();
        found.tags = wheel
            .lines()
            .filter_map(|line| line.strip_prefix("Tag:"))
            .map(|tag| tag.trim().to_string())
            .collect();
        if let Some(origin) = text("direct_url.json")
            .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
        {
            found.url = origin["url"].as_str().map(str::to_string);
            found.editable = origin["dir_info"]["editable"].as_bool() == Some(true);
        }
        found.modules = match text("top_level.txt") {
            Some(text) => text
                .lines()
                .map(|line| line.trim().to_string())
                .filter(|line| !line.is_empty())
                .collect(),
            None => modules(&found.record, site),
        };
        found
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
fn metadata(files: &Files, info: &[u8]) -> Option<String> {
    let inside = ["METADATA", "PKG-INFO"]
        .iter()
        .find_map(|name| files.text(&join(info, name.as_bytes()), LIMIT));
    inside.or_else(|| files.text(info, LIMIT))
}

/// The members of the metadata that occur once.
pub(super) fn headers(files: &Files, info: &[u8]) -> BTreeMap<String, String> {
    let text = metadata(files, info).unwrap_or_default();
    let lines = text.lines().take_while(|line| !line.is_empty());
    let member = |line: &str| {
        line.split_once(':')
            .map(|(name, value)| (name.to_string(), value.trim().to_string()))
    };
    lines.filter_map(member).collect()
}

/// The record's files, or what setuptools wrote down before there were records.
fn record(files: &Files, info: &[u8], site: &[u8]) -> Vec<Recorded> {
    if let Some(text) = files.text(&join(info, b"RECORD"), RECORD_LIMIT) {
        return text
            .lines()
            .filter_map(|line| recorded(line, site))
            .collect();
    }
    let text = files
        .text(&join(info, b"installed-files.txt"), RECORD_LIMIT)
        .unwrap_or_default();
    let file = |line: &str| Recorded {
        path: below(info, line),
        size: None,
    };
    text.lines()
        .filter(|line| !line.is_empty())
        .map(file)
        .collect()
}

/// One line: a path, quoted if it has a comma or a quote, then digest and size.
fn recorded(line: &str, site: &[u8]) -> Option<Recorded> {
    let (path, rest) = match line.strip_prefix('"') {
        Some(line) => {
            let end = line
                .find("\",")
                .or_else(|| line.strip_suffix('"').map(str::len))?;
            (
                line[..end].replace("\"\"", "\""),
                line.get(end + 2..).unwrap_or_default(),
            )
        }
        None => {
            let (path, rest) = line.split_once(',').unwrap_or((line, ""));
            (path.to_string(), rest)
        }
    };
    let size = rest
        .rsplit(',')
        .next()
        .and_then(|size| size.trim().parse().ok());
    (!path.is_empty()).then(|| Recorded {
        path: below(site, &path),
        size,
    })
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

/// `[group]`, then `name = module:attribute [extras]`.
fn entry_points(text: &str) -> Vec<(String, String, String)> {
    let mut group = String::new();
    let mut found = Vec::new();
    for line in text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with(['#', ';']))
    {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            group = name.trim().to_string();
        } else if let Some((name, object)) = line.split_once('=') {
            let object = object.split('[').next().unwrap_or_default().trim();
            found.push((group.clone(), name.trim().to_string(), object.to_string()));
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
