//! `cargo xtask acceptance`: constrict's images compared with those that docker's BuildKit makes.
//!
//! Tiers: `conformance` (the folders of `conformance/`), `seeds`, `determinism`, `check`, `verdicts`, `walkthrough`, `lint`, `sarif`, `sbom`, `page`, `compare`, `speed`; all when none is named.
//! `docker` is the docker half of `conformance` alone: whether each case shows what it was written for.
//! `check` compares constrict's verdicts on the images of `checks/` with what docker shows of them; `check-docker` is docker's half.
//! `verdicts` holds what `build` says of the seeds against what is wrong with them, and mends them.
//! `walkthrough` types what seed 002's article tells its readers to type.
//! `lint` compares verdicts on the Dockerfiles of `conformance-lint/`; `sarif` holds reports against SARIF's schema.
//! `page` drives the page of a comparison in Chromium: samples, and `seed-002`; or those named.
//! `compare` holds what `compare` and `size` say of the seeds against counts by other programs; `UPDATE=1` writes `docs/compare.md`.
//! `sbom` holds bills of materials and provenance against others' validators and against what package managers say.
//! `packages` looks for false alarms in images of popular packages; it installs thirty of them, and runs only when named.

mod archive;
mod builders;
mod case;
mod check;
mod compare;
mod conformance;
mod determinism;
mod ignored;
pub(crate) mod lab;
mod lint;
mod packages;
mod page;
mod report;
mod sarif;
mod sbom;
pub(crate) mod seeds;
mod server;
mod side_by_side;
mod speed;
mod tree;
mod verdicts;
mod walkthrough;

use lab::Lab;
use report::Report;

use crate::error::{Error, Result};

/// Runs the named tier, or all; whether everything passed.
pub(crate) fn run(words: &[String]) -> Result<bool> {
    let tiers: Vec<Tier> = match words.split_first() {
        None => vec![
            conformance::run,
            seeds::run,
            determinism::run,
            check::run,
            verdicts::run,
            walkthrough::run,
            lint::run,
            sarif::run,
            page::run,
            sbom::run,
            side_by_side::run,
            speed::run,
        ],
        Some((name, _)) => vec![tier(name)?],
    };
    let names = words.get(1..).unwrap_or_default();
    let lab = lab::open()?;
    let mut passed = true;
    for tier in tiers {
        passed &= tier(&lab, names)?.close();
    }
    lab.close()?;
    Ok(passed)
}

type Tier = fn(&Lab, &[String]) -> Result<Report>;

fn tier(name: &str) -> Result<Tier> {
    match name {
        "conformance" => Ok(conformance::run),
        "docker" => Ok(conformance::run_docker),
        "seeds" => Ok(seeds::run),
        "determinism" => Ok(determinism::run),
        "speed" => Ok(speed::run),
        "lint" => Ok(lint::run),
        "sarif" => Ok(sarif::run),
        "page" => Ok(page::run),
        "sbom" => Ok(sbom::run),
        "compare" => Ok(side_by_side::run),
        "check" => Ok(check::run),
        "verdicts" => Ok(verdicts::run),
        "walkthrough" => Ok(walkthrough::run),
        "packages" => Ok(packages::run),
        "check-docker" => Ok(check::run_docker),
        _ => Err(Error::Unknown {
            what: "tier",
            name: name.to_owned(),
        }),
    }
}
