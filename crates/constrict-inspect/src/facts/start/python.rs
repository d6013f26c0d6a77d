//! A run of Python: its options and what it runs. Never computes `sys.path`.
//!
//! Source: <https://docs.python.org/3/using/cmdline.html>.

use super::execute::{below, real_name};
use super::walk::{Process, Walker, is_known};
use super::{ObstacleKind, Program, PythonRun, Target, server, wrapper};
use crate::facts::account::Want;
use crate::files::shown;

/// Whether a file of this name is a Python interpreter: `python3.11`, `pypy3`.
pub(crate) fn is_interpreter(name: &str) -> bool {
    let name = name
        .strip_prefix("pypy")
        .or_else(|| name.strip_prefix("python"));
    name.is_some_and(|version| {
        version
            .chars()
            .all(|next| next.is_ascii_digit() || ".dtm".contains(next))
    })
}

/// Reads the interpreter's own words.
pub(crate) fn parse(words: &[String], process: &Process) -> PythonRun {
    let mut run = PythonRun::default();
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        if word == "-" {
            break;
        }
        if !word.starts_with('-') {
            run.target = match is_known(word) {
                true => Target::Path(process.environment.absolute(word.as_bytes())),
                false => Target::Unknown,
            };
            break;
        }
        if word.starts_with("--") {
            if word.starts_with("--help") || word == "--version" {
                run.target = Target::Code(String::new());
                return run;
            }
            run.options.push(word.clone());
            if word == "--check-hash-based-pycs" {
                run.options.extend(words.next().cloned());
            }
            continue;
        }
        if let Some(ended) = letters(word, &mut words, &mut run) {
            run.target = ended;
            break;
        }
    }
    run.arguments = words.cloned().collect();
    run
}

/// Options of one letter, joined or not; the target if one of them names it.
fn letters<'w>(
    word: &str,
    words: &mut impl Iterator<Item = &'w String>,
    run: &mut PythonRun,
) -> Option<Target> {
    for (at, letter) in word.char_indices().skip(1) {
        let attached = &word[at + letter.len_utf8()..];
        let mut value = || match attached.is_empty() {
            true => words.next().cloned().unwrap_or_default(),
            false => attached.to_string(),
        };
        match letter {
            'c' | 'm' => {
                let value = value();
                return Some(match (is_known(&value), letter) {
                    (false, _) => Target::Unknown,
                    (true, 'c') => Target::Code(value),
                    _ => Target::Module(value),
                });
            }
            'W' | 'X' => {
                run.options.extend([format!("-{letter}"), value()]);
                return None;
            }
            'h' | '?' | 'V' => return Some(Target::Code(String::new())),
            letter => run.options.push(format!("-{letter}")),
        }
    }
    None
}

/// Records a run of Python and follows what a server or wrapper does with its arguments.
pub(crate) fn follow(walker: &mut Walker<'_, '_>, mut program: Program, process: Process) {
    let run = parse(&program.argv, &process);
    if let Some(kind) = unreadable(walker, &program, &run.target, &process) {
        let stopped = walker.obstacle(kind, program.argv.clone(), &process);
        walker.failed = stopped || process.asked && !walker.changed;
        program.python = Some(run);
        // it still starts: rules look at the interpreter
        walker.record(program);
        return;
    }
    if run.target == Target::Unknown {
        walker.unknown("Python runs what only the run tells".into());
    }
    program.python = Some(run);
    let script = server::examine(walker, &mut program, &process);
    let Some(index) = walker.record(program.clone()) else {
        return;
    };
    if let Some(script) = script {
        run_by(walker, program, script);
    }
    wrapper::follow_python(walker, index, &process);
}

/// A script that another program runs in the same interpreter.
fn run_by(walker: &mut Walker<'_, '_>, mut program: Program, script: Vec<u8>) {
    program.via.push(super::shown_words(&program.argv));
    program.fatal = false;
    program.listens.clear();
    program.python = Some(PythonRun {
        target: Target::Path(script),
        ..PythonRun::default()
    });
    walker.record(program);
}

/// Why the target cannot be read.
fn unreadable(
    walker: &Walker<'_, '_>,
    program: &Program,
    target: &Target,
    process: &Process,
) -> Option<ObstacleKind> {
    let Target::Path(path) = target else {
        return None;
    };
    let files = walker.files();
    if !is_known(&String::from_utf8_lossy(path)) {
        return None;
    }
    let Some((_, node)) = files.resolve(path) else {
        return Some(ObstacleKind::NoScript { path: path.clone() });
    };
    if node.is_directory() {
        let main = ["__main__.py", "__main__.pyc"]
            .iter()
            .any(|name| files.is_file(&below(path, name)));
        return (!main).then(|| ObstacleKind::NoScript {
            path: below(path, "__main__.py"),
        });
    }
    // since 3.9 the name of a script is made absolute first
    let old = ["python3.6", "python3.7", "python3.8"];
    let absolute = program.argv.iter().any(|word| *word == shown(path))
        || !old.contains(&real_name(files, &program.executable).as_str());
    let closed = process
        .user
        .blocked(files, path)
        .filter(|directory| absolute || !process.environment.is_below(directory));
    if let Some(directory) = closed {
        return Some(ObstacleKind::Closed {
            path: path.clone(),
            directory,
        });
    }
    (!process.user.may(node, Want::Read))
        .then(|| ObstacleKind::UnreadableScript { path: path.clone() })
}
