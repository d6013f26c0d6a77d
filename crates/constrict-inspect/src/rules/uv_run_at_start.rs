//! Row 24: the container starts with `uv run`.

use crate::facts::Facts;
use crate::facts::start::shown_words;
use crate::files::file_name;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "uv-run-at-start",
    summary: "the container starts with `uv run`, which looks after the environment first",
    severity: Severity::Risk,
    rows: &[24],
    page: include_str!("../../../../docs/rules/uv-run-at-start.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let start = facts.start();
    for program in &start.programs {
        let uv = file_name(&program.executable) == b"uv"
            && program.argv.iter().any(|word| word == "run");
        if !uv || !program.sure {
            continue;
        }
        let syncs = !program.argv.iter().any(|word| word == "--no-sync")
            && program.environment.get("UV_NO_SYNC").is_none();
        let offline = "it writes to its cache and stays in front of the program";
        let does = if syncs {
            "it installs what is missing at each start"
        } else {
            offline
        };
        findings.push(
            Finding::new(
                RULE.name,
                Severity::Risk,
                format!("the container starts with `uv run`: {does}"),
            )
            .at(facts.place_of_instruction(start.instruction))
            .because(
                "started by",
                [program.via.clone(), vec![shown_words(&program.argv)]]
                    .concat()
                    .join(" → "),
            )
            .hint("ENV PATH=\"/app/.venv/bin:$PATH\" and the program itself as CMD"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::sample::Sample;

    fn image() -> Sample {
        Sample::new()
            .program("usr/local/bin/python3.11", "\x7fELF")
            .program("usr/local/bin/uv", "\x7fELF")
    }

    #[test]
    fn uv_run_is_a_risk() {
        let found = image()
            .cmd(&["uv", "run", "--no-sync", "main.py"])
            .findings("uv-run-at-start");
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn uv_that_lies_around_is_none() {
        assert_eq!(
            image()
                .cmd(&["python3.11", "main.py", "run"])
                .findings("uv-run-at-start"),
            []
        );
    }
}
