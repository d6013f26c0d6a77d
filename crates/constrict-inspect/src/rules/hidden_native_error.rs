//! Row 16: a module hides what the loader said behind advice of its own: "pip install x".
//!
//! The cause is reported by the rule that it belongs to; this one says that the message which people will see misleads.

use crate::facts::Facts;
use crate::facts::imports::Reach;
use crate::facts::natives::{Fault, FaultKind, below_site};
use crate::files::shown;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "hidden-native-error",
    summary: "a module hides the loader's error behind a message of its own",
    severity: Severity::Risk,
    rows: &[16],
    page: include_str!("../../../../docs/rules/hidden-native-error.md"),
    check,
};

/// The largest source that is read.
const LIMIT: usize = 4 << 20;

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let mut seen = Vec::new();
    let faults = facts.natives().faults.iter();
    for fault in faults.filter(|fault| fault.need == Some(Reach::Sure)) {
        let Some((path, line, message)) = hiding(facts, fault) else {
            continue;
        };
        if seen.contains(&(path.clone(), line)) {
            continue;
        }
        seen.push((path.clone(), line));
        let text = format!(
            "the error will say `{message}`; the cause is {}",
            cause(fault)
        );
        findings.push(
            Finding::new(RULE.name, Severity::Risk, text)
                .at(facts.place_of(&path))
                .because("hidden at", format!("{}:{line}", shown(&path)))
                .because("loads", fault.route(None)),
        );
    }
}

/// What the loader says.
fn cause(fault: &Fault) -> String {
    let object = below_site(&fault.object);
    match &fault.kind {
        FaultKind::MissingLibrary { soname, .. } => format!("that `{soname}` is missing"),
        FaultKind::MissingVersion { library, version } => {
            format!("that `{}` has no `{version}`", below_site(library))
        }
        FaultKind::MissingSymbol { symbol, .. } => format!("that nothing defines `{symbol}`"),
        FaultKind::WrongLibc {
            object: made,
            program,
            ..
        } => format!(
            "that `{object}` is made for {}, not {}",
            made.name(),
            program.name()
        ),
        FaultKind::WrongMachine { found, .. } => format!("that `{object}` is made for {found}"),
        FaultKind::WrongFormat { format } => format!("that `{object}` is {format}"),
        FaultKind::Unreadable => format!("that `{object}` may not be read"),
    }
}

/// The import on the way to the fault whose failure is answered with a message: file, line, message.
fn hiding(facts: &Facts<'_>, fault: &Fault) -> Option<(Vec<u8>, u32, String)> {
    fault.chain.iter().rev().find_map(|link| {
        let (place, _) = link.split_once(' ')?;
        let (path, line) = place.rsplit_once(':')?;
        let line: u32 = line.parse().ok()?;
        let path = source(facts, path)?;
        let message = message(facts, &path, line)?;
        Some((path, line, message))
    })
}

/// The source that a link of a chain names: from the root, or below a site directory or a module's path.
fn source(facts: &Facts<'_>, shown: &str) -> Option<Vec<u8>> {
    let wanted = shown.trim_start_matches('/').as_bytes();
    if facts.files().is_file(wanted) {
        return Some(wanted.to_vec());
    }
    let tail = [b"/", wanted].concat();
    let runs = facts.imports().runs.iter();
    let mut modules = runs.flat_map(|run| run.modules.values());
    modules
        .find(|module| module.path.ends_with(&tail))
        .map(|module| module.path.clone())
}

/// What the handler of the import at this line says when it raises.
fn message(facts: &Facts<'_>, path: &[u8], line: u32) -> Option<String> {
    let text = facts.files().read(path, LIMIT)?;
    let python = facts.interpreters().all.first()?.version;
    let target = constrict_python::source::Target { python };
    let module = constrict_python::source::Module::parse(&text, &target).ok()?;
    let import = module.imports.iter().find(|import| import.line == line)?;
    let message = import.message.clone()?;
    let first = message.lines().find(|line| !line.trim().is_empty())?;
    Some(first.trim().to_string())
}
