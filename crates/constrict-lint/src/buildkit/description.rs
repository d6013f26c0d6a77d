//! `InvalidDefinitionDescription`: the comment above an ARG or a named stage begins with its name.

use constrict_dockerfile::{Dockerfile, Kind, Span};

use super::rules;
use crate::sink::Sink;
use crate::source::Source;

pub(crate) fn check(dockerfile: &Dockerfile, source: &Source<'_>, sink: &mut Sink<'_>) {
    let mut before = 1;
    let mut instructions = Vec::new();
    for instruction in &dockerfile.global_args {
        instructions.push((instruction.span, arg_names(&instruction.kind), "ARG"));
    }
    for stage in &dockerfile.stages {
        let name = stage.name.iter().map(String::as_str).collect();
        instructions.push((stage.from.span, name, "FROM"));
        for instruction in &stage.instructions {
            instructions.push((instruction.span, arg_names(&instruction.kind), "ARG"));
        }
    }
    for (span, names, keyword) in instructions {
        let (first, last) = source.lines(span);
        if let Some(comment) = last_comment(source, before, first) {
            check_one(&comment, &names, keyword, span, sink);
        }
        before = last + 1;
    }
}

fn arg_names(kind: &Kind) -> Vec<&str> {
    match kind {
        Kind::Arg(definitions) => definitions.iter().map(|arg| arg.name.as_str()).collect(),
        _ => Vec::new(),
    }
}

fn check_one(comment: &str, names: &[&str], keyword: &str, span: Span, sink: &mut Sink<'_>) {
    let word = comment.split(' ').next().unwrap_or_default();
    if names.is_empty() || names.contains(&word) {
        return;
    }
    let example = match names {
        [only] => only,
        _ => "<arg_key>",
    };
    let message =
        format!("Comment for {keyword} should follow the format: `# {example} <description>`");
    sink.add(&rules::INVALID_DEFINITION_DESCRIPTION, span, message);
}

/// The last comment of the lines from `before` up to an instruction's first; directives are none.
fn last_comment(source: &Source<'_>, before: usize, first: usize) -> Option<String> {
    let mut comments = (before..first).rev().filter_map(|line| {
        let text = String::from_utf8_lossy(source.text_of(line)).into_owned();
        let comment = text.trim().strip_prefix('#')?.trim().to_owned();
        Some((line, comment))
    });
    let (line, comment) = comments.next()?;
    let is_directive = before == 1
        && (1..=line).all(|line| {
            let text = String::from_utf8_lossy(source.text_of(line)).into_owned();
            is_directive(&text)
        });
    (!is_directive).then_some(comment)
}

fn is_directive(line: &str) -> bool {
    let key = line
        .trim()
        .strip_prefix('#')
        .and_then(|rest| rest.split_once('='));
    key.is_some_and(|(key, _)| {
        matches!(
            key.trim().to_lowercase().as_str(),
            "syntax" | "escape" | "check"
        )
    })
}
