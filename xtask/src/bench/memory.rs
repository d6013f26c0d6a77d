//! The peak of constrict's memory while it makes a layer of 2 GB.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::context::write_files;
use super::page::{Goal, Line};
use super::times::Times;
use crate::acceptance::lab::Lab;
use crate::error::{Error, Result, io};

/// Files of the layer.
const FILES: usize = 20;
/// Bytes of each.
const SIZE: usize = 100_000_000;
/// What the peak has to stay below, in megabytes.
const GOAL: u64 = 150;

pub(crate) fn run(lab: &Lab) -> Result<Vec<Line>> {
    let place = lab.work.join("bench-memory");
    write_files(&place.join("files"), FILES, SIZE)?;
    let file = place.join("Dockerfile");
    fs::write(&file, "FROM scratch\nCOPY files /files\n").map_err(io("write", &file))?;
    let mut command = Command::new(lab.program());
    // the program itself is watched, without `timeout` around it
    lab.settle(&mut command, &lab.work.join("data"));
    command
        .args(["build", "--progress=plain", "-t", "bench-memory", "."])
        .current_dir(&place);
    let (elapsed, peak) = watched(lab, command)?;
    fs::remove_dir_all(&place).map_err(io("delete", &place))?;
    Ok(vec![Line {
        what: "a layer of 2 GB in 20 files, built".into(),
        docker: None,
        buildah: None,
        ours: Times::of(vec![elapsed]),
        goal: Goal::Memory { peak, most: GOAL },
    }])
}

/// Runs constrict to its end: how long it took, and the peak of its memory in megabytes.
pub(crate) fn watched(lab: &Lab, mut command: Command) -> Result<(Duration, u64)> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().map_err(|source| Error::Start {
        program: lab.program().display().to_string(),
        source,
    })?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let exit = loop {
        // the kernel keeps the maximum, so a look now and then misses only what grows at the very end
        if let Ok(text) = fs::read_to_string(&status) {
            peak = high_water(&text).unwrap_or(peak);
        }
        if let Some(exit) = child.try_wait().map_err(io("wait for", lab.program()))? {
            break exit;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let elapsed = start.elapsed();
    if !exit.success() {
        return Err(Error::Failed {
            command: format!("{command:?}"),
            status: exit.to_string(),
            output: String::new(),
        });
    }
    Ok((elapsed, peak / 1000))
}

/// `VmHWM` of a process's status, in kilobytes.
fn high_water(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
