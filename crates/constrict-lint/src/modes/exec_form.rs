//! Commands in a form that means something else than it looks like.

use constrict_dockerfile::instruction::{Command, Healthcheck};
use constrict_dockerfile::{Kind, Span, Stage};

use super::base::Base;
use super::rules;
use super::start::{Start, is_command_flag, is_python, is_shell};
use crate::facts::Facts;
use crate::shell::{self, basename};
use crate::sink::Sink;

/// Programs that have a use for `$NAME` or the signs of a shell in their arguments.
const EXPANDING: [&str; 14] = [
    "java", "envsubst", "awk", "gawk", "perl", "php", "ruby", "node", "find", "xargs", "sed", "jq",
    "su", "expr",
];

/// Scripts that packages install, and that Python cannot be given as a file.
pub(super) const CONSOLE_SCRIPTS: [&str; 16] = [
    "gunicorn",
    "uvicorn",
    "hypercorn",
    "daphne",
    "flask",
    "celery",
    "streamlit",
    "fastapi",
    "django-admin",
    "alembic",
    "granian",
    "waitress-serve",
    "jupyter",
    "scrapy",
    "pytest",
    "uwsgi",
];

/// The form of each command of a stage.
pub(super) fn check(stage: &Stage, sink: &mut Sink<'_>) {
    for instruction in &stage.instructions {
        let command = match &instruction.kind {
            Kind::Cmd(command) | Kind::Entrypoint(command) => command,
            Kind::Healthcheck(Healthcheck::Check(check)) => &check.command,
            _ => continue,
        };
        let keyword = instruction.kind.keyword();
        match command {
            Command::Shell(text) if looks_like_array(text) => {
                let message = format!(
                    "{keyword} is no JSON array, so a shell is given `{}`",
                    text.trim()
                );
                let hint = format!(
                    "double quotes around each word and commas between them: {keyword} {}",
                    as_array(text)
                );
                sink.add_with_hint(&rules::EXEC_FORM_NOT_JSON, instruction.span, message, hint);
            }
            // what CMD means depends on ENTRYPOINT
            Command::Exec(words) if keyword != "CMD" => {
                check_words(words, keyword, instruction.span, sink)
            }
            _ => {}
        }
    }
}

/// `['python', 'app.py']`, and not `[ -f x ] && y`.
fn looks_like_array(text: &str) -> bool {
    let text = text.trim();
    let Some(inner) = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    else {
        return false;
    };
    let starts_close = !inner.starts_with(char::is_whitespace);
    let inner = inner.trim();
    let quote = inner
        .chars()
        .next()
        .filter(|ch| matches!(ch, '\'' | '"' | '“' | '‘'));
    let after = quote.and_then(|quote| {
        let rest = &inner[quote.len_utf8()..];
        let close = match quote {
            '“' => '”',
            '‘' => '’',
            other => other,
        };
        rest.split_once(close).map(|(_, after)| after.trim_start())
    });
    starts_close && !inner.starts_with('[') && !inner.contains("];")
        || after.is_some_and(|after| after.is_empty() || after.starts_with(','))
}

/// The array that was meant.
fn as_array(text: &str) -> String {
    let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
    let words = inner
        .split([',', ' '])
        .map(|word| word.trim_matches(|ch: char| ch.is_whitespace() || "'\"“”‘’`".contains(ch)));
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(|word| format!("\"{word}\""))
        .collect();
    format!("[{}]", words.join(", "))
}

fn check_words(words: &[String], keyword: &str, span: Span, sink: &mut Sink<'_>) {
    let Some(program) = words.first() else { return };
    if program.contains(' ') && !program.starts_with('-') {
        let message = format!(
            "the program of {keyword} is `{program}`, blanks included: there is none of that name"
        );
        let parts: Vec<String> = program
            .split_whitespace()
            .map(|word| format!("\"{word}\""))
            .collect();
        sink.add_with_hint(
            &rules::EXEC_FORM_ONE_STRING,
            span,
            message,
            format!("{keyword} [{}]", parts.join(", ")),
        );
        return;
    }
    let is_excused = words
        .iter()
        .any(|word| is_shell(word) || EXPANDING.contains(&basename(word)))
        || words
            .iter()
            .any(|word| is_command_flag(word) || matches!(word.as_str(), "-e" | "--eval"));
    if is_excused {
        return;
    }
    let sign = words.iter().skip(1).find(|word| is_for_shell(word));
    if let Some(sign) = sign {
        let message = format!("no shell runs this {keyword}: `{sign}` stays as it is");
        let hint = format!(
            "{keyword} [\"sh\", \"-c\", \"exec {}\"], or the value itself",
            words.join(" ").replace('"', "\\\"")
        );
        sink.add_with_hint(&rules::EXEC_FORM_IS_NO_SHELL, span, message, hint);
    }
}

/// Whether a word means something to shells alone.
fn is_for_shell(word: &str) -> bool {
    matches!(word, "&&" | "||" | "|" | ">" | ">>" | "2>&1")
        || word.starts_with("~/")
        || has_variable(word)
}

/// `$NAME` or `${NAME}` in capitals, as variables of the environment are.
fn has_variable(word: &str) -> bool {
    word.match_indices('$').any(|(at, _)| {
        let rest = &word[at + 1..];
        let name = rest.strip_prefix('{').unwrap_or(rest);
        name.starts_with(|ch: char| ch.is_ascii_uppercase())
    })
}

/// ENTRYPOINT and CMD together.
pub(super) fn check_start(start: &Start<'_>, facts: &Facts<'_>, index: usize, sink: &mut Sink<'_>) {
    let base = Base::of(&facts.stages[index].image);
    match (start.entrypoint, start.cmd) {
        (Some((Command::Shell(text), span)), Some(_)) if !mentions_arguments(text) => {
            let message = "ENTRYPOINT is a text for a shell, which ignores CMD";
            let hint = "ENTRYPOINT as a JSON array takes CMD as its arguments";
            sink.add_with_hint(&rules::ENTRYPOINT_EATS_CMD, span, message, hint);
        }
        (Some((Command::Exec(entrypoint), _)), Some((cmd, span)))
            if entrypoint.len() == 1 && is_python(basename(&entrypoint[0])) =>
        {
            check_for_python(cmd, span, "ENTRYPOINT", sink);
        }
        (None, Some((cmd, span))) if base.starts_python => {
            check_for_python(cmd, span, "the base image", sink)
        }
        _ => {}
    }
    if let Some((Command::Exec(words), span)) = start.cmd
        && takes_words(start, &base)
    {
        check_words(words, "CMD", span, sink);
    }
    for (command, span) in [start.entrypoint, start.cmd].into_iter().flatten() {
        let Command::Shell(text) = command else {
            continue;
        };
        if base.is_bare && !brings_shell(facts, index) {
            let message = format!("`{}` has no shell to run this", facts.stages[index].image);
            sink.add_with_hint(
                &rules::SHELL_FORM_WITHOUT_SHELL,
                span,
                message,
                "a JSON array needs no shell",
            );
        } else {
            check_signals(text, span, sink);
        }
    }
}

/// Whether CMD is a command by itself: there is no ENTRYPOINT that might be a shell or a script.
fn takes_words(start: &Start<'_>, base: &Base) -> bool {
    start.entrypoint.is_none() && base.has_no_entrypoint
}

/// Whether the stage gets a shell: from a RUN, which could not run without one, or by COPY of a program or a tree.
fn brings_shell(facts: &Facts<'_>, index: usize) -> bool {
    let is_tree = |dest: &str| {
        matches!(
            dest.trim_end_matches('/'),
            "" | "/bin" | "/usr" | "/usr/bin"
        )
    };
    facts
        .chain(index)
        .iter()
        .any(|index| !facts.stages[*index].runs.is_empty())
        || facts
            .copies(index)
            .any(|(copy, _)| is_tree(&copy.dest) || is_shell(&copy.dest))
        || facts
            .instructions(index)
            .any(|instruction| matches!(instruction.kind, Kind::Add(_) | Kind::Shell(_)))
}

fn mentions_arguments(text: &str) -> bool {
    ["$@", "$*", "$0", "$1", "${@", "${0", "${1"]
        .iter()
        .any(|name| text.contains(name))
}

fn check_for_python(cmd: &Command, span: Span, whose: &str, sink: &mut Sink<'_>) {
    let first = match cmd {
        Command::Shell(_) => "/bin/sh",
        Command::Exec(words) => match words.first() {
            Some(first)
                if is_python(basename(first)) || CONSOLE_SCRIPTS.contains(&first.as_str()) =>
            {
                first
            }
            _ => return,
        },
    };
    let message = format!(
        "{whose} runs `python` with what CMD says: `python {first} …` is no script of Python's"
    );
    sink.add_with_hint(
        &rules::CMD_NOT_FOR_ENTRYPOINT,
        span,
        message,
        "an ENTRYPOINT of its own, or CMD [\"-m\", \"MODULE\", …]",
    );
}

/// A list of commands is a shell's to the end: the last is its child, and signals do not reach it.
fn check_signals(text: &str, span: Span, sink: &mut Sink<'_>) {
    let script = shell::parse(text);
    let [_, .., last] = script.commands.as_slice() else {
        return;
    };
    let handles = script
        .commands
        .iter()
        .any(|command| matches!(command.name(), "exec" | "trap" | "wait"));
    if handles || script.has_pipe || looks_like_array(text) || last.words.is_empty() {
        return;
    }
    let message = format!(
        "the shell stays in front of `{}` and passes no signals on",
        last.name()
    );
    sink.add_with_hint(
        &rules::SHELL_FORM_SIGNALS,
        span,
        message,
        format!("`exec {}` as the last command", last.name()),
    );
}

#[cfg(test)]
mod tests {
    use super::{as_array, has_variable, looks_like_array};

    #[test]
    fn arrays_that_are_none_are_told_from_tests() {
        for text in [
            "['python', 'app.py']",
            "[\"python\" \"app.py\"]",
            "[ 'a', 'b' ]",
            "[\"a\",]",
            "[“python”, “x”]",
            "[python, app.py]",
        ] {
            assert!(looks_like_array(text), "{text}");
        }
        for text in [
            "[ -f x ] && y",
            "[ \"$A\" = b ] && [ c ]",
            "[ \"$A\" ]]",
            "python app.py",
            "[[ -f x ]]; y",
            "[ -n \"$x\" ]",
        ] {
            assert!(!looks_like_array(text), "{text}");
        }
        assert_eq!(as_array("['python', 'app.py']"), "[\"python\", \"app.py\"]");
    }

    #[test]
    fn variables_are_in_capitals() {
        assert!(has_variable("0.0.0.0:$PORT"));
        assert!(has_variable("${PORT}"));
        assert!(!has_variable("$1"));
        assert!(!has_variable("cost$"));
    }
}
