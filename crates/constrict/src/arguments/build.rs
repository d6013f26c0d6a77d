//! `constrict build`: its flags.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::check::CheckMode;
use super::start::Start;

/// `constrict build`.
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// The build context: a directory, the address of a git repository or archive, or `-` for standard input
    #[arg(default_value = ".")]
    pub(crate) context: String,
    /// The Dockerfile [default: CONTEXT/Dockerfile]; `-` for standard input
    #[arg(short, long, value_name = "PATH")]
    pub(crate) file: Option<String>,
    /// Name of the image (repeatable)
    #[arg(short, long, value_name = "NAME[:TAG]")]
    pub(crate) tag: Vec<String>,
    /// The stage to build [default: the last]
    #[arg(long, value_name = "STAGE")]
    pub(crate) target: Option<String>,
    /// Set an ARG (repeatable); without value, from the environment
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub(crate) build_arg: Vec<String>,
    /// A further source of files or images for FROM and --from (repeatable)
    #[arg(long, value_name = "NAME=PATH|ADDRESS")]
    pub(crate) build_context: Vec<String>,
    /// A secret for RUN --mount=type=secret: id=NAME[,src=FILE|,env=VARIABLE] (repeatable)
    #[arg(long, value_name = "id=NAME,…")]
    pub(crate) secret: Vec<String>,
    /// An ssh agent for RUN --mount=type=ssh: default or ID=SOCKET (repeatable)
    #[arg(long, value_name = "ID[=SOCKET]", num_args = 0..=1, default_missing_value = "default")]
    pub(crate) ssh: Vec<String>,
    /// The network of RUN
    #[arg(long, value_enum, default_value_t = NetworkMode::Default)]
    pub(crate) network: NetworkMode,
    /// Add a line to /etc/hosts of RUN (repeatable)
    #[arg(long, value_name = "HOST:ADDRESS")]
    pub(crate) add_host: Vec<String>,
    /// Permit what is not permitted by default: security.insecure, network.host
    #[arg(long, value_name = "ENTITLEMENT")]
    pub(crate) allow: Vec<String>,
    /// Do everything anew
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Do these stages anew
    #[arg(long, value_name = "STAGE", value_delimiter = ',')]
    pub(crate) no_cache_filter: Vec<String>,
    /// Ask registries for base images even if the store has them
    #[arg(long)]
    pub(crate) pull: bool,
    /// The platform of the image
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// Add a label to the image (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) label: Vec<String>,
    /// Where the result goes besides the store: type=oci|docker|tar|local|registry[,dest=PATH|-] (repeatable)
    #[arg(short, long, value_name = "type=…")]
    pub(crate) output: Vec<String>,
    /// Push the image under its names: --output type=registry
    #[arg(long)]
    pub(crate) push: bool,
    /// Keep the image in the store, which every build does: for scripts written for docker
    #[arg(long)]
    pub(crate) load: bool,
    /// How progress is shown
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto)]
    pub(crate) progress: ProgressMode,
    /// Print only the image's digest
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Where base images come from: registry, or assembled from Debian packages
    #[arg(long, value_enum)]
    pub(crate) bases: Option<BasesMode>,
    /// Certificate authorities (PEM) for downloads and for RUN [default: the host's]
    #[arg(long, value_name = "FILE", env = "CONSTRICT_CA")]
    pub(crate) ca: Option<PathBuf>,
    /// Whether an image that cannot do its job fails the build
    #[arg(long, value_enum, default_value_t = CheckMode::Error, env = "CONSTRICT_CHECK")]
    pub(crate) check: CheckMode,
    /// Mend what the check finds, as changes of the Dockerfile, which are shown
    #[arg(long)]
    pub(crate) fix: bool,
    /// With --fix: write the changes to the Dockerfile
    #[arg(long, requires = "fix")]
    pub(crate) write: bool,
    /// Whether the image is run.
    #[command(flatten)]
    pub(crate) start: Start,
    /// Say why a step is not taken from the cache
    #[arg(long)]
    pub(crate) explain: bool,
    /// Write the image's digest to a file
    #[arg(long, value_name = "PATH")]
    pub(crate) iidfile: Option<PathBuf>,
    /// Write facts about the result to a file, as JSON
    #[arg(long, value_name = "PATH")]
    pub(crate) metadata_file: Option<PathBuf>,
}

/// `--network` of build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetworkMode {
    /// One of the build's own, where pasta gives it a way out.
    Default,
    /// None but loopback.
    None,
    /// The host's.
    Host,
}

/// `--progress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    /// Live on a terminal, plain otherwise.
    Auto,
    /// Lines.
    Plain,
}

/// `--bases`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BasesMode {
    /// Registries only.
    Registry,
    /// Debian's packages, for the names that they can make.
    Debian,
}
