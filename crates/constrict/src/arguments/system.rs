//! The commands about the store as a whole, and archives of images: their flags.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `constrict prune`, `constrict system prune`.
#[derive(Debug, Args)]
pub(crate) struct Prune {
    /// Do not ask
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Remove images that have a name as well
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Leave containers that have ended, and their images
    #[arg(long)]
    pub(crate) keep_containers: bool,
    /// Only what was last used so long ago: until=24h, until=2026-01-31T12:00:00Z
    #[arg(long, value_name = "until=TIME")]
    pub(crate) filter: Vec<String>,
    /// Say what would go, and leave it
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `constrict system`.
#[derive(Debug, Subcommand)]
pub(crate) enum System {
    /// Say what the store takes, and what `prune` would free
    Df,
    /// Remove containers that have ended, and what no named image needs
    Prune(Prune),
}

/// `constrict history`.
#[derive(Debug, Args)]
pub(crate) struct History {
    /// The image
    pub(crate) image: String,
    /// Print instructions in full
    #[arg(long)]
    pub(crate) no_trunc: bool,
    /// Print only the digests of the layers
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// `constrict save`.
#[derive(Debug, Args)]
pub(crate) struct Save {
    /// The image; further names of the same image
    #[arg(required = true, value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
    /// The file [default: standard output]
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
}

/// `constrict load`.
#[derive(Debug, Args)]
pub(crate) struct Load {
    /// The archive [default: standard input]
    #[arg(short, long, value_name = "PATH")]
    pub(crate) input: Option<PathBuf>,
    /// Print only digests
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Which of images for several platforms
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
}

/// `constrict completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `constrict man`.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Write a page for each command here [default: print the first]
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}
