//! Row 55: words that only a shell understands (`$PORT`, `&&`) are given to a program in exec form.

use crate::facts::Facts;
use crate::facts::start::{Cause, ObstacleKind, Program};
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "exec-form-is-no-shell",
    summary: "exec form has words that only a shell understands",
    severity: Severity::Breaks,
    rows: &[55],
    page: include_str!("../../../../docs/rules/exec-form-is-no-shell.md"),
    check,
};

/// What ends a command in a shell.
const OPERATORS: &[&str] = &["&&", "||", ";", "|", "&", ">", ">>", "<", "2>&1"];

/// Options of servers whose value is a number or an address: what is in there is taken as it stands.
const TAKEN: &[&str] = &[
    "-b",
    "--bind",
    "-p",
    "--port",
    "--host",
    "-h",
    "-w",
    "--workers",
    "--threads",
    "-t",
    "--timeout",
    "--server.port",
    "--server.address",
    "--listen",
    "--concurrency",
    "-c",
];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let start = facts.start();
    for obstacle in start
        .obstacles
        .iter()
        .filter(|obstacle| obstacle.cause(start) == Cause::NoShell)
    {
        let Some(severity) = obstacle.severity() else {
            continue;
        };
        let name = match &obstacle.kind {
            ObstacleKind::NotOnPath { name } => name.clone(),
            _ => obstacle.argv.first().cloned().unwrap_or_default(),
        };
        let message = format!(
            "{}`{name}` is for a shell, and exec form has none",
            obstacle.lead()
        );
        findings.push(told(facts, severity, message));
        return;
    }
    let Some(words) = words(&start.argv) else {
        return;
    };
    if let Some(operator) = operator(words) {
        let lead = if start.programs.is_empty() {
            ""
        } else {
            "this image does not do its job: "
        };
        let message = format!(
            "{lead}`{operator}` is an argument of `{}`: exec form has no shell",
            words[0]
        );
        return findings.push(told(facts, Severity::Breaks, message));
    }
    for (at, word) in words.iter().enumerate().skip(1) {
        let Some(variable) = variable(word) else {
            continue;
        };
        let taken = start
            .programs
            .iter()
            .any(|program| is_server(program) && is_taken(words, at));
        let (severity, lead) = match taken {
            true => (Severity::Breaks, "this image cannot start: "),
            false => (Severity::Risk, ""),
        };
        let message =
            format!("{lead}`{variable}` in `{word}` stays as it is: exec form has no shell");
        return findings.push(told(facts, severity, message));
    }
}

/// The words that no shell reads; `None` if it is a shell that gets them.
fn words(argv: &[String]) -> Option<&[String]> {
    let shell = |word: &String| {
        ["sh", "bash", "ash", "dash", "zsh", "busybox"]
            .contains(&word.rsplit('/').next().unwrap_or(word))
    };
    // what is after a shell's `-c` is for it
    let end = argv.iter().position(shell).unwrap_or(argv.len());
    (end > 0 && argv.len() > 1).then(|| &argv[..end])
}

/// An operator of the shell that is a word of its own, with a command after it.
fn operator(words: &[String]) -> Option<&str> {
    let code = |words: &[String]| words.iter().any(|word| word == "-c");
    let at = words
        .iter()
        .skip(1)
        .position(|word| ["&&", "||", ";"].contains(&word.as_str()))?
        + 1;
    // find … -exec … ; and code after -c
    let other = words.get(at + 1).is_some_and(|next| !next.starts_with('-'))
        && !words.iter().any(|word| word == "-exec");
    (other && !code(&words[..at])).then(|| words[at].as_str())
}

/// `$PORT`, `${PORT:-80}` in a word.
fn variable(word: &str) -> Option<String> {
    let at = word.find('$')?;
    let rest = &word[at + 1..];
    if let Some(inside) = rest.strip_prefix('{') {
        let end = inside.find('}')?;
        let named = inside.starts_with(|next: char| next.is_ascii_alphabetic() || next == '_');
        return named.then(|| format!("${{{}}}", &inside[..end]));
    }
    let name: String = rest
        .chars()
        .take_while(|next| next.is_ascii_uppercase() || next.is_ascii_digit() || *next == '_')
        .collect();
    (name.len() > 1 && name.starts_with(|next: char| next.is_ascii_uppercase()))
        .then(|| format!("${name}"))
}

fn is_server(program: &Program) -> bool {
    program.sure
        && program
            .python
            .as_ref()
            .is_some_and(|run| !run.demands.is_empty() || !program.listens.is_empty())
}

/// Whether a word is the value of an option that takes an address or number.
fn is_taken(words: &[String], at: usize) -> bool {
    let option = words[at]
        .split_once('=')
        .map(|(option, _)| option.to_string());
    let before = words.get(at.wrapping_sub(1)).cloned();
    let address = words[at].starts_with("0.0.0.0:") && words.iter().any(|word| word == "runserver");
    address
        || option
            .or(before)
            .is_some_and(|option| TAKEN.contains(&option.as_str()))
}

fn told(facts: &Facts<'_>, severity: Severity, message: String) -> Finding {
    let start = facts.start();
    let finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of_instruction(start.instruction))
        .because(
            "starts",
            serde_json::Value::from(start.argv.clone()).to_string(),
        );
    let has_shell = facts
        .environment()
        .which(facts.files(), facts.user(), "sh")
        .is_some();
    let config = &facts.image.config.config;
    let alone = config.entrypoint.is_empty() || config.cmd.is_empty();
    if !has_shell || !alone || severity != Severity::Breaks {
        return finding.hint("shell form, or [\"/bin/sh\", \"-c\", \"exec …\"]");
    }
    let words = vec!["/bin/sh".to_string(), "-c".into(), text(&start.argv)];
    let hint = format!(
        "{} {}",
        start.instruction,
        serde_json::Value::from(words.clone())
    );
    finding.hint(hint).mend(match config.entrypoint.is_empty() {
        true => Mend::Cmd(words),
        false => Mend::Entrypoint(Some(words)),
    })
}

/// The words as a shell has to be told, the last command with `exec`.
fn text(words: &[String]) -> String {
    let quoted = |word: &String| {
        let plain = |next: char| next.is_alphanumeric() || "-_./:=@%+,${}".contains(next);
        match OPERATORS.contains(&word.as_str()) || word.chars().all(plain) && !word.is_empty() {
            true => word.clone(),
            false => format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")),
        }
    };
    let last = words
        .iter()
        .rposition(|word| ["&&", "||", ";"].contains(&word.as_str()))
        .map_or(0, |at| at + 1);
    let mut out: Vec<String> = words.iter().map(quoted).collect();
    if !["cd", "export", "exec", "source", "."]
        .contains(&words[last..].first().map_or("", String::as_str))
    {
        out.insert(last, "exec".into());
    }
    out.join(" ")
}

#[cfg(test)]
mod tests {
    use crate::mend::Mend;
    use crate::rule::Severity;
    use crate::sample::Sample;

    fn image(cmd: &[&str]) -> Sample {
        Sample::new()
            .program("bin/sh", "\x7fELF")
            .program("usr/local/bin/python3.11", "\x7fELF")
            .program(
                "usr/local/bin/gunicorn",
                "#!/usr/local/bin/python3.11\nfrom gunicorn.app.wsgiapp import run\n",
            )
            .file("app.py", "app = 1\n")
            .cmd(cmd)
    }

    fn found(cmd: &[&str]) -> Vec<(Severity, String, Option<Mend>)> {
        let findings = image(cmd).findings("exec-form-is-no-shell");
        findings
            .into_iter()
            .map(|finding| (finding.severity, finding.message, finding.mend))
            .collect()
    }

    fn shell(text: &str) -> Option<Mend> {
        Some(Mend::Cmd(vec!["/bin/sh".into(), "-c".into(), text.into()]))
    }

    #[test]
    fn what_only_a_shell_understands_trips() {
        assert_eq!(
            found(&["gunicorn", "-b", "0.0.0.0:$PORT", "app:app"]),
            [(
                Severity::Breaks,
                "this image cannot start: `$PORT` in `0.0.0.0:$PORT` stays as it is: exec form has no shell".into(),
                shell("exec gunicorn -b 0.0.0.0:$PORT app:app"),
            )]
        );
        assert_eq!(
            found(&["python3.11", "migrate.py", "&&", "python3.11", "serve.py"]),
            [(
                Severity::Breaks,
                "this image does not do its job: `&&` is an argument of `python3.11`: exec form has no shell".into(),
                shell("python3.11 migrate.py && exec python3.11 serve.py"),
            )]
        );
        assert_eq!(
            found(&["cd", "/app"])[0].1,
            "this image cannot start: `cd` is for a shell, and exec form has none"
        );
    }

    #[test]
    fn what_a_program_may_understand_does_not_break() {
        assert_eq!(
            found(&[
                "python3.11",
                "app.py",
                "hello $TARGET",
                "--pattern",
                "^a&&b*$"
            ])[0]
                .0,
            Severity::Risk
        );
        assert_eq!(
            found(&[
                "/bin/sh",
                "-c",
                "exec gunicorn -b :$PORT --access-logformat '$h' app:app"
            ]),
            []
        );
        assert_eq!(found(&["python3.11", "-c", "a", "&&"]), []);
    }
}
