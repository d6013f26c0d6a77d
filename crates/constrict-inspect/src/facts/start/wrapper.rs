//! Programs that start the program which their arguments name: init programs, changers of users, waiters, profilers.

use super::execute::base_name;
use super::walk::{Caller, Process, Walker, is_known};
use super::{ObstacleKind, Program, Target, python, supervisor};
use crate::files::{join, shown};

/// How the words of a wrapper are read.
struct Wrapper {
    names: &'static [&'static str],
    /// Options whose value is the next word.
    valued: &'static [&'static str],
    /// Words before the command.
    skip: usize,
    /// The first of them is a user.
    user: bool,
    caller: Caller,
    /// It starts a process of its own for the command, and passes signals on.
    forks: bool,
    /// The command begins after `--` and nowhere else.
    after_dashes: bool,
}

const PLAIN: Wrapper = Wrapper {
    names: &[],
    valued: &[],
    skip: 0,
    user: false,
    caller: Caller::Library,
    forks: false,
    after_dashes: false,
};

const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        names: &["tini", "tini-static", "docker-init"],
        forks: true,
        valued: &["-p", "-e"],
        ..PLAIN
    },
    Wrapper {
        names: &["dumb-init"],
        forks: true,
        valued: &["-r", "--rewrite"],
        ..PLAIN
    },
    Wrapper {
        names: &["catatonit"],
        forks: true,
        valued: &[],
        ..PLAIN
    },
    Wrapper {
        names: &["gosu"],
        skip: 1,
        user: true,
        caller: Caller::Kernel,
        ..PLAIN
    },
    Wrapper {
        names: &["su-exec"],
        skip: 1,
        user: true,
        ..PLAIN
    },
    Wrapper {
        names: &["nice"],
        valued: &["-n", "--adjustment"],
        ..PLAIN
    },
    Wrapper {
        names: &["ionice"],
        valued: &["-c", "-n", "--class", "--classdata"],
        ..PLAIN
    },
    Wrapper {
        names: &["timeout"],
        forks: true,
        valued: &["-s", "--signal", "-k", "--kill-after"],
        skip: 1,
        ..PLAIN
    },
    Wrapper {
        names: &["nohup", "setsid", "unbuffer", "ltrace", "catchsegv"],
        ..PLAIN
    },
    Wrapper {
        names: &["stdbuf"],
        valued: &["-i", "-o", "-e", "--input", "--output", "--error"],
        ..PLAIN
    },
    Wrapper {
        names: &["time"],
        valued: &["-f", "-o", "--format", "--output"],
        ..PLAIN
    },
    Wrapper {
        names: &["dockerize"],
        forks: true,
        valued: &[
            "-wait",
            "-timeout",
            "-template",
            "-stdout",
            "-stderr",
            "-delims",
            "-wait-http-header",
            "-wait-retry-interval",
            "-poll-interval",
            "-env",
        ],
        caller: Caller::Kernel,
        ..PLAIN
    },
    Wrapper {
        names: &["xvfb-run"],
        valued: &[
            "-e",
            "--error-file",
            "-f",
            "--auth-file",
            "-n",
            "--server-num",
            "-p",
            "--xauth-protocol",
            "-s",
            "--server-args",
            "-w",
            "--wait",
        ],
        caller: Caller::Shell,
        ..PLAIN
    },
    Wrapper {
        names: &[
            "wait-for-it.sh",
            "wait-for-it",
            "wait-for.sh",
            "wait-for",
            "wait_for_it.sh",
        ],
        after_dashes: true,
        caller: Caller::Shell,
        ..PLAIN
    },
    Wrapper {
        names: &["ddtrace-run"],
        ..PLAIN
    },
    Wrapper {
        names: &["opentelemetry-instrument"],
        valued: &[
            "--service_name",
            "--traces_exporter",
            "--metrics_exporter",
            "--logs_exporter",
            "--exporter_otlp_endpoint",
            "--propagators",
            "--exporter_otlp_traces_endpoint",
            "--exporter_otlp_protocol",
            "--resource_attributes",
            "--id_generator",
        ],
        ..PLAIN
    },
];

/// Follows what a wrapper starts; whether the name is a wrapper's. `words` begin with the wrapper's name.
pub(crate) fn follow(
    walker: &mut Walker<'_, '_>,
    name: &str,
    words: &[String],
    program: &Program,
    process: &Process,
) -> bool {
    if let Some(wrapper) = WRAPPERS
        .iter()
        .find(|wrapper| wrapper.names.contains(&name))
    {
        wrapped(walker, wrapper, words, process);
        return true;
    }
    match name {
        "env" => env(walker, words, process),
        "setpriv" => setpriv(walker, words, process),
        "su" | "runuser" | "sudo" => switch(walker, name, words, process),
        "supervisord" => supervisor::follow(walker, words, process),
        "uv" => uv(walker, words, process),
        "s6-svscan" | "init" | "runsvdir" | "runit" | "systemd" | "circusd" | "conda" | "mamba"
        | "micromamba" | "pixi" | "pm2-runtime" | "nix-shell" => {
            walker.unknown(format!(
                "what `{}` starts is not followed",
                shown(&program.executable)
            ));
        }
        "poetry" | "pipenv" | "pdm" | "hatch" | "rye" => {
            walker.unknown(format!("what `{name}` starts is not followed"))
        }
        name => {
            if changes(name) {
                walker.changed = true;
            }
            return false;
        }
    }
    true
}

/// Whether a program makes or changes files: what is missing before may be there after.
fn changes(name: &str) -> bool {
    [
        "cp", "mv", "ln", "install", "tar", "unzip", "git", "curl", "wget", "apt-get", "apt",
        "apk", "dnf", "yum", "microdnf", "npm", "yarn", "make", "rsync", "touch", "mkdir", "tee",
        "chmod", "chown", "useradd", "adduser", "usermod", "groupadd", "addgroup", "sed", "dd",
        "mount", "dos2unix", "patch", "cargo", "go", "gcc", "cmake", "ldconfig", "envsubst", "rm",
        "unlink", "gunzip", "bunzip2", "xz", "aws", "gsutil", "find", "xargs",
    ]
    .contains(&name)
}

fn wrapped(walker: &mut Walker<'_, '_>, wrapper: &Wrapper, words: &[String], process: &Process) {
    let rest = if wrapper.after_dashes {
        let Some(at) = words.iter().position(|word| word == "--") else {
            return;
        };
        words[at + 1..].to_vec()
    } else {
        after_options(&words[1..], wrapper.valued)
    };
    if rest.len() <= wrapper.skip {
        return;
    }
    let (skipped, inner) = rest.split_at(wrapper.skip);
    let mut process = process.clone();
    if wrapper.forks {
        process.first = false;
    }
    if let Some(asked) = skipped.first().filter(|_| wrapper.user)
        && !become_user(walker, asked, words, &mut process)
    {
        return;
    }
    walker.exec(inner.to_vec(), process, wrapper.caller);
}

/// The words after the options.
fn after_options(words: &[String], valued: &[&str]) -> Vec<String> {
    let mut at = 0;
    while let Some(word) = words
        .get(at)
        .filter(|word| word.starts_with('-') && word.len() > 1)
    {
        at += 1;
        if word == "--" {
            break;
        }
        at += usize::from(valued.contains(&word.as_str()));
    }
    words.get(at..).unwrap_or_default().to_vec()
}

/// Changes the user of a process; whether there is one.
fn become_user(
    walker: &mut Walker<'_, '_>,
    asked: &str,
    words: &[String],
    process: &mut Process,
) -> bool {
    if !is_known(asked) {
        process.sure = false;
        return true;
    }
    let user = walker.facts.accounts().user(asked);
    if user.uid.is_none() || user.gid.is_none() {
        let kind = ObstacleKind::NoUser {
            name: asked.to_string(),
        };
        return !walker.obstacle(kind, words.to_vec(), process);
    }
    process
        .environment
        .variables
        .insert("HOME".into(), user.home.clone());
    process.user = user;
    true
}

fn env(walker: &mut Walker<'_, '_>, words: &[String], process: &Process) {
    let mut process = process.clone();
    let mut rest: Vec<String> = words[1..].to_vec();
    rest.reverse();
    while let Some(word) = rest.pop() {
        match word.as_str() {
            "-" | "-i" | "--ignore-environment" => process.environment.variables.clear(),
            "-u" | "--unset" => {
                let name = rest.pop().unwrap_or_default();
                process.environment.variables.remove(&name);
            }
            "-C" | "--chdir" => {
                let directory = rest.pop().unwrap_or_default();
                process.environment.directory = process.environment.absolute(directory.as_bytes());
            }
            "--" | "-v" | "--debug" | "-0" => {}
            split
                if split.starts_with("-S")
                    || split.starts_with("-vS")
                    || split.starts_with("--split-string") =>
            {
                let text = match split.split_once(['S', '=']) {
                    Some((_, text)) if !text.is_empty() => text.to_string(),
                    _ => rest.pop().unwrap_or_default(),
                };
                if text.contains(['\\', '$', '\'', '"']) {
                    return walker.unknown("`env -S` with quotes is not followed".into());
                }
                rest.extend(text.split_ascii_whitespace().rev().map(str::to_string));
            }
            option if option.starts_with('-') => {
                return walker.unknown(format!("`env {option}` is not followed"));
            }
            assignment if assignment.contains('=') => {
                let (name, value) = assignment.split_once('=').expect("it contains one");
                process
                    .environment
                    .variables
                    .insert(name.into(), value.into());
            }
            _ => {
                rest.push(word);
                break;
            }
        }
    }
    rest.reverse();
    // the search uses env's own PATH, or the default of the C library
    if process.environment.get("PATH").is_none() {
        process
            .environment
            .variables
            .insert("PATH".into(), "/bin:/usr/bin".into());
    }
    walker.exec(rest, process, Caller::Library);
}

fn setpriv(walker: &mut Walker<'_, '_>, words: &[String], process: &Process) {
    let valued = [
        "--reuid",
        "--regid",
        "--ruid",
        "--euid",
        "--rgid",
        "--egid",
        "--groups",
        "--inh-caps",
        "--bounding-set",
        "--ambient-caps",
        "--securebits",
        "--pdeathsig",
        "--selinux-label",
        "--apparmor-profile",
    ];
    let mut process = process.clone();
    let value = |name: &str| {
        let joined = words.iter().find_map(|word| {
            word.strip_prefix(name)?
                .strip_prefix('=')
                .map(str::to_string)
        });
        joined.or_else(|| {
            words
                .iter()
                .position(|word| word == name)
                .and_then(|at| words.get(at + 1).cloned())
        })
    };
    let home = process.environment.get("HOME").map(str::to_string);
    if let Some(user) = value("--reuid") {
        if !become_user(walker, &user, words, &mut process) {
            return;
        }
        process
            .environment
            .variables
            .extend(home.map(|home| ("HOME".to_string(), home)));
    }
    walker.exec(
        after_options(&words[1..], &valued),
        process,
        Caller::Library,
    );
}

/// `su`, `runuser`, `sudo`.
fn switch(walker: &mut Walker<'_, '_>, name: &str, words: &[String], process: &Process) {
    let mut process = process.clone();
    let (mut user, mut command, mut shell) = (None, None, None);
    let mut rest = Vec::new();
    let mut words_left = words[1..].iter();
    while let Some(word) = words_left.next() {
        match word.as_str() {
            "-u" | "--user" => user = words_left.next().cloned(),
            "-c" | "--command" if name != "sudo" => command = words_left.next().cloned(),
            "-s" | "--shell" if name != "sudo" => shell = words_left.next().cloned(),
            "-g" | "-G" | "-C" | "-D" | "-h" | "-p" | "-r" | "-t" | "-T" | "-U" | "-w" => {
                words_left.next();
            }
            "--" => {
                rest.extend(words_left.cloned());
                break;
            }
            option if option.starts_with('-') => {
                process.sure &= option != "-" && option != "-l" && option != "-i";
            }
            _ if user.is_some() || name == "sudo" => {
                rest.push(word.clone());
                rest.extend(words_left.cloned());
                break;
            }
            _ => user = Some(word.clone()),
        }
    }
    if !become_user(
        walker,
        user.as_deref().unwrap_or("root"),
        words,
        &mut process,
    ) {
        return;
    }
    match command {
        Some(command) => {
            let shell = shell.unwrap_or_else(|| "/bin/sh".into());
            walker.exec(
                [vec![shell, "-c".into(), command], rest].concat(),
                process,
                Caller::Kernel,
            );
        }
        None => {
            walker.exec(rest, process, Caller::Library);
        }
    }
}

/// `uv run`: the command, in the project's environment.
fn uv(walker: &mut Walker<'_, '_>, words: &[String], process: &Process) {
    let valued = [
        "--python",
        "-p",
        "--extra",
        "--group",
        "--with",
        "--env-file",
        "--directory",
        "--project",
        "--package",
        "--index-url",
        "--cache-dir",
        "-C",
    ];
    let Some(at) = words.iter().position(|word| word == "run") else {
        return;
    };
    if words.iter().any(|word| {
        [
            "--with",
            "--script",
            "--directory",
            "--project",
            "--isolated",
            "--env-file",
        ]
        .contains(&word.as_str())
    }) {
        return walker.unknown("what `uv run` starts is not followed".into());
    }
    let mut process = process.clone();
    // it may make the environment anew before
    process.sure = false;
    let mut inner = after_options(&words[at + 1..], &valued);
    if words[at + 1..]
        .iter()
        .any(|word| word == "-m" || word == "--module")
    {
        inner.splice(..0, ["python".to_string(), "-m".to_string()]);
    } else if inner.first().is_some_and(|first| first.ends_with(".py")) {
        inner.insert(0, "python".into());
    }
    let venv = process
        .environment
        .get("UV_PROJECT_ENVIRONMENT")
        .unwrap_or(".venv")
        .to_string();
    let bin = join(&process.environment.absolute(venv.as_bytes()), b"bin");
    if walker.files().is_directory(&bin) {
        let path = format!(
            "{}:{}",
            shown(&bin),
            process.environment.get("PATH").unwrap_or_default()
        );
        process.environment.variables.insert("PATH".into(), path);
    }
    walker.exec(inner, process, Caller::Kernel);
}

/// Follows wrappers that are Python programs: by the name of the script, or of the module after `-m`.
pub(crate) fn follow_python(walker: &mut Walker<'_, '_>, index: usize, process: &Process) {
    let program = walker.out.programs[index].clone();
    let Some(run) = &program.python else { return };
    let name = match &run.target {
        Target::Path(path) => String::from_utf8_lossy(crate::files::file_name(path)).into_owned(),
        Target::Module(module) => module.clone(),
        _ => return,
    };
    let mut words = vec![name.clone()];
    words.extend(run.arguments.iter().cloned());
    match name.as_str() {
        "coverage" if run.arguments.first().is_some_and(|word| word == "run") => {
            let valued = [
                "--rcfile",
                "--source",
                "--omit",
                "--include",
                "--concurrency",
                "--data-file",
                "--context",
            ];
            same_interpreter(walker, &program, &run.arguments[1..], &valued, process);
        }
        "debugpy" => {
            let valued = [
                "--listen",
                "--connect",
                "--log-to",
                "--configure-subProcess",
                "--adapter-access-token",
            ];
            same_interpreter(walker, &program, &run.arguments, &valued, process);
        }
        "pdb" | "cProfile" | "memory_profiler" => {
            same_interpreter(
                walker,
                &program,
                &run.arguments,
                &["-o", "-s", "--outfile", "--sort"],
                process,
            );
        }
        "newrelic-admin" => match run.arguments.first().map(String::as_str) {
            Some("run-program") => drop(walker.exec(
                run.arguments[1..].to_vec(),
                process.clone(),
                Caller::Library,
            )),
            Some("run-python") => {
                same_interpreter(walker, &program, &run.arguments[1..], &[], process)
            }
            _ => {}
        },
        "watchmedo"
            if run
                .arguments
                .first()
                .is_some_and(|word| word == "auto-restart") =>
        {
            match run.arguments.iter().position(|word| word == "--") {
                Some(at) => drop(walker.exec(
                    run.arguments[at + 1..].to_vec(),
                    process.clone(),
                    Caller::Library,
                )),
                None => walker.unknown("what `watchmedo` starts is not followed".into()),
            }
        }
        "honcho" if run.arguments.first().is_some_and(|word| word == "start") => {
            supervisor::procfile(walker, &run.arguments[1..], process)
        }
        "poetry"
        | "pipenv"
        | "pdm"
        | "hatch"
        | "circusd"
        | "watchfiles"
        | "supervisord"
        | "opentelemetry-instrument"
        | "ddtrace-run"
        | "uv" => {
            follow(walker, &name, &words, &program, process);
        }
        // pip and its like make files
        name if name.starts_with("pip") || name == "venv" || name == "virtualenv" => {
            walker.changed = true
        }
        _ => {}
    }
}

/// A target of Python after a wrapper's options: `coverage run -m app`.
fn same_interpreter(
    walker: &mut Walker<'_, '_>,
    program: &Program,
    words: &[String],
    valued: &[&str],
    process: &Process,
) {
    let mut words = words.to_vec();
    let mut at = 0;
    while let Some(word) = words
        .get(at)
        .filter(|word| word.starts_with('-') && *word != "-m" && *word != "-c")
    {
        at += 1 + usize::from(valued.contains(&word.as_str()));
    }
    let rest = words.split_off(usize::min(at, words.len()));
    if rest.is_empty() {
        return;
    }
    let mut inner = program.clone();
    let mut process = process.clone();
    // a wrapper may do with it what it likes
    process.fatal &= program.fatal;
    inner.argv = std::iter::once(base_name(&program.argv[0]).to_string())
        .chain(rest)
        .collect();
    inner.listens.clear();
    python::follow(walker, inner, process);
}
