//! The check tier: every folder of `checks/` is built and run by docker, then built by constrict with its check on.
//!
//! docker says whether the image runs, the case says what was meant, and constrict's verdict must agree with both: an image
//! that does not run fails the build under the rule that the case names, one that runs is built, and what is only a
//! *risk* or *waste* is among the findings.
//!
//! `check-docker` is docker's half alone, which takes ten minutes. It keeps the hashes of the cases that docker judged as they
//! were meant in `checks/verified.txt` (`NAME HASH` a line, sorted); `check` asks docker only about other cases.

mod docker;
mod ours;
mod verdict;
mod verified;

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

pub(crate) use docker::ask;
use verdict::{Expected, Seen};

use super::case::{self, Copied};
use super::lab::Lab;
use super::report::{Finding, Report};
use crate::error::{Error, Result, io};

/// Cases built at a time.
const LANES: usize = 2;

/// A folder of `checks/`, copied to where both builders work.
struct Case {
    name: String,
    expected: Expected,
    context: PathBuf,
    /// Of everything in the folder, wherever the repository lies.
    hash: String,
}

/// The last row of the catalogue of failure modes.
const ROWS: u32 = 58;

/// Runs the named cases, or all, with both builders.
pub(crate) fn run(lab: &Lab, names: &[String]) -> Result<Report> {
    let verified = verified::read(lab)?;
    let cases = cases(lab, names)?;
    if cases.iter().any(|case| !verified.holds(case)) {
        lab.peer_bases()?;
    }
    let mut report = Report::new("check");
    if names.is_empty() {
        report.add(lab, uncovered(&cases))?;
    }
    in_lanes(lab, cases, report, |case, finding| {
        let theirs = if verified.holds(case) {
            Seen::as_meant(&case.expected)
        } else {
            docker::judge(lab, case)?
        };
        finding.notes.push(theirs.said.clone());
        let unintended = verdict::unintended(&case.expected, &theirs);
        finding.differences.image.extend(unintended);
        let ours = ours::judge(lab, case)?;
        finding.notes.push(ours.said.clone());
        let disagreements = verdict::disagreements(&case.expected, &theirs, &ours);
        finding.differences.image.extend(disagreements);
        Ok(())
    })
}

/// Only docker's side: whether each case does what it was written to show.
pub(crate) fn run_docker(lab: &Lab, names: &[String]) -> Result<Report> {
    lab.peer_bases()?;
    let right = Mutex::new(verified::read(lab)?);
    let report = Report::new("check-docker");
    let wanted = folders(lab, names)?;
    let mut cases = cases(lab, &[])?;
    let all: BTreeMap<String, String> = cases
        .iter()
        .map(|case| (case.name.clone(), case.hash.clone()))
        .collect();
    cases.retain(|case| wanted.iter().any(|path| path.ends_with(&case.name)));
    let report = in_lanes(lab, cases, report, |case, finding| {
        let theirs = docker::judge(lab, case)?;
        finding.notes.push(theirs.said.clone());
        match verdict::unintended(&case.expected, &theirs) {
            None => right.lock().expect("no lane panics").add(case),
            Some(fact) => finding.differences.image.push(fact),
        }
        Ok(())
    })?;
    right
        .into_inner()
        .expect("no lane panics")
        .write(lab, &all)?;
    Ok(report)
}

/// Rows of the catalogue that no case trips, or that no look-alike shows the other side of.
fn uncovered(cases: &VecDeque<Case>) -> Finding {
    let mut finding = Finding::new("rows-of-the-catalogue");
    for row in 1..=ROWS {
        let of_row = || cases.iter().filter(|case| case.expected.row == row);
        if !of_row().any(|case| case.expected.rule.is_some()) {
            let fact = format!("no case trips row {row}");
            finding.differences.image.push(fact);
        }
        if !of_row().any(|case| case.expected.rule.is_none()) {
            let fact = format!("no case looks like row {row}");
            finding.differences.image.push(fact);
        }
    }
    finding
}

fn cases(lab: &Lab, names: &[String]) -> Result<VecDeque<Case>> {
    let work = lab.work.join("checks");
    fs::create_dir_all(&work).map_err(io("create", &work))?;
    folders(lab, names)?
        .into_iter()
        .map(|folder| prepare(&folder, &work))
        .collect()
}

fn in_lanes(
    lab: &Lab,
    cases: VecDeque<Case>,
    report: Report,
    examine: impl Fn(&Case, &mut Finding) -> Result<()> + Sync,
) -> Result<Report> {
    let queue = Mutex::new(cases);
    let report = Mutex::new(report);
    let lane = || -> Result<()> {
        loop {
            let next = queue.lock().expect("no lane panics").pop_front();
            let Some(case) = next else { return Ok(()) };
            let mut finding = Finding::new(&case.name);
            examine(&case, &mut finding)?;
            report.lock().expect("no lane panics").add(lab, finding)?;
        }
    };
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(lane)).collect();
        lanes
            .into_iter()
            .try_for_each(|lane| lane.join().expect("a lane does not panic"))
    })?;
    Ok(report.into_inner().expect("no lane panics"))
}

/// The folders whose names begin with one of `names`, or all.
fn folders(lab: &Lab, names: &[String]) -> Result<Vec<PathBuf>> {
    let all = lab.top.join("checks");
    let listed = fs::read_dir(&all).map_err(io("list", &all))?;
    let mut found: Vec<PathBuf> = listed
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("case.toml").is_file())
        .collect();
    found.sort();
    let begins = |path: &PathBuf, name: &String| {
        path.file_name()
            .is_some_and(|own| own.to_string_lossy().starts_with(name))
    };
    if let Some(name) = names
        .iter()
        .find(|name| !found.iter().any(|path| begins(path, name)))
    {
        return Err(Error::Unknown {
            what: "case",
            name: name.clone(),
        });
    }
    found.retain(|path| names.is_empty() || names.iter().any(|name| begins(path, name)));
    Ok(found)
}

fn prepare(folder: &Path, work: &Path) -> Result<Case> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let Copied { context, mut seen } = case::copy_folder(folder, work)?;
    for (path, _) in &mut seen {
        if let Ok(relative) = path.strip_prefix(folder) {
            *path = relative.to_owned();
        }
    }
    let description = context.join("case.toml");
    let text = fs::read_to_string(&description).map_err(io("read", &description))?;
    fs::remove_file(&description).map_err(io("remove", &description))?;
    let expected = Expected::parse(&text).map_err(|fact| Error::Case {
        name: name.clone().into_owned(),
        fact,
    })?;
    Ok(Case {
        name: name.into_owned(),
        expected,
        context,
        hash: case::fingerprint(&seen),
    })
}
