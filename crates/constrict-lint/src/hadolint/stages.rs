//! The rules about FROM and about instructions other than RUN.

use std::collections::BTreeSet;

use constrict_dockerfile::instruction::{Command, Copy, SourceArg};
use constrict_dockerfile::{Dockerfile, From, Instruction, Kind, Span};

use super::rules;
use crate::facts::Facts;
use crate::sink::Sink;

/// Endings of the archives that ADD unpacks.
const ARCHIVES: [&str; 13] = [
    ".tar", ".Z", ".bz2", ".gz", ".lz", ".lzma", ".tZ", ".tb2", ".tbz", ".tbz2", ".tgz", ".tlz",
    ".xz",
];

pub(super) fn check(dockerfile: &Dockerfile, facts: &Facts<'_>, sink: &mut Sink<'_>) {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for stage in &dockerfile.stages {
        check_from(&stage.from, &names, sink);
        let name = stage.name.as_deref();
        if let Some(name) = name
            && !names.insert(name)
        {
            sink.add(
                &rules::DL3024,
                stage.from.span,
                format!("a stage `{name}` was defined before"),
            );
        }
        let earlier: BTreeSet<&str> = names
            .iter()
            .copied()
            .filter(|known| Some(*known) != name)
            .collect();
        let mut has_workdir = facts
            .chain(stage.index)
            .iter()
            .filter(|index| **index != stage.index)
            .flat_map(|index| &dockerfile.stages[*index].instructions)
            .any(|instruction| matches!(instruction.kind, Kind::Workdir(_)));
        for instruction in &stage.instructions {
            match &instruction.kind {
                Kind::Workdir(path) => {
                    has_workdir = true;
                    check_workdir(path, instruction.span, sink);
                }
                Kind::Copy(copy) => {
                    check_copy(copy, instruction.span, has_workdir, sink);
                    check_copy_from(copy, instruction.span, name, &earlier, stage.index, sink);
                }
                _ => check_instruction(instruction, sink),
            }
        }
        check_last_user(&stage.instructions, sink);
        check_once(&stage.instructions, sink);
    }
}

fn check_from(from: &From, stages: &BTreeSet<&str>, sink: &mut Sink<'_>) {
    if from
        .platform
        .as_ref()
        .is_some_and(|platform| !platform.contains('$'))
    {
        sink.add(
            &rules::DL3029,
            from.span,
            "the platform is fixed: the image is built for no other",
        );
    }
    let image = from.image.as_str();
    if image == "scratch"
        || image.contains(['$', '@'])
        || stages.contains(image.to_lowercase().as_str())
    {
        return;
    }
    let last = image.rsplit('/').next().unwrap_or_default();
    match last.split_once(':') {
        None => sink.add(
            &rules::DL3006,
            from.span,
            format!("`{image}` has no tag: it is another image every time that `latest` moves"),
        ),
        Some((_, "latest")) => sink.add(
            &rules::DL3007,
            from.span,
            format!("`{image}` is another image every time that `latest` moves"),
        ),
        Some(_) => {}
    }
}

fn check_workdir(path: &str, span: Span, sink: &mut Sink<'_>) {
    let path = unquoted(path);
    let is_windows = path
        .get(1..3)
        .is_some_and(|rest| matches!(rest, ":\\" | ":/"));
    if !path.starts_with(['/', '$']) && !is_windows {
        sink.add(
            &rules::DL3000,
            span,
            format!("`{path}` is relative to whatever the directory is before"),
        );
    }
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

fn check_copy(copy: &Copy, span: Span, has_workdir: bool, sink: &mut Sink<'_>) {
    let dest = unquoted(&copy.dest);
    if copy.sources.len() > 1 && !dest.ends_with('/') && dest != "." && !dest.contains('$') {
        sink.add(
            &rules::DL3021,
            span,
            format!("several sources go into a directory: `{dest}/`"),
        );
    }
    let is_windows = dest
        .get(1..3)
        .is_some_and(|rest| matches!(rest, ":\\" | ":/"));
    if !has_workdir && !dest.starts_with(['/', '$']) && !is_windows {
        sink.add(
            &rules::DL3045,
            span,
            format!("`{dest}` is relative, and no WORKDIR was set"),
        );
    }
}

fn check_copy_from(
    copy: &Copy,
    span: Span,
    own: Option<&str>,
    earlier: &BTreeSet<&str>,
    index: usize,
    sink: &mut Sink<'_>,
) {
    let Some(from) = &copy.from else { return };
    let lower = from.to_lowercase();
    if own == Some(lower.as_str()) {
        sink.add(
            &rules::DL3023,
            span,
            format!("`{from}` is this stage itself"),
        );
        return;
    }
    let is_number = from.parse::<usize>().is_ok_and(|number| number < index);
    // an image with a tag is meant as one
    if !is_number && !earlier.contains(lower.as_str()) && !from.contains(':') {
        sink.add(
            &rules::DL3022,
            span,
            format!("`{from}` is no stage that was defined before"),
        );
    }
}

fn check_instruction(instruction: &Instruction, sink: &mut Sink<'_>) {
    let span = instruction.span;
    match &instruction.kind {
        Kind::Add(copy) => check_add(copy, span, sink),
        Kind::Cmd(command) | Kind::Entrypoint(command) => {
            if matches!(command, Command::Shell(_)) {
                let keyword = instruction.kind.keyword();
                sink.add(
                    &rules::DL3025,
                    span,
                    format!("{keyword} is a text for a shell, not a JSON array"),
                );
            }
        }
        Kind::Env(pairs) => check_env(pairs, span, sink),
        Kind::Expose(words) => {
            for word in words {
                let port = word.split('/').next().unwrap_or_default();
                let is_wrong = |port: &str| {
                    !port.is_empty()
                        && port.bytes().all(|byte| byte.is_ascii_digit())
                        && port.parse::<u16>().is_err()
                };
                if port.split('-').any(is_wrong) {
                    sink.add(
                        &rules::DL3011,
                        span,
                        format!("`{word}` is no port: ports are 0 to 65535"),
                    );
                }
            }
        }
        Kind::Label(pairs) => {
            for (key, _) in pairs.iter().filter(|(key, _)| !is_label(unquoted(key))) {
                sink.add(&rules::DL3048, span, format!("`{key}` is no good key: small letters, digits, and single dots and dashes between them"));
            }
        }
        Kind::Maintainer(_) => sink.add(
            &rules::DL4000,
            span,
            "MAINTAINER is deprecated: a label says the same",
        ),
        _ => {}
    }
}

fn is_label(key: &str) -> bool {
    let is_word = |ch: char| ch.is_ascii_lowercase() || ch.is_ascii_digit();
    let is_inner = |ch: char| is_word(ch) || matches!(ch, '.' | '-' | '_' | '/');
    key.contains('$')
        || (key.starts_with(is_word)
            && key.ends_with(is_word)
            && key.chars().all(is_inner)
            && !key.contains("..")
            && !key.contains("--"))
}

fn check_add(copy: &Copy, span: Span, sink: &mut Sink<'_>) {
    let is_for_add = |source: &SourceArg| match source {
        SourceArg::Heredoc(_) => false,
        SourceArg::Path(path) => {
            let path = unquoted(path);
            path.contains('$')
                || ["http://", "https://", "git@", "ssh://"]
                    .iter()
                    .any(|scheme| path.starts_with(scheme))
                || ARCHIVES.iter().any(|ending| path.ends_with(ending))
        }
    };
    if !copy.sources.iter().all(is_for_add) {
        sink.add(
            &rules::DL3020,
            span,
            "COPY brings files and directories; ADD also unpacks and downloads",
        );
    }
}

fn check_env(pairs: &[(String, String)], span: Span, sink: &mut Sink<'_>) {
    for (index, (name, _)) in pairs.iter().enumerate() {
        let others = pairs
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index);
        if others.clone().any(|(_, (_, value))| uses(value, name)) {
            sink.add(
                &rules::DL3044,
                span,
                format!("`${name}` has its old value in the whole of this ENV"),
            );
            return;
        }
    }
}

/// Whether `$name` or `${name}` is in a value.
fn uses(value: &str, name: &str) -> bool {
    let is_name = |ch: char| ch.is_ascii_alphanumeric() || ch == '_';
    let bare = format!("${name}");
    value.contains(&format!("${{{name}}}"))
        || value
            .match_indices(&bare)
            .any(|(at, _)| !value[at + bare.len()..].starts_with(is_name))
}

fn check_last_user(instructions: &[Instruction], sink: &mut Sink<'_>) {
    let last = instructions
        .iter()
        .rev()
        .find_map(|instruction| match &instruction.kind {
            Kind::User(user) => Some((user.as_str(), instruction.span)),
            _ => None,
        });
    if let Some((user, span)) = last
        && matches!(user.split(':').next(), Some("root" | "0"))
    {
        sink.add(&rules::DL3002, span, "the image runs as root");
    }
}

fn check_once(instructions: &[Instruction], sink: &mut Sink<'_>) {
    for (keyword, rule) in [
        ("CMD", &rules::DL4003),
        ("ENTRYPOINT", &rules::DL4004),
        ("HEALTHCHECK", &rules::DL3012),
    ] {
        let all = instructions
            .iter()
            .filter(|instruction| instruction.kind.keyword() == keyword);
        for instruction in all.skip(1) {
            sink.add(
                rule,
                instruction.span,
                format!("an earlier {keyword} of this stage has no effect"),
            );
        }
    }
}
