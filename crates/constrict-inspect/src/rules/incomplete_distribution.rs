//! Row 58: a part of an installed distribution stayed behind: the libraries beside its package, a module of it, a
//! distribution that it needs and that lay beside it.
//!
//! Source: RECORD against the tree; the directories in which the loader looks for what a wheel brings along.

use std::collections::BTreeSet;

use super::{lost_directory, missing_module, missing_target, stripped_distribution};
use crate::facts::Facts;
use crate::facts::distribution::Distribution;
use crate::facts::imports::{Absence, Closure, MissingModule, Reach};
use crate::facts::landmarks::is_installed;
use crate::facts::natives::{FaultKind, Lack, Matter};
use crate::files::{file_name, join, parent, shown};
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "incomplete-distribution",
    summary: "a part of an installed distribution stayed behind",
    severity: Severity::Breaks,
    rows: &[58],
    page: include_str!("../../../../docs/rules/incomplete-distribution.md"),
    check,
};

const HINT: &str = "copy site-packages, or the virtual environment, as a whole";

/// Whether a missing module is a part of what is installed.
pub(crate) fn explains(facts: &Facts<'_>, run: &Closure, missing: &MissingModule) -> bool {
    is_left(facts, run, missing) && part(facts, run, missing).is_some()
}

/// Whether no other rule tells of a missing module.
fn is_left(facts: &Facts<'_>, run: &Closure, missing: &MissingModule) -> bool {
    let told = |program| missing_target::explains(program, &missing.name, &missing.importer);
    let mut program = facts.start().programs.get(run.program).into_iter();
    missing.need != Reach::Optional
        && missing.why == Absence::NotFound
        && !program.any(told)
        && !missing_module::is_others(facts, run, missing)
        && !stripped_distribution::explains(facts, missing)
        && !lost_directory::explains(facts, run, missing)
}

/// What is missing of what.
enum Part<'a> {
    /// A file that the record of a distribution lists.
    Listed(&'a Distribution, Vec<u8>),
    /// What a stage has beside the module that imports it.
    Beside { stage: &'a str, path: Vec<u8> },
}

fn part<'a>(facts: &'a Facts<'_>, run: &Closure, missing: &MissingModule) -> Option<Part<'a>> {
    if let Some((distribution, path)) = listed(facts, missing) {
        return Some(Part::Listed(distribution, path));
    }
    let importer = run
        .modules
        .values()
        .any(|module| module.path == missing.importer && module.distributed);
    if !importer || !is_installed(&missing.importer) {
        return None;
    }
    let first = missing.name.split('.').next()?;
    let origin = facts.image.origin.as_ref()?;
    let sites = missing
        .searched
        .iter()
        .filter(|site| missing.importer.starts_with(site) && is_installed(&join(site, b"x")));
    for site in sites {
        for stage in origin.stages.values() {
            if let Some(path) = missing_module::module_at(&stage.files, site, first) {
                let stage = &stage.name;
                return Some(Part::Beside { stage, path });
            }
        }
    }
    None
}

/// The distribution whose record lists a module that is not there, and the file.
fn listed<'a>(
    facts: &'a Facts<'_>,
    missing: &MissingModule,
) -> Option<(&'a Distribution, Vec<u8>)> {
    let below = missing.name.replace('.', "/");
    let files = facts.files();
    let module = |site: &[u8]| join(site, below.as_bytes());
    for site in &missing.searched {
        for distribution in facts.distributions().in_site(site) {
            let (start, package) = (module(site), [&module(site)[..], b"/__init__.py"].concat());
            let source = [&start[..], b".py"].concat();
            let extension = [&start[..], b"."].concat();
            let record = &distribution.documents(files).record;
            let lists = record.iter().map(|recorded| recorded.path.as_slice());
            let found = lists
                .filter(|path| {
                    *path == source
                        || *path == package
                        || (path.starts_with(&extension) && path.ends_with(b".so"))
                })
                .find(|path| !files.exists(path));
            if let Some(path) = found {
                return Some((distribution, path.to_vec()));
            }
        }
    }
    None
}

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lack in facts.natives().lacks(Matter::Part) {
        findings.extend(of_library(facts, &lack));
    }
    for run in &facts.imports().runs {
        let mut told = BTreeSet::new();
        let mut left: Vec<&MissingModule> = run
            .missing
            .iter()
            .filter(|missing| is_left(facts, run, missing))
            .collect();
        left.sort_by_key(|missing| missing.need);
        for missing in left {
            let Some(part) = part(facts, run, missing).filter(|_| told.insert(&missing.name))
            else {
                continue;
            };
            findings.extend(of_module(facts, run, missing, part));
        }
    }
}

fn of_module(
    facts: &Facts<'_>,
    run: &Closure,
    missing: &MissingModule,
    part: Part<'_>,
) -> Option<Finding> {
    let severity = run.severity(facts, missing.need)?;
    let lead = match severity {
        Severity::Breaks => "this image cannot start: ",
        _ => "",
    };
    let name = &missing.name;
    let message = match &part {
        Part::Listed(found, _) => format!(
            "{lead}`{name}` of {} {} stayed behind",
            found.name, found.version
        ),
        Part::Beside { stage, .. } => {
            format!("{lead}`{name}` stayed behind in stage `{stage}`")
        }
    };
    let finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of(&missing.importer))
        .because("needed by", missing.chain.join(" → "));
    Some(match part {
        Part::Listed(found, path) => {
            let finding = finding
                .because("missing", shown(&path))
                .because("listed in", shown(&found.file("RECORD")));
            match missing_module::in_stage_at(facts, &path) {
                Some(stage) => {
                    let path = shown(&top(&found.site, &path));
                    finding
                        .because("found in", format!("stage `{stage}`"))
                        .hint(format!("{HINT}, or COPY --from={stage} {path} {path}"))
                        .mend(copy(stage, path))
                }
                None => finding.hint(HINT),
            }
        }
        Part::Beside { stage, path } => {
            let path = shown(&path);
            finding
                .because("found in", format!("stage `{stage}`, {path}"))
                .hint(format!("{HINT}, or COPY --from={stage} {path} {path}"))
                .mend(copy(stage, path))
        }
    })
}

/// The file or directory in `site` that a path leads through.
fn top(site: &[u8], path: &[u8]) -> Vec<u8> {
    let rest = path.get(site.len() + 1..).unwrap_or_default();
    let first = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
    join(site, first)
}

fn copy(stage: &str, path: String) -> Mend {
    Mend::CopyFrom {
        stage: stage.to_string(),
        paths: vec![path],
        ldconfig: false,
    }
}

/// A library that a wheel brings beside its package.
fn of_library(facts: &Facts<'_>, lack: &Lack<'_>) -> Option<Finding> {
    let FaultKind::MissingLibrary {
        soname, searched, ..
    } = &lack.fault.kind
    else {
        return None;
    };
    let directory = searched
        .iter()
        .find(|path| file_name(path).ends_with(b".libs"))?;
    let directory =
        crate::files::components(directory).fold(Vec::new(), |done: Vec<u8>, part| match part {
            b".." => parent(&done).to_vec(),
            part => join(&done, part),
        });
    let (severity, lead) = match lack.fault.need {
        Some(Reach::Sure) => (Severity::Breaks, "this image cannot start: "),
        Some(Reach::Optional) => return None,
        Some(Reach::Maybe) | None => (Severity::Risk, ""),
    };
    let name = String::from_utf8_lossy(file_name(&directory)).into_owned();
    let what = match facts.files().is_directory(&directory) {
        true => format!("`{soname}` is not in `{name}`"),
        false => format!("`{name}` stayed behind, and `{soname}` with it"),
    };
    let finding = Finding::new(RULE.name, severity, format!("{lead}{what}"))
        .at(facts.place_of(&lack.fault.object))
        .because("needed by", lack.fault.route(Some(soname)))
        .because("expected", shown(&join(&directory, soname.as_bytes())));
    let path = shown(&directory);
    Some(
        match missing_module::in_stage_at(facts, &join(&directory, soname.as_bytes())) {
            Some(stage) => finding
                .because("found in", format!("stage `{stage}`"))
                .hint(format!("{HINT}, or COPY --from={stage} {path} {path}"))
                .mend(copy(stage, path)),
            None => finding.hint(HINT),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    const LIBRARY: &str = "usr/local/lib/python3.11";
    const SITE: &str = "usr/local/lib/python3.11/site-packages";

    fn image(app: &str) -> Sample {
        let record = "shop/__init__.py,,\nshop_extra.py,,\nshop_data.txt,,\n../../../bin/shop,,\n_shop.cpython-311-x86_64-linux-gnu.so,,\n";
        Sample::new()
            .program("usr/local/bin/python3.11", "\x7fELF")
            .file(&format!("{LIBRARY}/os.py"), "")
            .file(&format!("{LIBRARY}/encodings/__init__.py"), "")
            .file(&format!("{SITE}/shop/__init__.py"), "")
            .file(&format!("{SITE}/shop-1.0.dist-info/RECORD"), record)
            .file("app/app.py", app)
            .cmd(&["python3.11", "/app/app.py"])
    }

    fn told(sample: Sample) -> Vec<(Severity, &'static str, String)> {
        let findings = sample.check().findings.into_iter();
        findings
            .filter(|found| {
                let name = found.rule;
                [RULE.name, "missing-module", "stripped-distribution"].contains(&name)
            })
            .map(|found| (found.severity, found.rule, found.message))
            .collect()
    }

    #[test]
    fn modules_that_the_record_lists_stayed_behind() {
        for name in ["shop_extra", "_shop"] {
            let message = format!("this image cannot start: `{name}` of shop 1.0 stayed behind");
            let expected = (Severity::Breaks, RULE.name, message);
            assert_eq!(told(image(&format!("import shop, {name}\n"))), [expected]);
        }
    }

    #[test]
    fn a_module_that_is_taken_as_a_name_is_a_part_too() {
        let message = "this image cannot start: `shop.debug` of shop 1.0 stayed behind";
        let record = "shop/__init__.py,,\nshop/debug.py,,\n";
        let sample = image("from shop import debug\n")
            .file(&format!("{SITE}/shop-1.0.dist-info/RECORD"), record);
        let expected = (Severity::Breaks, RULE.name, message.to_string());
        assert_eq!(told(sample), [expected]);
    }

    #[test]
    fn parts_that_nobody_asks_for_and_modules_of_no_record_pass() {
        assert_eq!(told(image("import shop\n")), []);
        let tried = "import shop\ntry:\n    import shop_extra\nexcept ImportError:\n    pass\n";
        assert_eq!(told(image(tried)), []);
        assert_eq!(told(image("import shop_other\n"))[0].1, "missing-module");
    }
}
