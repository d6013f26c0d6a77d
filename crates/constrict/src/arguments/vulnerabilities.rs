//! `constrict vulnerabilities`: its flags.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `constrict vulnerabilities`.
#[derive(Debug, Args)]
pub(crate) struct Vulnerabilities {
    /// An image, an archive (docker save, OCI), an OCI layout, or a root directory
    #[arg(value_name = "IMAGE|ARCHIVE|DIR")]
    pub(crate) image: String,
    /// Where to look: `debian-security`, OSV records in a directory, zip or JSON file, or at an address (repeatable)
    /// [default: those of constrict.toml]
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Vec<String>,
    /// Ask no server
    #[arg(long)]
    pub(crate) offline: bool,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = VulnerabilitiesFormat::Text)]
    pub(crate) format: VulnerabilitiesFormat,
    /// End with 1 if there are any, or any that are fixed; or if something is not checked
    #[arg(long, value_enum, value_name = "WHICH")]
    pub(crate) fail_on: Option<FailOn>,
    /// Which of an image for several platforms
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// Certificate authorities (PEM) for downloads [default: the host's]
    #[arg(long, value_name = "FILE", env = "CONSTRICT_CA")]
    pub(crate) ca: Option<PathBuf>,
}

/// `--format` of vulnerabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VulnerabilitiesFormat {
    /// For people.
    Text,
    /// For programs: docs/vulnerabilities.md describes it.
    Json,
}

/// `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Every known one.
    Any,
    /// Those that a newer version does not have.
    Fixed,
}
