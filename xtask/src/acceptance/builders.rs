//! The two builders under comparison, each asked to build a case into an [`Image`].

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::archive::{self, Image};
use super::case::Description;
use super::lab::Lab;
use super::tree::Tree;
use crate::error::{self, Result, io};
use crate::process;

/// Version of the kept files; another one makes them anew.
const KEPT_VERSION: u32 = 2;

/// What came of a build.
#[derive(Serialize, Deserialize)]
pub(crate) enum Built {
    /// It succeeded.
    Image(Image),
    /// It failed, with what the builder said last.
    Refused(String),
    /// It neither succeeded nor failed as a build may: a wrong exit status, a signal, a time-out.
    Broken(String),
}

/// What to build, for either builder.
pub(crate) struct Request<'a> {
    pub(crate) name: &'a str,
    pub(crate) context: &'a Path,
    pub(crate) description: &'a Description,
}

impl Request<'_> {
    fn finish(&self, command: &mut Command) {
        let place = self.description.context.as_deref().unwrap_or(".");
        command
            .args(&self.description.args)
            .arg(place)
            .envs(&self.description.env)
            .current_dir(self.context);
    }
}

/// Builds with docker, or returns what docker made of the same `hash` before.
pub(crate) fn docker(lab: &Lab, request: &Request, hash: &str) -> Result<Built> {
    let kept = lab
        .kept
        .join(format!("{}-{hash}-{KEPT_VERSION}.json", request.name));
    if let Ok(text) = fs::read(&kept) {
        return serde_json::from_slice(&text).map_err(error::json(kept.display().to_string()));
    }
    let tag = format!("constrict-acceptance:{}", request.name);
    let mut command = lab.docker();
    command.args([
        "build",
        "--provenance=false",
        "--progress=plain",
        "-t",
        &tag,
    ]);
    request.finish(&mut command);
    let ended = process::capture(&mut command)?;
    let built = if ended.ok() {
        let image = saved(lab, &tag, request.name)?;
        process::demand(lab.docker().args(["image", "rm", "--force", &tag]))?;
        Built::Image(image)
    } else {
        Built::Refused(process::last_lines(&ended.stderr, 12))
    };
    let text = serde_json::to_vec(&built).map_err(error::json("docker's result"))?;
    fs::write(&kept, text).map_err(io("write", &kept))?;
    Ok(built)
}

/// Builds with constrict in a store of the run's own.
pub(crate) fn constrict(lab: &Lab, request: &Request) -> Result<Built> {
    let output = lab.work.join(format!("{}.constrict.tar", request.name));
    let mut command = lab.constrict();
    command
        .args(["build", "--progress=plain", "--output"])
        .arg(format!("type=oci,dest={}", output.display()));
    request.finish(&mut command);
    let ended = process::capture(&mut command)?;
    let said = process::last_lines(&ended.stderr, 12);
    let built = match ended.status {
        Some(0) => match archive::read(&output) {
            Ok(image) => Built::Image(image),
            Err(error) => Built::Broken(format!("the archive does not read: {}", chain(&error))),
        },
        Some(1 | 2) => Built::Refused(said),
        Some(124) => Built::Broken(format!(
            "did not end within {} s\n{said}",
            super::lab::PATIENCE_SECONDS
        )),
        Some(code) => Built::Broken(format!("exit status {code}\n{said}")),
        None => Built::Broken(format!("ended by a signal\n{said}")),
    };
    if output.exists() {
        fs::remove_file(&output).map_err(io("remove", &output))?;
    }
    Ok(built)
}

fn saved(lab: &Lab, tag: &str, name: &str) -> Result<Image> {
    let path: PathBuf = lab.work.join(format!("{name}.docker.tar"));
    let file = fs::File::create(&path).map_err(io("create", &path))?;
    if process::pass(
        lab.docker()
            .args(["save", tag])
            .stdout(file)
            .stderr(std::process::Stdio::null()),
    )? {
        let image = archive::read(&path)?;
        fs::remove_file(&path).map_err(io("remove", &path))?;
        return Ok(image);
    }
    without_layers(lab, tag)
}

/// docker cannot save an image without layers; what `inspect` and `history` say is all there is of it.
fn without_layers(lab: &Lab, tag: &str) -> Result<Image> {
    let text = process::demand(lab.docker().args(["image", "inspect", tag]))?;
    let facts: Value = serde_json::from_str(&text).map_err(error::json("docker inspect"))?;
    let text = process::demand(lab.docker().args([
        "history",
        "--no-trunc",
        "--format",
        "{{json .CreatedBy}}",
        tag,
    ]))?;
    let entries = text
        .lines()
        .map(serde_json::from_str)
        .collect::<std::result::Result<Vec<String>, _>>();
    let mut entries = entries.map_err(error::json("docker history"))?;
    entries.reverse();
    let history: Vec<Value> = entries
        .iter()
        .map(|entry| json!({"created_by": entry, "empty_layer": true}))
        .collect();
    let facts = &facts[0];
    let config = json!({
        "config": facts["Config"], "architecture": facts["Architecture"], "os": facts["Os"],
        "author": facts["Author"], "history": history,
    });
    Ok(Image {
        config,
        tree: Tree::default(),
        layers: 0,
    })
}

fn chain(error: &dyn std::error::Error) -> String {
    let source = error
        .source()
        .map(|source| format!(": {}", chain(source)))
        .unwrap_or_default();
    format!("{error}{source}")
}
