//! Where findings go: each gets its lines, and those that the file asks not to see are left out.

use constrict_dockerfile::{Checks, Span};

use crate::buildkit::EXPERIMENTAL;
use crate::source::Source;
use crate::{Family, Finding, Rule};

/// The findings of one lint.
pub(crate) struct Sink<'a> {
    source: &'a Source<'a>,
    checks: &'a Checks,
    pub(crate) findings: Vec<Finding>,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(source: &'a Source<'a>, checks: &'a Checks) -> Self {
        Self {
            source,
            checks,
            findings: Vec::new(),
        }
    }

    /// A finding about the instruction at `span`.
    pub(crate) fn add(&mut self, rule: &'static Rule, span: Span, message: impl Into<String>) {
        self.push(rule, span, message.into(), None);
    }

    /// The same, with what to change.
    pub(crate) fn add_with_hint(
        &mut self,
        rule: &'static Rule,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(rule, span, message.into(), Some(hint.into()));
    }

    fn push(&mut self, rule: &'static Rule, span: Span, message: String, hint: Option<String>) {
        if self.is_skipped(rule) {
            return;
        }
        let (first_line, last_line) = self.source.lines(span);
        self.findings.push(Finding {
            rule,
            message,
            span,
            first_line,
            last_line,
            hint,
        });
    }

    /// `# check=skip=` names BuildKit's checks and ours; hadolint has comments of its own.
    fn is_skipped(&self, rule: &Rule) -> bool {
        let names = |list: &[String]| list.iter().any(|name| name == rule.name);
        match rule.family {
            Family::Hadolint => false,
            Family::Constrict => self.checks.skip_all || names(&self.checks.skip),
            Family::Buildkit => {
                let is_off = EXPERIMENTAL.contains(&rule.name)
                    && !self.checks.experimental_all
                    && !names(&self.checks.experimental);
                is_off || self.checks.skip_all || names(&self.checks.skip)
            }
        }
    }
}
