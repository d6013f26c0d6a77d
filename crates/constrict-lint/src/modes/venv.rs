//! Virtual environments that are copied to another path than they were made at.

use constrict_dockerfile::Kind;

use super::{copy, rules};
use crate::facts::Facts;
use crate::shell::Command;
use crate::sink::Sink;

pub(super) fn check(facts: &Facts<'_>, sink: &mut Sink<'_>) {
    for stage in &facts.stages {
        for instruction in &stage.stage.instructions {
            let Kind::Copy(copy) = &instruction.kind else {
                continue;
            };
            let Some(from) = facts.source_stage(copy, stage.stage.index) else {
                continue;
            };
            let environments = environments(facts, from);
            let directory = directory(facts, stage.stage.index, instruction.span.start);
            let dest = absolute(&copy.dest, &directory);
            let moved = copy::paths(copy).into_iter().find_map(|path| {
                let path = path.trim_end_matches('/');
                let made = environments.iter().find(|made| is_below(made, path))?;
                let now = format!("{}{}", dest.trim_end_matches('/'), &made[path.len()..]);
                let is_known = ![made.as_str(), &now]
                    .iter()
                    .any(|path| path.contains(['$', '*']));
                (is_known && now != *made).then(|| (made.clone(), now))
            });
            let Some((made, now)) = moved else { continue };
            // somebody may put it right
            if facts.stages[stage.stage.index]
                .runs
                .iter()
                .any(|run| run.text.contains(made.as_str()) || run.text.contains("bin/"))
            {
                continue;
            }
            let message = format!(
                "the environment was made at `{made}`: its scripts start that Python, not the one in `{now}`"
            );
            let hint = format!("one path in both stages: `{now}`");
            sink.add_with_hint(&rules::VENV_MOVED, instruction.span, message, hint);
        }
    }
}

fn is_below(path: &str, directory: &str) -> bool {
    !directory.is_empty()
        && path
            .strip_prefix(directory)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The environments that a stage makes, as absolute paths.
pub(super) fn environments(facts: &Facts<'_>, index: usize) -> Vec<String> {
    let mut found = Vec::new();
    for index in facts.chain(index) {
        for run in &facts.stages[index].runs {
            let mut directory = directory(facts, index, run.instruction.span.start);
            for command in &run.script.commands {
                if command.name() == "cd" {
                    directory = command
                        .arguments()
                        .first()
                        .map_or_else(|| directory.clone(), |to| absolute(to, &directory));
                }
                found.extend(environment(command).map(|path| absolute(&path, &directory)));
            }
        }
    }
    found
}

/// Where a command makes an environment that cannot be moved.
fn environment(command: &Command) -> Option<String> {
    let words = command.arguments();
    let is_module = |name: &str| {
        words
            .windows(2)
            .any(|pair| pair[0] == "-m" && pair[1] == name)
    };
    let is_python = command.program().starts_with("python");
    let skipped = match command.program() {
        _ if is_python && (is_module("venv") || is_module("virtualenv")) => {
            words.iter().position(|word| word == "-m")? + 2
        }
        "virtualenv" => 0,
        "uv" if words.first().is_some_and(|word| word == "venv") => {
            if words.iter().any(|word| word == "--relocatable") {
                return None;
            }
            let target = first_plain(&words[1..]);
            return Some(target.unwrap_or_else(|| ".venv".to_owned()));
        }
        _ => return None,
    };
    first_plain(&words[skipped..])
}

/// The first argument that is neither a flag nor the value of one.
fn first_plain(words: &[String]) -> Option<String> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--python" | "-p" | "--prompt" | "--seed" if word != "--seed" => {
                words.next();
            }
            word if word.starts_with('-') => {}
            word => return Some(word.trim_end_matches('/').to_owned()),
        }
    }
    None
}

/// The working directory of a stage at a place in the text.
fn directory(facts: &Facts<'_>, index: usize, before: usize) -> String {
    let mut directory = "/".to_owned();
    for stage in facts.chain(index) {
        for instruction in &facts.stages[stage].stage.instructions {
            if stage == index && instruction.span.start >= before {
                return directory;
            }
            if let Kind::Workdir(path) = &instruction.kind {
                directory = absolute(path.trim_matches(['"', '\'']), &directory);
            }
        }
    }
    directory
}

/// A path from a directory, `.` left out.
fn absolute(path: &str, directory: &str) -> String {
    let joined = match path.starts_with(['/', '$']) {
        true => path.to_owned(),
        false => format!("{}/{path}", directory.trim_end_matches('/')),
    };
    let parts: Vec<&str> = joined
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    match joined.starts_with('$') {
        true => joined,
        false => format!("/{}", parts.join("/")),
    }
}
