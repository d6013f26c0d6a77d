//! The laboratory of one acceptance run: peers and registry started, constrict built, folders of its own.
//!
//! Needs `../shared` (or `CONSTRICT_SHARED`) with its `bin/start-registry`, `start-peers`, `peer-bases`, `seed-projects`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Result, io};
use crate::process;

/// How long one build of constrict may take, in seconds; seeds download compilers.
pub(crate) const PATIENCE_SECONDS: u32 = 600;

/// The registry that stands in for Docker Hub and gcr.io.
pub(crate) const REGISTRY: &str = "127.0.0.1:5100";

const PEERS: &str = "/tmp/peer";

/// Where things are.
pub(crate) struct Lab {
    /// The repository.
    pub(crate) top: PathBuf,
    shared: PathBuf,
    program: PathBuf,
    /// This run's own folder; below `/tmp`, the one place that the peers' mount namespace is sure to show.
    pub(crate) work: PathBuf,
    /// docker's results of earlier runs.
    pub(crate) kept: PathBuf,
    /// Differences in full.
    pub(crate) reports: PathBuf,
    /// Pictures of pages.
    pub(crate) pictures: PathBuf,
}

/// Starts the services, builds constrict and makes the folders.
pub(crate) fn open() -> Result<Lab> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the repository")
        .to_owned();
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| top.join("target"), PathBuf::from);
    let shared =
        std::env::var_os("CONSTRICT_SHARED").map_or_else(|| top.join("../shared"), PathBuf::from);
    let work = PathBuf::from(format!("/tmp/constrict-acceptance.{}", std::process::id()));
    let (kept, reports) = (
        target.join("acceptance/docker"),
        target.join("acceptance/reports"),
    );
    for folder in [&work, &kept, &reports] {
        fs::create_dir_all(folder).map_err(io("create", folder))?;
    }
    let program = match std::env::var_os("CONSTRICT_BIN") {
        Some(path) => PathBuf::from(path),
        None => {
            process::demand(
                Command::new("cargo")
                    .args(["build", "--release", "-p", "constrict"])
                    .current_dir(&top),
            )?;
            target.join("release/constrict")
        }
    };
    let lab = Lab {
        top,
        shared,
        program,
        work,
        kept,
        reports,
        pictures: target.join("page"),
    };
    lab.configure()?;
    lab.start_services()?;
    Ok(lab)
}

impl Lab {
    /// `docker`, of the peers.
    pub(crate) fn docker(&self) -> Command {
        Command::new(format!("{PEERS}/docker"))
    }

    /// A program of the peers' root file system.
    pub(crate) fn peer(&self, name: &str) -> Command {
        let mut command = Command::new(format!("{PEERS}/run"));
        command.arg(name);
        command
    }

    /// `constrict` with this run's configuration and store, ended after [`PATIENCE_SECONDS`].
    pub(crate) fn constrict(&self) -> Command {
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after=5", &PATIENCE_SECONDS.to_string()])
            .arg(&self.program);
        self.settle(&mut command, &self.work.join("data"));
        command
    }

    /// The program under test.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// Gives `command` this run's configuration and the store below `data`.
    pub(crate) fn settle(&self, command: &mut Command, data: &Path) {
        command
            .env("XDG_CONFIG_HOME", self.work.join("config"))
            .env("XDG_DATA_HOME", data)
            // what is compared with docker is built whether it can run or not
            .env("CONSTRICT_CHECK", "off");
        command.env_remove("SOURCE_DATE_EPOCH");
    }

    /// A copy of the seeds with this machine's package index filled in.
    pub(crate) fn seeds(&self) -> Result<PathBuf> {
        let folder = self.work.join("seeds");
        process::demand(self.shared_program("seed-projects").arg(&folder))?;
        Ok(folder)
    }

    /// The peers' own bases, with this machine's certificates and package index in them.
    pub(crate) fn peer_bases(&self) -> Result<()> {
        process::demand(&mut self.shared_program("peer-bases")).map(drop)
    }

    /// Removes what this run made, without crossing into anything mounted below.
    pub(crate) fn close(&self) -> Result<()> {
        process::demand(
            Command::new("rm")
                .args(["-rf", "--one-file-system"])
                .arg(&self.work),
        )
        .map(drop)
    }

    fn configure(&self) -> Result<()> {
        let folder = self.work.join("config/constrict");
        fs::create_dir_all(&folder).map_err(io("create", &folder))?;
        let text: String = ["docker.io", "gcr.io"]
            .iter()
            .map(|name| format!("[registry.\"{name}\"]\nmirrors = [\"{REGISTRY}\"]\n"))
            .collect();
        let path = folder.join("constrict.toml");
        fs::write(&path, text).map_err(io("write", &path))
    }

    fn start_services(&self) -> Result<()> {
        process::demand(&mut self.shared_program("start-registry"))?;
        process::demand(&mut self.shared_program("start-peers")).map(drop)
    }

    fn shared_program(&self, name: &str) -> Command {
        Command::new(self.shared.join("bin").join(name))
    }
}
