//! dpkg: `var/lib/dpkg/status` with `info/<package>[:<arch>].list`, and distroless' `status.d/<package>` with `.md5sums`.
//!
//! Source: deb822(5), dpkg's database as `constrict_debian::status` draws it. Packages that are not `installed` (removed, but
//! their configuration stays) are none; what was unpacked and not configured is one.

use std::collections::{BTreeMap, BTreeSet};

use constrict_debian::paragraph::Paragraph;

use super::paths::Paths;
use super::{Ecosystem, Package};
use crate::files::{Files, join};

const STATUS: &[u8] = b"var/lib/dpkg/status";
const STATUS_D: &[u8] = b"var/lib/dpkg/status.d";
const INFO: &[u8] = b"var/lib/dpkg/info";
/// Bytes of a database that are read.
const LIMIT: usize = 32 << 20;

/// The packages that dpkg knows.
pub(super) fn packages(files: &Files, paths: &Paths<'_>) -> Vec<Package> {
    let mut found = Vec::new();
    for paragraph in paragraphs(files, STATUS) {
        found.extend(package(&paragraph, STATUS).map(|package| (package, paragraph)));
    }
    for (name, node) in files.list(STATUS_D) {
        let record = join(STATUS_D, name);
        if name.ends_with(b".md5sums") || !node.is_file() {
            continue;
        }
        for paragraph in paragraphs(files, &record) {
            found.extend(package(&paragraph, &record).map(|package| (package, paragraph)));
        }
    }
    let provided = provided(&found);
    let listed = |(mut package, paragraph): (Package, Paragraph)| {
        package.files = listed(files, paths, &package);
        package.depends = depends(&paragraph, &provided);
        package
    };
    found.into_iter().map(listed).collect()
}

fn paragraphs(files: &Files, path: &[u8]) -> Vec<Paragraph> {
    let Some(text) = files.read(path, LIMIT) else {
        return Vec::new();
    };
    // one that dpkg would not take keeps no other from being read
    let text = String::from_utf8_lossy(&text);
    let mut found = Vec::new();
    let mut lines = String::new();
    for line in text.lines().chain([""]) {
        if !line.trim().is_empty() {
            lines.push_str(line);
            lines.push('\n');
        } else if !lines.is_empty() {
            found.extend(Paragraph::parse_one("status", lines.as_bytes()));
            lines.clear();
        }
    }
    found
}

fn package(paragraph: &Paragraph, record: &[u8]) -> Option<Package> {
    // `status.d` has control files as they are: without a Status
    let state = paragraph
        .get("Status")
        .and_then(|status| status.split_whitespace().last());
    if matches!(state, Some("not-installed" | "config-files")) {
        return None;
    }
    let field = |name| paragraph.get(name).map(|value| value.trim().to_string());
    let (name, version) = (field("Package")?, field("Version")?);
    let source = match field("Source") {
        None => (name.clone(), version.clone()),
        Some(source) => match source.split_once('(') {
            Some((source, version)) => (
                source.trim().to_string(),
                version.trim_end_matches(')').trim().to_string(),
            ),
            None => (source, version.clone()),
        },
    };
    Some(Package {
        ecosystem: Ecosystem::Debian,
        source: Some(source),
        architecture: field("Architecture"),
        record: record.to_vec(),
        files: Vec::new(),
        maintainer: field("Maintainer"),
        homepage: field("Homepage"),
        summary: field("Description").and_then(|text| text.lines().next().map(ToString::to_string)),
        license: None,
        depends: Vec::new(),
        name,
        version,
    })
}

/// The files that dpkg says a package has.
fn listed(files: &Files, paths: &Paths<'_>, package: &Package) -> Vec<Vec<u8>> {
    if package.record.starts_with(STATUS_D) {
        let sums = [package.record.as_slice(), b".md5sums"].concat();
        let sums = files.read(&sums, LIMIT).unwrap_or_default();
        let path = |line: &[u8]| {
            let at = line.iter().position(|byte| *byte == b' ')?;
            paths.real(line[at..].trim_ascii_start())
        };
        return sums.split(|byte| *byte == b'\n').filter_map(path).collect();
    }
    let architecture = package.architecture.as_deref().unwrap_or_default();
    let names = [
        format!("{}.list", package.name),
        format!("{}:{architecture}.list", package.name),
    ];
    let mut lists = names
        .iter()
        .map(|name| files.read(&join(INFO, name.as_bytes()), LIMIT));
    let list = lists.find_map(|list| list).unwrap_or_default();
    let lines = list.split(|byte| *byte == b'\n');
    lines.filter_map(|line| paths.real(line)).collect()
}

/// The installed packages by what they are called and what they provide.
fn provided(found: &[(Package, Paragraph)]) -> BTreeMap<String, BTreeSet<String>> {
    let mut provided: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (package, paragraph) in found {
        let provides = paragraph.get("Provides").unwrap_or_default();
        let virtual_names = provides.split(',').filter_map(relation_name);
        for name in virtual_names.chain([package.name.as_str()]) {
            let names = provided.entry(name.to_string()).or_default();
            names.insert(package.name.clone());
        }
    }
    provided
}

fn depends(paragraph: &Paragraph, provided: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let fields = ["Pre-Depends", "Depends"];
    let relations = fields
        .iter()
        .filter_map(|field| paragraph.get(field))
        .flat_map(|value| value.split([',', '|']));
    let names: BTreeSet<&String> = relations
        .filter_map(relation_name)
        .filter_map(|name| provided.get(name))
        .flatten()
        .collect();
    names.into_iter().cloned().collect()
}

/// The name in a relation: `libc6` of ` libc6:any (>= 2.36) [amd64]`.
fn relation_name(relation: &str) -> Option<&str> {
    let name = relation.trim().split(['(', '[', ':', ' ', '\n']).next()?;
    (!name.is_empty()).then_some(name)
}
