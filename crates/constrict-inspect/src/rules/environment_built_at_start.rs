//! Row 23: dependencies are installed each time the container starts.

use crate::facts::Facts;
use crate::facts::start::{Program, Target, shown_words};
use crate::files::file_name;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "environment-built-at-start",
    summary: "dependencies are installed, or looked after, each time the container starts",
    severity: Severity::Risk,
    rows: &[23],
    page: include_str!("../../../../docs/rules/environment-built-at-start.md"),
    check,
};

/// What each tool does before or instead of starting the program.
const COMMANDS: &[(&str, &[&str])] = &[
    ("pip", &["install", "download"]),
    ("uv", &["sync", "pip"]),
    ("poetry", &["install", "update", "run"]),
    ("pipenv", &["install", "sync", "run"]),
    ("pdm", &["install", "sync", "run"]),
    ("hatch", &["run"]),
    ("rye", &["sync", "run"]),
    ("conda", &["install", "create", "env"]),
];

/// The tool and its words, if a program is one.
fn tool(program: &Program) -> Option<(String, Vec<String>)> {
    let (name, words) = match &program.python {
        Some(run) => {
            let name = match &run.target {
                Target::Path(path) => String::from_utf8_lossy(file_name(path)).into_owned(),
                Target::Module(name) => name.clone(),
                _ => return None,
            };
            (name, run.arguments.clone())
        }
        None => (
            program.argv.first()?.rsplit('/').next()?.to_string(),
            program.argv[1..].to_vec(),
        ),
    };
    let stem = name.trim_end_matches(|next: char| next.is_ascii_digit() || next == '.');
    Some((stem.to_string(), words))
}

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let start = facts.start();
    for program in start.programs.iter().filter(|program| program.sure) {
        let Some((name, words)) = tool(program) else {
            continue;
        };
        let Some((_, commands)) = COMMANDS.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        let Some(command) = words
            .iter()
            .find(|word| !word.starts_with('-'))
            .filter(|word| commands.contains(&word.as_str()))
        else {
            continue;
        };
        let what = match command.as_str() {
            "run" => {
                format!("`{name} run` looks after the environment each time the container starts")
            }
            _ => format!("`{name} {command}` runs each time the container starts"),
        };
        let hint = match command.as_str() {
            "run" => "call the program of the virtual environment itself",
            _ => "install while the image is built, with RUN",
        };
        findings.push(
            Finding::new(RULE.name, Severity::Risk, what)
                .at(facts.place_of_instruction(start.instruction))
                .because(
                    "started by",
                    [program.via.clone(), vec![shown_words(&program.argv)]]
                        .concat()
                        .join(" → "),
                )
                .hint(hint),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::sample::Sample;

    fn image(text: &str) -> Sample {
        Sample::new()
            .program("bin/sh", "\x7fELF")
            .program("usr/local/bin/python3.11", "\x7fELF")
            .program("usr/local/bin/pip", "#!/usr/local/bin/python3.11\n")
            .cmd(&["/bin/sh", "-c", text])
    }

    #[test]
    fn installing_at_start_is_a_risk() {
        let found = image("pip install -r requirements.txt && exec python3.11 app.py")
            .findings("environment-built-at-start");
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "`pip install` runs each time the container starts"
        );
    }

    #[test]
    fn installing_for_developers_only_is_none() {
        let text = "if [ \"${DEV:-0}\" = 1 ]; then pip install x; fi; exec python3.11 -m pip list";
        assert_eq!(image(text).findings("environment-built-at-start"), []);
    }
}
