//! Rebuilds: of a seed with nothing changed, with one file changed and without the cache; of a context of 20,000 files.

use std::fs;
use std::time::Duration;

use super::builder::Builder;
use super::context::{Contexts, write_files};
use super::page::{Goal, Line};
use super::times::{Times, timed};
use crate::acceptance::lab::Lab;
use crate::error::{Result, io};
use crate::process;

/// Rebuilds by each builder.
const ROUNDS: usize = 11;
/// Builds without the cache by each builder: they download, and take their time.
const FULL_ROUNDS: usize = 2;
/// Rebuilds of the context of many files.
const MANY_ROUNDS: usize = 5;
/// buildah's at most: it takes a quarter of a minute for a context of many files.
const BUILDAH_ROUNDS: usize = 3;

pub(crate) fn nothing_002(lab: &Lab) -> Result<Vec<Line>> {
    seed(lab, "002", Change::Nothing)
}

pub(crate) fn file_002(lab: &Lab) -> Result<Vec<Line>> {
    seed(lab, "002", Change::File("app.py"))
}

pub(crate) fn no_cache_002(lab: &Lab) -> Result<Vec<Line>> {
    seed(lab, "002", Change::NoCache)
}

pub(crate) fn nothing_003(lab: &Lab) -> Result<Vec<Line>> {
    seed(lab, "003", Change::Nothing)
}

pub(crate) fn file_003(lab: &Lab) -> Result<Vec<Line>> {
    seed(lab, "003", Change::File("src/app.py"))
}

pub(crate) fn no_cache_003(lab: &Lab) -> Result<Vec<Line>> {
    seed(lab, "003", Change::NoCache)
}

/// What is different from the build before.
#[derive(Clone, Copy)]
enum Change {
    Nothing,
    File(&'static str),
    NoCache,
}

impl Change {
    fn shown(self) -> String {
        match self {
            Change::Nothing => "nothing changed".into(),
            Change::File(name) => format!("`{name}` changed"),
            Change::NoCache => "`--no-cache`".into(),
        }
    }
}

fn seed(lab: &Lab, seed: &str, change: Change) -> Result<Vec<Line>> {
    let (row, rounds, goal) = match change {
        Change::Nothing => (format!("{seed}-nothing"), ROUNDS, 20.0),
        Change::File(_) => (format!("{seed}-file"), ROUNDS, 20.0),
        Change::NoCache => (format!("{seed}-no-cache"), FULL_ROUNDS, 1.2),
    };
    let contexts = Contexts::seed(lab, &row, seed)?;
    let what = format!("seed {seed}, {}", change.shown());
    let line = contest(lab, &row, &contexts, change, rounds)?.line(what, goal);
    contexts.remove()?;
    Ok(vec![line])
}

/// 20,000 files copied onto a base, with none and with one of them changed.
pub(crate) fn many_files(lab: &Lab) -> Result<Vec<Line>> {
    let original = lab.work.join("bench-files-original");
    write_files(&original.join("files"), 20_000, 1024)?;
    let file = original.join("Dockerfile");
    fs::write(&file, "FROM python:3.9-slim\nWORKDIR /app\nCOPY files .\n")
        .map_err(io("write", &file))?;
    let contexts = Contexts::copies(lab, "files", &original)?;
    fs::remove_dir_all(&original).map_err(io("delete", &original))?;
    let mut lines = Vec::new();
    for (what, change) in [
        ("none changed", Change::Nothing),
        ("one changed", Change::File("files/part100/file10050.txt")),
    ] {
        let contest = contest(lab, "files", &contexts, change, MANY_ROUNDS)?;
        lines.push(contest.line(format!("a context of 20,000 files, {what}"), 10.0));
    }
    contexts.remove()?;
    Ok(lines)
}

/// The times of all builders, in the order of [`Builder::ALL`].
struct Contest([Times; 3]);

impl Contest {
    fn line(self, what: String, goal: f64) -> Line {
        let [docker, buildah, ours] = self.0;
        Line {
            what,
            docker: Some(docker),
            buildah: Some(buildah),
            ours,
            goal: Goal::Faster(goal),
        }
    }
}

fn contest(
    lab: &Lab,
    row: &str,
    contexts: &Contexts,
    change: Change,
    rounds: usize,
) -> Result<Contest> {
    let flags: &[&str] = match change {
        Change::NoCache => &["--no-cache"],
        _ => &[],
    };
    // twice: constrict trusts no stamp of a file that was written in the last moments
    std::thread::sleep(Duration::from_secs(2));
    for builder in Builder::ALL {
        for _ in 0..2 {
            process::demand(&mut builder.build(lab, row, &contexts.of(builder), &[])?)?;
        }
    }
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..rounds {
        for (builder, times) in Builder::ALL.into_iter().zip(&mut times) {
            if builder == Builder::Buildah && round >= BUILDAH_ROUNDS {
                continue;
            }
            if let Change::File(file) = change {
                contexts.change(builder, file)?;
            }
            times.push(timed(&mut builder.build(
                lab,
                row,
                &contexts.of(builder),
                flags,
            )?)?);
        }
    }
    for builder in Builder::ALL {
        builder.forget(lab, row)?;
    }
    Ok(Contest(times.map(Times::of)))
}
