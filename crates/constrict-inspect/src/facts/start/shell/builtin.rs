//! Commands that the shell does itself. Never starts a program, except for `exec`, `command` and `eval`.

use super::super::ObstacleKind;
use super::super::walk::{UNKNOWN, Walker, is_known};
use super::condition;
use super::follow::{Dialect, Flow, Place, Shell, Status};

/// Does what a builtin does; `None` if the words name none.
pub(crate) fn run(
    walker: &mut Walker<'_, '_>,
    words: &[String],
    given: &[(String, String)],
    line: usize,
    shell: &mut Shell,
    place: Place,
) -> Option<Flow> {
    let ok = Some(Flow::Next(Status::Known(true)));
    let rest = &words[1..];
    match words[0].as_str() {
        ":" | "true" | "umask" | "ulimit" | "echo" | "printf" | "wait" | "hash" | "shopt"
        | "times" | "fg" | "bg" | "jobs" | "kill" | "break" | "continue" | "alias" | "unalias"
        | "help" => ok,
        "trap" => {
            shell.traps = true;
            ok
        }
        "false" => Some(Flow::Next(Status::Known(false))),
        "[" => Some(Flow::Next(bracket(walker, rest, "]", shell))),
        "[[" => Some(Flow::Next(bracket(walker, rest, "]]", shell))),
        "test" => Some(Flow::Next(condition::evaluate(walker, rest, shell, false))),
        "cd" | "pushd" => Some(Flow::Next(change_directory(
            walker, words, line, shell, place,
        ))),
        "popd" => {
            shell.state.directory = UNKNOWN.to_string().into_bytes();
            ok
        }
        "export" | "readonly" | "local" | "declare" | "typeset" => {
            declare(&words[0], rest, shell);
            ok
        }
        "unset" => {
            rest.iter().for_each(|name| shell.state.unset(name));
            ok
        }
        "read" | "mapfile" | "readarray" | "let" | "getopts" => {
            rest.iter()
                .for_each(|name| shell.state.set(name, UNKNOWN.to_string()));
            Some(Flow::Next(Status::Unknown))
        }
        "set" => {
            set(rest, shell);
            ok
        }
        "shift" => {
            let count = rest.first().map_or(Some(1), |count| count.parse().ok());
            match count {
                Some(count) => drop(
                    shell
                        .state
                        .arguments
                        .drain(..usize::min(count, shell.state.arguments.len())),
                ),
                None => shell.state.arguments = vec![UNKNOWN.to_string()],
            }
            ok
        }
        "exit" | "return" => Some(leave(&words[0], rest)),
        "exec" => Some(replace(walker, rest, given, line, shell, place)),
        "." => Some(source(walker, rest, line, shell, place)),
        "source" if shell.dialect != Dialect::Dash => {
            Some(source(walker, rest, line, shell, place))
        }
        "eval" => Some(evaluate(walker, rest, shell, place)),
        "command" | "builtin" => Some(command(walker, rest, given, line, shell, place)),
        "type" => Some(Flow::Next(exists(walker, rest, shell))),
        "which" if rest.len() == 1 && place.asked => Some(Flow::Next(exists(walker, rest, shell))),
        _ => None,
    }
}

fn bracket(walker: &Walker<'_, '_>, words: &[String], end: &str, shell: &Shell) -> Status {
    match words.split_last() {
        Some((last, words)) if last == end => {
            condition::evaluate(walker, words, shell, end == "]]")
        }
        _ => Status::Unknown,
    }
}

fn change_directory(
    walker: &mut Walker<'_, '_>,
    words: &[String],
    line: usize,
    shell: &mut Shell,
    place: Place,
) -> Status {
    let home = shell.state.get("HOME");
    let target = words
        .iter()
        .skip(1)
        .find(|word| !["-P", "-L", "--"].contains(&word.as_str()));
    let target = target.map_or(home, String::clone);
    if !is_known(&target) || target == "-" {
        shell.state.directory = UNKNOWN.to_string().into_bytes();
        return Status::Program;
    }
    let path = crate::files::join(&shell.state.directory, target.as_bytes());
    if !is_known(&String::from_utf8_lossy(&path)) {
        shell.state.directory = path;
        return Status::Program;
    }
    match walker.files().resolve(&path) {
        Some((path, node)) if node.is_directory() => {
            shell.state.directory = path;
            Status::Known(true)
        }
        found => {
            let process = shell.process_at(words, line, place);
            let there = found.is_some();
            let stopped = walker.obstacle(
                ObstacleKind::NoDirectory { path: path.clone() },
                words.to_vec(),
                &process,
            );
            shell.state.directory = path;
            // it may be mounted, or made by what ran before
            if stopped || there {
                Status::Known(false)
            } else {
                Status::Program
            }
        }
    }
}

fn declare(keyword: &str, words: &[String], shell: &mut Shell) {
    for word in words.iter().filter(|word| !word.starts_with('-')) {
        let name = match word.split_once('=') {
            Some((name, value)) => {
                shell.state.set(name, value.to_string());
                name
            }
            None => word,
        };
        if keyword == "export"
            || words
                .iter()
                .any(|word| word.starts_with('-') && word.contains('x'))
        {
            shell.state.export(name);
        }
    }
}

fn set(words: &[String], shell: &mut Shell) {
    let mut words_left = words.iter();
    while let Some(word) = words_left.next() {
        let on = word.starts_with('-');
        match word.as_str() {
            "--" => {
                shell.state.arguments = words_left.cloned().collect();
                return;
            }
            "-o" | "+o" => {
                if words_left.next().is_some_and(|option| option == "errexit") {
                    shell.state.errexit = on;
                }
            }
            word if on || word.starts_with('+') => {
                if word[1..].contains('e') {
                    shell.state.errexit = on;
                }
                if word.ends_with('o')
                    && words_left.next().is_some_and(|option| option == "errexit")
                {
                    shell.state.errexit = on;
                }
            }
            _ => {
                let first = word.clone();
                shell.state.arguments = std::iter::once(first).chain(words_left.cloned()).collect();
                return;
            }
        }
    }
}

fn leave(keyword: &str, words: &[String]) -> Flow {
    let status = match words.first().map(|word| word.parse::<u8>()) {
        Some(Ok(number)) => Status::Known(number == 0),
        _ => Status::Program,
    };
    match keyword {
        "return" => Flow::Return(status),
        _ => Flow::Ended {
            failed: status == Status::Known(false),
        },
    }
}

fn replace(
    walker: &mut Walker<'_, '_>,
    words: &[String],
    given: &[(String, String)],
    line: usize,
    shell: &mut Shell,
    place: Place,
) -> Flow {
    let mut words = words;
    loop {
        match words.first().map(String::as_str) {
            Some("-a") => words = words.get(2..).unwrap_or_default(),
            Some("-c" | "-l" | "--") => words = &words[1..],
            _ => break,
        }
    }
    match words.is_empty() {
        // only redirections
        true => Flow::Next(Status::Known(true)),
        false => walker.program(words.to_vec(), given, line, shell, place, true),
    }
}

/// How many bytes of a sourced file are read.
const LARGEST: usize = 256 << 10;

fn source(
    walker: &mut Walker<'_, '_>,
    words: &[String],
    line: usize,
    shell: &mut Shell,
    place: Place,
) -> Flow {
    let Some(name) = words.first().filter(|name| is_known(name)) else {
        walker.unknown("a shell reads a file that only the run names".into());
        return Flow::Next(Status::Unknown);
    };
    let direct = crate::files::join(
        &shell.state.directory,
        name.strip_prefix("./").unwrap_or(name).as_bytes(),
    );
    let known = is_known(&String::from_utf8_lossy(&direct));
    let files = walker.files();
    let path = match name.contains('/') {
        true => Some(direct),
        false => {
            let on_path = shell
                .state
                .environment()
                .candidates(name)
                .find(|path| files.is_file(path));
            on_path.or((shell.dialect != Dialect::Dash).then_some(direct))
        }
    };
    let found = path.as_ref().and_then(|path| files.text(path, LARGEST));
    let (Some(text), Some(path)) = (found, path.clone()) else {
        if known && path.as_ref().is_none_or(|path| !files.exists(path)) {
            let argv: Vec<String> = std::iter::once(".".to_string())
                .chain(words.iter().cloned())
                .collect();
            let mut process = shell.process_at(&argv, line, place);
            // the end of every shell that follows POSIX
            process.fatal |=
                shell.process.fatal && shell.dialect != Dialect::Bash && place.sure && !place.asked;
            let path =
                path.unwrap_or_else(|| crate::files::join(&shell.state.directory, name.as_bytes()));
            if walker.obstacle(ObstacleKind::NoSuchFile { path }, argv, &process) {
                return match shell.dialect {
                    Dialect::Bash => Flow::Next(Status::Known(false)),
                    _ => Flow::Ended { failed: true },
                };
            }
        }
        return Flow::Next(Status::Program);
    };
    let Ok(list) = super::parse(&text) else {
        walker.unknown(format!(
            "{} is not shell that can be read",
            crate::files::shown(&path)
        ));
        return Flow::Next(Status::Program);
    };
    let script = shell.script.replace(path);
    let flow = walker.list(
        &list,
        shell,
        Place {
            last: false,
            ..place
        },
    );
    shell.script = script;
    match flow {
        // a file of settings that is read to its end has done its work
        Flow::Next(_) | Flow::Return(_) => Flow::Next(Status::Program),
        ended => ended,
    }
}

fn evaluate(
    walker: &mut Walker<'_, '_>,
    words: &[String],
    shell: &mut Shell,
    place: Place,
) -> Flow {
    let text = words.join(" ");
    match super::parse(&text) {
        Ok(list) if is_known(&text) => walker.list(&list, shell, place),
        _ => {
            walker.unknown("`eval` of what only the run tells".into());
            Flow::Next(Status::Unknown)
        }
    }
}

fn command(
    walker: &mut Walker<'_, '_>,
    words: &[String],
    given: &[(String, String)],
    line: usize,
    shell: &mut Shell,
    place: Place,
) -> Flow {
    match words.first().map(String::as_str) {
        Some("-v" | "-V") => Flow::Next(exists(walker, &words[1..], shell)),
        Some("-p" | "--") => command(walker, &words[1..], given, line, shell, place),
        Some(_) => match run(walker, words, given, line, shell, place) {
            Some(flow) => flow,
            None => walker.program(words.to_vec(), given, line, shell, place, false),
        },
        None => Flow::Next(Status::Known(true)),
    }
}

/// Whether every name is a command.
fn exists(walker: &Walker<'_, '_>, names: &[String], shell: &Shell) -> Status {
    let environment = shell.state.environment();
    if names.iter().any(|name| !is_known(name))
        || !is_known(environment.get("PATH").unwrap_or_default())
    {
        return Status::Unknown;
    }
    let found = |name: &String| {
        environment
            .which(walker.files(), &shell.process.user, name)
            .is_some()
    };
    Status::Known(
        names
            .iter()
            .filter(|name| !name.starts_with('-'))
            .all(found),
    )
}
