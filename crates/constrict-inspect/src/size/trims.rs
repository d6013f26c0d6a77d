//! What could go, and under which condition: the trims that were measured on working applications. Nothing here is done: a
//! condition that this program can look up is looked up, the others are said.
//!
//! Never named: dist-info, dpkg's status, copyright files, certificates, the C.utf8 locale, `.pyc`. Without them something breaks,
//! gets slow, or is hidden from scanners.

mod files;
mod libraries;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Amount, Loss, Lost};
use crate::facts::Facts;
use crate::files::shown;
use crate::survey::{Item, Survey};

/// Something that could go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trim {
    /// Kebab case: `installers`.
    pub name: String,
    /// What it is, in a few words.
    pub what: String,
    /// How much it is.
    #[serde(flatten)]
    pub amount: Amount,
    /// When it may go.
    pub condition: Condition,
    /// Where the most of it is, the largest first; at most 20.
    pub places: Vec<Place>,
}

/// When something may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// `nothing imports pkg_resources or setuptools`.
    pub text: String,
    /// Whether it holds for what this image starts; none if a look at the image cannot tell.
    pub holds: Option<bool>,
}

/// A directory or file with what it adds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// With a leading `/`.
    pub path: String,
    /// Bytes.
    pub bytes: u64,
}

/// How many places are named.
const PLACES: usize = 20;

/// What can go by itself: which files, and when.
struct Class {
    name: &'static str,
    what: &'static str,
    condition: &'static str,
    /// Modules that must not be imported; if there are none, the files themselves.
    modules: &'static [&'static str],
    has: fn(&[u8]) -> bool,
}

const CLASSES: &[Class] = &[
    Class {
        name: "installers",
        what: "pip, setuptools, wheel and the activate scripts of virtual environments",
        condition: "nothing imports pkg_resources, setuptools or pip, and nothing is installed at run time",
        modules: &["pip", "setuptools", "pkg_resources"],
        has: files::is_installer,
    },
    Class {
        name: "tests",
        what: "directories named exactly `tests` in site-packages",
        condition: "nothing imports them",
        modules: &[],
        has: files::is_tests,
    },
    Class {
        name: "development-files",
        what: "stubs, Cython sources, headers and static libraries in site-packages",
        condition: "nothing is compiled or type-checked at run time",
        modules: &[],
        has: files::is_development,
    },
    Class {
        name: "headers",
        what: "headers, static libraries and pkg-config files of the system",
        condition: "nothing is compiled at run time",
        modules: &[],
        has: files::is_system_development,
    },
    Class {
        name: "message-sources",
        what: "`.po` files, from which `.mo` files were made",
        condition: "nobody makes messages at run time",
        modules: &[],
        has: files::is_message_source,
    },
    Class {
        name: "standard-library",
        what: "pydoc_data, turtle, idlelib, lib2to3, ensurepip and the interpreter's own tests",
        condition: "nothing imports them",
        modules: &[
            "pydoc_data",
            "turtle",
            "idlelib",
            "lib2to3",
            "ensurepip",
            "turtledemo",
        ],
        has: files::is_unused_library,
    },
    Class {
        name: "conversions",
        what: "gconv modules, OpenSSL engines and terminal descriptions",
        condition: "no native code calls iconv for an encoding of its own, loads an engine or draws on a terminal",
        modules: &[],
        has: files::is_conversion,
    },
    Class {
        name: "documentation",
        what: "manual pages, info and documents other than copyright files",
        condition: "nobody reads them in a container",
        modules: &[],
        has: files::is_documentation,
    },
    Class {
        name: "caches",
        what: "package lists, archives, logs and temporary files",
        condition: "nothing keeps them: they are made again when they are needed",
        modules: &[],
        has: files::is_cache,
    },
];

/// Everything that is there, the largest first.
pub(super) fn trims(facts: &Facts<'_>, survey: &Survey<'_>, lost: &[Lost]) -> Vec<Trim> {
    let imported = Imported::of(facts);
    let mut trims: Vec<Trim> = CLASSES
        .iter()
        .map(|class| by_path(class, survey, &imported))
        .collect();
    trims.push(tails(survey));
    trims.push(libraries::unneeded(survey));
    trims.push(hidden(lost));
    trims.retain(|trim| trim.amount.bytes > 0);
    trims.sort_by_key(|trim| std::cmp::Reverse(trim.amount.bytes));
    trims
}

/// What the started programs import, by path and by name.
struct Imported {
    names: BTreeSet<String>,
    paths: BTreeSet<Vec<u8>>,
    /// Whether any program is followed: else nothing is known.
    is_known: bool,
}

impl Imported {
    fn of(facts: &Facts<'_>) -> Imported {
        let runs = &facts.imports().runs;
        let modules = runs.iter().flat_map(|run| &run.modules);
        let first = |name: &str| name.split('.').next().unwrap_or_default().to_string();
        Imported {
            names: modules.clone().map(|(name, _)| first(name)).collect(),
            paths: modules.map(|(_, module)| module.path.clone()).collect(),
            is_known: !runs.is_empty(),
        }
    }
}

fn by_path(class: &Class, survey: &Survey<'_>, imported: &Imported) -> Trim {
    let found: Vec<&Item<'_>> = survey
        .files()
        .filter(|item| (class.has)(item.path))
        .collect();
    let is_imported = || match class.modules {
        [] => found.iter().any(|item| imported.paths.contains(item.path)),
        // a `.pth` file of setuptools imports a part of it
        modules => modules.iter().any(|name| imported.names.contains(*name)),
    };
    let asks_imports = !class.modules.is_empty() || class.condition.contains("imports");
    let holds = match asks_imports {
        true => imported.is_known.then(|| !is_imported()),
        false => (class.name == "caches").then_some(true),
    };
    trim(
        class.name,
        class.what,
        Condition {
            text: class.condition.to_string(),
            holds,
        },
        found.iter().map(|item| (item.path, item.bytes)),
    )
}

/// Makes a trim of files; directories stand for what is in them.
fn trim<'a>(
    name: &str,
    what: &str,
    condition: Condition,
    found: impl Iterator<Item = (&'a [u8], u64)>,
) -> Trim {
    let mut amount = Amount::default();
    let mut sums: std::collections::BTreeMap<&[u8], u64> = std::collections::BTreeMap::new();
    for (path, bytes) in found {
        amount.add(bytes);
        *sums.entry(files::directory(path)).or_default() += bytes;
    }
    let mut places: Vec<Place> = sums
        .into_iter()
        .map(|(path, bytes)| Place {
            path: shown(path),
            bytes,
        })
        .collect();
    places.sort_by(|one, other| (other.bytes, &one.path).cmp(&(one.bytes, &other.path)));
    places.truncate(PLACES);
    Trim {
        name: name.to_string(),
        what: what.to_string(),
        amount,
        condition,
        places,
    }
}

/// What lies behind the last mapped byte of ELF objects: section headers, symbol tables, debug information.
fn tails(survey: &Survey<'_>) -> Trim {
    let tail = |item: &Item<'_>| {
        let mapped = item.elf.as_ref()?.mapped;
        (mapped > 0).then(|| item.bytes.saturating_sub(mapped))
    };
    let found: Vec<(&[u8], u64)> = survey
        .files()
        .filter_map(|item| Some((item.path, tail(item).filter(|bytes| *bytes > 0)?)))
        .collect();
    trim(
        "elf-tails",
        "what no loader maps of ELF objects: section headers, symbols, debug information",
        Condition {
            text: "nobody debugs in the container; cut behind the last PT_LOAD (`strip` destroys objects that patchelf made)"
                .to_string(),
            holds: None,
        },
        found.into_iter(),
    )
}

/// What later layers hide.
fn hidden(lost: &[Lost]) -> Trim {
    let deleted = lost
        .iter()
        .filter(|lost| lost.loss == Loss::Deleted)
        .count();
    trim(
        "hidden-files",
        &format!(
            "files that later layers hide: {deleted} deleted, {} written again",
            lost.len() - deleted
        ),
        Condition {
            text: "they are made and removed in one RUN, or stay in another stage".to_string(),
            holds: None,
        },
        lost.iter()
            .map(|lost| (lost.path.trim_start_matches('/').as_bytes(), lost.bytes)),
    )
}

#[cfg(test)]
mod tests;
