//! What the started programs import: the closure over their sources, with how each module is reached and what is missing.
//!
//! Never runs an import. A program is walked several times, since what a walk finds (an attempt that fails, a module that
//! is put into `sys.modules`) changes what is imported; each source is parsed once.
//!
//! | file | what |
//! |---|---|
//! | `entry` | where a program's imports begin |
//! | `walk` | the waves: parse, scan, queue |
//! | `resolve`, `finder`, `builtin`, `zip` | from a name to a module |
//! | `reach` | from a statement's circumstances to how sure it runs |
//! | `call` | functions that are called while modules are imported |
//! | `names` | names that modules are asked for |
//! | `shadow` | modules of the application that hide others |
//! | `lazy` | names that `__getattr__` brings |
//! | `learn`, `elsewhere` | what the next walk knows; modules off the search path |
//! | `own` | what the application's modules do |
//! | `sources` | parsed sources |
//! | `chain` | how an import is reached, for people |

mod builtin;
mod call;
mod chain;
mod elsewhere;
mod entry;
mod finder;
mod lazy;
mod learn;
mod names;
mod node;
mod own;
mod reach;
mod resolve;
mod shadow;
mod sources;
mod walk;
mod zip;

use std::collections::BTreeSet;

use super::Facts;
use super::interpreter::{PathSource, SearchPath};
use super::start::Program;
use chain::Step;
use elsewhere::Elsewhere;
use finder::Finder;
use learn::Known;
use node::Check;
use walk::Walk;

pub use own::OwnModule;
pub use shadow::{Importer, Shadow};
pub use sources::Sources;
pub use zip::Archive;
pub(crate) use zip::is_zip;

/// Walks of one program at most: each lets more attempts fail, so a few are enough.
const MOST_WALKS: usize = 8;
/// Steps of a chain at most.
const MOST_STEPS: usize = 1000;

/// The closures of all programs.
#[derive(Clone, Debug, Default)]
pub struct Imports {
    /// One for each program that is Python, in the order of `Start::programs`.
    pub runs: Vec<Closure>,
    /// The sources that were parsed, and others on demand.
    pub sources: Sources,
}

/// What one program imports.
#[derive(Clone, Debug, Default)]
pub struct Closure {
    /// The index in `Start::programs`.
    pub program: usize,
    /// What it searches, with what servers put in front.
    pub search: SearchPath,
    /// Every module that was found, by its dotted name.
    pub modules: std::collections::BTreeMap<String, Module>,
    /// Modules that nothing provides.
    pub missing: Vec<MissingModule>,
    /// Names that a module which is wholly known does not define.
    pub missing_names: Vec<MissingName>,
    /// Sources with syntax of a later Python than the interpreter's.
    pub too_new: Vec<TooNew>,
    /// The application's own modules, with what they do.
    pub own: Vec<OwnModule>,
    /// Modules of the application that are found in place of others.
    pub shadows: Vec<Shadow>,
}

impl Closure {
    /// How bad it is if this program fails in something that is reached this surely; `None` if it does not matter.
    pub fn severity(&self, facts: &Facts<'_>, need: Reach) -> Option<crate::rule::Severity> {
        let program = facts.start().programs.get(self.program)?;
        match need {
            Reach::Sure if program.sure && program.fatal => Some(crate::rule::Severity::Breaks),
            Reach::Sure | Reach::Maybe => Some(crate::rule::Severity::Risk),
            Reach::Optional => None,
        }
    }
}

/// A source that the interpreter refuses.
#[derive(Clone, Debug)]
pub struct TooNew {
    /// The file.
    pub path: Vec<u8>,
    /// First line 1.
    pub line: usize,
    /// What is too new, and since when.
    pub fact: String,
    /// How sure it is that the file is imported.
    pub need: Reach,
    /// As [`Module::chain`].
    pub chain: Vec<String>,
}

/// A module that was found.
#[derive(Clone, Debug)]
pub struct Module {
    /// The file, or the directory of a namespace package.
    pub path: Vec<u8>,
    /// What kind of file.
    pub kind: ModuleKind,
    /// How sure it is that it is imported at start.
    pub need: Reach,
    /// The chain of imports from the program to it: ``app.py:1 `import MySQLdb` ``. The first, those that go from one
    /// top-level package to another; of a long chain the first and the last three.
    pub chain: Vec<String>,
    /// Whether it is a distribution's: neither the standard library's nor the application's.
    pub distributed: bool,
}

/// What a module is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleKind {
    /// A source file.
    Source,
    /// Bytecode without source.
    Bytecode,
    /// An extension module.
    Extension,
    /// A namespace package.
    Namespace,
    /// Compiled into the interpreter.
    Builtin,
    /// In a zip file.
    Zipped,
}

/// How sure an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Each time the program starts; if it fails, the program ends.
    Sure,
    /// It may be imported, now or later: in a function, under a condition.
    Maybe,
    /// It is tried, and its failure is caught.
    Optional,
}

/// A module that no directory of the search path has.
#[derive(Clone, Debug)]
pub struct MissingModule {
    /// Dotted.
    pub name: String,
    /// How sure it is that this is met.
    pub need: Reach,
    /// As [`Module::chain`], ending with the import that fails.
    pub chain: Vec<String>,
    /// The file with that import; empty for what a server or `-m` is told.
    pub importer: Vec<u8>,
    /// First line 1; 0 if there is none.
    pub line: usize,
    /// The elements of `sys.path` that were searched.
    pub searched: Vec<Vec<u8>>,
    /// In what way it is missing.
    pub why: Absence,
}

/// In what way a module is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Nothing on the search path has it.
    NotFound,
    /// What it should be a part of is a single file.
    NotAPackage,
    /// A relative import, by its dots, in a file that is run as a script or lies at the top.
    NoPackage,
    /// The user may not read this file or directory, where it may be.
    Closed(Vec<u8>),
}

/// `from module import name` or `module.name` where the module is known and has no such name.
#[derive(Clone, Debug)]
pub struct MissingName {
    /// The module.
    pub module: String,
    /// Its file.
    pub path: Vec<u8>,
    /// The name.
    pub name: String,
    /// How sure it is that this is met.
    pub need: Reach,
    /// As [`Module::chain`], ending with the import that fails.
    pub chain: Vec<String>,
    /// The file with that import; empty for what a server is told.
    pub importer: Vec<u8>,
    /// First line 1; 0 if there is none.
    pub line: usize,
    /// It is read as an attribute, not imported: an `AttributeError`.
    pub attribute: bool,
}

impl Imports {
    /// Follows every import. Of extension modules at `broken` paths it is known that the loader refuses them.
    pub fn follow(facts: &Facts<'_>, broken: &BTreeSet<Vec<u8>>, sources: Sources) -> Imports {
        let elsewhere = Elsewhere::default();
        let programs = facts.start().programs.iter().enumerate();
        let closures = programs.filter_map(|(at, program)| {
            let search = facts.interpreters().search_path(facts, program)?;
            Some(follow(
                (facts, broken),
                at,
                program,
                search,
                (&sources, &elsewhere),
            ))
        });
        Imports {
            runs: closures.collect(),
            sources: sources.clone(),
        }
    }
}

/// Words of commands that install while the image starts: what is missing may come.
const INSTALLING: &[&str] = &["install", "sync", "ensurepip"];
/// Their programs.
const INSTALLERS: &[&str] = &[
    "pip", "pip3", "uv", "poetry", "pipenv", "pdm", "conda", "mamba", "pixi",
];

/// Whether a program before this one installs something.
fn installs_before(facts: &Facts<'_>, program: usize) -> bool {
    facts.start().programs.iter().take(program).any(|earlier| {
        let word = |list: &[&str]| {
            earlier
                .argv
                .iter()
                .any(|word| list.contains(&word.rsplit('/').next().unwrap_or(word)))
        };
        word(INSTALLERS) && word(INSTALLING)
    })
}

/// The closure of one program.
fn follow(
    (facts, broken): (&Facts<'_>, &BTreeSet<Vec<u8>>),
    at: usize,
    program: &Program,
    search: SearchPath,
    shared: (&Sources, &Elsewhere),
) -> Closure {
    let mut known = Known::default();
    for last in (0..MOST_WALKS).rev() {
        let mut walk = walk(facts, program, &search, &known, shared);
        let failed = walk.failed_checks();
        let learned = learn::learn(&walk, &failed, broken);
        if last == 0 || learned == known {
            let shadows = shadow::shadows(&mut walk);
            let mut closure = Closure {
                shadows,
                ..closure(&walk, at, failed)
            };
            let unpacks = walk
                .names
                .get("__main__")
                .and_then(|id| walk.nodes[*id].found.member.as_ref())
                .is_some_and(|main| !known.altering.is_empty() || main.unpacks());
            if unpacks || has_finder(facts, &walk) || installs_before(facts, at) {
                closure.distrust();
            }
            return closure;
        }
        known = learned;
    }
    unreachable!("the last walk returns")
}

/// Whether the application has finders of its own: what they provide, no file tells.
fn has_finder(facts: &Facts<'_>, walk: &Walk<'_, '_>) -> bool {
    const LIMIT: usize = 1 << 20;
    walk.nodes.iter().any(|node| {
        let changes = node.origin == node::Origin::Own
            && node
                .source
                .as_ref()
                .is_some_and(|source| source.alters_search);
        let text = || facts.files().text(&node.found.path, LIMIT);
        changes
            && text().is_some_and(|text| {
                text.contains("sys.meta_path") || text.contains("sys.path_hooks")
            })
    })
}

fn walk<'a, 'f>(
    facts: &'a Facts<'f>,
    program: &'a Program,
    search: &'a SearchPath,
    known: &'a Known,
    shared: (&'a Sources, &'a Elsewhere),
) -> Walk<'a, 'f> {
    let interpreter = &facts.interpreters().all[search.interpreter];
    let finder = Finder::new(facts.files(), &program.user, interpreter);
    let mut walk = Walk::new(facts, finder, shared, interpreter, search, known);
    let Some(run) = &program.python else {
        return walk;
    };
    walk.own.extend(
        run.demands
            .iter()
            .map(|demand| node::top(&demand.module).to_string()),
    );
    let site = !run.options.iter().any(|option| option == "-S");
    // the script's directory is put in front after the interpreter has what it needs itself
    let whole = std::mem::take(&mut walk.path);
    walk.path = search
        .directories
        .iter()
        .filter(|directory| directory.from != PathSource::Script)
        .map(|directory| directory.path.clone())
        .collect();
    let begun = walk.begin(program, site);
    walk.run();
    walk.path = whole;
    if begun {
        walk.main(run);
        walk.run();
        for demand in &run.demands {
            walk.search_first(&demand.paths);
            walk.demand(demand);
            walk.run();
        }
    }
    walk
}

/// What a walk has found.
fn closure(walk: &Walk<'_, '_>, program: usize, failed: Vec<Check>) -> Closure {
    let importer = |step: &Step| {
        step.importer
            .map_or_else(Vec::new, |id| walk.nodes[id].found.path.clone())
    };
    let modules = walk.nodes.iter().map(|node| {
        let module = Module {
            path: node.found.path.clone(),
            kind: node.found.kind,
            need: node.reach,
            chain: chain_of(walk, &node.step, false),
            distributed: node.origin == node::Origin::Installed,
        };
        (node.name.clone(), module)
    });
    let missing = walk
        .absent
        .iter()
        .map(|((name, _, line), absent)| MissingModule {
            name: name.clone(),
            need: absent.reach,
            chain: chain_of(walk, &absent.step, true),
            importer: importer(&absent.step),
            line: *line,
            searched: walk.path.clone(),
            why: absent.why.clone(),
        });
    // `from gunicorn import debug` where the record has gunicorn/debug.py: a module is missing, not a name
    let (parts, failed): (Vec<Check>, Vec<Check>) = failed
        .into_iter()
        .partition(|check| is_recorded(walk, check));
    let parts = parts.iter().map(|check| MissingModule {
        name: format!("{}.{}", walk.nodes[check.module].name, check.name),
        need: check.reach,
        chain: chain_of(walk, &check.step, true),
        importer: importer(&check.step),
        line: check.step.line,
        searched: walk.path.clone(),
        why: Absence::NotFound,
    });
    let names = failed.iter().map(|check| MissingName {
        module: walk.nodes[check.module].name.clone(),
        path: walk.nodes[check.module].found.path.clone(),
        name: check.name.clone(),
        need: check.reach,
        chain: chain_of(walk, &check.step, true),
        importer: importer(&check.step),
        line: check.step.line,
        attribute: check.attribute,
    });
    let too_new = walk.nodes.iter().filter_map(|node| {
        let newer = node.source.as_ref()?.newer_syntax.as_ref()?;
        Some(TooNew {
            path: node.found.path.clone(),
            line: usize::try_from(newer.line).unwrap_or(0),
            fact: newer.fact.clone(),
            need: node.reach,
            chain: chain_of(walk, &node.step, true),
        })
    });
    Closure {
        program,
        search: walk.search.clone(),
        modules: modules.collect(),
        missing: missing
            .chain(parts)
            .filter(|missing| !walk.known.injected.contains(&missing.name))
            .collect(),
        missing_names: names.collect(),
        too_new: too_new.collect(),
        own: OwnModule::all(walk, |node| chain_of(walk, &node.step, false)),
        shadows: Vec::new(),
    }
}

/// Whether a name that is missing is a module that the record of the package's distribution lists.
fn is_recorded(walk: &Walk<'_, '_>, check: &Check) -> bool {
    let portions = walk.nodes[check.module].portions().unwrap_or_default();
    let (files, distributions) = (walk.facts.files(), walk.facts.distributions());
    portions.iter().any(|portion| {
        ["", "/__init__"].iter().any(|end| {
            let file = format!("{}{end}.py", check.name);
            distributions
                .owner_of(files, &crate::files::join(portion, file.as_bytes()))
                .is_some()
        })
    })
}

impl Closure {
    /// Nothing that is missing counts.
    fn distrust(&mut self) {
        self.missing
            .iter_mut()
            .for_each(|missing| missing.need = Reach::Optional);
        self.missing_names
            .iter_mut()
            .for_each(|missing| missing.need = Reach::Optional);
    }
}

/// The chain that ends with a step.
fn chain_of(walk: &Walk<'_, '_>, step: &Step, with_last: bool) -> Vec<String> {
    let mut steps = vec![step];
    while let Some(importer) = steps
        .last()
        .and_then(|step| step.importer)
        .filter(|_| steps.len() < MOST_STEPS)
    {
        steps.push(&walk.nodes[importer].step);
    }
    steps.reverse();
    steps.retain(|step| !step.text.is_empty());
    chain::shown(&steps, with_last)
}

#[cfg(test)]
mod tests;
