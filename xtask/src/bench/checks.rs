//! What the check costs: a build with nothing changed, with it and without, and `constrict check` of an image.

use std::fs;
use std::time::Duration;

use super::builder::Builder;
use super::context::Contexts;
use super::page::{Goal, Line};
use super::times::{Times, processor, timed_verdict};
use crate::acceptance::lab::Lab;
use crate::error::{Result, io};
use crate::process;

/// Builds of each kind.
const ROUNDS: usize = 21;
/// First checks.
const FIRST_ROUNDS: usize = 3;
/// An image of about 150 MB.
const IMAGE: &str = "python:3.9-slim";

pub(crate) fn build(lab: &Lab) -> Result<Vec<Line>> {
    let contexts = Contexts::seed(lab, "check-build", "001")?;
    let build = |mode: &str| {
        let flags = [&*format!("--check={mode}")];
        let place = contexts.of(Builder::Constrict);
        Builder::Constrict
            .build(lab, "check-build", &place, &flags)
            .and_then(|mut command| timed_verdict(&mut command))
    };
    // after the pause no file is too young to be remembered
    for pause in [2, 0] {
        build("off")?;
        build("error")?;
        std::thread::sleep(Duration::from_secs(pause));
    }
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        without.push(build("off")?);
        with.push(build("error")?);
    }
    contexts.remove()?;
    let (without, with) = (Times::of(without), Times::of(with));
    Ok(vec![
        Line {
            what: "seed 001, nothing changed, `--check off`".into(),
            docker: None,
            buildah: None,
            ours: without,
            goal: Goal::None,
        },
        Line {
            what: "seed 001, nothing changed, `--check error`".into(),
            docker: None,
            buildah: None,
            ours: with,
            goal: Goal::More {
                than: without,
                most: Duration::from_millis(10),
            },
        },
    ])
}

pub(crate) fn image(lab: &Lab) -> Result<Vec<Line>> {
    process::demand(lab.constrict().args(["pull", IMAGE]))?;
    let data = lab.work.join("data");
    let check = || {
        processor(lab.program(), &["check", IMAGE], |command| {
            lab.settle(command, &data)
        })
    };
    // what a build would have left: the layers' indexes
    check()?;
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for _ in 0..FIRST_ROUNDS {
        for folder in ["packs", "reports"] {
            let folder = data.join("constrict").join(folder);
            fs::remove_dir_all(&folder).map_err(io("delete", &folder))?;
        }
        first.push(check()?);
        for _ in 0..FIRST_ROUNDS {
            again.push(check()?);
        }
    }
    let line = |what: &str, times, most| Line {
        what: format!("`constrict check {IMAGE}`, {what}, processor time"),
        docker: None,
        buildah: None,
        ours: Times::of(times),
        goal: Goal::Within(most),
    };
    Ok(vec![
        line("nothing known", first, Duration::from_secs(1)),
        line("again", again, Duration::from_millis(50)),
    ])
}
