//! Row 18: the program that the image starts is not in it, or not on PATH: most often a console script that was not copied
//! with its distribution.

use crate::facts::Facts;
use crate::facts::distribution::Distribution;
use crate::facts::start::{Cause, Obstacle, ObstacleKind};
use crate::files::{file_name, parent, shown};
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "missing-script",
    summary: "the program that the image starts is not in it, or not on PATH",
    severity: Severity::Breaks,
    rows: &[18],
    page: include_str!("../../../../docs/rules/missing-script.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let start = facts.start();
    for obstacle in start
        .obstacles
        .iter()
        .filter(|obstacle| obstacle.cause(start) == Cause::MissingProgram)
    {
        let Some(severity) = obstacle.severity() else {
            continue;
        };
        if super::moved_venv::explains(facts, obstacle) {
            continue;
        }
        let (name, message) = match &obstacle.kind {
            ObstacleKind::NotOnPath { name } => (
                name.clone(),
                format!("{}`{name}` is not on PATH", obstacle.lead()),
            ),
            ObstacleKind::NoSuchFile { path } => (
                base(path),
                format!("{}`{}` is not in it", obstacle.lead(), shown(path)),
            ),
            ObstacleKind::DanglingLink { path, target } => {
                let message = format!(
                    "{}`{}` is a link to `{}`, which is not in it",
                    obstacle.lead(),
                    shown(path),
                    shown(target)
                );
                (base(path), message)
            }
            _ => continue,
        };
        let finding = Finding::new(RULE.name, severity, message)
            .at(facts.place_of_instruction(start.instruction))
            .because("started by", obstacle.route());
        findings.push(explained(facts, obstacle, &name, finding));
    }
}

fn base(path: &[u8]) -> String {
    String::from_utf8_lossy(file_name(path)).into_owned()
}

/// With where the program is, whose it is, and what to do.
fn explained(facts: &Facts<'_>, obstacle: &Obstacle, name: &str, mut finding: Finding) -> Finding {
    if let ObstacleKind::NotOnPath { .. } = obstacle.kind {
        finding = finding.because(
            "searched",
            obstacle.environment.get("PATH").unwrap_or_default(),
        );
    }
    if let Some(path) = elsewhere(facts, obstacle, name) {
        let directory = shown(parent(&path));
        return finding
            .because(
                "found in",
                format!("{}, which PATH does not have", shown(&path)),
            )
            .hint(format!("ENV PATH=\"{directory}:$PATH\""))
            .mend(Mend::Env(vec![(
                "PATH".into(),
                format!("{directory}:$PATH"),
            )]));
    }
    let owner = facts
        .distributions()
        .console_script(facts.files(), name)
        .map(|(owner, object)| (owner, object.to_string()));
    if let Some((owner, _)) = &owner {
        let text = format!("{} {} in {}", owner.name, owner.version, shown(&owner.site));
        finding = finding.because("console script of", text);
    }
    if let Some((stage, path)) = in_stage(facts, name) {
        finding = finding.because("found in", format!("stage `{stage}`, {}", shown(&path)));
        let line = format!("COPY --from={stage} {0} {0}", shown(&path));
        return match runs_here(facts, &stage, &path, owner.is_some()) {
            true => finding.hint(line).mend(Mend::CopyFrom {
                stage,
                paths: vec![shown(&path)],
                ldconfig: false,
            }),
            false if owner.is_some() => with_script(facts, name, owner, finding),
            false => finding.hint(line),
        };
    }
    with_script(facts, name, owner, finding)
}

/// Where the program is although PATH does not have it.
fn elsewhere(facts: &Facts<'_>, obstacle: &Obstacle, name: &str) -> Option<Vec<u8>> {
    let ObstacleKind::NotOnPath { .. } = obstacle.kind else {
        return None;
    };
    let found = |path: &[u8]| {
        file_name(path) == name.as_bytes()
            && (parent(path).ends_with(b"bin") || parent(path).ends_with(b"Scripts"))
    };
    let files = facts.files();
    let mut paths = files
        .walk(b"")
        .filter(|(path, node)| found(path) && !node.is_directory());
    paths
        .find(|(path, _)| files.is_file(path) && runs(facts, path))
        .map(|(path, _)| path.to_vec())
}

/// Whether what the first line names is here.
fn runs(facts: &Facts<'_>, path: &[u8]) -> bool {
    let head = facts.files().read(path, 256).unwrap_or_default();
    interpreter(&head).is_none_or(|interpreter| facts.files().is_file(interpreter.as_bytes()))
}

/// The interpreter that a first line names.
fn interpreter(head: &[u8]) -> Option<String> {
    let line = head
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    Some(
        String::from_utf8_lossy(line)
            .split_ascii_whitespace()
            .next()?
            .to_string(),
    )
}

/// The stage that has the program in one of its directories for programs.
fn in_stage(facts: &Facts<'_>, name: &str) -> Option<(String, Vec<u8>)> {
    let origin = facts.image.origin.as_ref()?;
    origin.stages.values().find_map(|stage| {
        let user = crate::facts::account::Accounts::read(&stage.files).user("");
        let environment = crate::facts::environment::Environment::of(&stage.config.config, &user);
        let mut places: Vec<Vec<u8>> = environment.candidates(name).collect();
        let bin = |(path, _): &(&[u8], _)| {
            file_name(path) == name.as_bytes() && parent(path).ends_with(b"bin")
        };
        places.extend(
            stage
                .files
                .walk(b"")
                .filter(bin)
                .map(|(path, _)| path.to_vec()),
        );
        let path = places.into_iter().find(|path| stage.files.is_file(path))?;
        Some((stage.name.clone(), path))
    })
}

/// Whether a script of a stage would run here if it were copied.
fn runs_here(facts: &Facts<'_>, stage: &str, path: &[u8], installed: bool) -> bool {
    let Some(origin) = &facts.image.origin else {
        return false;
    };
    let Some(stage) = origin.stages.values().find(|found| found.name == stage) else {
        return false;
    };
    let head = stage.files.read(path, 256).unwrap_or_default();
    match interpreter(&head) {
        Some(interpreter) => facts.files().is_file(interpreter.as_bytes()) && installed,
        None => false,
    }
}

/// With the script that an installer would have written.
fn with_script(
    facts: &Facts<'_>,
    name: &str,
    owner: Option<(&Distribution, String)>,
    finding: Finding,
) -> Finding {
    let Some((owner, object)) = owner else {
        return finding;
    };
    let Some((module, function)) = object.split_once(':') else {
        return finding;
    };
    let Some(python) = owner.interpreter(facts.files()) else {
        return finding.hint(format!(
            "start it with `python -m {module}`, or copy its script"
        ));
    };
    let python = shown(&python);
    let first = function.split('.').next().unwrap_or(function);
    let text =
        format!("#!{python}\nimport sys\nfrom {module} import {first}\nsys.exit({function}())\n");
    let path = format!(
        "{}/{name}",
        python
            .rsplit_once('/')
            .map_or("/usr/local/bin", |(directory, _)| directory)
    );
    finding
        .hint(format!(
            "copy the script from where {} was installed, or write it to {path}",
            owner.name
        ))
        .mend(Mend::Write {
            path,
            text,
            mode: 0o755,
        })
}

#[cfg(test)]
mod tests {
    use crate::rule::Severity;
    use crate::sample::Sample;

    const ELF: &str = "\x7fELF";

    fn image() -> Sample {
        Sample::new()
            .program("usr/local/bin/python3.11", ELF)
            .file(
                "usr/local/lib/python3.11/site-packages/flask/__init__.py",
                "",
            )
            .file(
                "usr/local/lib/python3.11/site-packages/flask-3.0.0.dist-info/METADATA",
                "Name: flask\nVersion: 3.0.0\n",
            )
            .file(
                "usr/local/lib/python3.11/site-packages/flask-3.0.0.dist-info/entry_points.txt",
                "[console_scripts]\nflask = flask.cli:main\n",
            )
            .cmd(&["flask", "run"])
    }

    #[test]
    fn a_script_that_was_not_copied_is_named_with_its_distribution() {
        let found = image().findings("missing-script");
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "this image cannot start: `flask` is not on PATH"
        );
        assert_eq!(found[0].severity, Severity::Breaks);
        let evidence: Vec<String> = found[0]
            .evidence
            .iter()
            .map(|line| format!("{}: {}", line.label, line.text))
            .collect();
        assert_eq!(
            evidence,
            [
                "started by: CMD [\"flask\",\"run\"] → flask run",
                "searched: /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "console script of: flask 3.0.0 in /usr/local/lib/python3.11/site-packages",
            ]
        );
    }

    #[test]
    fn a_venv_that_path_does_not_have_is_named() {
        let sample = image().program("opt/venv/bin/flask", "#!/usr/local/bin/python3.11\n");
        let found = sample.findings("missing-script");
        assert_eq!(
            found[0].hint.as_deref(),
            Some("ENV PATH=\"/opt/venv/bin:$PATH\"")
        );
    }

    #[test]
    fn a_script_that_is_there_is_not_reported() {
        let sample = image().program("usr/local/bin/flask", "#!/usr/local/bin/python3.11\n");
        assert_eq!(sample.findings("missing-script"), []);
        assert_eq!(
            image()
                .cmd(&["/usr/local/bin/python3.11", "-m", "flask"])
                .findings("missing-script"),
            []
        );
    }
}
