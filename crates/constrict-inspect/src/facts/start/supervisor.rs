//! Programs that start several others as a file says: supervisord's configuration, a Procfile.

use super::walk::{Caller, Process, UNKNOWN, Walker};
use crate::facts::start::ObstacleKind;
use crate::files::{join, parent, shown};

/// How many bytes of a configuration are read.
const LARGEST: usize = 256 << 10;
/// Where supervisord looks, in order, below its own directory first.
const PLACES: &[&str] = &[
    "supervisord.conf",
    "etc/supervisord.conf",
    "/etc/supervisord.conf",
    "/etc/supervisor/supervisord.conf",
];

/// A section of a configuration: its name and its members.
type Section = (String, Vec<(String, String)>);

/// Follows the programs of supervisord's configuration.
pub(crate) fn follow(walker: &mut Walker<'_, '_>, words: &[String], process: &Process) {
    let named = words
        .iter()
        .enumerate()
        .find_map(|(at, word)| match word.as_str() {
            "-c" | "--configuration" => words.get(at + 1).cloned(),
            word => word
                .strip_prefix("--configuration=")
                .or_else(|| word.strip_prefix("-c"))
                .map(str::to_string),
        });
    let absolute = |place: &str| process.environment.absolute(place.as_bytes());
    let path = match &named {
        Some(named) => Some(absolute(named)),
        None => PLACES
            .iter()
            .map(|place| absolute(place))
            .find(|path| walker.files().is_file(path)),
    };
    let Some(path) = path else {
        return walker.unknown("supervisord's configuration is not known".into());
    };
    let Some(text) = walker.files().text(&path, LARGEST) else {
        walker.obstacle(ObstacleKind::NoScript { path }, words.to_vec(), process);
        return;
    };
    let mut sections = ini(&text);
    let patterns = sections
        .iter()
        .find(|(name, _)| name == "include")
        .and_then(|(_, members)| get(members, "files"));
    for pattern in patterns.unwrap_or_default().split_ascii_whitespace() {
        for file in included(walker, parent(&path), pattern) {
            sections.extend(ini(&walker
                .files()
                .text(&file, LARGEST)
                .unwrap_or_default()));
        }
    }
    let programs: Vec<&Section> = sections
        .iter()
        .filter(|(name, _)| name.starts_with("program:"))
        .collect();
    for (name, members) in programs {
        one(walker, name, members, &path, process);
    }
}

fn one(
    walker: &mut Walker<'_, '_>,
    name: &str,
    members: &[(String, String)],
    path: &[u8],
    process: &Process,
) {
    let mut process = process.clone();
    let expand =
        |value: &str| expanded(value, parent(path), &process.environment.variables.clone());
    let Some(command) = get(members, "command") else {
        return;
    };
    let words = split(&expand(&command));
    process.via.push(format!("{} [{name}]", shown(path)));
    process.first = false;
    process.sure &= get(members, "autostart").is_none_or(|value| value != "false");
    if let Some(directory) = get(members, "directory") {
        process.environment.directory = process.environment.absolute(expand(&directory).as_bytes());
    }
    for pair in get(members, "environment").unwrap_or_default().split(',') {
        if let Some((name, value)) = pair.trim().split_once('=') {
            let value = value.trim().trim_matches(['"', '\'']);
            let value = expanded(value, parent(path), &process.environment.variables);
            process
                .environment
                .variables
                .insert(name.trim().into(), value);
        }
    }
    if let Some(user) = get(members, "user") {
        let found = walker.facts.accounts().user(&user);
        if found.uid.is_none() {
            walker.obstacle(ObstacleKind::NoUser { name: user }, words, &process);
            return;
        }
        process.user = found;
    }
    walker.exec(words, process, Caller::Kernel);
}

/// `%(ENV_NAME)s` and `%(here)s`.
fn expanded(
    value: &str,
    here: &[u8],
    variables: &std::collections::BTreeMap<String, String>,
) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("%(") {
        out.push_str(before);
        let Some((name, end)) = after.split_once(")s") else {
            return out + after;
        };
        match (
            name.strip_prefix("ENV_").map(|name| variables.get(name)),
            name,
        ) {
            (Some(Some(value)), _) => out.push_str(value),
            (None, "here") => out.push_str(&shown(here)),
            _ => out.push(UNKNOWN),
        }
        rest = end;
    }
    out + &rest.replace("%%", "%")
}

/// Words of a command as Python's `shlex` splits it.
fn split(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = command.chars();
    while let Some(next) = characters.next() {
        match (quote, next) {
            (Some(open), next) if next == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(next);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(characters.next()),
            (None, next) if next.is_whitespace() => words.extend(word.take()),
            (_, next) => word.get_or_insert_default().push(next),
        }
    }
    words.extend(word);
    words
}

/// The files that a pattern with `*` in its last component names.
fn included(walker: &Walker<'_, '_>, here: &[u8], pattern: &str) -> Vec<Vec<u8>> {
    let path = join(here, pattern.as_bytes());
    let (directory, name) = (
        parent(&path).to_vec(),
        String::from_utf8_lossy(crate::files::file_name(&path)).into_owned(),
    );
    let Some((before, after)) = name.split_once('*') else {
        return vec![path];
    };
    let fits = |name: &str| {
        name.len() >= before.len() + after.len()
            && name.starts_with(before)
            && name.ends_with(after)
    };
    walker
        .files()
        .list(&directory)
        .into_iter()
        .filter(|(name, _)| fits(&String::from_utf8_lossy(name)))
        .map(|(name, _)| join(&directory, name))
        .collect()
}

/// The last value of a member.
fn get(members: &[(String, String)], name: &str) -> Option<String> {
    members
        .iter()
        .rev()
        .find(|(member, _)| member == name)
        .map(|(_, value)| value.clone())
}

/// Sections of an INI file as Python's `configparser` reads them: comments, members over several lines.
fn ini(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines() {
        let line = line.split(" ;").next().unwrap_or_default();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            sections.push((name.trim().to_string(), Vec::new()));
            continue;
        }
        let Some((_, members)) = sections.last_mut() else {
            continue;
        };
        match (
            line.starts_with([' ', '\t']),
            members.last_mut(),
            trimmed.split_once(['=', ':']),
        ) {
            (true, Some((_, value)), _) => {
                value.push(' ');
                value.push_str(trimmed);
            }
            (_, _, Some((name, value))) => {
                members.push((name.trim().to_string(), value.trim().to_string()))
            }
            _ => {}
        }
    }
    sections
}

/// Follows the lines of a Procfile that `honcho start` is given.
pub(crate) fn procfile(walker: &mut Walker<'_, '_>, words: &[String], process: &Process) {
    let file = words
        .iter()
        .position(|word| word == "-f")
        .and_then(|at| words.get(at + 1))
        .map_or("Procfile", String::as_str);
    let chosen: Vec<&String> = words
        .iter()
        .filter(|word| !word.starts_with('-') && *word != file)
        .collect();
    let Some(path) = walker.path_of(file, process) else {
        return;
    };
    let Some(text) = walker.files().text(&path, LARGEST) else {
        walker.obstacle(ObstacleKind::NoScript { path }, words.to_vec(), process);
        return;
    };
    for line in text.lines() {
        let Some((name, command)) = line.split_once(':') else {
            continue;
        };
        if line.starts_with('#')
            || (!chosen.is_empty() && !chosen.iter().any(|chosen| *chosen == name))
        {
            continue;
        }
        let mut process = process.clone();
        process.via.push(format!("{} {name}", shown(&path)));
        process.first = false;
        walker.exec(
            vec!["/bin/sh".into(), "-c".into(), command.trim().into()],
            process,
            Caller::Kernel,
        );
    }
}
