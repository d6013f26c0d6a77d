//! `--start` of `constrict build` and `constrict check`, and what goes with it.

use clap::Args;

use super::build::CHECKS;

/// Whether and how an image is tried out.
#[derive(Debug, Args)]
pub(crate) struct Start {
    /// Run the image and see whether it lives
    ///
    /// It does if it ends with exit status 0, or answers on its exposed ports.
    #[arg(long, help_heading = CHECKS)]
    pub(crate) start: bool,
    /// With --start: how long the image may take to show that it lives
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..=86_400),
        requires = "start",
        help_heading = CHECKS,
        hide_short_help = true
    )]
    pub(crate) start_timeout: u32,
    /// With --start: forbid to write to the image's files; volumes can be written to
    #[arg(long, requires = "start", help_heading = CHECKS, hide_short_help = true)]
    pub(crate) start_read_only: bool,
}
