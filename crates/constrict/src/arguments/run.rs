//! `constrict run`: its flags, which mean what docker's mean.

use std::path::PathBuf;

use clap::Args;

/// `constrict run`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Run {
    /// A name or digest of the store; else it is pulled
    pub(crate) image: String,
    /// The command and its arguments [default: the image's]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) command: Vec<String>,
    /// Run in the background, and print the container's id
    #[arg(short, long)]
    pub(crate) detach: bool,
    /// The container's name [default: two words]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
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
    /// The network: default (or bridge), its own with a way out; none; host
    #[arg(long, visible_alias = "net", value_name = "NETWORK", default_value = "default", value_parser = network)]
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
    /// Remove the container when it ends
    #[arg(long)]
    pub(crate) rm: bool,
    /// Start the command from a process that passes signals on and waits for orphans
    #[arg(long)]
    pub(crate) init: bool,
    /// Set a label (repeatable)
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    pub(crate) label: Vec<String>,
    /// The signal that `stop` begins with [default: the image's, else SIGTERM]
    #[arg(long, value_name = "SIGNAL")]
    pub(crate) stop_signal: Option<String>,
    /// Seconds from there to SIGKILL; -1 for never [default: 10]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) stop_timeout: Option<i64>,
    /// Do not check the container's health
    #[arg(long)]
    pub(crate) no_healthcheck: bool,
    /// Check the container's health with this, in the shell, in place of the image's HEALTHCHECK
    #[arg(long, value_name = "COMMAND", conflicts_with = "no_healthcheck")]
    pub(crate) health_cmd: Option<String>,
    /// The time between two checks [default: 30s]
    #[arg(long, value_name = "TIME", conflicts_with = "no_healthcheck")]
    pub(crate) health_interval: Option<String>,
    /// The time that a check may take [default: 30s]
    #[arg(long, value_name = "TIME", conflicts_with = "no_healthcheck")]
    pub(crate) health_timeout: Option<String>,
    /// Failures in a row that make a container unhealthy [default: 3]
    #[arg(long, value_name = "N", conflicts_with = "no_healthcheck")]
    pub(crate) health_retries: Option<i64>,
    /// The time in which failures do not count [default: 0s]
    #[arg(long, value_name = "TIME", conflicts_with = "no_healthcheck")]
    pub(crate) health_start_period: Option<String>,
    /// The time between two checks in it [default: 5s]
    #[arg(long, value_name = "TIME", conflicts_with = "no_healthcheck")]
    pub(crate) health_start_interval: Option<String>,
    /// Only `no`: nobody is there to start containers again
    #[arg(long, value_name = "POLICY", hide = true)]
    pub(crate) restart: Option<String>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunNetwork {
    /// One of its own, with a way out through pasta.
    Default,
    /// One of its own, with loopback only.
    None,
    /// The host's.
    Host,
}

fn network(text: &str) -> Result<RunNetwork, String> {
    match text {
        "default" | "bridge" => Ok(RunNetwork::Default),
        "none" => Ok(RunNetwork::None),
        "host" => Ok(RunNetwork::Host),
        _ => Err(
            "there are no networks with names: default (or bridge), none and host are known, and containers reach \
             each other by published ports"
                .into(),
        ),
    }
}
