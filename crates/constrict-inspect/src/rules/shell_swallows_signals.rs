//! Row 28: a shell is the container's first process and passes no signal on, so that stopping takes ten seconds and a kill.
//!
//! bash and busybox replace themselves with the last command of `-c`; Debian's dash does not, and none of them does so in
//! a script (measured).

use crate::facts::Facts;
use crate::facts::start::{Program, shown_words};
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "shell-swallows-signals",
    summary: "a shell is the first process and does not pass SIGTERM on",
    severity: Severity::Risk,
    rows: &[28],
    page: include_str!("../../../../docs/rules/shell-swallows-signals.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let start = facts.start();
    let deaf = |program: &&Program| {
        program.deaf && program.sure && program.fatal && program.python.is_some()
    };
    let Some(program) = start.programs.iter().find(deaf) else {
        return;
    };
    let words = shown_words(&program.argv);
    let finding = Finding::new(
        RULE.name,
        Severity::Risk,
        format!(
            "a shell is in front of `{words}`, which gets no SIGTERM when the container is stopped"
        ),
    )
    .at(facts.place_of_instruction(start.instruction))
    .because("started by", program.via.join(" → "));
    findings.push(match simple(facts) {
        Some((text, mend)) => finding.hint(text).mend(mend),
        None => finding.hint("put `exec` in front of the last command"),
    });
}

/// Shell form whose text is one command: the text with `exec`, and the instruction with it.
fn simple(facts: &Facts<'_>) -> Option<(String, Mend)> {
    let config = &facts.image.config.config;
    let (command, entrypoint) = match config.entrypoint.is_empty() {
        true => (&config.cmd, false),
        false => (&config.entrypoint, true),
    };
    let [shell, option, text] = command.as_slice() else {
        return None;
    };
    let plain = !text.contains([';', '&', '|', '\n', '(', '<', '>'])
        && !text.trim_start().contains("=")
        && option == "-c";
    if !plain {
        return None;
    }
    let words = vec![
        shell.clone(),
        option.clone(),
        format!("exec {}", text.trim()),
    ];
    let mend = if entrypoint {
        Mend::Entrypoint(Some(words))
    } else {
        Mend::Cmd(words)
    };
    Some((
        format!("{} exec {}", facts.start().instruction, text.trim()),
        mend,
    ))
}

#[cfg(test)]
mod tests {
    use crate::sample::Sample;

    fn image(shell: &str, text: &str) -> Sample {
        Sample::new()
            .program(&format!("bin/{shell}"), "\x7fELF")
            .link("bin/sh", shell)
            .program("usr/bin/tini", "\x7fELF")
            .program("usr/local/bin/python3.11", "\x7fELF")
            .program("start.sh", text)
            .file("app.py", "")
            .cmd(&["/bin/sh", "-c", text])
    }

    fn count(sample: Sample) -> usize {
        sample.findings("shell-swallows-signals").len()
    }

    #[test]
    fn dash_stays_in_front_and_the_others_do_not() {
        assert_eq!(count(image("dash", "python3.11 app.py")), 1);
        assert_eq!(count(image("bash", "python3.11 app.py")), 0);
        assert_eq!(count(image("busybox", "python3.11 app.py")), 0);
        assert_eq!(count(image("dash", "exec python3.11 app.py")), 0);
    }

    #[test]
    fn every_shell_stays_in_front_in_a_script() {
        let script = "#!/bin/sh\ncd /\npython3.11 app.py\n";
        assert_eq!(count(image("busybox", script).cmd(&["/start.sh"])), 1);
        assert_eq!(
            count(image("busybox", script).cmd(&["tini", "/start.sh"])),
            0
        );
        let traps = "#!/bin/sh\ntrap 'kill $pid' TERM\npython3.11 app.py\n";
        assert_eq!(count(image("dash", traps).cmd(&["/start.sh"])), 0);
    }
}
