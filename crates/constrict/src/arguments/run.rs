//! `constrict run`: its flags, which mean what docker's mean.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `constrict run`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Run {
    /// A name or digest of the store; else it is pulled
    pub(crate) image: String,
    /// The command and its arguments [default: the image's]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) command: Vec<String>,
    /// Set a variable (repeatable); without value, from the environment
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    pub(crate) env: Vec<String>,
    /// Set the variables that a file has, one a line (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Vec<PathBuf>,
    /// Mount a directory or file of the host, or a volume with a name (repeatable)
    #[arg(short, long, value_name = "[SOURCE:]PATH[:ro]")]
    pub(crate) volume: Vec<String>,
    /// Mount a directory in memory (repeatable)
    #[arg(long, value_name = "PATH[:size=N,mode=N]")]
    pub(crate) tmpfs: Vec<String>,
    /// The user, by name or number
    #[arg(short, long, value_name = "USER[:GROUP]")]
    pub(crate) user: Option<String>,
    /// The working directory
    #[arg(short, long, value_name = "PATH")]
    pub(crate) workdir: Option<String>,
    /// The entry point in place of the image's; empty for none
    #[arg(long, value_name = "COMMAND")]
    pub(crate) entrypoint: Option<String>,
    /// Publish a port of the container on the host (repeatable); without HOST a free one, which is printed
    #[arg(short, long, value_name = "[[IP:]HOST:]PORT[/udp]")]
    pub(crate) publish: Vec<String>,
    /// The network
    #[arg(long, visible_alias = "net", value_enum, default_value_t = RunNetwork::Default)]
    pub(crate) network: RunNetwork,
    /// The host name inside
    #[arg(short = 'h', long, value_name = "NAME")]
    pub(crate) hostname: Option<String>,
    /// Pass standard input on
    #[arg(short, long)]
    pub(crate) interactive: bool,
    /// Give the container a terminal
    #[arg(short, long)]
    pub(crate) tty: bool,
    /// Delete the container when it ends, which is always done: for scripts written for docker
    #[arg(long)]
    pub(crate) rm: bool,
    /// Forbid to write to the image's files; volumes can be written to
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Let root do more inside: a capability, or ALL (repeatable)
    #[arg(long, value_name = "CAPABILITY")]
    pub(crate) cap_add: Vec<String>,
    /// Let root do less inside: a capability, or ALL (repeatable)
    #[arg(long, value_name = "CAPABILITY")]
    pub(crate) cap_drop: Vec<String>,
    /// The platform of an image that is pulled [default: this machine's]
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// Certificate authorities (PEM) for downloads [default: the host's]; not given to the container
    #[arg(long, value_name = "FILE", env = "CONSTRICT_CA")]
    pub(crate) ca: Option<PathBuf>,
    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    pub(crate) help: Option<bool>,
}

/// `--network` of run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunNetwork {
    /// One of its own, with a way out through pasta.
    #[value(alias = "bridge")]
    Default,
    /// One of its own, with loopback only.
    None,
    /// The host's.
    Host,
}
