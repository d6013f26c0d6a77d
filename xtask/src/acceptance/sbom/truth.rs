//! What package managers themselves say is installed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{Image, Judge, Package};
use crate::error::{Result, io, json};
use crate::process;

/// It, and who said so.
#[derive(Default)]
pub(super) struct Truth {
    /// Everything.
    pub(super) all: BTreeSet<Package>,
    /// What `pip list` says that runs in the image; a part of `all`.
    pub(super) inside: BTreeSet<Package>,
    /// What could not be asked.
    pub(super) notes: Vec<String>,
}

/// Asks everybody.
pub(super) fn of(image: &Image<'_>, judge: &Judge) -> Result<Truth> {
    let mut truth = Truth::default();
    let mut sites = Vec::new();
    let mut environments = Vec::new();
    walk(
        &image.beside,
        &mut |path| match path.file_name().and_then(|name| name.to_str()) {
            Some("site-packages" | "dist-packages") if path.is_dir() => sites.push(path.to_owned()),
            Some("pip") if path.is_file() => environments.push(path.with_file_name("python3")),
            _ => {}
        },
    )?;
    for site in &sites {
        let mut list = Command::new(&judge.python);
        list.args(["-m", "pip", "list", "--format=json", "--path"]);
        let text = process::demand(list.arg(site))?;
        truth.all.extend(distributions(&text)?);
    }
    for python in environments {
        let path = python.strip_prefix(&image.beside).unwrap_or(&python);
        let path = format!("/{}", path.display());
        let pip = ["-m", "pip", "list", "--format=json"];
        let ended = run(image, &path, &pip)?;
        match ended.ok() {
            true => truth.inside.extend(distributions(&ended.text())?),
            // an environment that was copied into an image without its Python
            false => truth.notes.push(format!(
                "{path} does not run: {}",
                process::last_lines(&ended.stderr, 2)
            )),
        }
    }
    truth.all.extend(debian(image)?);
    truth.all.extend(alpine(&image.beside)?);
    Ok(truth)
}

fn run(image: &Image<'_>, program: &str, words: &[&str]) -> Result<process::Ended> {
    let mut command = image.lab.constrict();
    command
        .args(["run", "--rm", "--network=none", "--entrypoint", program])
        .arg(&image.tag)
        .args(words);
    process::capture(&mut command)
}

/// What `pip list` printed, with names as package URLs have them.
fn distributions(text: &str) -> Result<Vec<Package>> {
    // warnings of old releases come first
    let text = text.lines().find(|line| line.starts_with('['));
    let listed: Value = serde_json::from_str(text.unwrap_or("[]")).map_err(json("pip's list"))?;
    let one = |entry: &Value| {
        let word = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let name = word("name").to_lowercase().replace(['_', '.'], "-");
        ("pypi".to_owned(), name, word("version"))
    };
    Ok(listed.as_array().into_iter().flatten().map(one).collect())
}

/// What `dpkg-query` says in the image; without it, the control files of distroless images.
fn debian(image: &Image<'_>) -> Result<Vec<Package>> {
    let status_d = image.beside.join("var/lib/dpkg/status.d");
    if status_d.is_dir() {
        let mut found = Vec::new();
        for entry in fs::read_dir(&status_d).map_err(io("read", &status_d))? {
            let path = entry.map_err(io("read", &status_d))?.path();
            if path.extension().is_some_and(|ending| ending == "md5sums") {
                continue;
            }
            let text = fs::read_to_string(&path).map_err(io("read", &path))?;
            let field = |name: &str| {
                let mut lines = text.lines();
                lines.find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
            };
            if let (Some(name), Some(version)) = (field("Package:"), field("Version:")) {
                found.push(("deb".to_owned(), name, version));
            }
        }
        return Ok(found);
    }
    if !image.beside.join("usr/bin/dpkg-query").exists() {
        return Ok(Vec::new());
    }
    let format = "${db:Status-Status} ${Package} ${Version}\\n";
    let ended = run(image, "/usr/bin/dpkg-query", &["-W", "-f", format])?;
    let text = ended.text();
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let state = words.next()?;
        let package = (
            "deb".to_owned(),
            words.next()?.to_owned(),
            words.next()?.to_owned(),
        );
        (!["config-files", "not-installed"].contains(&state)).then_some(package)
    });
    Ok(lines.collect())
}

/// apk's database, as `apk info -v` lists it. No image here has an `apk` that could be asked.
fn alpine(root: &Path) -> Result<Vec<Package>> {
    let path = root.join("lib/apk/db/installed");
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(&path).map_err(io("read", &path))?;
    let mut found = Vec::new();
    let mut name = "";
    for line in text.lines() {
        match line.split_at_checked(2) {
            Some(("P:", value)) => name = value,
            Some(("V:", value)) => {
                found.push(("apk".to_owned(), name.to_owned(), value.to_owned()));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Every path below a directory; no link is followed.
fn walk(directory: &Path, visit: &mut dyn FnMut(&Path)) -> Result<()> {
    let mut pending: Vec<PathBuf> = vec![directory.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).map_err(io("read", &directory))? {
            let entry = entry.map_err(io("read", &directory))?;
            let kind = entry.file_type().map_err(io("look at", &directory))?;
            visit(&entry.path());
            if kind.is_dir() {
                pending.push(entry.path());
            }
        }
    }
    Ok(())
}
