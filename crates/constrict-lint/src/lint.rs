//! The order of a lint: parse, each family, silencing.

use constrict_dockerfile::ignore::Ignore;
use constrict_dockerfile::{Dockerfile, Error, parse, read_directives};

use crate::facts::Facts;
use crate::sink::Sink;
use crate::source::Source;
use crate::{Broken, Family, Report, buildkit, hadolint, modes};

/// What the caller knows besides the text.
pub struct Options<'a> {
    /// The families to report.
    pub families: &'a [Family],
    /// The environment (`NAME=value`) of a base image; `None` if nobody knows. Asked only where a verdict depends on it.
    pub base_env: &'a dyn Fn(&str) -> Option<Vec<String>>,
    /// The ignore file of the build context, if there is one.
    pub ignore: Option<&'a Ignore>,
}

/// Lints a Dockerfile.
#[must_use]
pub fn lint(text: &[u8], options: &Options<'_>) -> Report {
    match parse(text) {
        Ok(dockerfile) => of_dockerfile(text, &dockerfile, options),
        Err(error) => of_error(text, &error, options),
    }
}

fn of_dockerfile(text: &[u8], dockerfile: &Dockerfile, options: &Options<'_>) -> Report {
    let source = Source::new(text, dockerfile.directives.escape);
    let mut sink = Sink::new(&source, &dockerfile.directives.checks);
    let wants = |family| options.families.contains(&family);
    // whether the file can be built is told whatever is asked for
    let broken = buildkit::check(dockerfile, &source, options, &mut sink).err();
    if !wants(Family::Buildkit) {
        sink.findings.clear();
    }
    let facts = Facts::new(dockerfile, &source);
    if wants(Family::Constrict) {
        modes::check(dockerfile, &facts, &mut sink);
    }
    if wants(Family::Hadolint) {
        hadolint::check(dockerfile, &facts, &source, &mut sink);
    }
    let mut findings = sink.findings;
    findings.sort_by_key(|finding| (finding.first_line, finding.last_line));
    Report {
        findings,
        broken,
        checks_are_errors: dockerfile.directives.checks.error,
    }
}

/// A file that cannot be parsed: BuildKit tells what it noticed before the mistake.
fn of_error(text: &[u8], error: &Error, options: &Options<'_>) -> Report {
    let directives = read_directives(text).unwrap_or_default();
    let source = Source::new(text, directives.escape);
    let mut sink = Sink::new(&source, &directives.checks);
    if options.families.contains(&Family::Buildkit) {
        buildkit::noticed(error.noticed(), &mut sink);
    }
    let mut findings = sink.findings;
    findings.sort_by_key(|finding| (finding.first_line, finding.last_line));
    Report {
        findings,
        broken: Some(Broken::at(&source, error.span(), error.to_string())),
        checks_are_errors: directives.checks.error,
    }
}
