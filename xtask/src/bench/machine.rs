//! What the times were measured on, and whose.

use std::fs;
use std::path::Path;

use super::builder::Builder;
use crate::acceptance::lab::Lab;
use crate::error::{Result, io};
use crate::process;

/// The machine and the builders' versions, in one paragraph.
pub(crate) fn describe(lab: &Lab) -> Result<String> {
    let processor = fact("/proc/cpuinfo", "model name")?;
    let memory = fact("/proc/meminfo", "MemTotal")?;
    let gigabytes = memory
        .split_whitespace()
        .next()
        .and_then(|number| number.parse::<f64>().ok())
        .unwrap_or_default()
        / 1e6;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease")?;
    let load = read("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    let versions = Builder::PEERS
        .iter()
        .map(|builder| {
            process::demand(&mut builder.version(lab)).map(|text| text.trim().to_owned())
        })
        .collect::<Result<Vec<_>>>()?;
    let commit = process::demand(
        std::process::Command::new("git")
            .args(["rev-parse", "--short", "HEAD"])
            .current_dir(&lab.top),
    )?;
    Ok(format!(
        "{processor}, {cores} cores, {gigabytes:.0} GB of memory, Linux {}; load at the start {load}. {}; constrict at {}, as root.",
        kernel.trim(),
        versions.join("; "),
        commit.trim(),
    ))
}

fn read(path: &str) -> Result<String> {
    let path = Path::new(path);
    fs::read_to_string(path).map_err(io("read", path))
}

/// The first value of `key` in a file of lines `key: value`.
fn fact(path: &str, key: &str) -> Result<String> {
    let text = read(path)?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(name, _)| name.trim() == key);
    Ok(found
        .map_or("unknown", |(_, value)| value.trim())
        .to_owned())
}
