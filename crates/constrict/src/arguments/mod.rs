//! What can be typed: commands and their flags, named as docker names them.

mod build;
mod check;
mod compare;
mod container;
mod docker;
mod images;
mod lint;
mod overview;
mod run;
mod sbom;
mod start;
mod system;
mod vulnerabilities;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub(crate) use build::{BasesMode, Build, Cache, NetworkMode, ProgressMode};
pub(crate) use check::{Check, CheckMode, Explain, ReportFormat};
pub(crate) use compare::{Compare, CompareFormat, Size, SizeFormat};
pub(crate) use container::{
    Container, Containers, Exec, Kill, Logs, PruneContainers, Ps, RemoveContainers, Stop,
};
pub(crate) use docker::translated;
pub(crate) use images::{
    Doctor, DoctorFormat, Images, ImagesFormat, Inspect, InspectKind, Pull, Push, Remove, Tag,
};
pub(crate) use lint::{Lint, LintFormat, LintRules};
pub(crate) use run::{Run, RunNetwork};
pub(crate) use sbom::{Sbom, SbomFormat};
pub(crate) use start::Start;
pub(crate) use system::{Completions, History, Load, Man, Prune, Save, System};
pub(crate) use vulnerabilities::{FailOn, Vulnerabilities, VulnerabilitiesFormat};

/// Builds container images for Python applications, and shows that they run.
#[derive(Debug, Parser)]
#[command(name = "constrict", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Understands the words of a command line, the program's name first.
pub(crate) fn parse(words: Vec<OsString>) -> Result<Arguments, clap::Error> {
    let command = Arguments::command();
    let overview = overview::text(&command);
    let mut command = command.override_help(overview);
    let matches = command.try_get_matches_from_mut(asked(translated(words)))?;
    Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// `help COMMAND` and `version` as the flags that they mean.
fn asked(words: Vec<OsString>) -> Vec<OsString> {
    let mut rest = words.iter().skip(1);
    let flag = match rest.next().and_then(|word| word.to_str()) {
        Some("help") => "--help",
        Some("version") => "--version",
        _ => return words,
    };
    let program = words.iter().take(1);
    let all = program.chain(rest).cloned().chain([flag.into()]);
    all.collect()
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build an image from a Dockerfile
    Build(Box<Build>),
    /// Run a command in a new container.
    ///
    /// Without --detach in the foreground. The container stays when it has ended, until it is removed or with --rm; volumes
    /// with a name stay anyway. The exit status is the command's; 125 if constrict failed, 126 if the command cannot be
    /// executed, 127 if it is not found, 128+n if signal n ended it.
    Run(Box<Run>),
    /// List containers
    Ps(Ps),
    /// Show what a container wrote
    Logs(Logs),
    /// Run a command in a running container.
    ///
    /// The exit status is the command's; 126 if it cannot be executed, 127 if it is not found.
    Exec(Exec),
    /// Start containers that have ended
    Start(Containers),
    /// End containers: the stop signal, SIGKILL if need be
    Stop(Stop),
    /// End containers and start them again
    Restart(Stop),
    /// Send a signal to containers
    Kill(Kill),
    /// Wait until containers end, and print their exit statuses
    Wait(Containers),
    /// Remove containers
    Rm(RemoveContainers),
    /// The commands about containers, as docker groups them
    #[command(subcommand)]
    Container(Container),
    /// Tell from an image's files whether it can run, and why not
    Check(Check),
    /// List known vulnerabilities of what is installed.
    ///
    /// The exit status is 1 with --fail-on, if there are any or if something was not checked.
    Vulnerabilities(Vulnerabilities),
    /// Show the page of a rule
    Explain(Explain),
    /// Count size and attack surface of images, side by side.
    ///
    /// Images are compared as they are, Dockerfiles are built first. The exit status is 1 if the last image passes a limit
    /// of --fail-if or is worse than --baseline.
    Compare(Box<Compare>),
    /// Show where an image's bytes are, and what could go
    Size(Size),
    /// List what is installed in an image, as SPDX or CycloneDX.
    ///
    /// From the databases of dpkg, apk and Python's distributions, with versions, licences, relations and places. Equal
    /// images give equal bytes.
    Sbom(Sbom),
    /// List the images of the store
    Images(Images),
    /// Show everything about containers and images, as JSON
    Inspect(Inspect),
    /// Show the steps that made an image
    History(History),
    /// Write an image as an archive that docker loads
    Save(Save),
    /// Read images from an archive that docker saved
    Load(Load),
    /// Remove ended containers, and what no named image needs
    Prune(Prune),
    /// The cache of builds: explain
    #[command(subcommand)]
    Cache(Cache),
    /// The store as a whole: df, prune
    #[command(subcommand)]
    System(System),
    /// Give an image a further name
    Tag(Tag),
    /// Remove names, and images that have none left
    Rmi(Remove),
    /// Download an image from a registry
    Pull(Pull),
    /// Upload an image to a registry
    Push(Push),
    /// Check the text of a Dockerfile.
    ///
    /// Nothing is built. The exit status is 1 if the Dockerfile cannot be built or an error is found; warnings count with
    /// --strict, and BuildKit's checks where the file says `# check=error=true`.
    Lint(Lint),
    /// Say what this machine allows, and what to change
    Doctor(Doctor),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual page, or write those of all commands
    Man(Man),
}
