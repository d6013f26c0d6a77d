//! `constrict sbom`: its flags, and the formats that `build` has, too.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `constrict sbom`.
#[derive(Debug, Args)]
pub(crate) struct Sbom {
    /// An image, an archive (docker save, OCI), an OCI layout, or a root directory
    #[arg(value_name = "IMAGE|ARCHIVE|DIR")]
    pub(crate) image: String,
    /// The format of the document
    #[arg(long, value_enum, default_value_t = SbomFormat::Spdx)]
    pub(crate) format: SbomFormat,
    /// Write it to a file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// List the files of each package with their SHA-256 (cyclonedx)
    #[arg(long)]
    pub(crate) files: bool,
    /// Which of an image for several platforms
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// Certificate authorities (PEM) for downloads [default: the host's]
    #[arg(long, value_name = "FILE", env = "CONSTRICT_CA")]
    pub(crate) ca: Option<PathBuf>,
}

/// `--format` of sbom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum SbomFormat {
    /// SPDX 2.3, as JSON.
    Spdx,
    /// CycloneDX 1.6, as JSON.
    #[value(name = "cyclonedx")]
    CycloneDx,
}
