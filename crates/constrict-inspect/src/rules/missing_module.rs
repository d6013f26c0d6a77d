//! Row 44: a module is imported that nothing in the image provides, and no other rule knows why.

use std::collections::BTreeMap;

use constrict_python::provider::distribution_of;

use super::{
    editable_install, glibc_on_musl, incomplete_distribution, lost_directory, missing_setuptools,
    missing_target, other_python, removed_name, removed_stdlib_module, shadowed_module,
    stripped_distribution, user_site, wrong_architecture,
};
use crate::facts::Facts;
use crate::facts::distribution::{Distribution, normalised};
use crate::facts::imports::{Absence, Closure, MissingModule, Reach};
use crate::facts::interpreter::PathSource;
use crate::facts::landmarks::is_installed;
use crate::files::{Files, components, file_name, join, parent, shown};
use crate::image::StageFiles;
use crate::mend::Mend;
use crate::quantity::count;
use crate::rule::{Finding, Place, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "missing-module",
    summary: "a module is imported that nothing in the image provides",
    severity: Severity::Breaks,
    rows: &[44],
    page: include_str!("../../../../docs/rules/missing-module.md"),
    check,
};

/// Whether a rule knows why a module is missing wherever it would be: this one and those that look for its place keep quiet.
pub(crate) fn is_others(facts: &Facts<'_>, run: &Closure, missing: &MissingModule) -> bool {
    missing_setuptools::explains(facts, missing)
        || removed_stdlib_module::explains(facts, missing)
        || user_site::explains(facts, missing)
        || editable_install::explains(facts, missing)
        || glibc_on_musl::explains(facts, missing)
        || wrong_architecture::explains(facts, missing)
        || other_python::explains(facts, missing)
        || shadowed_module::explains(facts, run, missing)
}

/// Whether this rule tells of a missing module.
fn is_ours(facts: &Facts<'_>, run: &Closure, missing: &MissingModule) -> bool {
    let told = |program| missing_target::explains(program, &missing.name, &missing.importer);
    let mut program = facts.start().programs.get(run.program).into_iter();
    missing.need != Reach::Optional
        && !program.any(told)
        && !is_others(facts, run, missing)
        && !stripped_distribution::explains(facts, missing)
        && !lost_directory::explains(facts, run, missing)
        && !incomplete_distribution::explains(facts, run, missing)
}

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for run in &facts.imports().runs {
        let mut modules: BTreeMap<&str, Vec<&MissingModule>> = BTreeMap::new();
        let ours = |missing: &&MissingModule| is_ours(facts, run, missing);
        for missing in run.missing.iter().filter(ours) {
            let first = missing.name.split('.').find(|part| !part.is_empty());
            let key = match missing.why {
                Absence::NoPackage => &missing.name,
                _ => first.unwrap_or(&missing.name),
            };
            modules.entry(key).or_default().push(missing);
        }
        let mut found: Vec<(Reach, Finding)> = Vec::new();
        for mut missing in modules.into_values() {
            missing.sort_by_key(|missing| missing.need);
            let Some(finding) = finding(facts, run, &missing) else {
                continue;
            };
            found.push((missing[0].need, finding));
        }
        found.sort_by_key(|(need, _)| *need);
        findings.extend(found.into_iter().map(|(_, finding)| finding));
    }
}

fn finding(facts: &Facts<'_>, run: &Closure, all: &[&MissingModule]) -> Option<Finding> {
    let missing = *all.first()?;
    let severity = run.severity(facts, missing.need)?;
    let start = match severity {
        Severity::Breaks => "this image cannot start: ",
        _ => "",
    };
    let place = match missing.importer.as_slice() {
        [] | [b'-', ..] => facts.place_of_instruction(facts.start().instruction),
        importer => Some(Place::File {
            path: shown(importer),
            line: (missing.line > 0).then_some(missing.line),
        }),
    };
    let name = &missing.name;
    let message = match (&missing.why, severity) {
        (Absence::NotFound, Severity::Breaks) => {
            format!("{start}nothing in it provides `{name}`")
        }
        (Absence::NotFound, _) => {
            format!("nothing in this image provides `{name}`, which may be imported")
        }
        (Absence::NotAPackage, _) => {
            let above = name.rsplit_once('.').map_or("", |(above, _)| above);
            format!("{start}`{name}` cannot be: `{above}` is a single file, not a package")
        }
        (Absence::NoPackage, _) => format!(
            "{start}`{name}` is relative, and `{}` is in no package when it is imported",
            shown(&missing.importer)
        ),
        (Absence::Closed(path), _) => {
            format!(
                "{start}`{name}` is not found: its user may not read `{}`",
                shown(path)
            )
        }
    };
    let mut finding = Finding::new(RULE.name, severity, message)
        .at(place)
        .because("needed by", missing.chain.join(" → "));
    let importers: std::collections::BTreeSet<&[u8]> = all
        .iter()
        .map(|other| other.importer.as_slice())
        .filter(|other| *other != missing.importer.as_slice())
        .collect();
    if !importers.is_empty() {
        finding = finding.because("also imported by", count(importers.len(), "file"));
    }
    Some(match missing.why {
        Absence::NotFound => provided(facts, run, missing, finding),
        Absence::NotAPackage => finding,
        Absence::NoPackage => finding.hint(
            "start it as a part of its package, from the directory above: `python -m package.module`",
        ),
        Absence::Closed(_) => {
            finding.hint("copy it with `--chown` or `--chmod`, so that the user can read it")
        }
    })
}

/// With what would provide it, and what was searched.
fn provided(
    facts: &Facts<'_>,
    run: &Closure,
    missing: &MissingModule,
    mut finding: Finding,
) -> Finding {
    let first = missing.name.split('.').next().unwrap_or_default();
    let searched: Vec<String> = missing.searched.iter().map(|path| shown(path)).collect();
    if let Some((distribution, asker)) = asked_for(facts, missing) {
        finding = finding.because(
            "asked for by",
            format!("{} {}: `{distribution}`", asker.name, asker.version),
        );
    }
    let there = in_stage(facts, run, first);
    if let Some(there) = &there {
        finding = finding.because(
            "found in",
            format!("stage `{}`, {}", there.stage.name, shown(&there.path)),
        );
    }
    finding = finding.because("searched", searched.join(" "));
    if let Some(there) = there {
        return there.copied(finding);
    }
    if let Some((stage, line)) = unused_stage(facts, missing) {
        return finding
            .because(
                "not copied from",
                format!("stage `{stage}`, which installs packages in line {line}"),
            )
            .hint(format!(
                "copy the packages from `{stage}`: COPY --from={stage} …"
            ));
    }
    // a part of a package that is there is no distribution's of its own
    if missing.name.contains('.')
        && let Some(module) = run.modules.get(first)
        && distribution_of(&missing.name).is_none_or(|found| normalised(found) == normalised(first))
    {
        let hint = match module.distributed {
            true => format!("another version of `{first}` has it, or an extra of it"),
            false => format!(
                "copy it into `{}`; look at .dockerignore if it is in the context",
                shown(parent(&module.path))
            ),
        };
        return finding.hint(hint);
    }
    let distribution = distribution_of(&missing.name).unwrap_or(first).to_string();
    let file = removed_name::requirements(facts);
    let own = match missing.importer.is_empty() || is_installed(&missing.importer) {
        true => String::new(),
        false => format!(", or copy `{first}` if it is the project's own"),
    };
    finding
        .hint(format!("write `{distribution}` into {file}{own}"))
        .mend(Mend::Edit {
            file,
            line: distribution,
        })
}

/// A stage that installs packages and that nothing of this image is made from, and the line that does.
fn unused_stage(facts: &Facts<'_>, missing: &MissingModule) -> Option<(String, usize)> {
    let origin = facts.image.origin.as_ref()?;
    if is_installed(&missing.importer) {
        return None;
    }
    let stages = origin.dockerfile.stages.iter().enumerate();
    let mut unused =
        stages.filter(|(number, _)| *number != origin.stage && !origin.stages.contains_key(number));
    unused.find_map(|(number, stage)| {
        let installs = stage.instructions.iter().find(|instruction| {
            matches!(instruction.kind, constrict_dockerfile::Kind::Run(_))
                && [
                    "pip install",
                    "pip3 install",
                    "uv sync",
                    "uv pip",
                    "poetry install",
                    "pipenv",
                ]
                .iter()
                .any(|words| instruction.text.contains(words))
        })?;
        let start = installs.span.start;
        let line = constrict_dockerfile::line_of(origin.text.as_bytes(), start).line;
        let name = stage
            .from
            .alias
            .as_ref()
            .map_or_else(|| number.to_string(), Clone::clone);
        Some((name, line))
    })
}

/// The distribution that asks for what would provide the module.
fn asked_for<'a>(
    facts: &'a Facts<'_>,
    missing: &MissingModule,
) -> Option<(String, &'a Distribution)> {
    let files = facts.files();
    let importer = facts.distributions().owner_of(files, &missing.importer)?;
    let first = missing.name.split('.').next().unwrap_or_default();
    let wanted = normalised(distribution_of(&missing.name).unwrap_or(first));
    let requires = &importer.documents(files).requires;
    let requirement = requires
        .iter()
        .find(|requirement| requirement.name.as_str() == wanted)?;
    Some((requirement.to_string(), importer))
}

/// A stage that has a module.
struct InStage<'a> {
    stage: &'a StageFiles,
    /// The module there.
    path: Vec<u8>,
    /// The directory to copy, and where to.
    copy: (Vec<u8>, Vec<u8>),
}

impl InStage<'_> {
    fn copied(&self, finding: Finding) -> Finding {
        let (from, to) = (shown(&self.copy.0), shown(&self.copy.1));
        let stage = &self.stage.name;
        let finding = finding.hint(format!("COPY --from={stage} {from} {to}"));
        if from != to {
            return finding;
        }
        finding.mend(Mend::CopyFrom {
            stage: stage.clone(),
            paths: vec![from],
            ldconfig: false,
        })
    }
}

/// The stage that has a top-level module for this X.Y, and what to copy from it.
fn in_stage<'a>(facts: &Facts<'a>, run: &Closure, first: &str) -> Option<InStage<'a>> {
    let origin = facts.image.origin.as_ref()?;
    let python = facts.interpreters().all.get(run.search.interpreter)?;
    let version = format!("python{}.{}", python.version.0, python.version.1);
    let site = run
        .search
        .directories
        .iter()
        .find(|element| element.from == PathSource::Site)
        .map(|element| element.path.clone());
    let directories = run.search.directories.iter().map(|element| &element.path);
    // where this image looks, then any other place
    for stage in origin.stages.values() {
        for directory in directories.clone().filter(|path| !path.is_empty()) {
            if let Some(path) = module_at(&stage.files, directory, first) {
                let whole = match is_installed(&path) {
                    true => environment(&stage.files, directory),
                    false => path.clone(),
                };
                let copy = (whole.clone(), whole);
                return Some(InStage { stage, path, copy });
            }
        }
    }
    for stage in origin.stages.values() {
        let sites = stage.files.walk(b"").filter(|(path, node)| {
            node.is_directory()
                && matches!(file_name(path), b"site-packages" | b"dist-packages")
                && components(path).any(|part| part == version.as_bytes())
        });
        for (directory, _) in sites {
            if let Some(path) = module_at(&stage.files, directory, first) {
                let copy = (directory.to_vec(), site.clone()?);
                return Some(InStage { stage, path, copy });
            }
        }
    }
    own_in_stage(facts, run, first)
}

/// The project's own module in a stage.
fn own_in_stage<'a>(facts: &Facts<'a>, run: &Closure, first: &str) -> Option<InStage<'a>> {
    let origin = facts.image.origin.as_ref()?;
    let beside = run
        .search
        .directories
        .iter()
        .find(|element| element.from == PathSource::Script)?;
    let (file, package) = (format!("{first}.py"), format!("{first}/__init__.py"));
    for stage in origin.stages.values() {
        let own = |path: &[u8]| {
            let system = [
                b"usr/lib".as_slice(),
                b"usr/local",
                b"usr/share",
                b"root/.",
                b"tmp/",
            ];
            !is_installed(path)
                && !system.iter().any(|start| path.starts_with(start))
                && !components(path).any(|part| part == b"node_modules" || part == b"tests")
        };
        let found = stage.files.walk(b"").find(|(path, node)| {
            let is = |end: &str| {
                path.strip_suffix(end.as_bytes())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with(b"/"))
            };
            node.is_file() && own(path) && (is(&file) || is(&package))
        });
        if let Some((path, _)) = found {
            let from = match file_name(path) {
                b"__init__.py" if first != "__init__" => parent(path).to_vec(),
                _ => path.to_vec(),
            };
            let to = join(&beside.path, file_name(&from));
            let path = path.to_vec();
            let copy = (from, to);
            return Some(InStage { stage, path, copy });
        }
    }
    None
}

/// The virtual environment that a site directory is in, else the directory.
fn environment(files: &Files, site: &[u8]) -> Vec<u8> {
    let mut above = parent(site);
    while !above.is_empty() {
        if files.is_file(&join(above, b"pyvenv.cfg")) {
            return above.to_vec();
        }
        above = parent(above);
    }
    site.to_vec()
}

/// The file of a top-level module in a directory, or the directory of a package.
pub(crate) fn module_at(files: &Files, directory: &[u8], name: &str) -> Option<Vec<u8>> {
    let at = |end: &str| join(directory, format!("{name}{end}").as_bytes());
    if files.is_file(&at(".py")) {
        return Some(at(".py"));
    }
    if files.is_file(&at("/__init__.py")) {
        return Some(at(""));
    }
    let start = format!("{name}.");
    let extension = |entry: &&[u8]| entry.starts_with(start.as_bytes()) && entry.ends_with(b".so");
    let entries = files.list(directory);
    let found = entries.iter().map(|(entry, _)| *entry).find(extension);
    found.map(|entry| join(directory, entry))
}

/// The name of a stage that has a file at this very path.
pub(crate) fn in_stage_at<'a>(facts: &Facts<'a>, path: &[u8]) -> Option<&'a str> {
    let origin = facts.image.origin.as_ref()?;
    let mut stages = origin.stages.values();
    stages
        .find(|stage| stage.files.exists(path))
        .map(|stage| stage.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    const LIBRARY: &str = "usr/local/lib/python3.11";
    const SITE: &str = "usr/local/lib/python3.11/site-packages";

    fn image(app: &str) -> Sample {
        Sample::new()
            .program("usr/local/bin/python3.11", "\x7fELF")
            .file(&format!("{LIBRARY}/os.py"), "")
            .file(&format!("{LIBRARY}/encodings/__init__.py"), "")
            .file(
                &format!("{LIBRARY}/contextlib.py"),
                "class suppress: pass\n",
            )
            .file(&format!("{LIBRARY}/typing.py"), "TYPE_CHECKING = False\n")
            .file("app/app.py", app)
            .cmd(&["python3.11", "/app/app.py"])
    }

    /// Severity, message and hint.
    fn told(sample: Sample) -> Vec<(Severity, String, Option<String>)> {
        let findings = sample.findings(RULE.name).into_iter();
        findings
            .map(|found| (found.severity, found.message, found.hint))
            .collect()
    }

    #[test]
    fn a_forgotten_requirement_is_named_with_its_distribution() {
        let sample = image("import shop\n").file("app/shop/__init__.py", "import yaml.loader\n");
        let found = sample.findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "this image cannot start: nothing in it provides `yaml`"
        );
        assert_eq!(
            found[0].evidence[0].text,
            "app.py:1 `import shop` → shop/__init__.py:1 `import yaml.loader`"
        );
        let hint =
            "write `PyYAML` into requirements.txt, or copy `yaml` if it is the project's own";
        assert_eq!(found[0].hint.as_deref(), Some(hint));
    }

    #[test]
    fn what_a_distribution_asks_for_is_told() {
        let sample = image("import dateutil\n")
            .file(&format!("{SITE}/dateutil/__init__.py"), "import six\n")
            .file(
                &format!("{SITE}/python_dateutil-2.9.dist-info/RECORD"),
                "dateutil/__init__.py,,\n",
            )
            .file(
                &format!("{SITE}/python_dateutil-2.9.dist-info/METADATA"),
                "Name: python-dateutil\nVersion: 2.9\nRequires-Dist: six >=1.5\n",
            );
        let found = sample.findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].evidence[1].label, "asked for by");
        assert_eq!(found[0].evidence[1].text, "python-dateutil 2.9: `six>=1.5`");
        assert_eq!(
            found[0].hint.as_deref(),
            Some("write `six` into requirements.txt")
        );
    }

    #[test]
    fn a_module_of_the_project_that_was_not_copied_is_no_distribution() {
        let sample = image("import shop.rates\n").file("app/shop/__init__.py", "");
        let hint = "copy it into `/app/shop`; look at .dockerignore if it is in the context";
        assert_eq!(
            told(sample),
            [(
                Severity::Breaks,
                "this image cannot start: nothing in it provides `shop.rates`".to_string(),
                Some(hint.to_string())
            )]
        );
    }

    #[test]
    fn a_relative_import_in_a_script_has_no_package() {
        let sample = image("from .models import User\n").file("app/models.py", "User = 1\n");
        let message = "this image cannot start: `.models` is relative, and `/app/app.py` is in no package when it is imported";
        assert_eq!(told(sample)[0].1, message);
    }

    #[test]
    fn what_may_be_imported_later_is_a_risk() {
        for app in [
            "def upload():\n    import boto3\n",
            "import sys\nif len(sys.argv) > 1:\n    import boto3\n",
        ] {
            let message = "nothing in this image provides `boto3`, which may be imported";
            let found = told(image(app));
            assert_eq!(found.len(), 1, "{app}");
            assert_eq!((found[0].0, found[0].1.as_str()), (Severity::Risk, message));
        }
    }

    #[test]
    fn imports_that_are_tried_or_never_run_pass() {
        for app in [
            "try:\n    import ujson as json\nexcept ImportError:\n    json = None\n",
            "try:\n    import ujson\nexcept:\n    pass\n",
            "import contextlib\nwith contextlib.suppress(ImportError):\n    import ujson\n",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import ujson\n",
            "import sys\nif sys.platform == 'win32':\n    import winloop\n",
            "import sys\nif sys.version_info < (3, 9):\n    import ujson\n",
            "import sys\nsys.modules['made'] = sys\nimport made\n",
        ] {
            assert_eq!(told(image(app)), [], "{app}");
        }
    }

    #[test]
    fn what_other_rules_explain_is_theirs() {
        for app in ["import pkg_resources\n", "import tkinter\n"] {
            assert_eq!(told(image(app)), [], "{app}");
        }
        let target = image("").cmd(&["python3.11", "-m", "gone"]);
        assert_eq!(told(target), []);
    }
}
