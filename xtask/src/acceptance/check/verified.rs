//! The cases that docker judged as they were meant: `checks/verified.txt`, with `NAME HASH` a line, sorted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::Case;
use crate::acceptance::lab::Lab;
use crate::error::{Result, io};

/// Names with the hashes of the files that docker saw.
pub(super) struct Verified(BTreeMap<String, String>);

/// Reads the file of the repository; without one, nothing is verified.
pub(super) fn read(lab: &Lab) -> Result<Verified> {
    let path = path(lab);
    if !path.exists() {
        return Ok(Verified(BTreeMap::new()));
    }
    let text = fs::read_to_string(&path).map_err(io("read", &path))?;
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    Ok(Verified(
        lines
            .map(|(name, hash)| (name.to_owned(), hash.to_owned()))
            .collect(),
    ))
}

impl Verified {
    /// Whether docker saw this very case.
    pub(super) fn holds(&self, case: &Case) -> bool {
        self.0.get(&case.name) == Some(&case.hash)
    }

    /// docker judged `case` as it was meant.
    pub(super) fn add(&mut self, case: &Case) {
        self.0.insert(case.name.clone(), case.hash.clone());
    }

    /// Writes the file, without the cases that are no more, or whose hash is no longer that of `all`.
    pub(super) fn write(&self, lab: &Lab, all: &BTreeMap<String, String>) -> Result<()> {
        let mut text = String::new();
        for (name, hash) in all {
            if self.0.get(name) == Some(hash) {
                writeln!(text, "{name} {hash}").expect("a string takes everything");
            }
        }
        let path = path(lab);
        fs::write(&path, text).map_err(io("write", &path))
    }
}

fn path(lab: &Lab) -> PathBuf {
    lab.top.join("checks/verified.txt")
}
