//! Packages to a layer: unpacked here, configured by dpkg in the sandbox, tidied so that nothing of this machine or
//! hour is left.

use std::fs::File;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use constrict_debian::official::{self, Flavour};
use constrict_debian::python::Recipe;
use constrict_debian::sources::Mirrors;
use constrict_debian::status::database;
use constrict_debian::suite::Suite;
use constrict_debian::unpack::{
    LEFTOVERS, Step, configure, needs_dpkg, skeleton, unpack, with_fixed_dates,
};
use constrict_oci::Digest;
use constrict_oci::layer::Compression;
use constrict_sandbox::{Network, Options, RecordedOwner, Root, Spec, Stdio};

use super::root::NewRoot;
use crate::error::{Error, IoContext, Result, RunFailure};
use crate::layers::Layers;
use crate::snapshot::{Owners, changes, reset_times};
use crate::solver::DEFAULT_EPOCH;
use crate::tree::Tree;

/// Lines of output that a failure shows.
const TAIL: usize = 20;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// The group `shadow` (base-passwd, static on every Debian system).
const SHADOW: u32 = 42;

/// What a layer is made of.
pub(super) struct Parts<'a> {
    pub(super) suite: Suite,
    pub(super) flavour: Flavour,
    pub(super) architecture: &'a str,
    /// The mirrors for the image's own apt.
    pub(super) mirrors: &'a Mirrors,
    /// Packages to install, in order.
    pub(super) packages: Vec<PathBuf>,
    pub(super) python: Option<Python<'a>>,
}

/// A Python besides.
pub(super) struct Python<'a> {
    pub(super) recipe: &'a Recipe,
    /// Packages to transplant.
    pub(super) packages: Vec<PathBuf>,
}

/// Makes the layer.
pub(super) fn assemble(layers: &Layers, parts: &Parts<'_>) -> Result<Digest> {
    let work = Workspace::new(layers)?;
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs() as i64);
    let mut root = NewRoot::create(&work.path.join("root"), layers.mode)?;
    let mut owners = install(&mut root, parts, &work)?;
    if let Some(python) = &parts.python {
        owners.extend(add_python(&mut root, python, &work)?);
    }
    for pattern in LEFTOVERS {
        root.delete(pattern)?;
    }
    let day = DEFAULT_EPOCH as u64 / DAY;
    // with a single id, programs that replace these see root's group on them, and give it to the copy
    let fixed = |text: &str| with_fixed_dates(text, day);
    root.replace_guarded("etc/shadow", SHADOW, DEFAULT_EPOCH, fixed)?;
    root.replace_guarded("etc/gshadow", SHADOW, DEFAULT_EPOCH, str::to_owned)?;
    for file in official::files(parts.suite, parts.flavour, parts.mirrors) {
        root.write(
            &file.path,
            file.mode,
            file.content.as_bytes(),
            DEFAULT_EPOCH,
        )?;
    }
    reset_times(root.path(), since, DEFAULT_EPOCH)?;
    let owners = Owners {
        mode: layers.mode,
        recorded: &owners,
        user: (0, 0),
    };
    let changes = changes(root.path(), &Tree::default(), &owners)?;
    let diff_id = layers.write_changes(changes, Compression::GZIP)?;
    layers.store.adopt_snapshot(root.path(), &diff_id)?;
    Ok(diff_id)
}

fn install(root: &mut NewRoot, parts: &Parts<'_>, work: &Workspace) -> Result<Vec<RecordedOwner>> {
    let layout = parts.suite.layout();
    skeleton(layout, parts.architecture, DEFAULT_EPOCH as u64, root)?;
    let mut records = Vec::new();
    for path in &parts.packages {
        let deb = File::open(path).at("open", path)?;
        let keeps = |path: &str| official::keeps(parts.flavour, path);
        let record = unpack(deb, layout, keeps, root)?;
        if needs_dpkg(&record.control) {
            return Err(Error::Invalid(format!(
                "package `{}` diverts files before it is unpacked, which is not supported",
                record.name()?
            )));
        }
        records.push(record);
    }
    root.write_database(&database(&records, parts.architecture)?, DEFAULT_EPOCH)?;
    run(
        root,
        &configure(&records, &[])?,
        "dpkg --configure -a",
        work,
    )
}

fn add_python(
    root: &mut NewRoot,
    python: &Python<'_>,
    work: &Workspace,
) -> Result<Vec<RecordedOwner>> {
    let recipe = python.recipe;
    for path in &python.packages {
        let deb = File::open(path).at("open", path)?;
        recipe.transplant(deb, root)?;
    }
    for (path, target) in &recipe.links {
        root.link(path, target, DEFAULT_EPOCH)?;
    }
    for (path, content) in &recipe.files {
        root.write(path, 0o644, content.as_bytes(), DEFAULT_EPOCH)?;
    }
    run(root, &recipe.step, "python -m ensurepip", work)
}

/// Runs a step in the tree, without network.
fn run(root: &NewRoot, step: &Step, name: &str, work: &Workspace) -> Result<Vec<RecordedOwner>> {
    let mut spec = Spec::new(
        // on an empty layer, as every RUN: what is mounted for the process leaves nothing in the directory itself
        Root::Writable {
            lower: vec![work.path.join("empty")],
            upper: root.path().into(),
            work: work.path.join("work"),
        },
        step.command.clone(),
    );
    let variables = step.environment.iter();
    spec.env = variables
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    spec.network = Network::None;
    let log = work.path.join("log");
    let file = File::create(&log).at("create", &log)?;
    let stdio = Stdio {
        stdin: None,
        stdout: Some(file.try_clone().at("open", &log)?.into()),
        stderr: Some(file.into()),
    };
    let outcome = constrict_sandbox::run(&spec, stdio, &Options::default(), |_| ())?;
    if outcome.exit.success() {
        return Ok(outcome.owners);
    }
    let output = std::fs::read(&log).at("read", &log)?;
    let output = String::from_utf8_lossy(&output);
    let lines: Vec<&str> = output.lines().collect();
    let tail = &lines[lines.len().saturating_sub(TAIL)..];
    Err(Error::RunFailed(Box::new(RunFailure {
        command: name.into(),
        exit: outcome.exit,
        tail: tail.iter().map(ToString::to_string).collect(),
    })))
}

/// The directories of one assembly, deleted with it.
struct Workspace {
    path: PathBuf,
}

impl Workspace {
    fn new(layers: &Layers) -> Result<Self> {
        let path = layers.store.temporary("debian");
        for directory in [path.clone(), path.join("empty"), path.join("work")] {
            std::fs::create_dir(&directory).at("create", &directory)?;
        }
        Ok(Workspace { path })
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // what cannot be deleted now is found by `prune`
        let _ = constrict_sandbox::remove_tree(&self.path);
    }
}
