//! The determinism tier: the same inputs give the same manifest, whoever builds them, where and with how many cores.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::lab::Lab;
use super::report::{Finding, Report};
use crate::error::{Result, io};
use crate::process;

/// An ordinary user that no machine has: without a name and without sub-ids.
const STRANGER: &str = "54321";

const DOCKERFILE: &str = r#"FROM python:3.9-alpine AS tools
ARG LEVEL=3
RUN mkdir -p /out/deep && for i in 1 2 3 4 5 6 7 8 9; do seq $i 20000 > /out/deep/$i; done && ln -s deep/1 /out/link && echo $LEVEL > /out/level
FROM python:3.9-alpine
WORKDIR /app
COPY --from=tools /out ./tools
COPY . .
COPY <<EOF /etc/motd
built
EOF
RUN rm -rf /app/tools/deep/9 && chmod 600 /app/a.txt && touch /app/new
ADD --chown=1:1 a.txt b/ /add/
ENV A=1 LABEL=x
CMD ["true"]
"#;

/// Builds the same thing as two users, in two folders, with one core and two, twice each.
pub(crate) fn run(lab: &Lab, _names: &[String]) -> Result<Report> {
    let mut report = Report::new("determinism");
    for (name, epoch) in [
        ("determinism-plain", None),
        ("determinism-epoch", Some("1700000000")),
    ] {
        let mut finding = Finding::new(name);
        let mut seen: Vec<(String, String)> = Vec::new();
        for (label, who, cores) in [
            ("root, two cores", None, "0,1"),
            ("root, one core", None, "0"),
            ("a user, two cores", Some(STRANGER), "0,1"),
            ("a user, one core", Some(STRANGER), "0"),
            ("root again", None, "0,1"),
        ] {
            let place = lab.work.join(format!("{name}-{}", seen.len()));
            seen.push((label.to_owned(), build(lab, &place, who, cores, epoch)?));
        }
        let first = seen[0].1.clone();
        let odd = seen
            .iter()
            .filter(|(_, digest)| *digest != first || !digest.starts_with("sha256:"));
        finding
            .differences
            .image
            .extend(odd.map(|(label, digest)| format!("{label}: {digest}, the first: {first}")));
        report.add(lab, finding)?;
    }
    Ok(report)
}

/// The manifest's digest, or what went wrong.
fn build(
    lab: &Lab,
    place: &Path,
    who: Option<&str>,
    cores: &str,
    epoch: Option<&str>,
) -> Result<String> {
    let context = context(place)?;
    let metadata = place.join("metadata.json");
    let mut command = Command::new("taskset");
    command.args(["-c", cores]);
    if let Some(id) = who {
        process::demand(
            Command::new("chown")
                .args(["-R", &format!("{id}:{id}")])
                .arg(place),
        )?;
        command.args([
            "setpriv",
            "--reuid",
            id,
            "--regid",
            id,
            "--clear-groups",
            "--",
        ]);
    }
    command.arg(lab.program()).args([
        "build",
        "--progress=plain",
        "-t",
        "determinism",
        "--metadata-file",
    ]);
    command
        .arg(&metadata)
        .arg(".")
        .current_dir(&context)
        .env("HOME", place);
    lab.settle(&mut command, &place.join("data"));
    command.envs(epoch.map(|seconds| ("SOURCE_DATE_EPOCH", seconds)));
    let ended = process::capture(&mut command)?;
    if !ended.ok() {
        return Ok(format!(
            "build failed ({:?}): {}",
            ended.status,
            process::last_lines(&ended.stderr, 8)
        ));
    }
    let text = fs::read_to_string(&metadata).map_err(io("read", &metadata))?;
    let value: serde_json::Value =
        serde_json::from_str(&text).map_err(crate::error::json("the metadata file"))?;
    Ok(value["containerimage.digest"]
        .as_str()
        .unwrap_or("no containerimage.digest")
        .to_owned())
}

fn context(place: &Path) -> Result<PathBuf> {
    let context = place.join("context");
    let folder = context.join("b/c");
    fs::create_dir_all(&folder).map_err(io("create", &folder))?;
    for (name, content) in [
        ("Dockerfile", DOCKERFILE),
        ("a.txt", "a\n"),
        ("b/one", "1\n"),
        ("b/c/two", "2\n"),
    ] {
        let path = context.join(name);
        fs::write(&path, content).map_err(io("write", &path))?;
    }
    Ok(context)
}
