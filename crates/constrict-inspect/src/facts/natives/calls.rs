//! Libraries that the application's own sources open by name: `ctypes.CDLL("libgeos_c.so.1")`, `ffi.dlopen(...)`.
//!
//! Of what is computed only a path is understood whose last part is written out and which exists once below the source's
//! directory (`Path(__file__).parent / "libjobs.so"`). Libraries that others' packages open are `library-opened-by-name`'s
//! knowledge.

use std::collections::BTreeSet;

use constrict_python::source::{Call, Literal, Module, Need, Target as Python};

use super::view::{View, absolute};
use crate::facts::Facts;
use crate::facts::imports::{Imports, Reach};
use crate::facts::sources::{OwnSource, own_sources};
use crate::facts::start::{Program, Target};
use crate::files::{file_name, join, parent};

/// Callees that open the library which their first argument names.
const OPENERS: &[&str] = &[
    "ctypes.CDLL",
    "ctypes.PyDLL",
    "ctypes.cdll.LoadLibrary",
    "ctypes.pydll.LoadLibrary",
];
/// What a text has that may open a library.
const MARKS: &[&str] = &["CDLL", "LoadLibrary", "PyDLL", ".dlopen"];

/// A library that a source opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    /// As the loader is asked for it.
    pub(super) name: String,
    /// `RTLD_GLOBAL`.
    pub(super) global: bool,
    /// How sure it is that it is opened and that its absence is no option.
    pub(super) need: Reach,
    /// The imports to the source, and the call.
    pub(super) chain: Vec<String>,
    /// The source.
    pub(super) source: Vec<u8>,
}

/// What the sources of one program open, source by source, each in order.
pub(super) fn openings(
    (facts, imports): (&Facts<'_>, &Imports),
    view: &View<'_>,
    index: usize,
    program: &Program,
) -> Vec<Opening> {
    let Some(run) = &program.python else {
        return Vec::new();
    };
    let python = facts.interpreters().all.first();
    let python = python.map_or((3, 12), |python| python.version);
    let mut found = Vec::new();
    for source in own_sources(facts, imports) {
        if !MARKS.iter().any(|mark| source.text.contains(mark)) {
            continue;
        }
        let Ok(module) = Module::parse(source.text.as_bytes(), &Python { python }) else {
            continue;
        };
        let is_main = matches!(&run.target, Target::Path(path) if *path == source.path)
            || file_name(&source.path) == b"__main__.py";
        let context = Context {
            view,
            program,
            source: &source,
            called: called(&module, is_main),
            is_main,
            chain: chain(imports, index, &source),
        };
        found.extend(module.calls.iter().filter_map(|call| context.opening(call)));
    }
    found
}

/// The imports that lead to a source.
fn chain(imports: &Imports, program: usize, source: &OwnSource) -> Vec<String> {
    let runs = imports.runs.iter();
    let mut modules = runs
        .filter(|run| run.program == program)
        .flat_map(|run| run.modules.values());
    modules
        .find(|module| module.path == source.path)
        .map(|module| module.chain.clone())
        .unwrap_or_default()
}

struct Context<'a, 'v> {
    view: &'a View<'v>,
    program: &'a Program,
    source: &'a OwnSource,
    called: BTreeSet<String>,
    is_main: bool,
    chain: Vec<String>,
}

impl Context<'_, '_> {
    fn opening(&self, call: &Call) -> Option<Opening> {
        let by_cffi =
            call.receiver.as_deref() == Some("cffi.FFI") && call.callee.ends_with(".dlopen");
        if !by_cffi && !OPENERS.contains(&call.callee.as_str()) {
            return None;
        }
        let name = match call.argument("name", 0)? {
            Literal::Str(name) if name.is_empty() => return None,
            Literal::Str(name) => name.clone(),
            Literal::Env { name, default } => {
                let set = self.program.environment.get(name).map(str::to_string);
                set.or_else(|| default.as_ref()?.as_str().map(str::to_string))?
            }
            Literal::Unknown | Literal::Name(_) | Literal::Path(_) => self.beside(call.line)?,
            _ => return None,
        };
        let mode = call.argument("mode", 1);
        let line = self
            .source
            .text
            .lines()
            .nth((call.line as usize).checked_sub(1)?)?;
        let place = String::from_utf8_lossy(&self.source.path).into_owned();
        let mut chain = self.chain.clone();
        chain.push(format!("{place}:{} {}", call.line, line.trim()));
        Some(Opening {
            name,
            global: matches!(mode, Some(Literal::Name(name)) if name.ends_with("RTLD_GLOBAL")),
            need: self.reach(call)?.max(self.source.need),
            chain,
            source: self.source.path.clone(),
        })
    }

    /// When a call runs; none if it does not.
    fn reach(&self, call: &Call) -> Option<Reach> {
        match (&call.body, call.need) {
            (Some(body), Need::Deferred) if self.called.contains(&body.function) => {
                reach(body.need, self.is_main)
            }
            (_, need) => reach(need, self.is_main),
        }
    }

    /// The library below the source's directory that the statement at `line` spells the name of.
    fn beside(&self, line: u32) -> Option<String> {
        let lines = self
            .source
            .text
            .lines()
            .skip((line as usize).checked_sub(1)?);
        let directory = [parent(&self.source.path), b"/"].concat();
        let directory = if directory == b"/" {
            Vec::new()
        } else {
            directory
        };
        let statement: Vec<&str> = lines.take(3).collect();
        let names: BTreeSet<&str> = statement
            .iter()
            .flat_map(|line| line.split(['"', '\'']).skip(1).step_by(2))
            .filter(|text| text.contains(".so"))
            .collect();
        let mut paths = names.iter().flat_map(|name| {
            let below = self.view.libraries(file_name(name.as_bytes()));
            below.iter().filter(|path| path.starts_with(&directory))
        });
        let path = paths.next()?;
        let only = paths.next().is_none();
        only.then(|| String::from_utf8_lossy(&absolute(path)).into_owned())
    }
}

fn reach(need: Need, is_main: bool) -> Option<Reach> {
    match need {
        Need::Always => Some(Reach::Sure),
        Need::Main if is_main => Some(Reach::Sure),
        Need::Guarded { .. } => Some(Reach::Optional),
        Need::TypeChecking | Need::Main => None,
        _ => Some(Reach::Maybe),
    }
}

/// The functions that run when the module is imported, or started if it is the program.
fn called(module: &Module, is_main: bool) -> BTreeSet<String> {
    let sure = |need: Need| reach(need, is_main) == Some(Reach::Sure);
    let top = module.top_calls.iter().filter(|call| sure(call.need));
    let mut pending: Vec<&str> = top.map(|call| call.name.as_str()).collect();
    let mut called = BTreeSet::new();
    while let Some(name) = pending.pop() {
        if !called.insert(name.to_string()) {
            continue;
        }
        let calls = module.functions.get(name).into_iter();
        let calls = calls.flat_map(|function| &function.calls);
        pending.extend(
            calls
                .filter(|(_, need)| sure(*need))
                .map(|(name, _)| name.as_str()),
        );
    }
    called
}

/// A name with a slash, which is a path from the working directory.
pub(super) fn as_path(program: &Program, name: &str) -> Option<Vec<u8>> {
    let path = program.environment.absolute(name.as_bytes());
    name.contains('/').then(|| join(b"", &path))
}
