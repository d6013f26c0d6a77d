//! Servers that listen on 127.0.0.1 alone, where EXPOSE says that they should be reached; and installers as programs.

use constrict_dockerfile::instruction::Command;
use constrict_dockerfile::{Kind, Span};

use super::rules;
use super::start::{Start, is_python};
use crate::facts::Facts;
use crate::shell::basename;
use crate::sink::Sink;

pub(super) fn check(start: &Start<'_>, facts: &Facts<'_>, index: usize, sink: &mut Sink<'_>) {
    check_installer(start, facts, index, sink);
    let exposes = facts
        .instructions(index)
        .any(|instruction| matches!(instruction.kind, Kind::Expose(_)));
    if !exposes {
        return;
    }
    for (words, span) in start.commands() {
        // a variable alone may bring any flag
        let is_open = words.iter().any(|word| word.starts_with('$'));
        if !is_open
            && let Some((server, flag)) = loopback(&words, &|name| is_set(facts, index, name))
        {
            let message = format!("`{server}` listens on 127.0.0.1, which EXPOSE does not reach");
            sink.add_with_hint(&rules::LOOPBACK_ONLY, span, message, format!("`{flag}`"));
        }
    }
}

fn is_set(facts: &Facts<'_>, index: usize, variable: &str) -> bool {
    facts
        .instructions(index)
        .any(|instruction| match &instruction.kind {
            Kind::Env(pairs) => pairs.iter().any(|(name, _)| name == variable),
            Kind::Arg(definitions) => definitions.iter().any(|arg| arg.name == variable),
            _ => false,
        })
}

/// The value of a flag, as `--flag value`, `--flag=value`, `-f value` or `-fvalue`.
fn value<'w>(words: &'w [String], flags: &[&str]) -> Option<&'w str> {
    for (at, word) in words.iter().enumerate() {
        for flag in flags {
            let Some(rest) = word.strip_prefix(flag) else {
                continue;
            };
            if rest.is_empty() {
                return Some(words.get(at + 1).map_or("", String::as_str));
            }
            match rest.strip_prefix('=') {
                Some(value) => return Some(value),
                None if !flag.starts_with("--") => return Some(rest),
                None => {}
            }
        }
    }
    None
}

fn is_loopback(address: &str) -> bool {
    let host = address.trim_start_matches("http://");
    let host = match host.rsplit_once(':') {
        Some((host, port))
            if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.ends_with(':') =>
        {
            host
        }
        _ => host,
    };
    matches!(
        host.trim_matches(['[', ']']),
        "127.0.0.1" | "localhost" | "::1"
    )
}

/// A server that is told, or left, to listen on loopback; and what to tell it.
fn loopback(
    words: &[String],
    is_set: &dyn Fn(&str) -> bool,
) -> Option<(&'static str, &'static str)> {
    let (program, rest) = words.split_first()?;
    let has = |flag: &str| rest.iter().any(|word| word == flag);
    let host = value(rest, &["--host"]);
    let bind = value(rest, &["--bind", "-b"]);
    match basename(program) {
        "uvicorn" => {
            let is_elsewhere = value(rest, &["--uds", "--fd"]).is_some()
                || is_set("UVICORN_HOST")
                || has("--help");
            (!is_elsewhere && host.is_none_or(is_loopback)).then_some(("uvicorn", "--host 0.0.0.0"))
        }
        "flask" if has("run") => {
            let host = value(rest, &["--host", "-h"]);
            let is_elsewhere = is_set("FLASK_RUN_HOST");
            (!is_elsewhere && host.is_none_or(is_loopback))
                .then_some(("flask run", "--host 0.0.0.0"))
        }
        "gunicorn" => bind
            .is_some_and(is_loopback)
            .then_some(("gunicorn", "--bind 0.0.0.0:PORT")),
        "hypercorn" => {
            let is_elsewhere = value(rest, &["--config", "-c"]).is_some();
            (!is_elsewhere && bind.is_none_or(is_loopback))
                .then_some(("hypercorn", "--bind 0.0.0.0:PORT"))
        }
        "daphne" => {
            let is_elsewhere = ["--endpoint", "-e", "--unix-socket", "-u", "--fd"]
                .iter()
                .any(|flag| value(rest, &[flag]).is_some());
            (!is_elsewhere && bind.is_none_or(is_loopback)).then_some(("daphne", "--bind 0.0.0.0"))
        }
        "fastapi" if has("dev") => host
            .is_none_or(is_loopback)
            .then_some(("fastapi dev", "fastapi run")),
        "fastapi" if has("run") => host
            .is_some_and(is_loopback)
            .then_some(("fastapi run", "--host 0.0.0.0")),
        "streamlit" => value(rest, &["--server.address"])
            .is_some_and(is_loopback)
            .then_some(("streamlit", "--server.address 0.0.0.0")),
        "jupyter" => value(rest, &["--ip", "--ServerApp.ip", "--NotebookApp.ip"])
            .is_some_and(is_loopback)
            .then_some(("jupyter", "--ip 0.0.0.0")),
        "django-admin" | "manage.py" => runserver(rest),
        python if is_python(python) => {
            let script = rest.iter().position(|word| basename(word) == "manage.py")?;
            runserver(&rest[script + 1..])
        }
        _ => None,
    }
}

/// Django's development server: its address is the word that is no flag.
fn runserver(words: &[String]) -> Option<(&'static str, &'static str)> {
    let at = words.iter().position(|word| word == "runserver")?;
    let mut rest = words[at + 1..].iter();
    let mut address = None;
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--settings" | "--pythonpath" | "-v" | "--verbosity" => {
                rest.next();
            }
            word if word.starts_with('-') => {}
            word => address = Some(word),
        }
    }
    let is_port = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    address
        .is_none_or(|address| is_port(address) || is_loopback(address))
        .then_some(("runserver", "runserver 0.0.0.0:8000"))
}

/// `uv run`, `poetry run` and their like, `pip install` at every start.
fn check_installer(start: &Start<'_>, facts: &Facts<'_>, index: usize, sink: &mut Sink<'_>) {
    for (command, span) in [start.entrypoint, start.cmd].into_iter().flatten() {
        let commands: Vec<Vec<String>> = match command {
            Command::Exec(words) => vec![words.clone()],
            Command::Shell(text) => crate::shell::parse(text)
                .commands
                .into_iter()
                .map(|command| command.words)
                .collect(),
        };
        let found = commands
            .iter()
            .find_map(|words| installer(words, &|name| is_set(facts, index, name)));
        if let Some(tool) = found {
            let message = format!(
                "every start goes through `{tool}`, which needs its caches, its lock and often the network"
            );
            report(message, span, sink);
        }
    }
}

fn report(message: String, span: Span, sink: &mut Sink<'_>) {
    sink.add_with_hint(
        &rules::INSTALLER_AT_START,
        span,
        message,
        "the script of the environment itself, such as `/app/.venv/bin/NAME`",
    );
}

fn installer(words: &[String], is_set: &dyn Fn(&str) -> bool) -> Option<&'static str> {
    let words: Vec<&String> = words
        .iter()
        .skip_while(|word| matches!(word.as_str(), "exec" | "env"))
        .collect();
    let program = basename(words.first()?);
    let second = words.get(1).map_or("", |word| word.as_str());
    let has = |flag: &str| words.iter().any(|word| *word == flag);
    match (program, second) {
        ("uv", "run") if !has("--no-sync") && !is_set("UV_NO_SYNC") => Some("uv run"),
        ("poetry", "run") => Some("poetry run"),
        ("pipenv", "run") => Some("pipenv run"),
        ("pdm", "run") => Some("pdm run"),
        ("pip" | "pip3", "install") => Some("pip install"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Option<&'static str> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        loopback(&words, &|_| false).map(|(server, _)| server)
    }

    #[test]
    fn servers_that_stay_on_loopback_are_told() {
        for text in [
            "uvicorn app:app",
            "uvicorn app:app --host 127.0.0.1 --port 80",
            "uvicorn --host=localhost a:b",
            "flask --app x run",
            "flask run -h 127.0.0.1",
            "gunicorn -b 127.0.0.1:8000 a:b",
            "gunicorn --bind=localhost:80 a:b",
            "hypercorn a:b",
            "daphne a:b",
            "python manage.py runserver",
            "python manage.py runserver 8000",
            "python3 manage.py runserver 127.0.0.1:8000",
            "fastapi dev x.py",
        ] {
            assert!(server(text).is_some(), "{text}");
        }
    }

    #[test]
    fn servers_that_can_be_reached_are_not() {
        for text in [
            "uvicorn app:app --host 0.0.0.0",
            "uvicorn app:app --host=::",
            "uvicorn a:b --uds /x",
            "flask run --host=0.0.0.0",
            "flask routes",
            "gunicorn a:b",
            "gunicorn -b 0.0.0.0:8000 a:b",
            "gunicorn -b :8000 a:b",
            "gunicorn -c conf.py a:b",
            "hypercorn -c x a:b",
            "python manage.py runserver 0.0.0.0:8000",
            "python manage.py migrate",
            "python app.py",
            "fastapi run x.py",
            "streamlit run x",
            "uvicorn a:b --host $HOST",
            "daphne -b 0.0.0.0 a:b",
        ] {
            assert_eq!(server(text), None, "{text}");
        }
    }
}
