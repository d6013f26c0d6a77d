//! The check tier: every folder of `checks/` is built and run by docker, then built by constrict with its check on.
//!
//! docker says whether the image runs, the case says what was meant, and constrict's verdict must agree with both: an image
//! that does not run fails the build under the rule that the case names, one that runs is built, and what is only a
//! *risk* or *waste* is among the findings. `check-docker` is docker's half alone.

mod docker;
mod ours;
mod verdict;

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

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
    copied: Copied,
}

/// Runs the named cases, or all, with both builders.
pub(crate) fn run(lab: &Lab, names: &[String]) -> Result<Report> {
    examine_all(lab, names, "check", |case, theirs, finding| {
        let ours = ours::judge(lab, case)?;
        finding.notes.push(ours.said.clone());
        finding
            .differences
            .image
            .extend(verdict::disagreements(&case.expected, theirs, &ours));
        Ok(())
    })
}

/// Only docker's side: whether each case does what it was written to show.
pub(crate) fn run_docker(lab: &Lab, names: &[String]) -> Result<Report> {
    examine_all(lab, names, "check-docker", |_, _, _| Ok(()))
}

fn examine_all(
    lab: &Lab,
    names: &[String],
    tier: &'static str,
    examine: impl Fn(&Case, &Seen, &mut Finding) -> Result<()> + Sync,
) -> Result<Report> {
    lab.peer_bases()?;
    let work = lab.work.join("checks");
    fs::create_dir_all(&work).map_err(io("create", &work))?;
    let cases = folders(lab, names)?
        .into_iter()
        .map(|folder| prepare(folder, &work))
        .collect::<Result<VecDeque<_>>>()?;
    let queue = Mutex::new(cases);
    let report = Mutex::new(Report::new(tier));
    let lane = || -> Result<()> {
        loop {
            let next = queue.lock().expect("no lane panics").pop_front();
            let Some(case) = next else { return Ok(()) };
            let theirs = docker::judge(lab, &case)?;
            let mut finding = Finding::new(&case.name);
            finding.notes.push(theirs.said.clone());
            finding
                .differences
                .image
                .extend(verdict::unintended(&case.expected, &theirs));
            examine(&case, &theirs, &mut finding)?;
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

fn prepare(folder: PathBuf, work: &std::path::Path) -> Result<Case> {
    let copied = case::copy_folder(&folder, work)?;
    let name = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let description = copied.context.join("case.toml");
    let text = fs::read_to_string(&description).map_err(io("read", &description))?;
    fs::remove_file(&description).map_err(io("remove", &description))?;
    let expected = Expected::parse(&text).map_err(|fact| Error::Case {
        name: name.clone(),
        fact,
    })?;
    Ok(Case {
        name,
        expected,
        copied,
    })
}
