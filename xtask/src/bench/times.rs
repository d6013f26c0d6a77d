//! Times of runs: the least and the median, of the clock or of the processor.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::process;

/// What several runs took.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) least: Duration,
    pub(crate) median: Duration,
}

impl Times {
    /// Of at least one run.
    pub(crate) fn of(mut all: Vec<Duration>) -> Self {
        all.sort();
        Self {
            least: all[0],
            median: all[all.len() / 2],
        }
    }
}

/// A run by the clock.
pub(crate) fn timed(command: &mut Command) -> Result<Duration> {
    let start = Instant::now();
    process::demand(command)?;
    Ok(start.elapsed())
}

/// A run by the clock that may fail as a check does: with exit status 1.
pub(crate) fn timed_verdict(command: &mut Command) -> Result<Duration> {
    let start = Instant::now();
    let ended = process::capture(command)?;
    let elapsed = start.elapsed();
    match ended.status {
        Some(0 | 1) => Ok(elapsed),
        _ => Err(failed(command, &ended)),
    }
}

/// User and system time of `program` with `words`, set up by `settle`; exit status 1 is a verdict.
pub(crate) fn processor(
    program: &std::path::Path,
    words: &[&str],
    settle: impl Fn(&mut Command),
) -> Result<Duration> {
    let mut command = Command::new("bash");
    command
        .args(["-c", "TIMEFORMAT='%3U %3S'; time \"$@\"", "bash"])
        .arg(program)
        .args(words);
    settle(&mut command);
    let ended = process::capture(&mut command)?;
    let last = process::last_lines(&ended.stderr, 1);
    let parts: Vec<f64> = last
        .split(' ')
        .filter_map(|part| part.parse().ok())
        .collect();
    match (ended.status, parts.as_slice()) {
        (Some(0 | 1), [user, system]) => Ok(Duration::from_secs_f64(user + system)),
        _ => Err(failed(&command, &ended)),
    }
}

fn failed(command: &Command, ended: &process::Ended) -> Error {
    Error::Failed {
        command: format!("{command:?}"),
        status: format!("{:?}", ended.status),
        output: process::last_lines(&ended.stderr, 15),
    }
}

/// A time as people read it: three digits count.
pub(crate) fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        s if s < 0.1 => format!("{:.1} ms", s * 1e3),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 10.0 => format!("{s:.2} s"),
        s => format!("{s:.1} s"),
    }
}
