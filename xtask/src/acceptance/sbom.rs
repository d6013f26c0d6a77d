//! The sbom tier: bills of materials and provenance of the seeds' images and of one with apk's database.
//!
//! Judges, fetched from PyPI when the tier runs: `spdx-tools`, `cyclonedx-python-lib`, `packageurl-python`,
//! `in-toto-attestation`. Names and versions are compared with `pip list` on each directory of distributions, with `pip list`
//! run in the image's own environments, and with `dpkg-query` run in the image, or the `status.d` of images without one.
//! Equal bytes: what `build` wrote, what `sbom` writes afterwards, and what a registry gives back.

mod truth;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::lab::{Lab, REGISTRY};
use super::report::{Finding, Report};
use super::seeds;
use crate::error::{Result, io, json};
use crate::process;

const JUDGE: &str = include_str!("sbom/judge.py");
const JUDGES: [&str; 3] = [
    "spdx-tools",
    "cyclonedx-python-lib[json-validation]",
    "in-toto-attestation",
];

/// What is written for each image, by the ending of its file.
const DOCUMENTS: [&str; 3] = ["spdx.json", "cdx.json", "provenance.json"];

/// Ecosystem, name and version: `pypi`, `flask`, `3.0.0`.
type Package = (String, String, String);

/// The programs that the tier needs, in a virtual environment.
struct Judge {
    python: PathBuf,
    script: PathBuf,
}

/// Builds, lists and compares all images, or those whose folder is named.
pub(crate) fn run(lab: &Lab, names: &[String]) -> Result<Report> {
    let work = lab.work.join("sbom");
    fs::create_dir_all(&work).map_err(io("create", &work))?;
    let judge = judge(&work)?;
    let folder = lab.seeds()?;
    apk_image(&folder.join("apk"))?;
    let mut report = Report::new("sbom");
    let mut images: Vec<(&str, &str)> = seeds::dockerfiles().collect();
    images.push(("apk", "Dockerfile"));
    for (seed, file) in images {
        if !names.is_empty() && !names.iter().any(|name| name == seed) {
            continue;
        }
        let name = format!("{seed}-{}", file.to_lowercase());
        let mut finding = Finding::new(&name);
        let image = Image {
            lab,
            tag: format!("{REGISTRY}/acceptance/sbom-{seed}:{}", file.to_lowercase()),
            context: folder.join(seed),
            file,
            beside: work.join(&name),
        };
        image.examine(&judge, &mut finding)?;
        report.add(lab, finding)?;
    }
    Ok(report)
}

/// One image.
struct Image<'a> {
    lab: &'a Lab,
    tag: String,
    context: PathBuf,
    file: &'a str,
    /// Its files, and beside them its documents.
    beside: PathBuf,
}

impl Image<'_> {
    fn examine(&self, judge: &Judge, finding: &mut Finding) -> Result<()> {
        self.build()?;
        let facts = &mut finding.differences.image;
        for ending in ["spdx.json", "cdx.json"] {
            let format = if ending == "spdx.json" {
                "spdx"
            } else {
                "cyclonedx"
            };
            let mut list = self.lab.constrict();
            let words = ["sbom", "--format", format, &self.tag];
            let now = process::demand(list.args(words))?;
            let first = self.read(ending)?;
            if now.as_bytes() != first {
                facts.push(format!(
                    "`sbom --format {format}` writes other bytes than `build`"
                ));
            }
        }
        facts.extend(self.fetch()?);
        let [spdx, cyclonedx, provenance] = DOCUMENTS.map(|ending| self.document(ending));
        let mut command = Command::new(&judge.python);
        let said =
            process::demand(
                command
                    .arg(&judge.script)
                    .args([&spdx, &cyclonedx, &provenance]),
            )?;
        let said: Value = serde_json::from_str(&said).map_err(json("the judge's answer"))?;
        let wrong = said["wrong"].as_array().into_iter().flatten();
        facts.extend(wrong.map(|fact| fact.as_str().unwrap_or_default().to_owned()));
        let listed = packages(&said["packages"]);
        let truth = truth::of(self, judge)?;
        let only = |here: &BTreeSet<Package>, there: &BTreeSet<Package>, what: &str| {
            let rest = here
                .difference(there)
                .map(|(kind, name, version)| format!("{what}: {kind} {name} {version}"));
            rest.collect::<Vec<_>>()
        };
        facts.extend(only(&truth.all, &listed, "not listed"));
        facts.extend(only(&listed, &truth.all, "listed and not there"));
        facts.extend(only(&truth.inside, &listed, "pip in the image lists"));
        finding.notes.extend(truth.notes);
        finding.notes.push(format!(
            "{} packages, {} confirmed by pip in the image",
            listed.len(),
            truth.inside.len()
        ));
        println!(
            "      {}: {} packages, {} also by pip inside",
            self.tag,
            listed.len(),
            truth.inside.len()
        );
        Ok(())
    }

    /// Builds the image into a directory, with its documents beside it, and pushes it.
    fn build(&self) -> Result<()> {
        let output = format!("type=local,dest={}", self.beside.display());
        let mut build = self.lab.constrict();
        build
            .args(["build", "--progress=plain", "--sbom=spdx,cyclonedx"])
            .args([
                "--provenance=mode=max",
                "--push",
                "-t",
                &self.tag,
                "-o",
                &output,
            ])
            .args(["-f", self.file])
            .arg(".")
            .current_dir(&self.context);
        process::demand(&mut build).map(drop)
    }

    fn document(&self, ending: &str) -> PathBuf {
        let mut name = self.beside.clone().into_os_string();
        name.push(format!(".{ending}"));
        name.into()
    }

    fn read(&self, ending: &str) -> Result<Vec<u8>> {
        let path = self.document(ending);
        fs::read(&path).map_err(io("read", &path))
    }

    /// Asks the registry for what it has about the image; what is not as it was written.
    fn fetch(&self) -> Result<Vec<String>> {
        let (repository, tag) = self.tag.rsplit_once(':').expect("the tag has one");
        let repository = repository.trim_start_matches(REGISTRY);
        let api = format!("http://{REGISTRY}/v2{repository}");
        let manifest = get(&format!("{api}/manifests/{tag}"))?.unwrap_or_default();
        let subject = sha256(&manifest);
        let index = match get(&format!("{api}/referrers/sha256:{subject}"))? {
            Some(index) => index,
            // a registry without the API
            None => get(&format!("{api}/manifests/sha256-{subject}"))?.unwrap_or_default(),
        };
        let index: Value = serde_json::from_slice(&index).map_err(json("the list of referrers"))?;
        let mut facts = Vec::new();
        for (ending, kind) in DOCUMENTS.into_iter().zip([
            "application/spdx+json",
            "application/vnd.cyclonedx+json",
            "application/vnd.in-toto+json",
        ]) {
            let entries = index["manifests"].as_array().into_iter().flatten();
            let written = self.read(ending)?;
            let mut same = false;
            for entry in entries.filter(|entry| entry["artifactType"] == kind) {
                let digest = entry["digest"].as_str().unwrap_or_default();
                let artifact = get(&format!("{api}/manifests/{digest}"))?.unwrap_or_default();
                let artifact: Value =
                    serde_json::from_slice(&artifact).map_err(json("an artifact"))?;
                let is_of = artifact["subject"]["digest"] == format!("sha256:{subject}");
                let blob = artifact["layers"][0]["digest"].as_str().unwrap_or_default();
                let blob = get(&format!("{api}/blobs/{blob}"))?.unwrap_or_default();
                same |= is_of && blob == written;
            }
            if !same {
                facts.push(format!("the registry does not give back {ending}"));
            }
        }
        Ok(facts)
    }
}

fn packages(listed: &Value) -> BTreeSet<Package> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let listed = listed.as_array().into_iter().flatten();
    listed
        .map(|one| (word(&one[0]), word(&one[1]), word(&one[2])))
        .collect()
}

/// What an address gives; nothing if it is not there.
fn get(address: &str) -> Result<Option<Vec<u8>>> {
    let kinds = [
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ];
    let accept = format!("Accept: {}", kinds.join(", "));
    let ended = process::capture(Command::new("curl").args(["-fsL", "-H", &accept, address]))?;
    Ok(ended.ok().then_some(ended.stdout))
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    super::tree::hexadecimal(&sha2::Sha256::digest(bytes))
}

/// A virtual environment with the judges.
fn judge(work: &Path) -> Result<Judge> {
    let venv = work.join("venv");
    process::demand(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let mut install = Command::new(venv.join("bin/pip"));
    process::demand(install.args(["install", "--quiet"]).args(JUDGES))?;
    let script = work.join("judge.py");
    fs::write(&script, JUDGE).map_err(io("write", &script))?;
    Ok(Judge {
        python: venv.join("bin/python"),
        script,
    })
}

/// No registry in reach has an image with apk's database; this one has the part of one that is read.
const APK: &str = "\
C:Q1K9FvE0wGKyYPQdYz6uRvSQYpbJE=\nP:busybox\nV:1.36.1-r15\nA:x86_64\nS:509543\nI:962560\n\
T:Size optimized toolbox of many common UNIX utilities\nU:https://busybox.net/\nL:GPL-2.0-only\no:busybox\n\
m:Somebody <somebody@example.org>\nt:1699383188\nD:so:libc.musl-x86_64.so.1\np:cmd:busybox=1.36.1-r15\n\
F:bin\nR:busybox\na:0:0:755\nZ:Q1fSDxDXQzhSGgPbQzc1mRcdOGJHs=\nF:etc\n\n\
C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=\nP:musl\nV:1.2.4_git20230717-r4\nA:x86_64\nT:the musl c library (libc) implementation\n\
U:https://musl.libc.org/\nL:MIT\no:musl\np:so:libc.musl-x86_64.so.1=1\nF:lib\nR:ld-musl-x86_64.so.1\n\n";

fn apk_image(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(io("create", folder))?;
    for (name, text) in [
        ("installed", APK),
        (
            "Dockerfile",
            "FROM python:3.9-alpine\nCOPY installed /lib/apk/db/installed\n",
        ),
    ] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(io("write", &path))?;
    }
    Ok(())
}
