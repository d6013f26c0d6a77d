//! The builders in the contest, and how each is asked to build a context and to push what it built.

use std::path::Path;
use std::process::Command;

use crate::acceptance::lab::{Lab, REGISTRY};
use crate::error::{Result, io};
use crate::process;

/// Who builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builder {
    Docker,
    Buildah,
    Constrict,
}

impl Builder {
    /// All, in the order of their turns.
    pub(crate) const ALL: [Builder; 3] = [Builder::Docker, Builder::Buildah, Builder::Constrict];
    /// Those that constrict is compared with.
    pub(crate) const PEERS: [Builder; 2] = [Builder::Docker, Builder::Buildah];

    /// Its name in paths and tags.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Builder::Docker => "docker",
            Builder::Buildah => "buildah",
            Builder::Constrict => "constrict",
        }
    }

    /// The name that its image of a row gets; it can be pushed.
    pub(crate) fn tag(self, row: &str) -> String {
        format!("{REGISTRY}/bench/{}:{row}", self.name())
    }

    /// Builds the context `place` under the row's tag.
    pub(crate) fn build(
        self,
        lab: &Lab,
        row: &str,
        place: &Path,
        flags: &[&str],
    ) -> Result<Command> {
        let mut command = self.command(lab)?;
        match self {
            Builder::Docker => command.args(["build", "--provenance=false", "--progress=plain"]),
            // crun may not raise limits on the machines that this runs on
            Builder::Buildah => command.args(["build", "--layers", "--isolation=chroot"]),
            Builder::Constrict => command.args(["build", "--progress=plain"]),
        };
        command.args(flags).args(["-t", &self.tag(row), "."]);
        command.current_dir(place);
        Ok(command)
    }

    /// Pushes the row's image.
    pub(crate) fn push(self, lab: &Lab, row: &str) -> Result<Command> {
        let mut command = self.command(lab)?;
        command.args(["push", &self.tag(row)]);
        Ok(command)
    }

    /// Forgets the row's image; caches stay.
    pub(crate) fn forget(self, lab: &Lab, row: &str) -> Result<()> {
        let mut command = self.command(lab)?;
        match self {
            Builder::Docker => command.args(["image", "rm", "--force"]),
            Builder::Buildah => command.args(["rmi", "--force"]),
            Builder::Constrict => command.arg("rmi"),
        };
        process::demand(command.arg(self.tag(row))).map(drop)
    }

    /// Says its name and version.
    pub(crate) fn version(self, lab: &Lab) -> Command {
        match self {
            Builder::Docker => {
                let mut command = lab.docker();
                command.args(["version", "--format", "docker {{.Server.Version}}"]);
                command
            }
            Builder::Buildah => {
                let mut command = lab.peer("buildah");
                command.arg("--version");
                command
            }
            Builder::Constrict => {
                let mut command = lab.constrict();
                command.arg("--version");
                command
            }
        }
    }

    fn command(self, lab: &Lab) -> Result<Command> {
        Ok(match self {
            Builder::Docker => lab.docker(),
            Builder::Buildah => {
                let limits = lab.work.join("containers.conf");
                let text =
                    "[containers]\ndefault_ulimits = [\"nofile=1024:4096\", \"nproc=4096:8192\"]\n";
                std::fs::write(&limits, text).map_err(io("write", &limits))?;
                let mut command = lab.peer("buildah");
                command.env("CONTAINERS_CONF", limits);
                command
            }
            Builder::Constrict => lab.constrict(),
        })
    }
}
