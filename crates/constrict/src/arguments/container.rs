//! The commands about containers: their flags, which mean what docker's mean.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Run;

/// `constrict ps`.
#[derive(Debug, Args)]
pub(crate) struct Ps {
    /// Those that have ended, too
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Print only ids
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Print ids and commands in full
    #[arg(long)]
    pub(crate) no_trunc: bool,
    /// Only those: name=TEXT, id=TEXT, status=created|running|exited, health=starting|healthy|unhealthy|none,
    /// exited=STATUS, ancestor=IMAGE, label=NAME[=VALUE] (repeatable)
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub(crate) filter: Vec<String>,
    /// table, json (one object a line), or a template: '{{.Names}}', 'table {{.ID}}\t{{.Status}}'
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    /// The youngest N, running or not
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) last: Option<usize>,
    /// The youngest, running or not
    #[arg(short, long)]
    pub(crate) latest: bool,
}

/// `constrict logs`.
#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// Name, id, or the beginning of an id
    pub(crate) container: String,
    /// Go on with what is written, until the container ends
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Begin so many lines before the end
    #[arg(short = 'n', long, value_name = "N", default_value = "all")]
    pub(crate) tail: String,
    /// Only what was written since: 10m, 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only what was written before
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Begin each line with its time
    #[arg(short, long)]
    pub(crate) timestamps: bool,
}

/// `constrict exec`.
#[derive(Debug, Args)]
pub(crate) struct Exec {
    /// Name, id, or the beginning of an id
    pub(crate) container: String,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) command: Vec<String>,
    /// Do not wait for it
    #[arg(short, long)]
    pub(crate) detach: bool,
    /// Set a variable (repeatable); without value, from the environment
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    pub(crate) env: Vec<String>,
    /// Set the variables that a file has, one a line (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Vec<PathBuf>,
    /// Pass standard input on
    #[arg(short, long)]
    pub(crate) interactive: bool,
    /// Give the command a terminal
    #[arg(short, long)]
    pub(crate) tty: bool,
    /// The user, by name or number
    #[arg(short, long, value_name = "USER[:GROUP]")]
    pub(crate) user: Option<String>,
    /// The working directory
    #[arg(short, long, value_name = "PATH")]
    pub(crate) workdir: Option<String>,
}

/// `constrict stop`, `constrict restart`.
#[derive(Debug, Args)]
pub(crate) struct Stop {
    /// Names, ids, or beginnings of ids
    #[arg(required = true, value_name = "CONTAINER")]
    pub(crate) containers: Vec<String>,
    /// Seconds until SIGKILL; -1 for never [default: the container's, else 10]
    #[arg(
        short,
        long,
        visible_alias = "time",
        value_name = "SECONDS",
        allow_negative_numbers = true
    )]
    pub(crate) timeout: Option<i64>,
    /// The signal to begin with [default: the container's, else SIGTERM]
    #[arg(short, long, value_name = "SIGNAL")]
    pub(crate) signal: Option<String>,
}

/// `constrict kill`.
#[derive(Debug, Args)]
pub(crate) struct Kill {
    /// Names, ids, or beginnings of ids
    #[arg(required = true, value_name = "CONTAINER")]
    pub(crate) containers: Vec<String>,
    /// The signal
    #[arg(short, long, value_name = "SIGNAL", default_value = "KILL")]
    pub(crate) signal: String,
}

/// `constrict rm`.
#[derive(Debug, Args)]
pub(crate) struct RemoveContainers {
    /// Names, ids, or beginnings of ids
    #[arg(required = true, value_name = "CONTAINER")]
    pub(crate) containers: Vec<String>,
    /// Kill a running one, and don't mind a missing one
    #[arg(short, long)]
    pub(crate) force: bool,
    /// With its anonymous volumes, which is always done: for scripts written for docker
    #[arg(short, long)]
    pub(crate) volumes: bool,
}

/// `constrict start`, `constrict wait`.
#[derive(Debug, Args)]
pub(crate) struct Containers {
    /// Names, ids, or beginnings of ids
    #[arg(required = true, value_name = "CONTAINER")]
    pub(crate) containers: Vec<String>,
}

/// `constrict container prune`.
#[derive(Debug, Args)]
pub(crate) struct PruneContainers {
    /// Do not ask
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Only those made so long ago: until=24h, until=2026-01-31T12:00:00Z
    #[arg(long, value_name = "until=TIME")]
    pub(crate) filter: Vec<String>,
}

/// `constrict container`: docker's other names of the commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Container {
    /// Run a command in a new container
    Run(Box<Run>),
    /// List containers
    #[command(visible_aliases = ["list", "ps"])]
    Ls(Ps),
    /// Show what a container wrote
    Logs(Logs),
    /// Run a command in a running container
    Exec(Exec),
    /// Show everything about containers, as JSON
    Inspect(super::Inspect),
    /// Start containers that have ended
    Start(Containers),
    /// End containers
    Stop(Stop),
    /// End containers and start them again
    Restart(Stop),
    /// Send a signal to containers
    Kill(Kill),
    /// Wait until containers have ended, and print their exit statuses
    Wait(Containers),
    /// Remove containers
    #[command(visible_alias = "remove")]
    Rm(RemoveContainers),
    /// Remove all containers that have ended
    Prune(PruneContainers),
}
