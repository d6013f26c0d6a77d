//! Row 7: objects made for one C library in an image with the other: manylinux wheels on Alpine.
//!
//! musl's loader stands in for some of glibc's libraries by name, so that simple objects load all the same: only what the
//! loader refuses is reported. Source: PEP 600, PEP 656; musl's `ldso/dynlink.c`.

use super::missing_library::objects;
use crate::facts::Facts;
use crate::facts::imports::{MissingModule, Reach};
use crate::facts::natives::{Fault, FaultKind, MadeFor, Matter, builders, foreign};
use crate::facts::rebase::entrypoint;
use crate::facts::start::{NoLoader, missing_loaders};
use crate::facts::system::{Libc, System};
use crate::files::{file_name, shown};
use crate::image::StageFiles;
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "glibc-on-musl",
    summary: "an object made for glibc is in an image with musl, or the other way round",
    severity: Severity::Breaks,
    rows: &[7],
    page: include_str!("../../../../docs/rules/glibc-on-musl.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let programs = missing_loaders(facts).filter_map(|found| program(facts, &found));
    let before = findings.len();
    findings.extend(programs);
    if findings.len() > before {
        return;
    }
    let faults: Vec<&Fault> = facts.natives().of(Matter::Libc).collect();
    let mut broken = false;
    for need in [Some(Reach::Sure), Some(Reach::Maybe), None] {
        let of_need = || faults.iter().filter(|fault| fault.need == need);
        // what fails first, and says it as the loader does: no loader of the other C library
        let plain = |fault: &&&Fault| matches!(&fault.kind, FaultKind::WrongLibc { cause, .. } if cause.starts_with("no `ld-"));
        let Some(fault) = of_need().find(plain).or_else(|| of_need().next()) else {
            continue;
        };
        findings.extend(loaded(facts, fault, &faults));
        broken = need == Some(Reach::Sure);
        break;
    }
    let modules = facts.imports().runs.iter().flat_map(|run| &run.missing);
    for missing in modules.filter(|missing| missing.need != Reach::Optional) {
        if broken && missing.need != Reach::Sure {
            continue;
        }
        if let Some((file, libcs)) = other_suffix(facts, missing) {
            findings.push(unseen(facts, missing, &file, libcs));
            return;
        }
    }
}

/// Whether a module is missing because its file is made for the other C library, which its name says: this rule reports it.
pub(crate) fn explains(facts: &Facts<'_>, missing: &MissingModule) -> bool {
    other_suffix(facts, missing).is_some()
}

/// A program whose loader is the other C library's.
fn program(facts: &Facts<'_>, found: &NoLoader<'_>) -> Option<Finding> {
    let libcs = found.other_libc?;
    let message = format!(
        "{}`{}` is made for {}, and the image has {}",
        found.obstacle.lead(),
        shown(found.path),
        libcs.0.name(),
        libcs.1.name()
    );
    let finding = Finding::new(RULE.name, found.obstacle.severity()?, message)
        .at(facts.place_of(found.path))
        .because("started by", found.obstacle.route())
        .because("the kernel finds", format!("no `{}`", found.loader));
    Some(base(facts, finding, found.path, libcs))
}

/// The C library of an object and that of the program.
type Libcs = (Libc, Libc);

fn loaded(facts: &Facts<'_>, fault: &Fault, all: &[&Fault]) -> Option<Finding> {
    let FaultKind::WrongLibc {
        object,
        program,
        cause,
    } = &fault.kind
    else {
        return None;
    };
    let (severity, start) = severity(fault.need);
    let what = what(facts, fault.objects.first()?);
    let message = format!(
        "{start}{what} is made for {}, and the image has {}",
        object.name(),
        program.name()
    );
    let mut finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of(&fault.object))
        .because("needed by", fault.route(None))
        .because("the loader finds", cause.clone());
    let mut others: Vec<&[u8]> = all.iter().map(|fault| fault.object.as_slice()).collect();
    others.sort_unstable();
    others.dedup();
    if others.len() > 1 {
        finding = finding.because("also refused", objects(others.len() - 1));
    }
    Some(base(facts, finding, &fault.object, (*object, *program)))
}

fn severity(need: Option<Reach>) -> (Severity, &'static str) {
    match need {
        Some(Reach::Sure) => (Severity::Breaks, "this image cannot start: "),
        _ => (Severity::Risk, ""),
    }
}

/// The distribution with the tag of its wheel, else the file.
fn what(facts: &Facts<'_>, path: &[u8]) -> String {
    let files = facts.files();
    let Some(owner) = facts.distributions().owner_of(files, path) else {
        return format!("`{}`", shown(path));
    };
    let tags = &owner.documents(files).tags;
    let tag = tags.iter().find(|tag| tag.contains("linux"));
    match tag {
        Some(tag) => format!("{} {} (`{tag}`)", owner.name, owner.version),
        None => format!("{} {}", owner.name, owner.version),
    }
}

/// The file that would be the module if the interpreter took names of the other C library.
fn other_suffix(facts: &Facts<'_>, missing: &MissingModule) -> Option<(Vec<u8>, Libcs)> {
    let found = foreign(facts, missing)?;
    match found.made_for {
        MadeFor::Libc(Libc::Glibc) => Some((found.path, (Libc::Glibc, Libc::Musl))),
        MadeFor::Libc(Libc::Musl) => Some((found.path, (Libc::Musl, Libc::Glibc))),
        MadeFor::Platform(_) => None,
    }
}

/// A module that the interpreter does not even look for.
fn unseen(facts: &Facts<'_>, missing: &MissingModule, file: &[u8], libcs: Libcs) -> Finding {
    let (severity, start) = severity(Some(missing.need));
    let message = format!(
        "{start}{} is made for {}, and the image has {}",
        what(facts, file),
        libcs.0.name(),
        libcs.1.name()
    );
    let finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of(file))
        .because("needed by", missing.chain.join(" → "))
        .because(
            "the interpreter passes over",
            String::from_utf8_lossy(file_name(file)),
        );
    base(facts, finding, file, libcs)
}

/// With a base that has the right C library.
fn base(facts: &Facts<'_>, finding: Finding, path: &[u8], (object, program): Libcs) -> Finding {
    let has = |stage: &&StageFiles| System::read(&stage.files).libcs.contains(&object);
    let stage = builders(facts)
        .into_iter()
        .map(|builder| builder.stage)
        .find(has);
    let files = facts.files();
    let owner = facts.distributions().owner_of(files, path);
    let wheel = match program {
        Libc::Musl => "musllinux",
        Libc::Glibc => "manylinux",
    };
    let other = match owner {
        Some(owner) => format!(
            "install {} in a stage with {}, which takes a {wheel} wheel or builds one",
            owner.name,
            program.name()
        ),
        None => format!("build it in a stage with {}", program.name()),
    };
    match stage {
        Some(stage) => finding
            .hint(format!(
                "begin the last stage as `{}` does: FROM {}; or {other}",
                stage.name, stage.base
            ))
            .mend(Mend::Base {
                image: stage.base.clone(),
                why: format!(
                    "has {}, which files copied from `{}` need",
                    object.name(),
                    stage.name
                ),
                entrypoint: entrypoint(facts),
            }),
        None => finding.hint(format!(
            "begin the last stage with a base that has {}, or {other}",
            object.name()
        )),
    }
}
