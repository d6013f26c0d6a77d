//! What was found: one value a finding, one report a file.

use constrict_dockerfile::Span;

use crate::source::Source;
use crate::{Rule, Severity};

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that was tripped.
    pub rule: &'static Rule,
    /// What, in the words of the rule's family.
    pub message: String,
    /// Where: the instruction.
    pub span: Span,
    /// The instruction's first line, from 1.
    pub first_line: usize,
    /// Its last line, as BuildKit counts it.
    pub last_line: usize,
    /// What to change.
    pub hint: Option<String>,
}

/// Why BuildKit would refuse the file, whatever the rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong.
    pub message: String,
    /// Where, if it is at one place.
    pub span: Option<Span>,
    /// Its first line, from 1; 0 without a place.
    pub line: usize,
}

impl Broken {
    /// What is wrong with the instruction at `span`.
    pub(crate) fn at(source: &Source<'_>, span: Span, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span: Some(span),
            line: source.line(span.start),
        }
    }

    /// What BuildKit tells without a place.
    pub(crate) fn nowhere(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span: None,
            line: 0,
        }
    }
}

/// Everything found in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The findings, by line.
    pub findings: Vec<Finding>,
    /// Why the file cannot be built, if it cannot; the findings are then those before that place.
    pub broken: Option<Broken>,
    /// `# check=error=true`: a finding of BuildKit's fails the build.
    pub checks_are_errors: bool,
}

impl Report {
    /// Whether the file is refused: it is broken, or a finding counts as an error.
    #[must_use]
    pub fn fails(&self) -> bool {
        let fatal = |finding: &Finding| match finding.rule.family {
            crate::Family::Buildkit => self.checks_are_errors,
            _ => finding.rule.severity == Severity::Error,
        };
        self.broken.is_some() || self.findings.iter().any(fatal)
    }
}
