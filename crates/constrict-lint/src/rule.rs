//! Rules: their names, families and severities.
//!
//! Never judges anything: what trips a rule is in the module of its family.

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// BuildKit's build checks, which `docker build --check` prints.
    Buildkit,
    /// Failure modes of Python images that the text shows: this project's own.
    Constrict,
    /// hadolint's rules.
    Hadolint,
}

impl Family {
    /// All of them.
    pub const ALL: [Family; 3] = [Family::Buildkit, Family::Constrict, Family::Hadolint];

    /// The name for people and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Family::Buildkit => "buildkit",
            Family::Constrict => "constrict",
            Family::Hadolint => "hadolint",
        }
    }
}

/// How bad it is. BuildKit's checks have one severity; the others are hadolint's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Wrong in every case.
    Error,
    /// Wrong in most.
    Warning,
    /// Could be better.
    Info,
    /// A matter of style.
    Style,
}

impl Severity {
    /// The name for people and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
            Severity::Style => "style",
        }
    }
}

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The name, as its family spells it: `JSONArgsRecommended`, `DL3008`, `loopback-only`.
    pub name: &'static str,
    /// Whose it is.
    pub family: Family,
    /// How bad.
    pub severity: Severity,
    /// What it asks for, in a sentence.
    pub summary: &'static str,
    /// The page about it, if there is one on the web.
    pub url: Option<&'static str>,
}

/// Every rule, by family, then name.
#[must_use]
pub fn rules() -> Vec<&'static Rule> {
    [
        crate::buildkit::ALL,
        crate::modes::ALL,
        crate::hadolint::ALL,
    ]
    .concat()
}
