//! `constrict lint`: its flags.

use clap::{Args, ValueEnum};

/// `constrict lint`.
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// Dockerfiles, directories that have one, or `-` for standard input
    #[arg(value_name = "DOCKERFILE", default_value = "Dockerfile")]
    pub(crate) dockerfiles: Vec<String>,
    /// For people, as JSON, or as SARIF 2.1.0
    #[arg(long, value_enum, default_value_t = LintFormat::Text)]
    pub(crate) format: LintFormat,
    /// Whose rules: BuildKit's build checks, this program's own, hadolint's
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_values_t = [LintRules::Buildkit, LintRules::Constrict, LintRules::Hadolint]
    )]
    pub(crate) rules: Vec<LintRules>,
    /// End with 1 for warnings, too
    #[arg(long)]
    pub(crate) strict: bool,
    /// Ask no registry which variables a base image sets
    #[arg(long)]
    pub(crate) offline: bool,
}

/// `--format` of lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintFormat {
    /// For people.
    Text,
    /// One document.
    Json,
    /// The Static Analysis Results Interchange Format, 2.1.0.
    Sarif,
}

/// `--rules` of lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintRules {
    /// BuildKit's build checks.
    Buildkit,
    /// This program's own.
    Constrict,
    /// hadolint's.
    Hadolint,
}
