//! Row 56: exec form that is not JSON, so that a shell reads the brackets, or a whole command line as one word.

use crate::facts::Facts;
use crate::facts::start::{Cause, Obstacle};
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "exec-form-not-json",
    summary: "exec form is not a JSON list of words",
    severity: Severity::Breaks,
    rows: &[56],
    page: include_str!("../../../../docs/rules/exec-form-not-json.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let start = facts.start();
    let config = &facts.image.config.config;
    for obstacle in start
        .obstacles
        .iter()
        .filter(|obstacle| obstacle.cause(start) == Cause::NotJson)
    {
        let Some(severity) = obstacle.severity() else {
            continue;
        };
        let (message, meant) = wrong(facts, obstacle);
        let finding = Finding::new(RULE.name, severity, format!("{}{message}", obstacle.lead()))
            .at(facts.place_of_instruction(start.instruction))
            .because(
                "starts",
                serde_json::Value::from(start.argv.clone()).to_string(),
            );
        if meant.is_empty() {
            findings.push(finding.hint("a list in brackets, each word in double quotes"));
            continue;
        }
        let hint = format!(
            "{} {}",
            start.instruction,
            serde_json::Value::from(meant.clone())
        );
        findings.push(finding.hint(hint).mend(match config.entrypoint.is_empty() {
            true => Mend::Cmd(meant),
            false => Mend::Entrypoint(Some(meant)),
        }));
    }
}

/// What is wrong, and the list as it was meant.
fn wrong(facts: &Facts<'_>, obstacle: &Obstacle) -> (String, Vec<String>) {
    let start = facts.start();
    match start.argv.as_slice() {
        [_, option, text, ..] if option == "-c" => {
            let text = text.trim();
            (
                format!("`{text}` is not JSON, so a shell reads it"),
                list(text),
            )
        }
        words => {
            let first = obstacle.argv.first().map_or("", String::as_str);
            let rest = words.iter().skip(1).cloned();
            let meant = first
                .split_ascii_whitespace()
                .map(str::to_string)
                .chain(rest)
                .collect();
            (
                format!("there is no program `{first}`: each word is a string of its own"),
                meant,
            )
        }
    }
}

/// `['python', 'app.py']` as words.
fn list(text: &str) -> Vec<String> {
    let Some(inside) = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
    else {
        return Vec::new();
    };
    let quotes = [
        '\'', '"', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '`',
    ];
    inside
        .split(',')
        .map(|word| word.trim().trim_matches(quotes).to_string())
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::mend::Mend;
    use crate::sample::Sample;

    fn found(cmd: &[&str]) -> Vec<(String, Option<Mend>)> {
        let sample = Sample::new()
            .program("bin/dash", "\x7fELF")
            .link("bin/sh", "dash")
            .program("usr/bin/python3.11", "\x7fELF")
            .program("usr/bin/start shop", "\x7fELF")
            .file("app.py", "")
            .cmd(cmd);
        sample
            .findings("exec-form-not-json")
            .into_iter()
            .map(|finding| (finding.message, finding.mend))
            .collect()
    }

    fn meant() -> Option<Mend> {
        Some(Mend::Cmd(vec!["python3.11".into(), "app.py".into()]))
    }

    #[test]
    fn lists_that_are_no_json_trip() {
        let message =
            "this image cannot start: `['python3.11', 'app.py']` is not JSON, so a shell reads it";
        assert_eq!(
            found(&["/bin/sh", "-c", "['python3.11', 'app.py']"]),
            [(message.to_string(), meant())]
        );
        let message = "this image cannot start: there is no program `python3.11 app.py`: each word is a string of its own";
        assert_eq!(
            found(&["python3.11 app.py"]),
            [(message.to_string(), meant())]
        );
    }

    #[test]
    fn tests_and_names_with_blanks_do_not() {
        assert_eq!(
            found(&["/bin/sh", "-c", "[ -f app.py ] && exec python3.11 app.py"]),
            []
        );
        assert_eq!(found(&["start shop"]), []);
    }
}
