//! A failure as text: what failed, where in the Dockerfile, why, and what to type.
//!
//! ```text
//! error: [builder 2/4] RUN pip install . failed
//!   --> Dockerfile:3
//!    |
//!  3 | RUN pip install .
//!    |
//! cause: `pip install .` ended with exit status 1
//!    | ERROR: No matching distribution found for flsk
//! hint: …
//! ```

use std::error::Error as _;
use std::fmt::Write as _;
use std::io::Write as _;

use constrict_build::Error;
use constrict_dockerfile::{Span, line_of};

use crate::failure::Failure;

/// How many lines of an instruction are shown.
const LINES: usize = 6;

/// Prints a failure on standard error.
pub(crate) fn print(failure: &Failure) {
    let text = render(failure);
    // if nobody reads it, the exit status still tells
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn render(failure: &Failure) -> String {
    match failure {
        Failure::Usage { message, hint } => {
            let hint = hint
                .as_ref()
                .map_or(String::new(), |hint| format!("hint: {hint}\n"));
            format!("error: {message}\n{hint}")
        }
        Failure::Build { error, dockerfile } => {
            let mut text = format!("error: {error}\n");
            if let (Some((name, content)), Some(span)) = (dockerfile, span(error)) {
                text.push_str(&place(name, content, span));
            }
            causes(error, &mut text);
            let mut last: &Error = error;
            while let Error::At {
                source: Some(source),
                ..
            } = last
            {
                last = source;
            }
            details(last, &mut text);
            for hint in hint(error).into_iter().chain(hint_of(last)) {
                let _ = writeln!(text, "hint: {hint}");
            }
            text
        }
    }
}

fn span(error: &Error) -> Option<Span> {
    match error {
        Error::At { span, .. } => Some(*span),
        Error::Dockerfile(error) => Some(error.span()),
        _ => None,
    }
}

/// The lines of the Dockerfile that a span covers.
fn place(name: &str, content: &[u8], span: Span) -> String {
    let first = line_of(content, span.start).line;
    let last = line_of(content, span.end.saturating_sub(1).max(span.start)).line;
    let mut text = format!("  --> {name}:{first}\n");
    let lines: Vec<&[u8]> = content.split(|byte| *byte == b'\n').collect();
    let width = last.to_string().len();
    for number in first..=last.min(first + LINES - 1) {
        let line = lines.get(number - 1).copied().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let _ = writeln!(text, "{number:>width$} | {}", line.trim_end_matches('\r'));
    }
    text
}

fn causes(error: &Error, text: &mut String) {
    let mut source = error.source();
    let mut said = error.to_string();
    while let Some(cause) = source {
        let message = cause.to_string();
        if message != said {
            let _ = writeln!(text, "cause: {message}");
        }
        said = message;
        source = cause.source();
    }
}

/// What an error knows besides its message.
fn details(error: &Error, text: &mut String) {
    match error {
        Error::RunFailed(failure) => {
            for line in &failure.tail {
                let _ = writeln!(text, "   | {line}");
            }
        }
        Error::NoSuchBase { asked, .. } => {
            for (whom, answer) in asked {
                let _ = writeln!(text, "   asked {whom}: {answer}");
            }
        }
        Error::NoSuchPath {
            ignored_by: Some(line),
            ..
        } => {
            let _ = writeln!(
                text,
                "   hidden by {}:{}: {}",
                line.file, line.line, line.pattern
            );
        }
        _ => {}
    }
}

fn hint(error: &Error) -> Option<String> {
    match error {
        Error::At { hint, .. } => hint.clone(),
        _ => None,
    }
}

fn hint_of(error: &Error) -> Option<String> {
    match error {
        Error::NoSuchBase { hint, .. } => hint.clone(),
        Error::NoSuchPath {
            nearest: Some(nearest),
            ..
        } => Some(format!("there is `{nearest}`")),
        Error::NoSuchPath {
            ignored_by: Some(line),
            path,
            ..
        } => Some(format!(
            "add `!{path}` below line {} of {}",
            line.line, line.file
        )),
        Error::NoDockerfile { .. } => {
            Some("constrict build -f PATH says where the Dockerfile is".into())
        }
        Error::Sandbox(error) => error.remedy().map(Into::into),
        _ => None,
    }
}
