//! Row 39: the health check calls a program that is not in the image.

use crate::facts::Facts;
use crate::facts::start::{ObstacleKind, Start};
use crate::files::shown;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "healthcheck-program",
    summary: "the health check calls a program that is not in the image",
    severity: Severity::Risk,
    rows: &[39],
    page: include_str!("../../../../docs/rules/healthcheck-program.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let config = &facts.image.config.config;
    let Some(health) = &config.healthcheck else {
        return;
    };
    let argv = match health.test.split_first() {
        Some((kind, words)) if kind == "CMD" => words.to_vec(),
        Some((kind, [text])) if kind == "CMD-SHELL" => {
            let shell = if config.shell.is_empty() {
                vec!["/bin/sh".to_string(), "-c".into()]
            } else {
                config.shell.clone()
            };
            [shell, vec![text.clone()]].concat()
        }
        _ => return,
    };
    let health = Start::of(facts, argv);
    let shell = health.argv.get(1).is_some_and(|word| word == "-c");
    // `curl … || wget …` is well with one of them
    let others = health.programs.len() > usize::from(shell);
    let missing = health
        .obstacles
        .iter()
        .filter(|obstacle| obstacle.sure && (obstacle.fatal || !others));
    for obstacle in missing {
        let what = match &obstacle.kind {
            ObstacleKind::NotOnPath { name } => format!("`{name}`, which is not on PATH"),
            ObstacleKind::NoSuchFile { path }
            | ObstacleKind::NoScript { path }
            | ObstacleKind::DanglingLink { path, .. } => {
                format!("`{}`, which is not in the image", shown(path))
            }
            ObstacleKind::NotExecutable { path } => {
                format!("`{}`, which is not executable", shown(path))
            }
            _ => continue,
        };
        let probe = "HEALTHCHECK CMD [\"python\", \"-c\", \"import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/')\"]";
        findings.push(
            Finding::new(
                RULE.name,
                Severity::Risk,
                format!("the health check calls {what}: the container is never healthy"),
            )
            .at(facts.place_of_instruction("HEALTHCHECK"))
            .because("needed by", health.argv.join(" "))
            .hint(probe),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::sample::Sample;
    use constrict_oci::Healthcheck;

    fn image(test: &[&str]) -> Sample {
        let test = test.iter().map(|word| word.to_string()).collect();
        Sample::new()
            .program("bin/dash", "\x7fELF")
            .link("bin/sh", "dash")
            .program("usr/bin/wget", "\x7fELF")
            .program("usr/local/bin/python3.11", "\x7fELF")
            .cmd(&["python3.11"])
            .config(|config| {
                config.config.healthcheck = Some(Healthcheck {
                    test,
                    ..Healthcheck::default()
                })
            })
    }

    fn messages(test: &[&str]) -> Vec<String> {
        image(test)
            .findings("healthcheck-program")
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn a_missing_program_is_a_risk() {
        let expected =
            ["the health check calls `curl`, which is not on PATH: the container is never healthy"];
        assert_eq!(
            messages(&["CMD-SHELL", "curl -f http://localhost/ || exit 1"]),
            expected
        );
        assert_eq!(
            messages(&["CMD", "curl", "-f", "http://localhost/"]),
            expected
        );
    }

    #[test]
    fn a_probe_that_can_run_is_none() {
        assert_eq!(
            messages(&[
                "CMD-SHELL",
                "curl -f http://localhost/ || wget -q http://localhost/"
            ]),
            [""; 0]
        );
        assert_eq!(
            messages(&["CMD", "python3.11", "-c", "import urllib"]),
            [""; 0]
        );
        assert_eq!(messages(&["NONE"]), [""; 0]);
    }
}
