//! Row 3: packages are installed for one X.Y of Python, and another one runs: site-packages that it does not search,
//! extension modules that it passes over, syntax that it does not know.
//!
//! Source: `site.getsitepackages` (and Debian's, which is dist-packages); PEP 3149 for the names of extension modules.

use constrict_python::soabi::{Abi, Extension};

use super::dangling_python::{lead, pythons, severity, stopped, with_base};
use super::foreign_venv;
use crate::facts::Facts;
use crate::facts::imports::{Absence, MissingModule, MissingName, Reach, TooNew};
use crate::facts::interpreter::{Implementation, Interpreter};
use crate::facts::venv::{Blame, blame_missing, provides, site_version};
use crate::files::{file_name, join, parent, shown};
use crate::mend::Mend;
use crate::quantity::count;
use crate::rule::{Finding, Place, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "other-python",
    summary: "packages are installed for another version of Python than the one that runs",
    severity: Severity::Breaks,
    rows: &[3],
    page: include_str!("../../../../docs/rules/other-python.md"),
    check,
};

/// Whether a missing module is there for another Python, or in an environment whose own Python does not run: this rule
/// or one of those about virtual environments tells of it.
pub(crate) fn explains(facts: &Facts<'_>, missing: &MissingModule) -> bool {
    super::dangling_python::explains(facts, missing) || cause(facts, missing).is_some()
}

/// Whether a missing name is a module that is compiled for another Python.
pub(crate) fn explains_name(facts: &Facts<'_>, missing: &MissingName) -> bool {
    let mut all = facts.interpreters().all.iter();
    all.any(|python| compiled_name(facts, missing, python).is_some())
}

/// Why a module is missing that is in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cause {
    /// It is in a directory of another X.Y.
    Site { site: Vec<u8>, version: (u8, u8) },
    /// It is of this X.Y, in site-packages where Debian's Python looks in dist-packages.
    NotDebians { site: Vec<u8> },
    /// It is in Debian's dist-packages, and the Python that runs is not Debian's.
    Debians { site: Vec<u8> },
    /// It is compiled for another one.
    Compiled { path: Vec<u8>, made_for: String },
}

impl Cause {
    /// The directory or file.
    fn path(&self) -> &[u8] {
        match self {
            Cause::Site { site, .. } | Cause::NotDebians { site } | Cause::Debians { site } => site,
            Cause::Compiled { path, .. } => path,
        }
    }

    /// X and Y of the Python that it is for.
    fn version(&self) -> Option<(u8, u8)> {
        match self {
            Cause::Site { version, .. } => Some(*version),
            Cause::NotDebians { site } | Cause::Debians { site } => site_version(site),
            Cause::Compiled { path, .. } => compiled_for(path).map(|(version, _)| version),
        }
    }
}

fn cause(facts: &Facts<'_>, missing: &MissingModule) -> Option<Cause> {
    let python = interpreter(facts, missing)?;
    if blame_missing(facts, missing).is_some() {
        return None;
    }
    compiled(facts, missing, python).or_else(|| installed(facts, missing, python))
}

/// The interpreter that misses a module.
fn interpreter<'a>(facts: &'a Facts<'_>, missing: &MissingModule) -> Option<&'a Interpreter> {
    let all = &facts.interpreters().all;
    let searches = |python: &&Interpreter| {
        python
            .library
            .as_ref()
            .is_some_and(|library| missing.searched.contains(library))
    };
    match all.as_slice() {
        [one] => Some(one),
        _ => all.iter().find(searches),
    }
}

/// The extension module of another X.Y, where this one would lie.
fn compiled(facts: &Facts<'_>, missing: &MissingModule, python: &Interpreter) -> Option<Cause> {
    let dotted = missing.name.replace('.', "/");
    let (above, name) = dotted.rsplit_once('/').unwrap_or(("", &dotted));
    missing.searched.iter().find_map(|site| {
        let directory = match above {
            "" => site.clone(),
            above => join(site, above.as_bytes()),
        };
        compiled_in(facts, &directory, name, python)
    })
}

/// The extension module of this name for another X.Y in a directory.
fn compiled_in(
    facts: &Facts<'_>,
    directory: &[u8],
    name: &str,
    python: &Interpreter,
) -> Option<Cause> {
    let own = python.soabi.split('-').nth(1).unwrap_or_default();
    let own = own.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let start = format!("{name}.");
    let list = facts.files().list(directory).into_iter();
    let mut modules =
        list.filter(|(file, node)| !node.is_directory() && file.starts_with(start.as_bytes()));
    modules.find_map(|(file, _)| {
        let path = join(directory, file);
        let (version, flags) = compiled_for(&path)?;
        let other = version != python.version || python.soabi_known && flags != own;
        let (x, y) = version;
        (python.implementation == Implementation::CPython && other).then(|| Cause::Compiled {
            path,
            made_for: format!("{x}.{y}{flags}"),
        })
    })
}

/// The same where the module is asked for as a name of its package: `from . import _core`.
fn compiled_name(facts: &Facts<'_>, missing: &MissingName, python: &Interpreter) -> Option<Cause> {
    let package = file_name(&missing.path).starts_with(b"__init__.");
    package.then(|| compiled_in(facts, parent(&missing.path), &missing.name, python))?
}

/// X and Y, and flags, in the name of an extension module.
fn compiled_for(path: &[u8]) -> Option<((u8, u8), String)> {
    let name = String::from_utf8_lossy(file_name(path)).into_owned();
    match Extension::parse(&name)?.abi {
        Abi::Exact { python, flags, .. } => Some((python, flags)),
        _ => None,
    }
}

/// The site directory of another Python that has the module.
fn installed(facts: &Facts<'_>, missing: &MissingModule, python: &Interpreter) -> Option<Cause> {
    let files = facts.files();
    let first = missing.name.split('.').next().unwrap_or_default();
    let found = |site: &[u8]| provides(files, site, first);
    if missing.searched.iter().any(|site| found(site)) {
        return None;
    }
    let venvs = facts.venvs().iter().flat_map(|venv| &venv.sites);
    let mut sites: Vec<&[u8]> = facts.distributions().sites().into_iter().collect();
    sites.extend(venvs.map(Vec::as_slice));
    sites.retain(|site| found(site) && !foreign_venv::explains(facts, site));
    // what is in reach of this X.Y is missing for another reason
    let debian = |site: &[u8]| site.ends_with(b"dist-packages");
    let own = |site: &&&[u8]| site_version(site) == Some(python.version) && !debian(site);
    if let Some(site) = sites.iter().find(own) {
        let prefix = parent(parent(parent(site)));
        let usual = prefix == b"usr/local" || prefix == b"usr";
        return (python.dist_packages && usual).then(|| Cause::NotDebians {
            site: site.to_vec(),
        });
    }
    // the one that lies where this interpreter looks is the likely one
    let near = |site: &[u8]| {
        let prefix = parent(parent(parent(site)));
        let below = |path: &Vec<u8>| path.starts_with(&join(prefix, b"lib"));
        missing.searched.iter().any(below)
    };
    sites.sort_by_key(|site| !near(site));
    sites.into_iter().find_map(|site| {
        if debian(site) && !python.dist_packages && site.starts_with(b"usr/") {
            return Some(Cause::Debians {
                site: site.to_vec(),
            });
        }
        let version = site_version(site).filter(|version| *version != python.version)?;
        Some(Cause::Site {
            site: site.to_vec(),
            version,
        })
    })
}

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for stopped in stopped(facts, |blame| matches!(blame, Blame::OtherVersion { .. })) {
        let Blame::OtherVersion { there } = &stopped.blame else {
            continue;
        };
        let (x, y) = facts.interpreters().all[*there].version;
        let text = super::dangling_python::message(facts, &stopped);
        let message = format!("{text}; Python {x}.{y} is");
        let finding = Finding::new(RULE.name, stopped.severity, message)
            .at(facts.place_of_instruction(facts.start().instruction))
            .because("started by", stopped.obstacle.route());
        findings.push(super::dangling_python::remedy(
            facts,
            None,
            &stopped.wanted,
            finding,
        ));
    }
    let mut told: Vec<(Vec<u8>, Severity)> = Vec::new();
    for run in &facts.imports().runs {
        let Some(python) = facts.interpreters().all.get(run.search.interpreter) else {
            continue;
        };
        let modules = run
            .missing
            .iter()
            .filter_map(|missing| Some((missing.clone(), cause(facts, missing)?)));
        let names = run.missing_names.iter().filter_map(|missing| {
            Some((as_module(missing), compiled_name(facts, missing, python)?))
        });
        let causes: Vec<(MissingModule, Cause)> = modules
            .chain(names)
            .filter(|(missing, _)| missing.need != Reach::Optional)
            .collect();
        for (missing, cause) in &causes {
            let severity = severity(facts, run.program, missing);
            let key = cause.path().to_vec();
            if told
                .iter()
                .any(|(path, worst)| *path == key && *worst <= severity)
            {
                continue;
            }
            let same = causes.iter().filter(|(_, other)| other.path() == key);
            let others = same.count() - 1;
            findings.push(of_module(facts, python, (missing, cause), severity, others));
            told.push((key, severity));
        }
        for newer in &run.too_new {
            findings.extend(too_new(facts, run.program, newer, run.search.interpreter));
        }
    }
}

/// A name of a package that is a module of it.
fn as_module(missing: &MissingName) -> MissingModule {
    MissingModule {
        name: format!("{}.{}", missing.module, missing.name),
        need: missing.need,
        chain: missing.chain.clone(),
        importer: missing.importer.clone(),
        line: missing.line,
        searched: vec![parent(&missing.path).to_vec()],
        why: Absence::NotFound,
    }
}

/// A module that another Python has.
fn of_module(
    facts: &Facts<'_>,
    python: &Interpreter,
    (missing, cause): (&MissingModule, &Cause),
    severity: Severity,
    others: usize,
) -> Finding {
    let (x, y) = python.version;
    let first = missing.name.split('.').next().unwrap_or_default();
    let lead = lead(severity);
    let message = match cause {
        Cause::Site { site, version } => format!(
            "{lead}`{first}` is installed for Python {}.{}, in `{}`, and Python {x}.{y} runs",
            version.0,
            version.1,
            shown(site)
        ),
        Cause::NotDebians { site } => format!(
            "{lead}`{first}` is in `{}`, where Debian's Python {x}.{y} does not look: it has dist-packages",
            shown(site)
        ),
        Cause::Debians { site } => format!(
            "{lead}`{first}` is installed for Debian's Python, in `{}`, and `{}` (Python {x}.{y}) runs",
            shown(site),
            shown(&python.path)
        ),
        Cause::Compiled { path, made_for } => format!(
            "{lead}`{}` is compiled for Python {made_for} (`{}`), and Python {x}.{y} runs",
            missing.name,
            shown(path)
        ),
    };
    let mut finding = Finding::new(RULE.name, severity, message)
        .at(facts.place_of(cause.path()))
        .because("needed by", missing.chain.join(" → "))
        .because("in the image", pythons(facts));
    if let Cause::Compiled { path, .. } = cause
        && let Some(owner) = facts.distributions().owner_of(facts.files(), path)
    {
        finding = finding.because("of", format!("{} {}", owner.name, owner.version));
    }
    if others > 0 {
        finding = finding.because("also missing", count(others, "other module"));
    }
    if !matches!(cause, Cause::Compiled { .. }) {
        let searched: Vec<String> = missing.searched.iter().map(|path| shown(path)).collect();
        finding = finding.because("searched", searched.join(" "));
    }
    remedy(facts, cause, finding)
}

fn remedy(facts: &Facts<'_>, cause: &Cause, finding: Finding) -> Finding {
    if let Cause::NotDebians { site } = cause {
        let site = shown(site);
        let old = facts.environment().get("PYTHONPATH").unwrap_or_default();
        let value = match old {
            "" => site,
            old => format!("{site}:{old}"),
        };
        return finding
            .hint(format!("ENV PYTHONPATH={value}"))
            .mend(Mend::Env(vec![("PYTHONPATH".into(), value)]));
    }
    // the interpreter that the packages are for may be there, and not be the one that is started
    let prefix = parent(parent(parent(cause.path())));
    let own = facts.interpreters().all.iter().find(|python| {
        let in_prefix = parent(parent(&python.path)) == prefix || python.prefix == prefix;
        let of_venv = facts.venvs().iter().any(|venv| venv.directory == prefix)
            && Some(python.version) == cause.version();
        match cause {
            Cause::Debians { .. } => python.dist_packages,
            Cause::Site { version, .. } => python.version == *version && (in_prefix || of_venv),
            _ => false,
        }
    });
    match (own, cause) {
        (Some(python), Cause::Debians { .. }) => finding.hint(format!(
            "start `{}`, or install it with `pip` of the Python that runs",
            shown(&python.path)
        )),
        (Some(_), _) if facts.venvs().iter().any(|venv| venv.directory == prefix) => {
            let bin = shown(&join(prefix, b"bin"));
            finding.hint(format!("ENV PATH=\"{bin}:$PATH\", and start `python`"))
        }
        (Some(python), _) => finding.hint(format!("start `{}`", shown(&python.path))),
        (None, Cause::Debians { .. }) => {
            finding.hint("install it with `pip` of the Python that runs")
        }
        (None, _) => with_base(facts, None, cause.version(), finding),
    }
}

/// A source with syntax that this Python does not know.
fn too_new(
    facts: &Facts<'_>,
    program: usize,
    newer: &TooNew,
    interpreter: usize,
) -> Option<Finding> {
    let (x, y) = facts.interpreters().all.get(interpreter)?.version;
    let severity = match (facts.fails(program, newer.need), newer.need) {
        (_, Reach::Optional) => return None,
        (true, _) => Severity::Breaks,
        (false, _) => Severity::Risk,
    };
    let path = shown(&newer.path);
    let message = format!(
        "{}`{path}` is written for a later Python than {x}.{y}: {}",
        lead(severity),
        newer.fact
    );
    let since = newer
        .fact
        .rsplit_once("added in Python ")
        .map(|(_, rest)| rest);
    let since = since.and_then(|rest| {
        let (x, y) = rest.trim_end_matches(')').split_once('.')?;
        Some((x.parse().ok()?, y.parse().ok()?))
    });
    let finding = Finding::new(RULE.name, severity, message)
        .at(Some(Place::File {
            path,
            line: Some(newer.line),
        }))
        .because("needed by", newer.chain.join(" → "))
        .because("in the image", pythons(facts));
    // the site directory that it lies in tells which one it was installed for
    let site = newer
        .path
        .split(|byte| *byte == b'/')
        .find_map(|part| site_version(&[b"lib/", part, b"/site-packages"].concat()));
    Some(with_base(facts, None, site.or(since), finding))
}

#[cfg(test)]
#[path = "other_python/tests.rs"]
mod tests;
