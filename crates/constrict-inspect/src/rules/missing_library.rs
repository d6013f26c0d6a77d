//! Rows 10 and 11: a shared library that is not in the image. What several families of libraries share is here, their
//! rules say what is special about them.
//!
//! Source: ld.so(8); the closure of `DT_NEEDED` as the loader follows it ([`crate::facts::natives`]).

use crate::facts::Facts;
use crate::facts::imports::Reach;
use crate::facts::natives::{Lack, Matter, Provider, package, provider};
use crate::facts::start::{NoLoader, missing_loaders};
use crate::files::shown;
use crate::mend::{Mend, PackageManager};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "missing-library",
    summary: "a shared library that is needed is not in the image",
    severity: Severity::Breaks,
    rows: &[10, 11],
    page: include_str!("../../../../docs/rules/missing-library.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lack in facts.natives().lacks(Matter::Library) {
        findings.extend(finding(facts, &RULE, &lack));
    }
    findings.extend(missing_loaders(facts).filter_map(|found| loader(facts, &found)));
}

/// A program whose loader is not in the image, which has no other C library either.
fn loader(facts: &Facts<'_>, found: &NoLoader<'_>) -> Option<Finding> {
    if found.other_libc.is_some() {
        return None;
    }
    let message = format!(
        "{}`{}` needs its loader `{}`, which is not in it",
        found.obstacle.lead(),
        shown(found.path),
        found.loader
    );
    let finding = Finding::new(RULE.name, found.obstacle.severity()?, message)
        .at(facts.place_of(found.path))
        .because("started by", found.obstacle.route());
    Some(finding.hint(
        "link the program statically, or begin the last stage with a base that has its C library",
    ))
}

/// What is said of a library that is not in the image; nothing where its absence is expected.
pub(crate) fn finding(facts: &Facts<'_>, rule: &Rule, lack: &Lack<'_>) -> Option<Finding> {
    let soname = lack.soname;
    let (severity, message) = match lack.fault.need {
        Some(Reach::Sure) => (
            Severity::Breaks,
            format!("this image cannot start: `{soname}` is not in it"),
        ),
        Some(Reach::Maybe) => (
            Severity::Risk,
            format!("`{soname}` is not in this image, and what needs it may be loaded"),
        ),
        Some(Reach::Optional) => return None,
        None => (
            Severity::Risk,
            format!(
                "`{soname}` is not in this image; nothing that starts is known to load what needs it"
            ),
        ),
    };
    let mut finding = Finding::new(rule.name, severity, message)
        .at(facts.place_of(&lack.fault.object))
        .because("needed by", lack.fault.route(Some(soname)));
    if lack.others > 0 {
        finding = finding.because("also needed by", objects(lack.others));
    }
    Some(remedy(facts, finding, soname, &lack.fault.object))
}

/// `1 other object`.
pub(crate) fn objects(count: usize) -> String {
    match count {
        1 => "1 other object".into(),
        count => format!("{count} other objects"),
    }
}

/// With where the library is to be had, and how.
pub(crate) fn remedy(
    facts: &Facts<'_>,
    mut finding: Finding,
    soname: &str,
    needed_by: &[u8],
) -> Finding {
    let provider = provider(facts, soname, needed_by);
    if let Some(provider) = &provider {
        let what = match &provider.package {
            Some(package) => format!("package {package}"),
            None => shown(&provider.path),
        };
        finding = finding.because("found in", format!("stage `{}`, {what}", provider.stage));
    }
    let install = install(facts, provider.as_ref(), soname);
    let line = match (&install, &provider) {
        (Some((package, PackageManager::Apt)), _) => Some(format!(
            "RUN apt-get update && apt-get install -y --no-install-recommends {package}"
        )),
        (Some((package, PackageManager::Apk)), _) => {
            Some(format!("RUN apk add --no-cache {package}"))
        }
        (None, Some(provider)) if !provider.closure.is_empty() => {
            let path = shown(&provider.path);
            Some(format!("COPY --from={} {path} {path}", provider.stage))
        }
        _ => None,
    };
    let mend = match (provider, install) {
        (Some(provider), _) if !provider.closure.is_empty() => Some(Mend::CopyFrom {
            stage: provider.stage,
            paths: provider.closure,
            ldconfig: provider.ldconfig,
        }),
        (_, Some((package, manager))) => Some(Mend::Install {
            packages: vec![package],
            manager,
        }),
        _ => None,
    };
    if let Some(line) = line {
        // a build can be told to do it; of an image that somebody else built only the line is known
        let fix = match mend.is_some() && facts.image.origin.is_some() {
            true => "`constrict build --fix`, or in the last stage: ",
            false => "in the last stage: ",
        };
        finding = finding.hint(format!("{fix}{line}"));
    }
    match mend {
        Some(mend) => finding.mend(mend),
        None => finding,
    }
}

/// The package with the library, if the image can install packages.
fn install(
    facts: &Facts<'_>,
    provider: Option<&Provider>,
    soname: &str,
) -> Option<(String, PackageManager)> {
    let system = facts.system();
    let (programs, manager): (&[&str], _) = if system.is_debian_like() {
        (&["usr/bin/apt-get", "bin/apt-get"], PackageManager::Apt)
    } else if system.id() == "alpine" {
        (
            &["sbin/apk", "usr/sbin/apk", "usr/bin/apk"],
            PackageManager::Apk,
        )
    } else {
        return None;
    };
    let files = facts.files();
    if !programs.iter().any(|path| files.is_file(path.as_bytes())) {
        return None;
    }
    // a stage of another version may have the library in a package of another name
    let exact = provider.filter(|provider| !provider.closure.is_empty());
    let exact = exact.and_then(|provider| provider.package.clone());
    exact
        .map(|package| (package, manager))
        .or_else(|| package(system, soname))
}
