//! The compare tier: what `constrict compare` and `constrict size` say of the seeds and of `examples/flask`, held against counts of
//! the same images that GNU tar, find, readelf, dpkg-query and getcap make; its limits, its baseline, and what it can be given.
//!
//! Needs root, for the owners and modes of what is unpacked, and `getcap` (libcap2-bin). With `UPDATE=1` it writes the tables of
//! `docs/compare.md`; else it checks that they have the rows and columns that they would have.

mod count;
mod document;
mod gate;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::lab::Lab;
use super::report::{Finding, Report};
use crate::error::{Result, io, json};
use crate::process::{self, Ended};
use count::Count;

/// Seeds with both variants.
const SEEDS: [&str; 3] = ["001", "002", "003"];

/// The Dockerfiles of a seed, as they are compared.
const FILES: [&str; 2] = ["Dockerfile.single", "Dockerfile"];

/// Rows that are not counted here: a share, and verdicts, which other tiers judge.
const UNCOUNTED: [&str; 4] = ["owned", "secrets", "vulnerabilities", "runs"];

/// A comparison that was made.
struct Pair {
    name: String,
    /// What `--format json` said.
    comparison: Value,
    /// What `--format markdown` said.
    markdown: String,
    /// The same without rows that are equal.
    differences: String,
    /// The images, counted.
    counts: Vec<Count>,
}

/// Compares everything, or the seeds that are named, `flask` among them.
pub(crate) fn run(lab: &Lab, names: &[String]) -> Result<Report> {
    let mut report = Report::new("compare");
    let seeds = lab.seeds()?;
    let is_wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let mut pairs = Vec::new();
    for seed in SEEDS.into_iter().filter(|seed| is_wanted(seed)) {
        let folder = seeds.join(seed);
        let pair = seed_pair(lab, seed, &folder)?;
        judge(lab, &mut report, &pair)?;
        if seed == "002" {
            gate::judge(lab, &mut report, &folder, &pair)?;
        }
        pairs.push(pair);
    }
    if is_wanted("flask") {
        let pair = flask_pair(lab)?;
        judge(lab, &mut report, &pair)?;
        pairs.push(pair);
    }
    if names.is_empty() {
        let mut finding = Finding::new("document");
        finding.differences.image = document::keep(lab, &pairs)?;
        report.add(lab, finding)?;
    }
    Ok(report)
}

/// Both variants of a seed, which `compare` builds itself.
fn seed_pair(lab: &Lab, seed: &str, folder: &Path) -> Result<Pair> {
    let subjects: Vec<&str> = FILES.iter().flat_map(|file| ["--file", file]).collect();
    let mut pair = compared(lab, &format!("seed-{seed}"), folder, &subjects)?;
    for file in FILES {
        let words = ["--file", file];
        pair.counts
            .push(counted(lab, &pair.name, folder, file, &words)?);
    }
    Ok(pair)
}

/// One Dockerfile on the registry's base and on the base that constrict makes of Debian's packages.
fn flask_pair(lab: &Lab) -> Result<Pair> {
    let folder = lab.top.join("examples/flask");
    let mut counts = Vec::new();
    for bases in ["registry", "debian"] {
        let tag = format!("flask:{bases}");
        let words = ["--bases", bases, "--tag", &tag];
        counts.push(counted(lab, "flask", &folder, bases, &words)?);
    }
    let pair = compared(lab, "flask", &folder, &["flask:registry", "flask:debian"])?;
    Ok(Pair { counts, ..pair })
}

/// What `compare` says of `subjects`, in two formats.
fn compared(lab: &Lab, name: &str, folder: &Path, subjects: &[&str]) -> Result<Pair> {
    let said = |words: &[&str]| {
        let mut command = lab.constrict();
        command.args(["compare", "--quiet", "--format"]).args(words);
        process::demand(command.args(subjects).current_dir(folder))
    };
    Ok(Pair {
        name: name.to_owned(),
        comparison: serde_json::from_str(&said(&["json"])?).map_err(json("a comparison"))?,
        markdown: said(&["markdown"])?,
        differences: said(&["markdown", "--differences"])?,
        counts: Vec::new(),
    })
}

/// Builds an image into an OCI layout and counts what is in it.
fn counted(lab: &Lab, pair: &str, folder: &Path, column: &str, words: &[&str]) -> Result<Count> {
    let work = lab.work.join("compare").join(format!("{pair}-{column}"));
    let layout = build(lab, folder, &work, "oci", words)?;
    Count::of(&unpacked(&layout)?, &work)
}

/// Builds an image into an archive below `work`.
fn build(lab: &Lab, folder: &Path, work: &Path, kind: &str, words: &[&str]) -> Result<PathBuf> {
    fs::create_dir_all(work).map_err(io("create", work))?;
    let archive = work.join(format!("{kind}.tar"));
    let output = format!("type={kind},dest={}", archive.display());
    let mut command = lab.constrict();
    command.args(["build", "--progress=plain", "--output", &output]);
    process::demand(command.args(words).arg(".").current_dir(folder))?;
    Ok(archive)
}

/// The folder beside an archive that has what is in it.
fn unpacked(archive: &Path) -> Result<PathBuf> {
    let folder = archive.with_extension("");
    fs::create_dir_all(&folder).map_err(io("create", &folder))?;
    let mut tar = std::process::Command::new("tar");
    tar.args(["--extract", "--same-owner", "--numeric-owner"]);
    tar.args(["--preserve-permissions", "--xattrs", "--xattrs-include=*"]);
    process::demand(
        tar.arg("--file")
            .arg(archive)
            .arg("--directory")
            .arg(&folder),
    )?;
    Ok(folder)
}

/// Each image's numbers against its count, a case an image, and the Markdown against the JSON.
fn judge(lab: &Lab, report: &mut Report, pair: &Pair) -> Result<()> {
    for (at, count) in pair.counts.iter().enumerate() {
        let image = &pair.comparison["images"][at];
        let column = image["name"].as_str().unwrap_or_default();
        let column = column.replace(':', "-").to_lowercase();
        let mut finding = Finding::new(&format!("{}-{column}", pair.name));
        let others = pair.counts.iter().map(Count::diff_ids);
        let numbers = count.numbers(&others.collect::<Vec<_>>());
        for row in rows(&pair.comparison) {
            let name = row["name"].as_str().unwrap_or_default();
            let value = &row["values"][at];
            match numbers.get(name) {
                Some(number) => {
                    let said = value["value"].as_u64();
                    let paths = count.differences(name, value)?;
                    if said != Some(*number) || !paths.is_empty() {
                        let fact = format!("{name}: constrict {said:?}, counted {number}");
                        finding.differences.image.push(fact);
                        finding.differences.image.extend(paths);
                    }
                }
                None if UNCOUNTED.contains(&name) => {}
                None => finding
                    .differences
                    .image
                    .push(format!("{name}: nobody counts it")),
            }
            finding.notes.push(format!("{name}: {}", value["text"]));
        }
        finding.differences.image.extend(count.layers(image));
        report.add(lab, finding)?;
    }
    let mut finding = Finding::new(&format!("{}-markdown", pair.name));
    finding.differences.image = document::unlike(&pair.markdown, &pair.comparison);
    report.add(lab, finding)
}

fn rows(comparison: &Value) -> &[Value] {
    comparison["rows"].as_array().map_or(&[], Vec::as_slice)
}

/// Runs `compare`; what it ends with is the caller's affair.
fn compare(lab: &Lab, folder: &Path, words: &[&str]) -> Result<Ended> {
    let mut command = lab.constrict();
    command.args(["compare", "--quiet"]).args(words);
    process::capture(command.current_dir(folder))
}
