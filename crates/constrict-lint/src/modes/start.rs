//! What a container of a stage starts: ENTRYPOINT and CMD joined as the run-time joins them.
//!
//! Never resolves a program.

use constrict_dockerfile::instruction::Command;
use constrict_dockerfile::{Kind, Span};

use crate::facts::Facts;
use crate::shell::{self, basename, is_assignment};

/// ENTRYPOINT and CMD, as they are at the end of a stage.
pub(super) struct Start<'d> {
    pub(super) entrypoint: Option<(&'d Command, Span)>,
    pub(super) cmd: Option<(&'d Command, Span)>,
}

/// The stages that somebody may start: the last, and those that say how.
pub(super) fn targets(facts: &Facts<'_>) -> Vec<usize> {
    let says = |kind: &Kind| matches!(kind, Kind::Cmd(_) | Kind::Entrypoint(_));
    let last = facts.stages.len().saturating_sub(1);
    let is_target = |index: &usize| {
        let instructions = &facts.stages[*index].stage.instructions;
        *index == last
            || instructions
                .iter()
                .any(|instruction| says(&instruction.kind))
    };
    (0..facts.stages.len()).filter(is_target).collect()
}

impl<'d> Start<'d> {
    /// Of a stage, with what it takes over from stages that it starts from.
    pub(super) fn of(facts: &Facts<'d>, index: usize) -> Self {
        let mut start = Self {
            entrypoint: None,
            cmd: None,
        };
        for stage in facts.chain(index) {
            let mut own_cmd = None;
            for instruction in &facts.stages[stage].stage.instructions {
                match &instruction.kind {
                    Kind::Cmd(command) => own_cmd = Some((command, instruction.span)),
                    // an ENTRYPOINT forgets the CMD of the base, not that of its own stage
                    Kind::Entrypoint(command) => {
                        start.entrypoint = Some((command, instruction.span));
                        start.cmd = None;
                    }
                    _ => {}
                }
            }
            start.cmd = own_cmd.or(start.cmd);
        }
        start
    }

    /// The commands that it comes to, each without what it is wrapped in, with the instruction that says so.
    pub(super) fn commands(&self) -> Vec<(Vec<String>, Span)> {
        match (self.entrypoint, self.cmd) {
            (Some((Command::Exec(entrypoint), span)), Some((Command::Exec(cmd), own))) => {
                let mut joined = vec![(unwrapped(&[&entrypoint[..], &cmd[..]].concat()), span)];
                // a script most often ends with `exec "$@"`
                if entrypoint.first().is_some_and(|program| is_script(program)) {
                    joined.push((unwrapped(cmd), own));
                }
                joined
            }
            (Some((Command::Exec(entrypoint), _)), Some((Command::Shell(text), own)))
                if entrypoint.first().is_some_and(|program| is_script(program)) =>
            {
                of_shell(text, own)
            }
            (Some((command, span)), _) | (None, Some((command, span))) => match command {
                Command::Exec(words) => match words.as_slice() {
                    [shell, flag, text, ..] if is_shell(shell) && is_command_flag(flag) => {
                        of_shell(text, span)
                    }
                    words => vec![(unwrapped(words), span)],
                },
                Command::Shell(text) => of_shell(text, span),
            },
            (None, None) => Vec::new(),
        }
    }
}

impl Start<'_> {
    /// The programs that it comes to, as they are called, `python -m` left alone.
    pub(super) fn raw_programs(&self) -> Vec<(String, Span)> {
        let mut programs = Vec::new();
        for (command, span) in [self.entrypoint, self.cmd].into_iter().flatten() {
            match command {
                Command::Exec(words) => {
                    programs.extend(words.first().map(|word| (word.clone(), span)))
                }
                Command::Shell(text) => {
                    let commands = shell::parse(text).commands.into_iter();
                    let first = commands.filter_map(|command| {
                        command.words.into_iter().find(|word| word != "exec")
                    });
                    programs.extend(first.map(|word| (word, span)));
                }
            }
            if self.entrypoint.is_some_and(|(command, _)| !matches!(command, Command::Exec(words) if words.first().is_some_and(|program| is_script(program)))) {
                break;
            }
        }
        programs
    }
}

fn of_shell(text: &str, span: Span) -> Vec<(Vec<String>, Span)> {
    let script = shell::parse(text);
    script
        .commands
        .iter()
        .map(|command| (unwrapped(&command.words), span))
        .collect()
}

/// A shell, by its name.
pub(super) fn is_shell(program: &str) -> bool {
    matches!(
        basename(program),
        "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "busybox"
    )
}

/// `-c`, alone or with other letters.
pub(super) fn is_command_flag(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
}

fn is_script(program: &str) -> bool {
    program.ends_with(".sh") || basename(program).contains("entrypoint")
}

/// Programs that run what follows their flags.
const WRAPPERS: [&str; 12] = [
    "exec",
    "env",
    "nice",
    "nohup",
    "tini",
    "dumb-init",
    "catatonit",
    "opentelemetry-instrument",
    "ddtrace-run",
    "setsid",
    "stdbuf",
    "command",
];

/// A command without the programs that only start another; `python -m x` is `x`.
pub(super) fn unwrapped(words: &[String]) -> Vec<String> {
    let mut words = words;
    loop {
        let Some(program) = words.first().map(|word| basename(word)) else {
            return Vec::new();
        };
        let rest = &words[1..];
        let skip_flags = |rest: &[String]| {
            let is_prefix = |word: &String| word.starts_with('-') || is_assignment(word);
            rest.iter().take_while(|word| is_prefix(word)).count()
        };
        words = match program {
            _ if WRAPPERS.contains(&program) => &rest[skip_flags(rest)..],
            "gosu" | "su-exec" | "setpriv" => {
                let flags = skip_flags(rest);
                rest.get(flags + usize::from(program != "setpriv")..)
                    .unwrap_or_default()
            }
            "uv" | "poetry" | "pipenv" | "pdm" | "hatch" | "rye"
                if rest.first().is_some_and(|word| word == "run") =>
            {
                &rest[1 + skip_flags(&rest[1..])..]
            }
            "newrelic-admin" if rest.first().is_some_and(|word| word == "run-program") => {
                &rest[1..]
            }
            _ if is_python(program) && rest.iter().any(|word| word == "-m") => {
                let at = rest
                    .iter()
                    .position(|word| word == "-m")
                    .unwrap_or_default();
                // a script before `-m` makes that its own argument
                if rest[..at].iter().any(|word| !word.starts_with('-')) {
                    return words.to_vec();
                }
                return rest[at + 1..].to_vec();
            }
            _ => return words.to_vec(),
        };
    }
}

/// `python`, `python3`, `python3.11`.
pub(super) fn is_python(program: &str) -> bool {
    program.strip_prefix("python").is_some_and(|rest| {
        rest.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    })
}

#[cfg(test)]
mod tests {
    use super::unwrapped;

    fn bare(text: &str) -> String {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        unwrapped(&words).join(" ")
    }

    #[test]
    fn wrappers_are_taken_off() {
        assert_eq!(bare("exec env A=b gunicorn app"), "gunicorn app");
        assert_eq!(bare("/usr/bin/tini -- uvicorn app:app"), "uvicorn app:app");
        assert_eq!(bare("python -u -m flask run"), "flask run");
        assert_eq!(bare("uv run --frozen python -m gunicorn a"), "gunicorn a");
        assert_eq!(bare("gosu app celery worker"), "celery worker");
        assert_eq!(bare("python app.py -m x"), "python app.py -m x");
        assert_eq!(bare("exec"), "");
    }
}
