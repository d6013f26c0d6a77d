//! `Contents` indices: which package ships a path. Never holds an index in memory: one pass answers all questions.
//!
//! A line is `path<blanks>section/package[,section/package...]`; paths have no leading slash and may hold blanks.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use crate::{Error, Result};

/// Longest line taken, in bytes; some paths are shared by hundreds of packages.
const LINE_LIMIT: u64 = 1 << 20;

/// Where a file was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The path, without leading slash.
    pub path: String,
    /// The package's name, without section.
    pub package: String,
}

/// The packages that ship the wanted paths (absolute or relative); paths that no package ships are absent.
pub fn find_paths(
    index: impl BufRead,
    wanted: &BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<Location>>> {
    let keys: BTreeMap<&[u8], &String> = wanted
        .iter()
        .map(|path| (path.trim_start_matches('/').as_bytes(), path))
        .collect();
    find(index, |path| keys.get(path).copied())
}

/// The packages that ship a library of the wanted name directly in a directory that the loader searches:
/// `/lib`, `/usr/lib` and their `triplet` (such as `x86_64-linux-gnu`) directories.
pub fn find_sonames(
    index: impl BufRead,
    wanted: &BTreeSet<String>,
    triplet: &str,
) -> Result<BTreeMap<String, Vec<Location>>> {
    let triplet_lib = format!("lib/{triplet}");
    find(index, |path| {
        let path = path.strip_prefix(b"usr/").unwrap_or(path);
        let slash = path.iter().rposition(|&b| b == b'/')?;
        let (directory, name) = (&path[..slash], &path[slash + 1..]);
        let searched =
            directory == b"lib" || directory == b"lib64" || directory == triplet_lib.as_bytes();
        if !searched {
            return None;
        }
        wanted.get(std::str::from_utf8(name).ok()?)
    })
}

fn find<'a>(
    mut index: impl BufRead,
    asked: impl Fn(&[u8]) -> Option<&'a String>,
) -> Result<BTreeMap<String, Vec<Location>>> {
    let mut found: BTreeMap<String, Vec<Location>> = BTreeMap::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = std::io::Read::take(&mut index, LINE_LIMIT + 1);
        let count = bounded
            .read_until(b'\n', &mut line)
            .map_err(Error::io("read a Contents index"))?;
        if count == 0 {
            found.values_mut().for_each(|list| {
                list.sort();
                list.dedup();
            });
            return Ok(found);
        }
        if count as u64 > LINE_LIMIT {
            return Err(Error::TooLarge {
                what: "a line of a Contents index",
                limit: LINE_LIMIT,
            });
        }
        let Some((path, packages)) = split_line(line.trim_ascii_end()) else {
            continue;
        };
        let Some(key) = asked(path) else { continue };
        let path = String::from_utf8_lossy(path);
        let names = packages.split(|&b| b == b',').filter_map(package_name);
        let locations = names.map(|package| Location {
            path: path.clone().into_owned(),
            package,
        });
        found.entry(key.clone()).or_default().extend(locations);
    }
}

/// Path and package list: the list is what follows the last blank. Old indices open with prose, which has no such form.
fn split_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = line.iter().rposition(|b| matches!(b, b' ' | b'\t'))?;
    let (path, packages) = (line[..blank].trim_ascii_end(), &line[blank + 1..]);
    (!path.is_empty() && !packages.is_empty()).then_some((path, packages))
}

/// `admin/apt` and `non-free/net/foo` name the package last.
fn package_name(qualified: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(qualified.rsplit(|&b| b == b'/').next()?).ok()?;
    crate::relation::is_package_name(name).then(|| name.to_owned())
}
