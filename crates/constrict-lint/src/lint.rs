//! The order of a lint: parse, each family, silencing.

use constrict_dockerfile::ignore::Ignore;

use crate::{Broken, Family, Report, source::Source};

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
    let source = Source::new(text);
    let _ = options.families;
    match constrict_dockerfile::parse(text) {
        Ok(_) => Report::default(),
        Err(error) => Report {
            broken: Some(Broken {
                message: error.to_string(),
                span: Some(error.span()),
                line: source.line(error.span().start),
            }),
            ..Report::default()
        },
    }
}
