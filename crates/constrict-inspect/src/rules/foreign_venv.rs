//! Row 22: a virtual environment of the machine that the build was started on, copied with the context.

use constrict_python::pyvenv_cfg::PyvenvCfg;

use crate::facts::Facts;
use crate::facts::imports::Reach;
use crate::facts::natives::FaultKind;
use crate::facts::start::{Obstacle, ObstacleKind};
use crate::files::{file_name, join, parent, shown};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "foreign-venv",
    summary: "a virtual environment of the host is in the image",
    severity: Severity::Breaks,
    rows: &[22],
    page: include_str!("../../../../docs/rules/foreign-venv.md"),
    check,
};

/// Beginnings of paths that only a developer's machine has.
const HOSTS: &[&str] = &[
    "/Users/",
    "/opt/homebrew/",
    "/usr/local/Cellar/",
    "/Library/Frameworks/",
    "/Applications/",
];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for file in &facts.landmarks().venvs {
        let venv = parent(file);
        let signs = signs(facts, file, venv);
        if signs.is_empty() {
            continue;
        }
        let broken = failure(facts, venv);
        let severity = match (&broken, is_used(facts, venv)) {
            (Some(_), _) => Severity::Breaks,
            (None, true) => Severity::Risk,
            (None, false) => Severity::Waste,
        };
        let message = match severity {
            Severity::Breaks => format!(
                "this image cannot start: `{}` is a virtual environment of another machine",
                shown(venv)
            ),
            _ => format!(
                "`{}` is a virtual environment of another machine",
                shown(venv)
            ),
        };
        let mut finding = Finding::new(RULE.name, severity, message).at(facts.place_of(file));
        for sign in signs {
            finding = finding.because("shown by", sign);
        }
        if let Some(broken) = broken {
            finding = finding.because("fails at", broken);
        }
        let name = String::from_utf8_lossy(file_name(venv)).into_owned();
        findings.push(finding.hint(format!("add `**/{name}` to .dockerignore")));
    }
}

/// Whether a path lies in a virtual environment of another machine: this rule tells of it.
pub(crate) fn explains(facts: &Facts<'_>, path: &[u8]) -> bool {
    facts.landmarks().venvs.iter().any(|file| {
        let venv = parent(file);
        path.starts_with(&[venv, b"/"].concat()) && !signs(facts, file, venv).is_empty()
    })
}

/// What shows that a virtual environment was not made for this image.
fn signs(facts: &Facts<'_>, file: &[u8], venv: &[u8]) -> Vec<String> {
    let text = facts.files().text(file, 64 << 10).unwrap_or_default();
    let home = PyvenvCfg::parse(&text).home.unwrap_or_default();
    let mut signs = Vec::new();
    if is_host_path(facts, &home) {
        signs.push(format!("`home = {home}` in `{}`", shown(file)));
    }
    if facts.files().is_file(&join(venv, b"Scripts/python.exe")) {
        signs.push(format!(
            "`{}`, a program for Windows",
            shown(&join(venv, b"Scripts/python.exe"))
        ));
    }
    if let Some(path) = facts
        .files()
        .walk(venv)
        .map(|(path, _)| path)
        .find(|path| is_foreign(file_name(path)))
    {
        signs.push(format!("`{}`, made for another system", shown(path)));
    }
    signs
}

/// A directory that only a host has: by its form, or a home that is neither in the image nor in a stage.
fn is_host_path(facts: &Facts<'_>, home: &str) -> bool {
    let drive =
        home.as_bytes().get(1..3) == Some(b":\\") || home.as_bytes().get(1..3) == Some(b":/");
    let stages = facts
        .image
        .origin
        .iter()
        .flat_map(|origin| origin.stages.values());
    let anywhere = facts.files().exists(home.as_bytes())
        || stages
            .into_iter()
            .any(|stage| stage.files.exists(home.as_bytes()));
    // a home that the stage of another build had is no sign: only a build that knows all its stages can tell
    let strange_home = home.starts_with("/home/") && facts.image.origin.is_some();
    (drive || HOSTS.iter().any(|start| home.starts_with(start)) || strange_home) && !anywhere
}

/// Whether the name of a module says that it is for macOS or Windows.
fn is_foreign(name: &[u8]) -> bool {
    name.ends_with(b"-darwin.so") || name.ends_with(b".pyd") || name.ends_with(b".dylib")
}

/// Whether a program starts in the environment or looks for modules there.
fn is_used(facts: &Facts<'_>, venv: &[u8]) -> bool {
    let inside = |path: &[u8]| {
        path.starts_with(&join(venv, b"")) || path.starts_with(&[venv, b"/"].concat())
    };
    facts.start().programs.iter().any(|program| {
        let searched = facts.interpreters().search_path(facts, program);
        inside(&program.executable)
            || searched.is_some_and(|search| {
                search
                    .directories
                    .iter()
                    .any(|element| inside(&element.path))
            })
    })
}

/// What surely fails because of it.
fn failure(facts: &Facts<'_>, venv: &[u8]) -> Option<String> {
    let inside = |path: &[u8]| path.starts_with(&[venv, b"/"].concat());
    let stopped = |obstacle: &&Obstacle| {
        obstacle.breaks() && obstacle_path(&obstacle.kind).is_some_and(|path| inside(&path))
    };
    if let Some(obstacle) = facts.start().obstacles.iter().find(stopped) {
        return Some(
            obstacle
                .via
                .last()
                .cloned()
                .unwrap_or_else(|| obstacle.argv.join(" ")),
        );
    }
    let foreign = |kind: &FaultKind| {
        matches!(
            kind,
            FaultKind::WrongFormat { .. } | FaultKind::WrongMachine { .. }
        )
    };
    let mut faults = facts.natives().faults.iter();
    let fault = faults.find(|fault| {
        fault.need == Some(Reach::Sure) && foreign(&fault.kind) && inside(&fault.object)
    })?;
    Some(fault.chain.join(" → "))
}

/// The file that an obstacle is about.
fn obstacle_path(kind: &ObstacleKind) -> Option<Vec<u8>> {
    match kind {
        ObstacleKind::NoSuchFile { path }
        | ObstacleKind::NotExecutable { path }
        | ObstacleKind::ExecFormat { path }
        | ObstacleKind::DanglingLink { path, .. }
        | ObstacleKind::NoLoader { path, .. } => Some(path.clone()),
        ObstacleKind::NoInterpreter { script, .. } => Some(script.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn sample(home: &str, files: &[&str]) -> Sample {
        let sample = Sample::new()
            .file(
                "app/.venv/pyvenv.cfg",
                format!("home = {home}\nversion = 3.12.1\n"),
            )
            .program("usr/bin/python3", "");
        files
            .iter()
            .fold(sample, |sample, path| sample.file(path, ""))
    }

    #[test]
    fn an_environment_of_another_machine_that_nothing_uses_is_waste() {
        let module = "app/.venv/lib/python3.12/site-packages/x.cpython-312-darwin.so";
        let found = sample("/opt/homebrew/opt/python@3.12/bin", &[module]).findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].severity, found[0].evidence.len()),
            (Severity::Waste, 2)
        );
        assert_eq!(
            found[0].message,
            "`/app/.venv` is a virtual environment of another machine"
        );
        assert_eq!(sample("C:\\Python312", &[]).findings(RULE.name).len(), 1);
    }

    #[test]
    fn environments_of_the_image_pass() {
        assert_eq!(sample("/usr/bin", &[]).findings(RULE.name), []);
        // dangling, but made by the stage that built it
        assert_eq!(sample("/usr/local/bin", &[]).findings(RULE.name), []);
        assert_eq!(
            sample("/home/app/.local/share/uv/python/bin", &[]).findings(RULE.name),
            []
        );
    }

    #[test]
    fn what_is_started_from_it_cannot_start() {
        let sample = sample("/Users/me/python/bin", &[])
            .program("app/.venv/bin/serve", "#!/Users/me/app/.venv/bin/python\n")
            .cmd(&["/app/.venv/bin/serve"]);
        let found = sample.findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Breaks);
    }
}
