//! `--fix`: builds, mends what the check found, and builds again, until nothing that can be mended is left.

use std::path::{Path, PathBuf};

use constrict_inspect::mend::{Mend, diff, edit};
use constrict_inspect::{Report, Severity};

use super::attempt::{Attempt, Workshop};
use crate::arguments::Build;
use crate::failure::Failure;
use crate::progress::Show;

/// More rounds would go round in circles: a base, then libraries, then what these need.
const ROUNDS: usize = 6;

/// The last attempt, and the Dockerfile that it was made from.
pub(super) fn mended(workshop: &Workshop<'_>, text: &[u8]) -> Result<(Attempt, String), Failure> {
    let mut text = String::from_utf8_lossy(text).into_owned();
    let mut attempt = workshop.attempt(text.as_bytes())?;
    let mut tried: Vec<Mend> = Vec::new();
    for _ in 0..ROUNDS {
        let new = |mend: &Mend| !tried.contains(mend);
        let mends: Vec<Mend> = mends(&attempt.report).into_iter().filter(new).collect();
        let next = edit::apply(&text, attempt.built.target, &mends)
            .map_err(constrict_build::Error::from)?;
        if next == text {
            break;
        }
        tried.extend(mends);
        text = next;
        attempt = workshop.attempt(text.as_bytes())?;
    }
    Ok((attempt, text))
}

/// The mends of everything but waste. Where the base is to be another, the rest is looked at again afterwards.
fn mends(report: &Report) -> Vec<Mend> {
    let found = report
        .findings
        .iter()
        .filter(|finding| finding.severity != Severity::Waste);
    let mends: Vec<Mend> = found.filter_map(|finding| finding.mend.clone()).collect();
    let bases: Vec<Mend> = mends
        .iter()
        .filter(|mend| matches!(mend, Mend::Base { .. }))
        .cloned()
        .collect();
    match bases.first() {
        Some(base) => vec![base.clone()],
        None => mends,
    }
}

/// Shows what changed, and writes it if that was asked for.
pub(super) fn conclude(
    arguments: &Build,
    name: &str,
    old: &[u8],
    new: &str,
    observer: &dyn Show,
) -> Result<(), Failure> {
    let old = String::from_utf8_lossy(old);
    let changes = diff::diff(name, &old, new);
    if changes.is_empty() {
        return Ok(());
    }
    observer.findings(&format!("mended:\n{changes}"));
    if !arguments.write {
        observer.findings(&format!("hint: --fix --write puts this into {name}\n"));
        return Ok(());
    }
    let path = written(arguments)?;
    std::fs::write(&path, new).map_err(|source| {
        constrict_build::Error::Io {
            act: "write",
            path,
            source,
        }
        .into()
    })
}

/// The Dockerfile that `--write` changes.
pub(super) fn written(arguments: &Build) -> Result<PathBuf, Failure> {
    let local = Path::new(&arguments.context).is_dir();
    match arguments.file.as_deref() {
        Some("-") => Err(Failure::usage(
            "--write has no file to write to: the Dockerfile is standard input",
        )),
        Some(file) if Path::new(file).is_file() => Ok(file.into()),
        Some(file) if local => Ok(Path::new(&arguments.context).join(file)),
        None if local => Ok(Path::new(&arguments.context).join("Dockerfile")),
        _ => Err(Failure::usage(
            "--write needs a build context that is a directory",
        )),
    }
}
