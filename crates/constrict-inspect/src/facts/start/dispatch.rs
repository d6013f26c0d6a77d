//! What an executed program does next: shells read a text, wrappers start their arguments, Python runs a target.

use super::execute::{base_name, real_name};
use super::shell::State;
use super::shell::follow::{Dialect, Shell};
use super::walk::{Process, Walker, is_known};
use super::{ObstacleKind, Program, python, wrapper};
use crate::facts::account::Want;
use crate::files::shown;

/// How many bytes of a script are read.
const LARGEST: usize = 256 << 10;

/// Records a program and follows what it starts.
pub(crate) fn follow(walker: &mut Walker<'_, '_>, program: Program, process: Process) {
    let files = walker.files();
    let mut name = base_name(&program.argv[0]).to_string();
    let mut real = real_name(files, &program.executable);
    let mut words = program.argv.clone();
    if real.starts_with("busybox") || real == "toybox" {
        if name.starts_with("busybox") || name == "toybox" {
            words.remove(0);
            let Some(applet) = words.first() else {
                walker.record(program);
                return;
            };
            name = base_name(applet).to_string();
        }
        real = if name == "sh" {
            "ash".into()
        } else {
            name.clone()
        };
    }
    if python::is_interpreter(&real) || python::is_interpreter(&name) {
        return python::follow(walker, program, process);
    }
    if let Some(dialect) = dialect(&real).or_else(|| dialect(&name)) {
        return shell(walker, program, words, process, dialect);
    }
    walker.record(program.clone());
    wrapper::follow(walker, &name, &words, &program, &process);
}

fn dialect(name: &str) -> Option<Dialect> {
    match name {
        "dash" => Some(Dialect::Dash),
        "ash" => Some(Dialect::Ash),
        "bash" | "sh" | "rbash" | "zsh" | "ksh" | "mksh" | "ksh93" | "yash" | "zsh5" => {
            Some(Dialect::Bash)
        }
        _ => None,
    }
}

/// What the words of a shell say.
#[derive(Default)]
struct Arguments {
    errexit: bool,
    command: bool,
    login: bool,
    /// Read from standard input.
    input: bool,
    rest: Vec<String>,
}

fn arguments(words: &[String]) -> Arguments {
    let mut found = Arguments::default();
    let mut words = words.iter().skip(1);
    for word in words.by_ref() {
        match word.as_str() {
            "--" | "-" => break,
            "--login" => found.login = true,
            "-o" | "+o" | "-O" | "+O" => continue,
            "--rcfile" | "--init-file" => continue,
            long if long.starts_with("--") => {}
            short if short.starts_with(['-', '+']) && short.len() > 1 => {
                let on = short.starts_with('-');
                found.command |= on && short.contains('c');
                found.errexit |= on && short.contains('e');
                found.login |= on && short.contains('l');
                found.input |= on && short.contains('s');
            }
            _ => {
                found.rest.push(word.clone());
                break;
            }
        }
    }
    found.rest.extend(words.cloned());
    found
}

fn shell(
    walker: &mut Walker<'_, '_>,
    program: Program,
    words: Vec<String>,
    process: Process,
    dialect: Dialect,
) {
    let mut words = words;
    // an option's argument: `-o pipefail`
    while let Some(at) = words.iter().position(|word| is_option_with_argument(word)) {
        let errexit = words.get(at + 1).is_some_and(|option| option == "errexit");
        let end = usize::min(at + 2, words.len());
        let letters = words[at].trim_end_matches(['o', 'O']).to_string();
        words.drain(at..end);
        if letters.len() > 1 {
            words.insert(at, letters);
        }
        if errexit {
            words.insert(at, "-e".into());
        }
        if at + 1 >= words.len() {
            break;
        }
    }
    let found = arguments(&words);
    let (text, script, name, rest) = if found.command {
        walker.record(program.clone());
        let Some((text, rest)) = found.rest.split_first() else {
            return;
        };
        let (name, rest) = rest
            .split_first()
            .map_or(("sh".to_string(), Vec::new()), |(name, rest)| {
                (name.clone(), rest.to_vec())
            });
        (text.clone(), None, name, rest)
    } else if let Some((file, rest)) = found.rest.split_first().filter(|_| !found.input) {
        let Some(path) = script(walker, file, &process, &program) else {
            return;
        };
        walker.record(program.clone());
        if wrapper::follow(walker, base_name(file), &found.rest, &program, &process) {
            return;
        }
        let Some(text) = walker.files().text(&path, LARGEST) else {
            return walker.unknown(format!("{} is too large a script", shown(&path)));
        };
        (text, Some(path), file.clone(), rest.to_vec())
    } else {
        walker.record(program);
        return;
    };
    if !is_known(&text) && script.is_none() {
        return walker.unknown("a shell runs a text that only the run tells".into());
    }
    if let Some(script) = &script {
        walker.out.scripts.push(script.clone());
    }
    let mut state = State::new(&process.environment, name, rest);
    state.errexit = found.errexit;
    if found.login {
        login(walker, &mut state);
    }
    let doubt = std::mem::take(&mut walker.doubt);
    walker.shell(
        &mut Shell {
            state,
            process,
            script,
            traps: false,
            dialect,
        },
        &text,
    );
    walker.doubt = doubt;
}

fn is_option_with_argument(word: &str) -> bool {
    word.starts_with('-')
        && !word.starts_with("--")
        && word.len() > 1
        && word.ends_with(['o', 'O'])
        && !word.contains('c')
}

/// A login shell reads `/etc/profile`, which on Debian and Alpine sets PATH anew.
fn login(walker: &Walker<'_, '_>, state: &mut State) {
    if walker.files().is_file(b"etc/profile") {
        state.set("PATH", super::walk::UNKNOWN.to_string());
    }
}

/// The script that a shell is told to read.
fn script(
    walker: &mut Walker<'_, '_>,
    file: &str,
    process: &Process,
    program: &Program,
) -> Option<Vec<u8>> {
    let Some(mut path) = walker.path_of(file, process) else {
        walker.unknown("a shell reads a script that only the run names".into());
        return None;
    };
    let files = walker.files();
    if !files.exists(&path) && !file.contains('/') {
        // bash looks on PATH then
        path = process
            .environment
            .candidates(file)
            .find(|path| files.is_file(path))
            .unwrap_or(path);
    }
    if files.is_file(&path) {
        let closed = process.user.blocked(files, &path).is_some_and(|directory| {
            file.starts_with('/') || !process.environment.is_below(&directory)
        });
        let readable = files
            .resolve(&path)
            .is_some_and(|(_, node)| process.user.may(node, Want::Read));
        if readable && !closed {
            return Some(path);
        }
        walker.obstacle(
            ObstacleKind::UnreadableScript { path },
            program.argv.clone(),
            process,
        );
        return None;
    }
    walker.obstacle(
        ObstacleKind::NoScript { path },
        program.argv.clone(),
        process,
    );
    None
}
