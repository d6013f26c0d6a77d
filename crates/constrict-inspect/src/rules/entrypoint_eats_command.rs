//! Row 43: ENTRYPOINT is an interpreter, and takes the program that CMD names for a script.

use crate::facts::Facts;
use crate::facts::start::{Cause, ObstacleKind, shown_words};
use crate::files::shown;
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "entrypoint-eats-command",
    summary: "ENTRYPOINT takes the program that CMD names for its own argument",
    severity: Severity::Breaks,
    rows: &[43],
    page: include_str!("../../../../docs/rules/entrypoint-eats-command.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let start = facts.start();
    for obstacle in start
        .obstacles
        .iter()
        .filter(|obstacle| obstacle.cause(start) == Cause::Entrypoint)
    {
        let (Some(severity), ObstacleKind::NoScript { path }) =
            (obstacle.severity(), &obstacle.kind)
        else {
            continue;
        };
        let config = &facts.image.config.config;
        let name = start.eaten.clone().unwrap_or_default();
        let started = shown_words(&[config.entrypoint.clone(), vec![name.clone()]].concat());
        let message = format!(
            "{}`{started}` finds no file `{}`: ENTRYPOINT takes CMD as its arguments",
            obstacle.lead(),
            shown(path)
        );
        let inherited = matches!(
            facts.place_of_instruction("ENTRYPOINT"),
            Some(crate::rule::Place::Configuration { .. })
        );
        let place = if inherited { "CMD" } else { "ENTRYPOINT" };
        let finding = Finding::new(RULE.name, severity, message)
            .at(facts.place_of_instruction(place))
            .because("starts", shown_words(&start.argv));
        let on_path = facts
            .environment()
            .which(facts.files(), facts.user(), &name)
            .is_some();
        findings.push(match on_path {
            true => finding.hint("ENTRYPOINT []").mend(Mend::Entrypoint(None)),
            false => by_module(facts, &name, finding),
        });
    }
}

/// The program is not on PATH either: its module can be run, if there is one.
fn by_module(facts: &Facts<'_>, name: &str, finding: Finding) -> Finding {
    let distributions = &facts.distributions().all;
    let module = distributions.iter().find_map(|found| {
        let (_, object) = found
            .documents(facts.files())
            .scripts()
            .find(|(script, _)| *script == name)?;
        let module = object.split(':').next()?.split('.').next()?.to_string();
        let main = crate::files::join(&found.site, format!("{module}/__main__.py").as_bytes());
        facts.files().is_file(&main).then_some(module)
    });
    match module {
        Some(module) => {
            let rest = facts.image.config.config.cmd.iter().skip(1).cloned();
            let words: Vec<String> = ["-m".to_string(), module.clone()]
                .into_iter()
                .chain(rest)
                .collect();
            finding
                .hint(format!("CMD {}", serde_json::Value::from(words.clone())))
                .mend(Mend::Cmd(words))
        }
        None => finding.hint("ENTRYPOINT []").mend(Mend::Entrypoint(None)),
    }
}

#[cfg(test)]
mod tests {
    use crate::mend::Mend;
    use crate::sample::Sample;

    fn image(cmd: &[&str]) -> Sample {
        Sample::new()
            .program("usr/bin/python3.9", "\x7fELF")
            .program("opt/venv/bin/uvicorn", "#!/usr/bin/python3.9\n")
            .file("app/app.py", "")
            .cmd(cmd)
            .config(|config| {
                config.config.entrypoint = vec!["/usr/bin/python3.9".into()];
                config.config.env = vec!["PATH=/opt/venv/bin:/usr/bin".into()];
                config.config.working_dir = "/app".into();
            })
    }

    #[test]
    fn a_console_script_is_no_argument_of_python() {
        let found = image(&["uvicorn", "app:app"]).findings("entrypoint-eats-command");
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "this image cannot start: `/usr/bin/python3.9 uvicorn` finds no file `/app/uvicorn`: ENTRYPOINT takes CMD as its arguments"
        );
        assert_eq!(found[0].mend, Some(Mend::Entrypoint(None)));
    }

    #[test]
    fn scripts_and_modules_are_arguments_of_python() {
        for cmd in [
            &["app.py"][..],
            &["-m", "uvicorn"],
            &["/opt/venv/bin/uvicorn"],
            &["missing.py"],
        ] {
            assert_eq!(image(cmd).findings("entrypoint-eats-command"), []);
        }
    }
}
