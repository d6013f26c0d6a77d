//! `[ … ]`, `test` and a simple `[[ … ]]`. Never looks at anything but the image's files.

use super::super::walk::{UNKNOWN, UNSET, Walker, is_known};
use super::follow::{Shell, Status};

/// What a test says of its words, the brackets left out.
pub(crate) fn evaluate(
    walker: &Walker<'_, '_>,
    words: &[String],
    shell: &Shell,
    patterns: bool,
) -> Status {
    // what is not set is empty in a plain run
    let plain: Vec<String> = words.iter().map(|word| word.replace(UNSET, "")).collect();
    if plain.iter().any(|word| word.contains(UNKNOWN)) {
        return Status::Unknown;
    }
    let known = words.iter().all(|word| is_known(word));
    let plain: Vec<&str> = plain.iter().map(String::as_str).collect();
    match (test(walker, &plain, shell, patterns, 0), known) {
        (Status::Known(value), false) => Status::Likely(value),
        (status, _) => status,
    }
}

fn not(status: Status) -> Status {
    match status {
        Status::Known(value) => Status::Known(!value),
        Status::Likely(value) => Status::Likely(!value),
        other => other,
    }
}

fn test(
    walker: &Walker<'_, '_>,
    words: &[&str],
    shell: &Shell,
    patterns: bool,
    depth: usize,
) -> Status {
    if depth > 20 {
        return Status::Unknown;
    }
    let deeper = |words: &[&str]| test(walker, words, shell, patterns, depth + 1);
    match words {
        [] => Status::Known(false),
        ["!", rest @ ..] if !rest.is_empty() && !matches!(rest, ["=" | "!=" | "==", _]) => {
            not(deeper(rest))
        }
        [one] => Status::Known(!one.is_empty()),
        [operator, value] => unary(walker, operator, value, shell),
        [left, operator, right] => binary(left, operator, right, patterns),
        _ => joined(words, &deeper),
    }
}

/// `a -a b`, `a -o b`.
fn joined(words: &[&str], deeper: &dyn Fn(&[&str]) -> Status) -> Status {
    for operator in ["-o", "-a"] {
        if let Some(at) = words.iter().position(|word| *word == operator) {
            let (left, right) = (deeper(&words[..at]), deeper(&words[at + 1..]));
            let decides = operator == "-o";
            return match (left, right) {
                (Status::Known(value), _) | (_, Status::Known(value)) if value == decides => {
                    Status::Known(value)
                }
                (Status::Known(_), Status::Known(_)) => Status::Known(!decides),
                _ => Status::Unknown,
            };
        }
    }
    Status::Unknown
}

fn unary(walker: &Walker<'_, '_>, operator: &str, value: &str, shell: &Shell) -> Status {
    let path = || crate::files::join(&shell.state.directory, value.as_bytes());
    let files = walker.files();
    // what is there stays there; what is not may be mounted or made before
    let there = |found: bool| {
        if found {
            Status::Known(true)
        } else {
            Status::Likely(false)
        }
    };
    match operator {
        "-z" => Status::Known(value.is_empty()),
        "-n" => Status::Known(!value.is_empty()),
        _ if value.is_empty() => Status::Known(false),
        "-e" | "-a" => there(files.exists(&path())),
        "-f" => there(files.is_file(&path())),
        "-d" => there(files.is_directory(&path())),
        "-s" => there(
            files
                .resolve(&path())
                .is_some_and(|(_, node)| node.size() > 0),
        ),
        "-L" | "-h" => there(
            files
                .node(&path())
                .is_some_and(|node| matches!(node.kind, crate::files::Kind::Symlink { .. })),
        ),
        "-x" => there(
            shell
                .process
                .user
                .can(files, &path(), crate::facts::account::Want::Execute),
        ),
        "-r" => there(
            shell
                .process
                .user
                .can(files, &path(), crate::facts::account::Want::Read),
        ),
        _ => Status::Unknown,
    }
}

fn binary(left: &str, operator: &str, right: &str, patterns: bool) -> Status {
    let numbers = || {
        Some((
            left.trim().parse::<i64>().ok()?,
            right.trim().parse::<i64>().ok()?,
        ))
    };
    let compared = |holds: fn(i64, i64) -> bool| {
        numbers().map_or(Status::Unknown, |(left, right)| {
            Status::Known(holds(left, right))
        })
    };
    let equal = || {
        let pattern: Vec<(char, bool)> = right.chars().map(|next| (next, !patterns)).collect();
        super::pattern::matches(left, &pattern)
    };
    match operator {
        "=" | "==" => Status::Known(equal()),
        "!=" => Status::Known(!equal()),
        "-eq" => compared(|left, right| left == right),
        "-ne" => compared(|left, right| left != right),
        "-lt" => compared(|left, right| left < right),
        "-le" => compared(|left, right| left <= right),
        "-gt" => compared(|left, right| left > right),
        "-ge" => compared(|left, right| left >= right),
        _ => Status::Unknown,
    }
}
