//! `--fix`: builds, mends what the check found, and builds again, until nothing that can be mended is left.

use std::path::{Path, PathBuf};

use constrict_inspect::mend::{Mend, diff, edit};
use constrict_inspect::{Finding, Report, Severity};

use super::attempt::{Attempt, Workshop};
use crate::arguments::Build;
use crate::failure::Failure;
use crate::progress::Show;

/// More rounds would go round in circles: a base, then libraries, then what these need.
const ROUNDS: usize = 6;

/// The end of mending.
pub(super) struct Mended {
    /// The last attempt.
    pub(super) attempt: Attempt,
    /// The Dockerfile that it was made from.
    pub(super) text: String,
    /// Why it was changed, a line for each finding that had a mend.
    pub(super) reasons: Vec<String>,
}

/// Builds and mends.
pub(super) fn mended(workshop: &Workshop<'_>, text: &[u8]) -> Result<Mended, Failure> {
    let mut text = String::from_utf8_lossy(text).into_owned();
    let mut attempt = workshop.attempt(text.as_bytes())?;
    let mut tried: Vec<Mend> = Vec::new();
    let mut reasons: Vec<String> = Vec::new();
    for _ in 0..ROUNDS {
        let mut findings = mendable(&attempt.report);
        findings.retain(|(_, mend)| !tried.contains(mend));
        let mends: Vec<Mend> = findings.iter().map(|(_, mend)| (*mend).clone()).collect();
        let next = edit::apply(&text, attempt.built.target, &mends)
            .map_err(constrict_build::Error::from)?;
        if next == text {
            break;
        }
        let edits = findings
            .iter()
            .filter(|(_, mend)| !matches!(mend, Mend::Edit { .. }));
        reasons.extend(edits.map(|(finding, mend)| reason(finding, mend)));
        tried.extend(mends);
        text = next;
        attempt = workshop.attempt(text.as_bytes())?;
    }
    Ok(Mended {
        attempt,
        text,
        reasons,
    })
}

/// The findings with a mend, waste left out. Where the base is to be another, the rest is looked at again afterwards.
fn mendable(report: &Report) -> Vec<(&Finding, &Mend)> {
    let mut found: Vec<(&Finding, &Mend)> = report
        .findings
        .iter()
        .filter(|finding| finding.severity != Severity::Waste)
        .filter_map(|finding| Some((finding, finding.mend.as_ref()?)))
        .collect();
    let base = found
        .iter()
        .position(|(_, mend)| matches!(mend, Mend::Base { .. }));
    match base {
        Some(base) => vec![found.swap_remove(base)],
        None => found,
    }
}

/// ``glibc-on-musl: numpy 1.24.4 is made for glibc, …``.
fn reason(finding: &Finding, mend: &Mend) -> String {
    let line = format!("{}: {}", finding.rule, finding.message);
    match mend {
        Mend::Base { image, why, .. } => format!("{line}; `{image}`: {why}"),
        _ => line,
    }
}

/// Shows what changed, and writes it if that was asked for.
pub(super) fn conclude(
    arguments: &Build,
    name: &str,
    old: &[u8],
    mended: &Mended,
    observer: &dyn Show,
) -> Result<(), Failure> {
    let old = String::from_utf8_lossy(old);
    let changes = diff::diff(name, &old, &mended.text);
    if changes.is_empty() {
        return Ok(());
    }
    let reasons: String = mended
        .reasons
        .iter()
        .map(|reason| format!("  {reason}\n"))
        .collect();
    observer.findings(&format!("mended:\n{reasons}{changes}"));
    if !arguments.write {
        observer.findings(&format!("hint: --fix --write puts this into {name}\n"));
        return Ok(());
    }
    let path = written(arguments)?;
    std::fs::write(&path, &mended.text).map_err(|source| {
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
