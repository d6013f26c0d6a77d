//! Row 57: a library is in the image, and the loader does not get it: it lies where nobody looks, it came without its own
//! libraries, or the user may not read it.
//!
//! Source: ld.so(8), ldconfig(8); musl's `ldso/dynlink.c` reads `/etc/ld-musl-<arch>.path` and no cache.

use super::missing_library::{objects, remedy};
use crate::facts::Facts;
use crate::facts::imports::Reach;
use crate::facts::natives::{Fault, FaultKind, Lack, Matter, name_of};
use crate::facts::system::Libc;
use crate::files::{parent, shown};
use crate::mend::Mend;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "loader-cannot-find",
    summary: "a shared library is in the image, and the loader does not find it or what it needs",
    severity: Severity::Breaks,
    rows: &[57],
    page: include_str!("../../../../docs/rules/loader-cannot-find.md"),
    check,
};

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for lack in facts.natives().lacks(Matter::Search) {
        let FaultKind::MissingLibrary {
            elsewhere,
            searched,
            ..
        } = &lack.fault.kind
        else {
            continue;
        };
        let Some((severity, start)) = severity(lack.fault.need) else {
            continue;
        };
        findings.push(match elsewhere {
            Some(path) => {
                let finding = elsewhere_finding(facts, &lack, path, severity, start);
                finding.because("searched", directories(searched))
            }
            None => closure_finding(facts, &lack, severity, start),
        });
    }
    let unreadable = |fault: &&Fault| fault.kind == FaultKind::Unreadable;
    for fault in facts.natives().of(Matter::Search).filter(unreadable) {
        findings.extend(unreadable_finding(facts, fault));
    }
}

/// How bad, and how the message begins.
fn severity(need: Option<Reach>) -> Option<(Severity, &'static str)> {
    match need {
        Some(Reach::Sure) => Some((Severity::Breaks, "this image cannot start: ")),
        Some(Reach::Optional) => None,
        Some(Reach::Maybe) | None => Some((Severity::Risk, "")),
    }
}

fn directories(searched: &[Vec<u8>]) -> String {
    let shown: Vec<String> = searched.iter().map(|path| shown(path)).collect();
    match shown.len() {
        0 => "nothing but the loader's cache".into(),
        _ => shown.join(", "),
    }
}

fn elsewhere_finding(
    facts: &Facts<'_>,
    lack: &Lack<'_>,
    path: &[u8],
    severity: Severity,
    start: &str,
) -> Finding {
    let directory = shown(parent(path));
    let message = format!(
        "{start}the loader does not look in `{directory}`, where `{}` is",
        lack.soname
    );
    let mut finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of(path))
        .because("needed by", lack.fault.route(Some(lack.soname)));
    if lack.others > 0 {
        finding = finding.because("also needed by", objects(lack.others));
    }
    if is_configured(facts, &directory) {
        return finding
            .because(
                "configured",
                format!(
                    "`{directory}` is in `/etc/ld.so.conf`, and the cache is older than the library"
                ),
            )
            .hint("in the last stage, after the COPY: RUN ldconfig")
            .mend(Mend::Run {
                command: vec!["ldconfig".into()],
            });
    }
    let known = facts.environment().get("LD_LIBRARY_PATH");
    let value = match known.filter(|value| !value.is_empty()) {
        Some(known) => format!("{directory}:{known}"),
        None => directory,
    };
    finding
        .hint(format!("in the last stage: ENV LD_LIBRARY_PATH={value}"))
        .mend(Mend::Env(vec![("LD_LIBRARY_PATH".into(), value)]))
}

/// Whether `ldconfig` would take the libraries of this directory into the cache.
fn is_configured(facts: &Facts<'_>, directory: &str) -> bool {
    let files = facts.files();
    let ldconfig = ["sbin/ldconfig", "usr/sbin/ldconfig"];
    if !facts.system().libcs.contains(&Libc::Glibc)
        || !ldconfig.iter().any(|path| files.is_file(path.as_bytes()))
    {
        return false;
    }
    let below = files.list(b"etc/ld.so.conf.d").into_iter();
    let mut texts: Vec<Vec<u8>> = below
        .map(|(name, _)| [b"etc/ld.so.conf.d/".as_slice(), name].concat())
        .filter(|path| path.ends_with(b".conf"))
        .collect();
    texts.push(b"etc/ld.so.conf".to_vec());
    texts.iter().any(|path| {
        let text = files.text(path, 64 << 10).unwrap_or_default();
        text.lines()
            .any(|line| line.split('#').next().unwrap_or_default().trim() == directory)
    })
}

/// A library that came without what it needs.
fn closure_finding(facts: &Facts<'_>, lack: &Lack<'_>, severity: Severity, start: &str) -> Finding {
    let library = name_of(&lack.fault.object);
    let message = format!(
        "{start}`{library}` is in it without `{}`, which it needs",
        lack.soname
    );
    let finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of(&lack.fault.object))
        .because("needed by", lack.fault.route(Some(lack.soname)));
    remedy(facts, finding, lack.soname, &lack.fault.object)
}

fn unreadable_finding(facts: &Facts<'_>, fault: &Fault) -> Option<Finding> {
    let (severity, start) = severity(fault.need)?;
    let path = shown(&fault.object);
    let user = facts.user();
    let who = user.name.clone().unwrap_or_else(|| user.asked.clone());
    let node = facts.files().resolve(&fault.object)?.1;
    let message = format!("{start}the user `{who}` may not read `{path}`");
    let blocked = user.blocked(facts.files(), &fault.object);
    let closed = match blocked {
        Some(directory) => format!("directory `{}` is closed to it", shown(&directory)),
        None => format!("mode {:o}, owner {}:{}", node.mode, node.uid, node.gid),
    };
    Some(
        Finding::new(RULE.name, severity, message)
            .at(facts.place_of(&fault.object))
            .because("needed by", fault.route(None))
            .because("permission", closed)
            .hint(format!("in the last stage: RUN chmod a+r {path}")),
    )
}
