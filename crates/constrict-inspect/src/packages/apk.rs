//! apk: `lib/apk/db/installed`, paragraphs of lines `X:value`.
//!
//! Source: apk-package(5), "installed database": `P` name, `V` version, `A` architecture, `T` description, `U` home page, `L`
//! licence, `o` origin, `m` maintainer, `D` dependencies, `p` what it provides, `F` a directory, `R` a file in it.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::Paths;
use super::{Ecosystem, Package};
use crate::files::{Files, join};

const DATABASES: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
/// Bytes of a database that are read.
const LIMIT: usize = 32 << 20;

/// The packages that apk knows.
pub(super) fn packages(files: &Files, paths: &Paths<'_>) -> Vec<Package> {
    let read = |path: &&'static str| Some((*path, files.text(path.as_bytes(), LIMIT)?));
    let Some((record, text)) = DATABASES.iter().find_map(read) else {
        return Vec::new();
    };
    let (record, _) = files.resolve(record.as_bytes()).expect("it was read");
    let paragraphs: Vec<Paragraph<'_>> = text
        .split("\n\n")
        .map(|text| Paragraph { text })
        .filter(|paragraph| paragraph.get("P").is_some())
        .collect();
    let mut provided: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for paragraph in &paragraphs {
        let name = paragraph.get("P").expect("filtered above");
        let provides = paragraph.get("p").unwrap_or_default();
        for provides in provides.split(' ').map(relation_name).chain([name]) {
            provided.entry(provides).or_default().insert(name);
        }
    }
    paragraphs
        .iter()
        .map(|paragraph| paragraph.package(&record, paths, &provided))
        .collect()
}

struct Paragraph<'a> {
    text: &'a str,
}

impl<'a> Paragraph<'a> {
    fn lines(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.text.lines().filter_map(|line| line.split_once(':'))
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.lines()
            .find(|(found, value)| *found == key && !value.is_empty())
            .map(|(_, value)| value)
    }

    fn package(
        &self,
        record: &[u8],
        paths: &Paths<'_>,
        provided: &BTreeMap<&str, BTreeSet<&str>>,
    ) -> Package {
        let field = |key| self.get(key).map(ToString::to_string);
        let version = field("V").unwrap_or_default();
        let depends = self.get("D").unwrap_or_default().split(' ');
        let depends: BTreeSet<&str> = depends
            .filter(|relation| !relation.starts_with('!'))
            .filter_map(|relation| provided.get(relation_name(relation)))
            .flatten()
            .copied()
            .collect();
        let mut directory = "";
        let mut files = Vec::new();
        for (key, value) in self.lines() {
            match key {
                "F" => directory = value,
                "R" => {
                    files.extend(paths.real(&join(directory.as_bytes(), value.as_bytes())));
                }
                _ => {}
            }
        }
        Package {
            ecosystem: Ecosystem::Alpine,
            name: field("P").unwrap_or_default(),
            architecture: field("A"),
            source: field("o").map(|origin| (origin, version.clone())),
            record: record.to_vec(),
            files,
            maintainer: field("m"),
            homepage: field("U"),
            summary: field("T"),
            license: field("L"),
            depends: depends.into_iter().map(ToString::to_string).collect(),
            version,
        }
    }
}

/// The name in a dependency: `so:libc.musl-x86_64.so.1` of `so:libc.musl-x86_64.so.1=1`.
fn relation_name(relation: &str) -> &str {
    relation
        .split(['=', '<', '>', '~'])
        .next()
        .unwrap_or_default()
}
