//! Row 20: a distribution was installed as a pointer to its sources, and the sources are not in the image.
//!
//! Source: PEP 660; the `.pth` files of `site`; setuptools' finder modules with their `MAPPING`.

use std::collections::BTreeSet;

use constrict_python::editable::parse_finder;
use constrict_python::pth;

use crate::facts::Facts;
use crate::facts::account::Want;
use crate::facts::distribution::normalised;
use crate::facts::imports::{MissingModule, Reach};
use crate::files::{components, file_name, join, parent, shown};
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "editable-install",
    summary: "an editable install points at sources that are not in the image",
    severity: Severity::Breaks,
    rows: &[20],
    page: include_str!("../../../../docs/rules/editable-install.md"),
    check,
};

/// Bytes of a pointer that are read.
const LIMIT: usize = 256 << 10;

/// A pointer to sources that the interpreter will not find.
struct Pointer {
    /// The `.pth` file or the finder.
    file: Vec<u8>,
    /// Where it points.
    target: Vec<u8>,
    /// The module that it provides, if it says.
    module: Option<String>,
}

/// Whether a missing module is one that a dangling editable install would provide.
pub(crate) fn explains(facts: &Facts<'_>, missing: &MissingModule) -> bool {
    dangling(facts)
        .iter()
        .any(|pointer| provides(facts, pointer, missing))
}

/// Every pointer whose target is not there or closed to the user.
fn dangling(facts: &Facts<'_>) -> Vec<Pointer> {
    let files = facts.files();
    let mut found = Vec::new();
    for file in &facts.landmarks().pths {
        let Some(text) = files.read(file, LIMIT) else {
            continue;
        };
        if file_name(file).ends_with(b".pth") {
            let paths = pth::parse(&text).into_iter().filter_map(|line| match line {
                pth::Line::Path(path) if path.starts_with('/') => Some(path),
                _ => None,
            });
            found.extend(paths.map(|path| Pointer {
                file: file.clone(),
                target: plain(&path),
                module: None,
            }));
        } else if let Some(finder) = parse_finder(&text) {
            let mapped = finder.mapping.into_iter();
            found.extend(mapped.map(|(module, path)| Pointer {
                file: file.clone(),
                target: plain(&path),
                module: Some(module),
            }));
        }
    }
    let there = |path: &[u8]| {
        [path.to_vec(), [path, b".py"].concat()]
            .iter()
            .any(|path| facts.user().can(files, path, Want::Read))
    };
    found.retain(|pointer| !there(&pointer.target));
    found
}

/// A path without `.` and `..`.
fn plain(path: &str) -> Vec<u8> {
    components(path.as_bytes()).fold(Vec::new(), |found, part| match part {
        b".." => parent(&found).to_vec(),
        part => join(&found, part),
    })
}

/// Whether the pointer would provide a missing module.
fn provides(facts: &Facts<'_>, pointer: &Pointer, missing: &MissingModule) -> bool {
    let first = missing.name.split('.').next().unwrap_or_default();
    let site = parent(&pointer.file);
    if !missing.searched.iter().any(|path| path == site) {
        return false;
    }
    if let Some(module) = &pointer.module {
        return module.split('.').next() == Some(first);
    }
    let in_stage = stage(facts, pointer, first).is_some();
    let distribution = facts.distributions().owner_of(facts.files(), &pointer.file);
    in_stage
        || distribution.is_some_and(|found| {
            found.name == normalised(first)
                || found
                    .documents(facts.files())
                    .modules
                    .iter()
                    .any(|module| module == first)
        })
}

/// The stage that has the module where the pointer points.
fn stage<'a>(
    facts: &Facts<'a>,
    pointer: &Pointer,
    module: &str,
) -> Option<&'a crate::image::StageFiles> {
    let stages = facts
        .image
        .origin
        .iter()
        .flat_map(|origin| origin.stages.values());
    let inside = |end: String| join(&pointer.target, end.as_bytes());
    stages.into_iter().find(|stage| match &pointer.module {
        Some(_) => {
            stage.files.exists(&pointer.target)
                || stage.files.exists(&[&pointer.target[..], b".py"].concat())
        }
        None => {
            stage.files.exists(&inside(module.to_string()))
                || stage.files.exists(&inside(format!("{module}.py")))
        }
    })
}

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let mut told = BTreeSet::new();
    for pointer in dangling(facts) {
        let runs = facts.imports().runs.iter();
        let needed = runs.flat_map(|run| run.missing.iter().map(|missing| (run.program, missing)));
        let needed = needed.filter(|(_, missing)| {
            missing.need != Reach::Optional && provides(facts, &pointer, missing)
        });
        let needed = needed.min_by_key(|(program, missing)| !facts.fails(*program, missing.need));
        if told.insert((pointer.file.clone(), pointer.target.clone())) {
            findings.push(finding(facts, &pointer, needed));
        }
    }
}

fn finding(
    facts: &Facts<'_>,
    pointer: &Pointer,
    needed: Option<(usize, &MissingModule)>,
) -> Finding {
    let (file, target) = (shown(&pointer.file), shown(&pointer.target));
    let gone = match facts.files().exists(&pointer.target) {
        true => "where its user cannot go",
        false => "which is not in it",
    };
    let Some((program, missing)) = needed else {
        let message = format!(
            "an editable install points to `{target}`, {}",
            gone.replace("not in it", "not in this image")
        );
        return Finding::new(RULE.name, Severity::Risk, message)
            .at(facts.place_of(&pointer.file))
            .because("pointer", file)
            .hint(HINT);
    };
    let name = missing.name.split('.').next().unwrap_or_default();
    let (severity, start) = match facts.fails(program, missing.need) {
        true => (Severity::Breaks, "this image cannot start: "),
        _ => (Severity::Risk, ""),
    };
    let message = format!("{start}`{name}` is installed as a pointer to `{target}`, {gone}");
    let finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of(&pointer.file))
        .because("needed by", missing.chain.join(" → "))
        .because("pointer", file)
        .hint(HINT);
    match stage(facts, pointer, name).filter(|_| !facts.files().exists(&pointer.target)) {
        Some(stage) => finding
            .because("found in", format!("stage `{}`", stage.name))
            .mend(Mend::CopyFrom {
                stage: stage.name.clone(),
                paths: vec![target],
                ldconfig: false,
            }),
        None => finding,
    }
}

const HINT: &str = "install the distribution itself: `pip install .` without `-e`, `uv sync --no-editable`, `poetry build` and its wheel";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, missing};

    const SITE: &str = "opt/venv/lib/python3.12/site-packages";

    fn sample(pointer: &str, content: &str) -> Sample {
        let record = format!("{pointer},,\nshop-1.0.dist-info/top_level.txt,,\n");
        Sample::new()
            .file(&format!("{SITE}/{pointer}"), content)
            .file(&format!("{SITE}/shop-1.0.dist-info/RECORD"), record)
            .file(
                &format!("{SITE}/shop-1.0.dist-info/top_level.txt"),
                "shop\n",
            )
    }

    #[test]
    fn sources_that_stayed_behind_are_named() {
        let finder = "MAPPING: dict[str, str] = {'shop': '/src/shop', 'other': '/src/other'}\nNAMESPACES: dict = {}\n";
        for (pointer, content, target) in [
            ("__editable__.shop-1.0.pth", "/src\n", "/src"),
            ("__editable___shop_1_0_finder.py", finder, "/src/shop"),
        ] {
            let found = sample(pointer, content).importing(
                RULE.name,
                vec![],
                vec![missing("shop.wsgi", Reach::Sure, &[SITE])],
            );
            let found: Vec<_> = found
                .into_iter()
                .filter(|found| found.severity == Severity::Breaks)
                .collect();
            assert_eq!(found.len(), 1, "{pointer}");
            let message = format!(
                "this image cannot start: `shop` is installed as a pointer to `{target}`, which is not in it"
            );
            assert_eq!(found[0].message, message);
        }
    }

    #[test]
    fn a_pointer_that_nothing_needs_is_a_risk() {
        let found = sample("shop.pth", "/src\n").importing(
            RULE.name,
            vec![],
            vec![missing("flask", Reach::Sure, &[SITE])],
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Risk);
        assert_eq!(
            found[0].message,
            "an editable install points to `/src`, which is not in this image"
        );
    }

    #[test]
    fn sources_that_came_along_pass() {
        let there =
            sample("shop.pth", "/src\nimport site\n# /gone\n").file("src/shop/__init__.py", "");
        assert_eq!(there.importing(RULE.name, vec![], vec![]), []);
        let finder = "MAPPING = {'shop': '/src/shop'}\n";
        let module = sample("__editable___shop_finder.py", finder).file("src/shop.py", "");
        assert_eq!(module.importing(RULE.name, vec![], vec![]), []);
    }
}
