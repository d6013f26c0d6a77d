//! Row 49: the interpreter that a script's first line names is not in the image, or there is no shell for shell form.

use crate::facts::Facts;
use crate::facts::start::{Cause, Obstacle, ObstacleKind};
use crate::files::{file_name, shown};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "missing-interpreter",
    summary: "the shell or interpreter of what is started is not in the image",
    severity: Severity::Breaks,
    rows: &[49],
    page: include_str!("../../../../docs/rules/missing-interpreter.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let start = facts.start();
    for obstacle in start
        .obstacles
        .iter()
        .filter(|obstacle| obstacle.cause(start) == Cause::MissingInterpreter)
    {
        let Some(severity) = obstacle.severity() else {
            continue;
        };
        let lead = obstacle.lead();
        let (message, name) = match &obstacle.kind {
            ObstacleKind::NoInterpreter {
                script,
                interpreter,
            } => (
                format!(
                    "{lead}`{interpreter}`, which `{}` asks for, is not in it",
                    shown(script)
                ),
                interpreter.clone(),
            ),
            ObstacleKind::NotOnPath { name } => (
                format!("{lead}`{name}`{} is not on PATH", asked_by(obstacle)),
                name.clone(),
            ),
            ObstacleKind::NoSuchFile { path } => (
                format!(
                    "{lead}there is no `{}` for the command in shell form",
                    shown(path)
                ),
                shown(path),
            ),
            ObstacleKind::ExecFormat { path } => {
                let message = format!(
                    "{lead}`{}` is a script without a first line that names its interpreter (exec format error)",
                    shown(path)
                );
                (message, String::new())
            }
            _ => continue,
        };
        let finding = Finding::new(RULE.name, severity, message)
            .at(facts.place_of_instruction(start.instruction))
            .because("started by", obstacle.route());
        let finding = match env_line(facts, &obstacle.kind) {
            Some(line) => finding.because("first line", line),
            None => finding,
        };
        findings.push(finding.hint(hint(facts, &obstacle.kind, &name)));
    }
}

/// The script whose first line asks for a program by name.
fn asked_by(obstacle: &Obstacle) -> String {
    let script = obstacle
        .via
        .last()
        .and_then(|step| step.split_once(":1 #!"));
    script.map_or(String::new(), |(script, _)| {
        format!(", which `{script}` asks for,")
    })
}

/// The first line of a script that asks for `env`, which is not there: it names what the script is for.
fn env_line(facts: &Facts<'_>, kind: &ObstacleKind) -> Option<String> {
    let ObstacleKind::NoInterpreter {
        script,
        interpreter,
    } = kind
    else {
        return None;
    };
    if file_name(interpreter.as_bytes()) != b"env" {
        return None;
    }
    let head = facts.files().read(script, 256)?;
    let line = head.split(|byte| *byte == b'\n').next()?;
    Some(String::from_utf8_lossy(line).into_owned())
}

fn hint(facts: &Facts<'_>, kind: &ObstacleKind, name: &str) -> String {
    let base = match file_name(name.as_bytes()) {
        // env is coreutils', and looks for the next word
        b"env" => {
            let line = env_line(facts, kind).unwrap_or_default();
            let wanted = line.split_ascii_whitespace().nth(1).unwrap_or_default();
            format!("coreutils {wanted}").trim_end().to_string()
        }
        name => String::from_utf8_lossy(name).into_owned(),
    };
    let shell = ["bin/sh", "usr/bin/sh"]
        .iter()
        .any(|path| facts.files().is_file(path.as_bytes()));
    match kind {
        ObstacleKind::ExecFormat { path } => {
            format!("write `#!/bin/sh` as the first line of {}", shown(path))
        }
        ObstacleKind::NoSuchFile { .. } => format!(
            "{} in exec form: [\"program\", \"argument\"]",
            facts.start().instruction
        ),
        _ if facts.system().id() == "alpine" => {
            format!("RUN apk add --no-cache {base}, or write the script for /bin/sh")
        }
        _ if facts.system().is_debian_like() && shell => {
            format!("RUN apt-get update && apt-get install -y --no-install-recommends {base}")
        }
        _ if shell => "write the script for /bin/sh".into(),
        _ => "start the program itself, in exec form, or take a base with a shell".into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::sample::Sample;

    fn image(script: &str) -> Sample {
        Sample::new()
            .program("bin/busybox", "\x7fELF")
            .link("bin/sh", "busybox")
            .program("usr/bin/env", "\x7fELF")
            .program("run.sh", script)
            .cmd(&["/run.sh"])
    }

    fn messages(sample: Sample) -> Vec<String> {
        sample
            .findings("missing-interpreter")
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn bash_on_alpine_is_named() {
        assert_eq!(
            messages(image("#!/bin/bash\n")),
            ["this image cannot start: `/bin/bash`, which `/run.sh` asks for, is not in it"]
        );
        assert_eq!(
            messages(image("#!/usr/bin/env bash\n")),
            ["this image cannot start: `bash`, which `/run.sh` asks for, is not on PATH"]
        );
    }

    #[test]
    fn shell_form_needs_a_shell() {
        let sample =
            Sample::new()
                .program("hello", "\x7fELF")
                .cmd(&["/bin/sh", "-c", "/hello world"]);
        assert_eq!(
            messages(sample),
            ["this image cannot start: there is no `/bin/sh` for the command in shell form"]
        );
    }

    #[test]
    fn a_shell_that_reads_a_script_of_bash_is_enough() {
        assert_eq!(
            messages(image("#!/bin/bash\n").cmd(&["sh", "/run.sh"])),
            [""; 0]
        );
        assert_eq!(messages(image("#!/bin/sh\n")), [""; 0]);
    }
}
