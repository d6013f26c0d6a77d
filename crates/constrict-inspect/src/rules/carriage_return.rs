//! Row 48: a script that is started has lines that end with a carriage return.

use crate::facts::Facts;
use crate::facts::start::{Cause, Obstacle, ObstacleKind};
use crate::files::shown;
use crate::mend::Mend;
use crate::rule::{Finding, Place, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "carriage-return",
    summary: "a script that is started was saved with the line ends of Windows",
    severity: Severity::Breaks,
    rows: &[48],
    page: include_str!("../../../../docs/rules/carriage-return.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let start = facts.start();
    let mut told: Vec<Vec<u8>> = Vec::new();
    for obstacle in start
        .obstacles
        .iter()
        .filter(|obstacle| obstacle.cause(start) == Cause::CarriageReturn)
    {
        let Some(severity) = obstacle.severity() else {
            continue;
        };
        let Some(script) = script(facts, obstacle) else {
            continue;
        };
        if told.contains(&script) {
            continue;
        }
        let what = match &obstacle.kind {
            ObstacleKind::NoInterpreter { interpreter, .. } => interpreter.clone(),
            ObstacleKind::NotOnPath { name } => name.clone(),
            ObstacleKind::NoSuchFile { path }
            | ObstacleKind::NoScript { path }
            | ObstacleKind::NoDirectory { path } => shown(path),
            _ => continue,
        };
        let what = what.replace('\r', "\\r");
        let message = format!(
            "{}`{}` has lines that end with a carriage return: there is no `{what}`",
            obstacle.lead(),
            shown(&script)
        );
        findings.push(
            mended(facts, &script, Finding::new(RULE.name, severity, message))
                .because("started by", obstacle.route()),
        );
        told.push(script);
    }
    for script in start.scripts.iter().filter(|script| !told.contains(script)) {
        let text = facts.files().text(script, 256 << 10).unwrap_or_default();
        let lines = text.lines().count();
        let returns = text.matches("\r\n").count();
        if returns * 2 > lines {
            let message = format!(
                "a shell reads `{}`, whose lines end with a carriage return",
                shown(script)
            );
            findings.push(mended(
                facts,
                script,
                Finding::new(RULE.name, Severity::Risk, message),
            ));
        }
    }
}

/// The script that has the line.
fn script(facts: &Facts<'_>, obstacle: &Obstacle) -> Option<Vec<u8>> {
    if let ObstacleKind::NoInterpreter { script, .. } = &obstacle.kind {
        return Some(script.clone());
    }
    // `/entry.sh:3 exec python`
    let from_step = |step: &String| {
        let path = step
            .strip_prefix('/')?
            .split(':')
            .next()?
            .as_bytes()
            .to_vec();
        facts.files().is_file(&path).then_some(path)
    };
    obstacle.via.iter().rev().find_map(from_step)
}

fn mended(facts: &Facts<'_>, script: &[u8], finding: Finding) -> Finding {
    let place = facts.place_of(script).or(Some(Place::File {
        path: shown(script),
        line: Some(1),
    }));
    let finding = finding.at(place).hint(format!(
        "RUN sed -i 's/\\r$//' {}, or `*.sh text eol=lf` in .gitattributes",
        shown(script)
    ));
    match facts
        .environment()
        .which(facts.files(), facts.user(), "sed")
    {
        Some(_) => finding.mend(Mend::Run {
            command: vec!["sed".into(), "-i".into(), "s/\\r$//".into(), shown(script)],
        }),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use crate::rule::Severity;
    use crate::sample::Sample;

    fn image(script: &str) -> Sample {
        Sample::new()
            .program("bin/dash", "\x7fELF")
            .link("bin/sh", "dash")
            .program("usr/bin/env", "\x7fELF")
            .program("usr/bin/sed", "\x7fELF")
            .program("usr/bin/python3", "\x7fELF")
            .program("entry.sh", script)
            .file("app.py", "print()\r\n")
    }

    #[test]
    fn a_script_that_is_started_trips() {
        for script in [
            "#!/bin/sh\r\nexec python3 app.py\r\n",
            "#!/usr/bin/env python3\r\nprint()\r\n",
        ] {
            let found = image(script)
                .cmd(&["/entry.sh"])
                .findings("carriage-return");
            assert_eq!(found.len(), 1, "{script}");
            assert_eq!(found[0].severity, Severity::Breaks);
            assert!(found[0].mend.is_some());
        }
        let found = image("cd /\r\nexec python3 app.py\r\n")
            .cmd(&["sh", "/entry.sh"])
            .findings("carriage-return");
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn other_files_may_have_them() {
        assert_eq!(
            image("#!/bin/sh\r\n")
                .cmd(&["python3", "/app.py"])
                .findings("carriage-return"),
            []
        );
    }
}
