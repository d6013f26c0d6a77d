//! What a comparison costs: an image of 2 GB in 100,000 files beside one without a tenth of them, their layers known.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::context::write_files;
use super::memory::watched;
use super::page::{Goal, Line};
use super::times::Times;
use crate::acceptance::lab::Lab;
use crate::error::{Result, io};
use crate::process;

/// Folders of files, files of each, and bytes of each file.
const FOLDERS: usize = 10;
const FILES: usize = 10_000;
const SIZE: usize = 20_000;
/// First looks.
const ROUNDS: usize = 3;
/// What the peak has to stay below, in megabytes.
const GOAL: u64 = 300;
/// A base with packages, programs and an interpreter to look at.
const BASE: &str = "python:3.9-slim";

pub(crate) fn run(lab: &Lab) -> Result<Vec<Line>> {
    let place = lab.work.join("bench-compare");
    for folder in 0..FOLDERS {
        write_files(&place.join(format!("files/{folder}")), FILES, SIZE)?;
    }
    for (tag, copied) in [("bench-all", "files"), ("bench-less", "files/[1-9]")] {
        let file = place.join(tag);
        let text = format!("FROM {BASE}\nCOPY {copied} /files/\nCMD [\"python3\"]\n");
        fs::write(&file, text).map_err(io("write", &file))?;
        let mut build = lab.constrict();
        build.args(["build", "-q", "-t", tag, "-f", tag, "."]);
        process::demand(build.current_dir(&place))?;
    }
    let data = lab.work.join("data");
    let compare = || {
        let mut command = Command::new(lab.program());
        lab.settle(&mut command, &data);
        command.args(["compare", "bench-all", "bench-less"]);
        watched(lab, command)
    };
    let (mut times, mut peak) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        // what was found in the images, and learned of their files
        let reports = data.join("constrict/reports");
        fs::remove_dir_all(&reports).map_err(io("delete", &reports))?;
        let (time, memory) = compare()?;
        times.push(time);
        peak = memory.max(peak);
    }
    let again = (0..ROUNDS)
        .map(|_| Ok(compare()?.0))
        .collect::<Result<_>>()?;
    fs::remove_dir_all(&place).map_err(io("delete", &place))?;
    let line = |what: &str, times, goal| Line {
        what: format!("`constrict compare` of 2 GB in 100,000 files with 90,000 of them, {what}"),
        docker: None,
        buildah: None,
        ours: Times::of(times),
        goal,
    };
    let most = Duration::from_secs(3);
    Ok(vec![
        line("their layers known", times.clone(), Goal::Within(most)),
        line("the same", times, Goal::Memory { peak, most: GOAL }),
        line("again", again, Goal::None),
    ])
}
