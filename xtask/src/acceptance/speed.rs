//! The speed tier: seed 002 rebuilt with nothing changed and with `app.py` changed, both builders in turn.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::lab::Lab;
use super::report::{Finding, Report};
use super::seeds::peer_line;
use crate::error::{Result, io};
use crate::process;

/// Rebuilds per builder and kind.
const ROUNDS: usize = 7;
/// How many times faster than docker constrict has to be.
const TARGET: f64 = 5.0;

/// Measures both kinds of rebuild.
pub(crate) fn run(lab: &Lab, _names: &[String]) -> Result<Report> {
    let mut report = Report::new("speed");
    lab.peer_bases()?;
    let seeds = lab.seeds()?;
    let (ours, theirs) = (
        lab.work.join("speed-constrict"),
        lab.work.join("speed-docker"),
    );
    for place in [&ours, &theirs] {
        process::demand(
            Command::new("cp")
                .args(["-r", "--"])
                .arg(seeds.join("002"))
                .arg(place),
        )?;
    }
    let file = theirs.join("Dockerfile");
    let text = fs::read_to_string(&file).map_err(io("read", &file))?;
    let text: String = text
        .lines()
        .map(|line| format!("{}\n", peer_line(line)))
        .collect();
    fs::write(&file, text).map_err(io("write", &file))?;
    let constrict = || {
        let mut command = lab.constrict();
        command
            .args(["build", "--progress=plain", "-t", "speed", "."])
            .current_dir(&ours);
        command
    };
    let docker = || {
        let mut command = lab.docker();
        command
            .args([
                "build",
                "--provenance=false",
                "--progress=plain",
                "-t",
                "constrict-acceptance:speed",
                ".",
            ])
            .current_dir(&theirs);
        command
    };
    process::demand(&mut constrict())?;
    process::demand(&mut docker())?;
    for (name, change) in [("nothing changed", false), ("app.py changed", true)] {
        let (mut our, mut their) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            if change {
                append(&ours.join("app.py"), round)?;
                append(&theirs.join("app.py"), round)?;
            }
            our.push(timed(&mut constrict())?);
            their.push(timed(&mut docker())?);
        }
        report.add(lab, judged(name, our, their))?;
    }
    Ok(report)
}

fn judged(name: &str, our: Vec<Duration>, their: Vec<Duration>) -> Finding {
    let (our, their) = (Times::of(our), Times::of(their));
    let ratio = their.median.as_secs_f64() / our.median.as_secs_f64();
    println!(
        "{name}: docker min {:.0?} median {:.0?}, constrict min {:.1?} median {:.1?}: {ratio:.1}×",
        their.least, their.median, our.least, our.median
    );
    let mut finding = Finding::new(&name.replace(' ', "-"));
    if ratio < TARGET {
        finding
            .differences
            .image
            .push(format!("{ratio:.1}× is less than {TARGET}×"));
    }
    finding
}

struct Times {
    least: Duration,
    median: Duration,
}

impl Times {
    fn of(mut all: Vec<Duration>) -> Self {
        all.sort();
        Self {
            least: all[0],
            median: all[all.len() / 2],
        }
    }
}

fn timed(command: &mut Command) -> Result<Duration> {
    let start = Instant::now();
    process::demand(command)?;
    Ok(start.elapsed())
}

/// A change that neither builder has seen: the time makes it new in a docker cache that outlives this run.
fn append(path: &Path, round: usize) -> Result<()> {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos();
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(path)
        .map_err(io("open", path))?;
    writeln!(file, "# change {round} of {now}").map_err(io("write", path))
}
