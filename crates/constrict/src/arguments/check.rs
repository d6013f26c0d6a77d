//! `constrict check` and `constrict explain`: their flags.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::start::Start;

/// `constrict check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// An image, an archive (docker save, OCI), an OCI layout, or a root directory
    #[arg(value_name = "IMAGE|ARCHIVE|DIR")]
    pub(crate) image: String,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
    /// Leave out a rule (repeatable)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) allow: Vec<String>,
    /// Whether the image is run.
    #[command(flatten)]
    pub(crate) start: Start,
    /// Which of an image for several platforms
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// Certificate authorities (PEM) for downloads [default: the host's]
    #[arg(long, value_name = "FILE", env = "CONSTRICT_CA")]
    pub(crate) ca: Option<PathBuf>,
}

/// `constrict explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The name of a rule; all are listed without one
    pub(crate) rule: Option<String>,
}

/// `--format` of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Text,
    /// For programs: docs/check.md describes it.
    Json,
    /// The Static Analysis Results Interchange Format, 2.1.0.
    Sarif,
}

/// `--check` of build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckMode {
    /// What keeps the image from doing its job fails the build.
    Error,
    /// It is said, and the image is built all the same.
    Warn,
    /// The image is not looked at.
    Off,
}
