//! The commands about images and this machine: their flags.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ProgressMode;

/// `constrict images`.
#[derive(Debug, Args)]
pub(crate) struct Images {
    /// Only images of this name
    #[arg(value_name = "NAME[:TAG]")]
    pub(crate) name: Option<String>,
    /// Print only digests
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Print digests in full
    #[arg(long, visible_alias = "no-trunc")]
    pub(crate) digests: bool,
    /// A table, or one JSON object a line
    #[arg(long, value_enum, default_value_t = ImagesFormat::Table)]
    pub(crate) format: ImagesFormat,
}

/// `--format` of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImagesFormat {
    /// For people.
    Table,
    /// One object a line.
    Json,
}

/// `constrict inspect`.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Containers, or images by name or digest
    #[arg(required = true, value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Only what a template says: '{{.State.Status}}', '{{json .Config.Env}}'
    #[arg(short, long, value_name = "TEMPLATE")]
    pub(crate) format: Option<String>,
    /// Look among these only
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    pub(crate) kind: Option<InspectKind>,
}

/// `--type` of inspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InspectKind {
    /// Containers.
    Container,
    /// Images.
    Image,
}

/// `constrict tag`.
#[derive(Debug, Args)]
pub(crate) struct Tag {
    /// A name or digest
    #[arg(value_name = "IMAGE")]
    pub(crate) image: String,
    /// The further name
    #[arg(value_name = "NAME[:TAG]")]
    pub(crate) name: String,
}

/// `constrict rmi`.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// Names or digests
    #[arg(required = true, value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
    /// Remove an image with all of its names, and don't mind a missing one
    #[arg(short, long)]
    pub(crate) force: bool,
}

/// `constrict pull`.
#[derive(Debug, Args)]
pub(crate) struct Pull {
    /// The image
    #[arg(value_name = "NAME[:TAG|@DIGEST]")]
    pub(crate) name: String,
    /// The platform of the image [default: this machine's]
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// Show no progress
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// How progress is shown
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto)]
    pub(crate) progress: ProgressMode,
    /// Certificate authorities (PEM) for downloads [default: the host's]
    #[arg(long, value_name = "FILE", env = "CONSTRICT_CA")]
    pub(crate) ca: Option<PathBuf>,
}

/// `constrict push`.
#[derive(Debug, Args)]
pub(crate) struct Push {
    /// A name that the image has in the store
    #[arg(value_name = "NAME[:TAG]")]
    pub(crate) name: String,
    /// Show no progress
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// How progress is shown
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto)]
    pub(crate) progress: ProgressMode,
    /// Certificate authorities (PEM) for uploads [default: the host's]
    #[arg(long, value_name = "FILE", env = "CONSTRICT_CA")]
    pub(crate) ca: Option<PathBuf>,
}

/// `constrict doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// For people, or for programs
    #[arg(long, value_enum, default_value_t = DoctorFormat::Text)]
    pub(crate) format: DoctorFormat,
}

/// `--format` of doctor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}
