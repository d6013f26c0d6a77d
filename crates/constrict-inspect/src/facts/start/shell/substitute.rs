//! The few command substitutions whose result is plain from their text: `$(pwd)`, `$(dirname "$0")`. Never runs anything.

use super::super::walk::{UNKNOWN, is_known};
use super::expand;
use super::parse::parse;
use super::state::State;
use super::syntax::{Command, Simple};

/// What the substitution becomes.
pub(crate) fn value(text: &str, state: &mut State) -> String {
    computed(text, state)
        .filter(|value| is_known(value))
        .unwrap_or_else(|| UNKNOWN.to_string())
}

fn computed(text: &str, state: &mut State) -> Option<String> {
    // what is below this one is not followed further
    if text.len() > 256 || text.contains("$(") && text.matches("$(").count() > 4 {
        return None;
    }
    let list = parse(text).ok()?;
    match list.as_slice() {
        [item] => command(&item.command, &mut state.clone()),
        _ => None,
    }
}

fn command(command_: &Command, state: &mut State) -> Option<String> {
    match command_ {
        Command::Simple(simple) => program(simple, state),
        // $(cd "$(dirname "$0")" && pwd)
        Command::And(left, right) => match left.as_ref() {
            Command::Simple(change) => {
                let words = words(change, state);
                let [cd, directory] = words.as_slice() else {
                    return None;
                };
                if cd != "cd" || !is_known(directory) {
                    return None;
                }
                state.directory = absolute(state, directory);
                command(right, state)
            }
            _ => None,
        },
        _ => None,
    }
}

fn words(simple: &Simple, state: &mut State) -> Vec<String> {
    simple
        .words
        .iter()
        .flat_map(|word| expand::fields(word, state))
        .collect()
}

fn absolute(state: &State, path: &str) -> Vec<u8> {
    let joined = crate::files::join(&state.directory, path.as_bytes());
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in crate::files::components(&joined) {
        match part {
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join(&b'/')
}

fn program(simple: &Simple, state: &mut State) -> Option<String> {
    let words = words(simple, state);
    if !simple.assignments.is_empty() || words.iter().any(|word| !is_known(word)) {
        return None;
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["pwd"] | ["pwd", "-P" | "-L"] => Some(crate::files::shown(&state.directory)),
        ["dirname", path] | ["dirname", "--", path] => {
            Some(match path.trim_end_matches('/').rsplit_once('/') {
                Some(("", _)) => "/".into(),
                Some((directory, _)) => directory.to_string(),
                None => ".".into(),
            })
        }
        ["basename", path] => Some(path.trim_end_matches('/').rsplit('/').next()?.to_string()),
        ["echo", rest @ ..] if !rest.first().is_some_and(|first| first.starts_with('-')) => {
            Some(rest.join(" "))
        }
        ["printf", "%s", value] => Some((*value).to_string()),
        ["readlink", "-f", path] | ["realpath", path] | ["realpath", "--", path]
            if path.starts_with('/') =>
        {
            Some((*path).to_string())
        }
        ["readlink", "-f", path] | ["realpath", path] | ["realpath", "--", path] => {
            Some(crate::files::shown(&absolute(state, path)))
        }
        _ => None,
    }
}
