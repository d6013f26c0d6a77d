//! Row 53: what a program is told to run or to serve is not in the image: a script, `-m NAME`, `module:attribute`.

use super::lost_directory;
use crate::facts::Facts;
use crate::facts::imports::{Closure, MissingName, Reach};
use crate::facts::start::{Cause, Demand, Obstacle, ObstacleKind, Program, Target, shown_words};
use crate::files::{file_name, join, parent, shown};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "missing-target",
    summary: "what a program is told to run or serve is not in the image",
    severity: Severity::Breaks,
    rows: &[53],
    page: include_str!("../../../../docs/rules/missing-target.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let start = facts.start();
    for obstacle in start
        .obstacles
        .iter()
        .filter(|obstacle| obstacle.cause(start) == Cause::MissingTarget)
    {
        if let Some(severity) = obstacle.severity() {
            findings.push(of_obstacle(facts, obstacle, severity));
        }
    }
    for closure in &facts.imports().runs {
        let Some(program) = start.programs.get(closure.program) else {
            continue;
        };
        modules(facts, closure, program, findings);
        attributes(facts, closure, program, findings);
    }
}

/// The demand that asks for a module which was not found: for it, or for a package that it lies in.
fn asked<'a>(program: &'a Program, name: &str) -> Option<&'a Demand> {
    let run = program.python.as_ref()?;
    run.demands.iter().find(|demand| {
        demand.module == name
            || demand
                .module
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// Whether a missing module is what the program's own words ask for: this rule tells of it.
pub(crate) fn explains(program: &Program, name: &str, importer: &[u8]) -> bool {
    importer.is_empty() && (asked(program, name).is_some() || is_run(program, name))
}

/// Whether a missing name is what the program's own words ask for.
pub(crate) fn explains_name(facts: &Facts<'_>, run: &Closure, missing: &MissingName) -> bool {
    let program = facts.start().programs.get(run.program);
    missing.importer.is_empty()
        && program.is_some_and(|program| asked(program, &missing.module).is_some())
}

/// Whether it is the module after `-m`.
fn is_run(program: &Program, name: &str) -> bool {
    let Some(Target::Module(module)) = program.python.as_ref().map(|run| &run.target) else {
        return false;
    };
    module == name
        || module
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('.'))
        || name == format!("{module}.__main__")
}

fn modules(facts: &Facts<'_>, closure: &Closure, program: &Program, findings: &mut Vec<Finding>) {
    for missing in closure
        .missing
        .iter()
        .filter(|missing| explains(program, &missing.name, &missing.importer))
        .filter(|missing| !super::other_python::explains(facts, missing))
        .filter(|missing| !lost_directory::explains(facts, closure, missing))
    {
        let (severity, lead) = match (missing.need, program.sure && program.fatal) {
            (Reach::Sure, true) => (Severity::Breaks, "this image cannot start: "),
            (Reach::Optional, _) => continue,
            _ => (Severity::Risk, ""),
        };
        let demand = asked(program, &missing.name);
        let asked = demand.map_or_else(
            || format!("`python -m {}`", missing.name),
            |demand| demand.why.clone(),
        );
        let message = format!(
            "{lead}there is no module `{}`, which {asked} asks for",
            missing.name
        );
        let mut finding = Finding::new(RULE.name, severity, message)
            .at(facts.place_of_instruction(facts.start().instruction))
            .because("started by", route(program));
        let searched: Vec<String> = missing.searched.iter().map(|path| shown(path)).collect();
        if !searched.is_empty() {
            finding = finding.because("searched", searched.join(" "));
        }
        findings.push(nearest(
            facts,
            &missing.name,
            &program.environment.directory,
            finding,
        ));
    }
}

fn attributes(
    facts: &Facts<'_>,
    closure: &Closure,
    program: &Program,
    findings: &mut Vec<Finding>,
) {
    for missing in closure
        .missing_names
        .iter()
        .filter(|missing| missing.importer.is_empty())
    {
        let Some(demand) = asked(program, &missing.module) else {
            continue;
        };
        let (severity, lead) = match (missing.need, program.sure && program.fatal) {
            (Reach::Sure, true) => (Severity::Breaks, "this image cannot start: "),
            (Reach::Optional, _) => continue,
            _ => (Severity::Risk, ""),
        };
        let message = format!(
            "{lead}`{}` has no `{}`, which {} asks for",
            shown(&missing.path),
            missing.name,
            demand.why
        );
        let mut finding = Finding::new(RULE.name, severity, message)
            .at(facts.place_of_instruction(facts.start().instruction))
            .because("started by", route(program));
        let names = names_of(facts, &missing.path);
        if !names.is_empty() {
            finding = finding.because("it has", names.join(" "));
        }
        if let Some(name) = names.iter().find(|name| {
            ["app", "application", "api", "server", "create_app"].contains(&name.as_str())
        }) {
            finding = finding.hint(format!("`{}:{name}`", missing.module));
        }
        findings.push(finding);
    }
}

fn route(program: &Program) -> String {
    [program.via.clone(), vec![shown_words(&program.argv)]]
        .concat()
        .join(" → ")
}

/// Names that a module binds, without private ones.
fn names_of(facts: &Facts<'_>, path: &[u8]) -> Vec<String> {
    let target = constrict_python::source::Target { python: (3, 14) };
    let source = facts.files().read(path, 1 << 20).unwrap_or_default();
    let Ok(module) = constrict_python::source::Module::parse(&source, &target) else {
        return Vec::new();
    };
    let imported = |kind| kind == constrict_python::source::BindingKind::Import;
    let bound = module
        .names
        .bound
        .into_iter()
        .filter(|(name, binding)| !name.starts_with('_') && !imported(binding.kind));
    bound.map(|(name, _)| name).take(12).collect()
}

fn of_obstacle(facts: &Facts<'_>, obstacle: &Obstacle, severity: Severity) -> Finding {
    let lead = obstacle.lead();
    let message = match &obstacle.kind {
        ObstacleKind::NoDirectory { path } => {
            format!("{lead}there is no directory `{}`", shown(path))
        }
        ObstacleKind::NoApplication { looked_for } => {
            format!("{lead}nothing tells what to serve: there is no {looked_for}")
        }
        ObstacleKind::NoScript { path } | ObstacleKind::NoSuchFile { path } => {
            format!("{lead}`{}` is not in it", shown(path))
        }
        _ => lead.to_string(),
    };
    let finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of_instruction(facts.start().instruction))
        .because("started by", obstacle.route());
    match &obstacle.kind {
        ObstacleKind::NoScript { path } | ObstacleKind::NoSuchFile { path } => {
            let name = String::from_utf8_lossy(file_name(path)).into_owned();
            let directory = &obstacle.environment.directory;
            let finding = match shown(parent(path)) == shown(directory) {
                true => finding.because("working directory", shown(directory)),
                false => finding,
            };
            nearest_file(facts, &name, finding)
        }
        _ => finding,
    }
}

/// Where a file of this name is.
fn nearest_file(facts: &Facts<'_>, name: &str, finding: Finding) -> Finding {
    let own = |path: &[u8]| {
        !crate::facts::landmarks::is_installed(path)
            && !path.starts_with(b"usr/lib")
            && !path.starts_with(b"usr/share")
    };
    let found = facts
        .files()
        .walk(b"")
        .find(|(path, node)| file_name(path) == name.as_bytes() && node.is_file() && own(path));
    match found {
        Some((path, _)) => finding.because("found in", shown(path)).hint(format!(
            "start {}, or change WORKDIR or the destination of COPY",
            shown(path)
        )),
        None => finding.hint(format!(
            "copy `{name}` into the last stage; look at .dockerignore if it is in the context"
        )),
    }
}

/// The module of a similar name in the working directory, or one of this name elsewhere.
fn nearest(facts: &Facts<'_>, name: &str, directory: &[u8], finding: Finding) -> Finding {
    let files = facts.files();
    let first = name.split('.').next().unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    let source = |path: &[u8]| {
        file_name(path) == format!("{last}.py").as_bytes()
            || path.ends_with(format!("{last}/__init__.py").as_bytes())
    };
    let own = |path: &[u8]| {
        !crate::facts::landmarks::is_installed(path)
            && !path.starts_with(b"usr/lib")
            && !path.starts_with(b"usr/local/lib")
    };
    if let Some((path, _)) = files
        .walk(b"")
        .find(|(path, node)| node.is_file() && own(path) && source(path))
    {
        return finding
            .because("found in", shown(path))
            .hint("change WORKDIR, the destination of COPY, or the module's name");
    }
    let mut there: Vec<String> = files
        .list(directory)
        .into_iter()
        .filter_map(|(entry, node)| {
            let entry = String::from_utf8_lossy(entry).into_owned();
            match node.is_directory() {
                true => files
                    .is_file(&join(&join(directory, entry.as_bytes()), b"__init__.py"))
                    .then_some(entry),
                false => entry.strip_suffix(".py").map(str::to_string),
            }
        })
        .collect();
    there.truncate(12);
    match there.is_empty() {
        true => finding.hint(format!(
            "copy `{first}` into the last stage; look at .dockerignore if it is in the context"
        )),
        false => finding.because("modules there", there.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use crate::sample::Sample;

    fn image(cmd: &[&str]) -> Sample {
        Sample::new()
            .program("usr/local/bin/python3.11", "\x7fELF")
            .program(
                "usr/local/bin/flask",
                "#!/usr/local/bin/python3.11\nfrom flask.cli import main\n",
            )
            .program(
                "usr/local/bin/streamlit",
                "#!/usr/local/bin/python3.11\nfrom streamlit.web.cli import main\n",
            )
            .file("app.py", "")
            .directory("app", 0o755)
            .config(|config| config.config.working_dir = "/app".into())
            .cmd(cmd)
    }

    fn messages(cmd: &[&str]) -> Vec<String> {
        image(cmd)
            .findings("missing-target")
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn scripts_that_are_not_there_trip() {
        assert_eq!(
            messages(&["python3.11", "app.py"]),
            ["this image cannot start: `/app/app.py` is not in it"]
        );
        assert_eq!(
            messages(&["streamlit", "run", "main.py"]),
            ["this image cannot start: `/app/main.py` is not in it"]
        );
        assert_eq!(
            messages(&["flask", "run"]),
            [
                "this image cannot start: nothing tells what to serve: there is no `FLASK_APP`, wsgi.py or app.py"
            ]
        );
        let evidence = image(&["python3.11", "app.py"])
            .findings("missing-target")
            .remove(0)
            .evidence;
        assert!(
            evidence
                .iter()
                .any(|line| line.label == "found in" && line.text == "/app.py")
        );
    }

    #[test]
    fn applications_that_settings_surely_add_are_asked_for() {
        let library = "usr/local/lib/python3.11";
        let found = image(&["python3.11", "manage.py", "check"])
            .file(&format!("{library}/os.py"), "")
            .file(&format!("{library}/encodings/__init__.py"), "")
            .file("app/site/__init__.py", "")
            .file("app/site/base.py", "INSTALLED_APPS = ['shop']\nINSTALLED_APPS += ['blog']\n")
            .file(
                "app/site/local.py",
                "from .base import *\nINSTALLED_APPS += ['toolbar']\ntry:\n    import silk\n    INSTALLED_APPS += ['silk']\nexcept ImportError:\n    pass\nif DEBUG:\n    INSTALLED_APPS += ['debug']\n",
            )
            .file(
                "app/manage.py",
                "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.local')\nfrom django.core.management import execute_from_command_line\n",
            )
            .findings("missing-target");
        let mut messages: Vec<String> = found.into_iter().map(|finding| finding.message).collect();
        messages.sort();
        let message = |name: &str, file: &str| {
            format!(
                "this image cannot start: there is no module `{name}`, which INSTALLED_APPS of /app/site/{file}.py asks for"
            )
        };
        assert_eq!(
            messages,
            [
                message("blog", "local"),
                message("shop", "local"),
                message("toolbar", "local")
            ]
        );
    }

    #[test]
    fn scripts_that_are_there_do_not() {
        assert_eq!(messages(&["python3.11", "/app.py"]), [""; 0]);
        assert_eq!(messages(&["python3.11", "-c", "pass"]), [""; 0]);
    }
}
