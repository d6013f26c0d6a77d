//! What files are for, by their names and whether they are ELF objects.

use serde::{Deserialize, Serialize};

use crate::files::file_name;

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// ELF objects and static libraries.
    Native,
    /// Python's `.pyc`.
    Bytecode,
    /// Sources and headers.
    Source,
    /// What package managers know of packages.
    Metadata,
    /// Everything else.
    Data,
    /// What can be made or fetched again: lists, archives, logs, temporary files.
    Cache,
    /// Manual pages, licences, change logs.
    Documentation,
}

/// Directories of caches.
const CACHES: &[&str] = &[
    "var/lib/apt/lists/",
    "var/cache/",
    "var/log/",
    "var/tmp/",
    "tmp/",
    "root/.cache/",
    "root/.npm/_cacache/",
    "opt/conda/pkgs/",
];
/// Directories of documentation.
const DOCUMENTATION: &[&str] = &[
    "usr/share/doc/",
    "usr/share/man/",
    "usr/share/info/",
    "usr/share/lintian/",
    "usr/local/share/man/",
    "usr/local/share/doc/",
    "usr/share/gtk-doc/",
];
/// Directories of package managers' databases.
const METADATA: &[&str] = &["var/lib/dpkg/", "lib/apk/", "usr/lib/apk/", "var/lib/rpm/"];
const SOURCES: &[&str] = &[
    "py", "pyi", "pyx", "pxd", "pxi", "c", "cc", "cpp", "cxx", "h", "hh", "hpp", "hxx", "inc", "f",
    "f90", "js", "mjs", "ts", "pl", "pm", "rb", "sh", "go", "rs", "java",
];

impl FileKind {
    /// Every kind, in the order of reports.
    pub const ALL: [FileKind; 7] = [
        FileKind::Native,
        FileKind::Bytecode,
        FileKind::Source,
        FileKind::Metadata,
        FileKind::Data,
        FileKind::Cache,
        FileKind::Documentation,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            FileKind::Native => "native",
            FileKind::Bytecode => "bytecode",
            FileKind::Source => "source",
            FileKind::Metadata => "metadata",
            FileKind::Data => "data",
            FileKind::Cache => "cache",
            FileKind::Documentation => "documentation",
        }
    }

    /// What the file at `path` is for.
    pub(super) fn of(path: &[u8], is_object: bool) -> FileKind {
        let is_below = |directories: &[&str]| {
            directories
                .iter()
                .any(|directory| path.starts_with(directory.as_bytes()))
        };
        if (is_below(CACHES) || is_home_cache(path)) && !is_environment(path) {
            return FileKind::Cache;
        }
        let name = file_name(path);
        let ending = name.iter().rposition(|byte| *byte == b'.');
        let ending = ending.map_or(&b""[..], |dot| &name[dot + 1..]);
        if is_object || ending == b"a" {
            return FileKind::Native;
        }
        if ending == b"pyc" {
            return FileKind::Bytecode;
        }
        if is_below(METADATA) || is_in_dist_info(path) {
            return FileKind::Metadata;
        }
        if is_below(DOCUMENTATION) || matches!(ending, b"md" | b"rst") {
            return FileKind::Documentation;
        }
        match SOURCES.iter().any(|source| source.as_bytes() == ending) {
            true => FileKind::Source,
            false => FileKind::Data,
        }
    }
}

/// Whether a path is part of a virtual environment, wherever that is kept: Poetry's are below `.cache`.
pub(crate) fn is_environment(path: &[u8]) -> bool {
    let mut parts = path.split(|byte| *byte == b'/');
    parts.any(|part| {
        matches!(
            part,
            b"site-packages" | b"dist-packages" | b"virtualenvs" | b".venv" | b"venv"
        )
    })
}

/// `home/app/.cache/…`.
fn is_home_cache(path: &[u8]) -> bool {
    let mut parts = path.split(|byte| *byte == b'/');
    parts.next() == Some(b"home") && parts.nth(1) == Some(b".cache")
}

fn is_in_dist_info(path: &[u8]) -> bool {
    let mut parts = path.split(|byte| *byte == b'/');
    parts.any(|part| part.ends_with(b".dist-info") || part.ends_with(b".egg-info"))
}
