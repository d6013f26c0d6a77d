//! One conformance case: a folder with a Dockerfile, its context and, where needed, how to call the builder.
//!
//! Format of the optional `case.toml`: [`Description`]. `setup.sh`, also optional, runs in the copied context with
//! `sh -eu` and makes what git cannot hold (sockets, modes, odd names); what it puts into `../www` is served at
//! `http://127.0.0.1:5177/<case>/` and, for repositories, at `git://127.0.0.1:5178/<case>/www/`. Neither file is in the context.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::tree::hexadecimal;
use crate::error::{Error, Result, io};
use crate::process;

/// How a case wants to be built.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Description {
    /// Arguments for both builders, before the context.
    pub(crate) args: Vec<String>,
    /// The context, relative to the case's copied folder.
    pub(crate) context: Option<String>,
    /// Environment of both builders.
    pub(crate) env: BTreeMap<String, String>,
    /// The build must fail, and docker say this: shows that the case fails for the reason that it was written for.
    pub(crate) fails: Option<String>,
    /// What the image holds, as `path kind mode uid:gid size`, where the docker of the peers cannot tell.
    pub(crate) expect: Option<Vec<String>>,
}

/// A case ready to be built.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) description: Description,
    /// Hash of everything in the case's folder.
    pub(crate) hash: String,
    /// The copied context, where builders are started.
    pub(crate) context: PathBuf,
}

/// Copies the case in `folder` to `work/<name>/context` with modes that do not depend on the check-out.
pub(crate) fn prepare(folder: &Path, work: &Path) -> Result<Case> {
    let name = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let www = work.join(&name).join("www");
    fs::create_dir_all(&www).map_err(io("create", &www))?;
    let Copied { context, seen } = copy_folder(folder, work)?;
    let hash = fingerprint(&seen);
    let description = describe(&context.join("case.toml"), &name)?;
    run_setup(&context, &name)?;
    Ok(Case {
        name,
        description,
        hash,
        context,
    })
}

/// A copy of a case's folder.
pub(crate) struct Copied {
    /// Where it is: `work/<name>/context`.
    pub(crate) context: PathBuf,
    /// Everything in the original: path, and content or target of a link.
    pub(crate) seen: Vec<(PathBuf, Vec<u8>)>,
}

/// Copies `folder` to `work/<name>/context` with modes that do not depend on the check-out.
pub(crate) fn copy_folder(folder: &Path, work: &Path) -> Result<Copied> {
    let name = folder.file_name().unwrap_or_default();
    let context = work.join(name).join("context");
    let mut seen = Vec::new();
    copy(folder, &context, &mut seen)?;
    Ok(Copied { context, seen })
}

fn describe(path: &Path, name: &str) -> Result<Description> {
    if !path.exists() {
        return Ok(Description::default());
    }
    let text = fs::read_to_string(path).map_err(io("read", path))?;
    fs::remove_file(path).map_err(io("remove", path))?;
    toml::from_str(&text).map_err(|error| Error::Case {
        name: name.to_owned(),
        fact: error.to_string(),
    })
}

fn run_setup(context: &Path, name: &str) -> Result<()> {
    let script = context.join("setup.sh");
    if !script.exists() {
        return Ok(());
    }
    let moved = context.with_file_name("setup.sh");
    fs::rename(&script, &moved).map_err(io("move", &script))?;
    let mut command = Command::new("sh");
    command
        .args(["-euc", "umask 022; . ../setup.sh"])
        .current_dir(context)
        .env("CASE", name);
    process::demand(&mut command).map(drop)
}

/// Copies a tree; each entry's facts are added to `seen`.
fn copy(from: &Path, to: &Path, seen: &mut Vec<(PathBuf, Vec<u8>)>) -> Result<()> {
    fs::create_dir_all(to).map_err(io("create", to))?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o755))
        .map_err(io("set the mode of", to))?;
    let mut names: Vec<_> = fs::read_dir(from)
        .map_err(io("list", from))?
        .filter_map(|entry| Some(entry.ok()?.file_name()))
        .collect();
    names.sort();
    for name in names {
        let (source, target) = (from.join(&name), to.join(&name));
        let facts = fs::symlink_metadata(&source).map_err(io("look at", &source))?;
        if facts.is_dir() {
            copy(&source, &target, seen)?;
        } else if facts.is_symlink() {
            let link = fs::read_link(&source).map_err(io("read", &source))?;
            std::os::unix::fs::symlink(&link, &target).map_err(io("create", &target))?;
            seen.push((source, link.into_os_string().into_encoded_bytes()));
        } else {
            let mode = if facts.permissions().mode() & 0o100 == 0 {
                0o644
            } else {
                0o755
            };
            fs::copy(&source, &target).map_err(io("copy", &source))?;
            fs::set_permissions(&target, fs::Permissions::from_mode(mode))
                .map_err(io("set the mode of", &target))?;
            let mut content = fs::read(&source).map_err(io("read", &source))?;
            content.push(u8::from(mode == 0o755));
            seen.push((source, content));
        }
    }
    Ok(())
}

/// Hash of paths and contents.
pub(crate) fn fingerprint(seen: &[(PathBuf, Vec<u8>)]) -> String {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    for (path, content) in seen {
        let name = path.as_os_str().as_encoded_bytes();
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content);
    }
    hexadecimal(&hash.finalize()[..16])
}
