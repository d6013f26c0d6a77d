//! `constrict build`: its flags. The first line of each is what `-h` shows, in 80 columns; what is seldom needed is left
//! to `--help`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::check::CheckMode;
use super::start::Start;

/// The headings of `--help`.
mod heading {
    pub(super) const BUILT: &str = "What is built";
    pub(super) const RUN: &str = "What RUN gets";
    pub(super) const CACHE: &str = "Cache and bases";
    pub(super) const RESULT: &str = "Where it goes";
    pub(super) const MESSAGES: &str = "What is said";
}
/// That of the checks, which another command has, too.
pub(super) const CHECKS: &str = "Whether it works";

const EXAMPLES: &str = "\
constrict build -t app .            builds ./Dockerfile and names the image
constrict build --fix --write .     also mends the Dockerfile
`constrict build --help` explains these flags and lists all others.";
const LONG_EXAMPLES: &str = "\
Examples:
  constrict build -t app .
  constrict build -f docker/Dockerfile --target test --build-arg VERSION=1.2 .
  constrict build --secret id=token,env=TOKEN -t registry.example/app:1 --push .
  constrict build -o type=docker,dest=app.tar .

Exit status: 0 the image is built, 1 it is not, 2 wrong use.";

/// `constrict cache`.
#[derive(Debug, Subcommand)]
pub(crate) enum Cache {
    /// Say which steps a build would find in the cache, and why not the others
    ///
    /// Takes what `build` takes; nothing is executed or built. A step that needs one that is not in the cache is not looked
    /// up: what it would begin with is not known.
    #[command(after_help = "", after_long_help = "")]
    Explain(Box<Build>),
}

/// `constrict build`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG_EXAMPLES, disable_help_flag = true)]
pub(crate) struct Build {
    /// A directory with what COPY copies
    ///
    /// Or the address of a git repository or an archive, or `-` for a tar or a Dockerfile on standard input.
    #[arg(default_value = ".")]
    pub(crate) context: String,

    /// The Dockerfile [default: CONTEXT/Dockerfile]
    ///
    /// `-` is standard input.
    #[arg(short, long, value_name = "PATH", help_heading = heading::BUILT)]
    pub(crate) file: Option<String>,
    /// Name of the image (repeatable)
    #[arg(short, long, value_name = "NAME[:TAG]", help_heading = heading::BUILT)]
    pub(crate) tag: Vec<String>,
    /// The stage to build [default: the last]
    #[arg(long, value_name = "STAGE", help_heading = heading::BUILT)]
    pub(crate) target: Option<String>,
    /// Set an ARG (repeatable)
    ///
    /// Without a value it is the one of the environment.
    #[arg(long, value_name = "NAME[=VALUE]", help_heading = heading::BUILT)]
    pub(crate) build_arg: Vec<String>,
    /// A further source of files or images for FROM and --from (repeatable)
    ///
    /// NAME=DIRECTORY, the address of a git repository, docker-image://NAME, oci-layout://DIRECTORY, oci-archive:FILE,
    /// docker-archive:FILE.
    #[arg(long, value_name = "NAME=PATH|ADDRESS", help_heading = heading::BUILT, hide_short_help = true)]
    pub(crate) build_context: Vec<String>,
    /// The platform of the image [default: this machine's]
    #[arg(long, value_name = "OS/ARCH", help_heading = heading::BUILT, hide_short_help = true)]
    pub(crate) platform: Option<String>,
    /// Add a label to the image (repeatable)
    #[arg(long, value_name = "NAME=VALUE", help_heading = heading::BUILT, hide_short_help = true)]
    pub(crate) label: Vec<String>,

    /// A secret for --mount=type=secret (repeatable)
    ///
    /// id=NAME,src=FILE or id=NAME,env=VARIABLE; with id=NAME alone the variable of that name, else the file.
    #[arg(long, value_name = "id=NAME,…", help_heading = heading::RUN)]
    pub(crate) secret: Vec<String>,
    /// An ssh agent for --mount=type=ssh (repeatable)
    ///
    /// `default` is the one of SSH_AUTH_SOCK.
    #[arg(long, value_name = "ID[=SOCKET]", num_args = 0..=1, default_missing_value = "default",
          help_heading = heading::RUN, hide_short_help = true)]
    pub(crate) ssh: Vec<String>,
    /// The network of RUN: default, none or host
    #[arg(long, value_enum, default_value_t = NetworkMode::Default, value_name = "NETWORK",
          help_heading = heading::RUN, hide_short_help = true)]
    pub(crate) network: NetworkMode,
    /// Add a line to /etc/hosts of RUN (repeatable)
    #[arg(long, value_name = "HOST:ADDRESS", help_heading = heading::RUN, hide_short_help = true)]
    pub(crate) add_host: Vec<String>,
    /// Permit what is not permitted by default: security.insecure, network.host
    #[arg(long, value_name = "ENTITLEMENT", help_heading = heading::RUN, hide_short_help = true)]
    pub(crate) allow: Vec<String>,
    /// Certificate authorities (PEM) for downloads and for RUN [default: the host's]
    #[arg(long, value_name = "FILE", env = "CONSTRICT_CA", hide_env_values = true,
          help_heading = heading::RUN, hide_short_help = true)]
    pub(crate) ca: Option<PathBuf>,
    /// Open a shell where a RUN fails
    ///
    /// It has the files as the command left them, and the command's mounts, variables, user and directory. What is
    /// changed there is thrown away, except for what is in caches; the build has failed all the same.
    #[arg(long, help_heading = heading::RUN)]
    pub(crate) debug_shell: bool,

    /// Do everything anew
    #[arg(long, help_heading = heading::CACHE)]
    pub(crate) no_cache: bool,
    /// Do these stages anew
    #[arg(long, value_name = "STAGE", value_delimiter = ',', help_heading = heading::CACHE, hide_short_help = true)]
    pub(crate) no_cache_filter: Vec<String>,
    /// Say why a step is not taken from the cache
    #[arg(long, help_heading = heading::CACHE)]
    pub(crate) explain: bool,
    /// Ask registries for newer base images
    ///
    /// Without it the store's are taken where it has them.
    #[arg(long, help_heading = heading::CACHE)]
    pub(crate) pull: bool,
    /// Where bases come from: registry or debian
    ///
    /// `debian` assembles debian:SUITE[-slim] and python:X.Y[-slim] from Debian's signed packages, and asks registries for
    /// all others [default: what constrict.toml says, else registry].
    #[arg(long, value_enum, value_name = "SOURCE", hide_possible_values = true, help_heading = heading::CACHE)]
    pub(crate) bases: Option<BasesMode>,

    /// Findings fail the build: error (default), warn or off
    ///
    /// At the end of a build the image's files are looked at. `error`: what keeps the image from doing its job fails the
    /// build. `warn`: it is said, and the image is built all the same. `off`: the image is not looked at. CONSTRICT_CHECK says the same where the flag is not given.
    #[arg(long, value_enum, default_value_t = CheckMode::Error, value_name = "MODE", env = "CONSTRICT_CHECK",
          hide_env_values = true, hide_env = true, hide_default_value = true,
          hide_possible_values = true, help_heading = CHECKS)]
    pub(crate) check: CheckMode,
    /// Mend what is found, and show the changes
    ///
    /// They are changes of the Dockerfile; the image is built of the changed one.
    #[arg(long, help_heading = CHECKS)]
    pub(crate) fix: bool,
    /// With --fix: write the changes to the Dockerfile
    #[arg(long, requires = "fix", help_heading = CHECKS)]
    pub(crate) write: bool,
    /// Whether the image is run.
    #[command(flatten)]
    pub(crate) start: Start,

    // brackets of the usage are no links
    #[allow(rustdoc::broken_intra_doc_links)]
    /// A file, directory or registry (repeatable)
    ///
    /// type=oci|docker|tar|local|registry[,dest=PATH|-][,name=NAME][,compression=gzip|zstd|uncompressed]. The store gets
    /// the image in any case.
    #[arg(short, long, value_name = "type=…", help_heading = heading::RESULT)]
    pub(crate) output: Vec<String>,
    /// Push the image under its names
    #[arg(long, help_heading = heading::RESULT)]
    pub(crate) push: bool,
    /// Keep the image in the store, which every build does: for scripts written for docker
    #[arg(long, help_heading = heading::RESULT, hide_short_help = true)]
    pub(crate) load: bool,
    /// List what is installed, as `sbom` does: spdx, cyclonedx (repeatable)
    ///
    /// Kept with the image in the store, pushed with it, and written beside the files of --output: x.tar.spdx.json. docker's
    /// `true` is spdx.
    #[arg(long, value_name = "FORMAT", help_heading = heading::RESULT, hide_short_help = true)]
    pub(crate) sbom: Vec<String>,
    /// Say how the image was built and of what: true, mode=max or false
    ///
    /// An in-toto statement (SLSA 1.0), kept, pushed and written as bills of materials are. mode=max has values of build
    /// arguments and labels, where they cannot be secret.
    #[arg(long, value_name = "MODE", help_heading = heading::RESULT, hide_short_help = true)]
    pub(crate) provenance: Option<String>,
    /// type=sbom or type=provenance: the two flags above in docker's words
    #[arg(long, value_name = "type=…", help_heading = heading::RESULT, hide_short_help = true)]
    pub(crate) attest: Vec<String>,
    /// Write the image's digest to a file
    #[arg(long, value_name = "PATH", help_heading = heading::RESULT, hide_short_help = true)]
    pub(crate) iidfile: Option<PathBuf>,
    /// Write facts about the result to a file, as JSON
    #[arg(long, value_name = "PATH", help_heading = heading::RESULT, hide_short_help = true)]
    pub(crate) metadata_file: Option<PathBuf>,

    /// How progress is shown: auto, plain or rawjson
    ///
    /// `auto`: live on a terminal, plain otherwise. `plain`: lines, for logs. `rawjson`: one JSON object a line, for
    /// programs; docs/progress.md describes them.
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto, value_name = "MODE", hide_possible_values = true,
          hide_default_value = true, help_heading = heading::MESSAGES)]
    pub(crate) progress: ProgressMode,
    /// Print only the image's digest
    #[arg(short, long, help_heading = heading::MESSAGES)]
    pub(crate) quiet: bool,
    /// Print this; with --help, everything
    #[arg(short, long, action = clap::ArgAction::Help, help_heading = heading::MESSAGES)]
    pub(crate) help: Option<bool>,
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
    /// Lines, for logs.
    Plain,
    /// One JSON object a line, for programs: docs/progress.md describes them.
    #[value(name = "rawjson")]
    RawJson,
}

/// `--bases`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BasesMode {
    /// Registries only.
    Registry,
    /// Debian's packages, for the names that they can make.
    Debian,
}
