//! `constrict compare` and `constrict size`: their flags.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::build::ProgressMode;

const EXAMPLES: &str = "\
constrict compare app:1 app:2                            what changed between two images
constrict compare --file Dockerfile.single --file Dockerfile   builds both first
constrict compare app --fail-if 'shells>0' --fail-if 'unpacked>100MB'
`constrict compare --help` explains these flags and lists all others.";

/// `constrict compare`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, disable_help_flag = true)]
pub(crate) struct Compare {
    /// Images, archives (docker save, OCI), OCI layouts, or root directories
    #[arg(value_name = "IMAGE|ARCHIVE|DIR")]
    pub(crate) images: Vec<String>,
    /// Build this Dockerfile and compare the result (repeatable)
    ///
    /// Columns come after those of the images, in the order of the flags.
    #[arg(short, long = "file", value_name = "PATH")]
    pub(crate) files: Vec<String>,
    /// Build this stage of each --file (repeatable) [default: the last]
    ///
    /// Without --file: of the Dockerfile in the context.
    #[arg(long = "target", value_name = "STAGE")]
    pub(crate) targets: Vec<String>,
    /// What COPY copies in the Dockerfiles that are built
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) context: String,
    /// Set an ARG of the Dockerfiles that are built
    #[arg(long = "build-arg", value_name = "NAME=VALUE")]
    pub(crate) build_args: Vec<String>,
    /// How the comparison is printed
    #[arg(long, value_enum, default_value_t = CompareFormat::Table)]
    pub(crate) format: CompareFormat,
    /// Where it is written [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Also list what is behind a row, `shells` (repeatable; `all`)
    #[arg(long = "show", value_name = "ROW", value_delimiter = ',')]
    pub(crate) show: Vec<String>,
    /// Print only rows that differ
    #[arg(long)]
    pub(crate) differences: bool,
    /// Fail if the last image passes a limit, `shells>0` (repeatable)
    ///
    /// ROW, a sign (> >= < <= = !=) and a number, with a unit if need be: `unpacked>100MB`, `owned<90%`, `runs<1`. What is
    /// not known passes every limit: nobody has looked.
    #[arg(long = "fail-if", value_name = "LIMIT")]
    pub(crate) limits: Vec<String>,
    /// Fail if the last image is worse than this JSON's last
    ///
    /// A file that `--format json` wrote. Rows that neither side is better in (layers, ports) are not compared.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// How many percent bytes may grow over the baseline
    #[arg(
        long,
        value_name = "PERCENT",
        default_value_t = 1.0,
        hide_short_help = true
    )]
    pub(crate) tolerance: f64,
    /// Where known vulnerabilities are looked up (repeatable)
    ///
    /// `debian-security`, a directory or archive of OSV records, or its address [default: `[vulnerabilities] sources` of
    /// constrict.toml].
    #[arg(long = "vulnerabilities", value_name = "SOURCE")]
    pub(crate) sources: Vec<String>,
    /// Which of images for several platforms
    #[arg(long, value_name = "OS/ARCH", hide_short_help = true)]
    pub(crate) platform: Option<String>,
    /// Certificate authorities (PEM) for downloads [default: the host's]
    #[arg(
        long,
        value_name = "FILE",
        env = "CONSTRICT_CA",
        hide_short_help = true
    )]
    pub(crate) ca: Option<PathBuf>,
    /// How the progress of builds is shown
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto, hide_short_help = true)]
    pub(crate) progress: ProgressMode,
    /// Say nothing about builds
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Print help
    #[arg(short, long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

/// `constrict size`.
#[derive(Debug, Args)]
pub(crate) struct Size {
    /// An image, an archive (docker save, OCI), an OCI layout, or a root directory
    #[arg(value_name = "IMAGE|ARCHIVE|DIR")]
    pub(crate) image: String,
    /// How it is printed [default: browse in a terminal, else text]
    #[arg(long, value_enum)]
    pub(crate) format: Option<SizeFormat>,
    /// How many packages and files are listed; 0 lists all
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub(crate) top: usize,
    /// Which of an image for several platforms
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// Certificate authorities (PEM) for downloads [default: the host's]
    #[arg(long, value_name = "FILE", env = "CONSTRICT_CA")]
    pub(crate) ca: Option<PathBuf>,
}

/// `--format` of comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareFormat {
    /// For a terminal.
    Table,
    /// For a comment of a pull request.
    Markdown,
    /// For programs: docs/compare.schema.json describes it.
    Json,
    /// One page, which needs no network.
    Html,
}

/// `--format` of sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SizeFormat {
    /// A tree to walk through with the keys of the cursor.
    Browse,
    /// For people.
    Text,
    /// For programs: docs/size.md describes it.
    Json,
}
