//! The closure of one program: modules are found, parsed and scanned in waves, the sure ones first.
//!
//! Never decides what is an error. What a walk learns of modules as a whole is known to the next walk of the program
//! (`learn`).

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use constrict_python::source::{Form, Import, Need};

use super::chain::{Step, statement};
use super::elsewhere::Elsewhere;
use super::finder::Finder;
use super::learn::Known;
use super::node::{Absent, Check, Node, Origin, Outcome};
use super::sources::Sources;
use super::{Absence, Reach};
use crate::facts::Facts;
use crate::facts::interpreter::{Interpreter, SearchPath};
use crate::files::{file_name, shown};

/// Modules that are followed at most: a hostile image may have any number.
const MOST_MODULES: usize = 100_000;

/// What is left to do.
pub(super) enum Task {
    /// Follow the imports of a module.
    Scan(usize),
    /// Find the names that an import takes of a module.
    Names { target: usize, import: Taken },
    /// A function of a module is called.
    Call {
        module: usize,
        function: String,
        hops: usize,
    },
}

/// An import statement and what it is to its module.
#[derive(Clone)]
pub(super) struct Taken {
    pub(super) importer: usize,
    pub(super) import: Arc<Import>,
    /// How sure it runs when the module or function does.
    pub(super) relative: Reach,
}

/// A walk.
pub(super) struct Walk<'a, 'f> {
    pub(super) facts: &'a Facts<'f>,
    pub(super) finder: Finder<'a>,
    pub(super) sources: &'a Sources,
    pub(super) elsewhere: &'a Elsewhere,
    pub(super) interpreter: &'a Interpreter,
    pub(super) search: &'a SearchPath,
    pub(super) known: &'a Known,
    /// Elements of `sys.path`.
    pub(super) path: Vec<Vec<u8>>,
    /// Top-level packages that are the application's though they are installed.
    pub(super) own: BTreeSet<String>,
    /// Extension modules beside the standard library.
    pub(super) dynamic: Vec<String>,
    /// The interpreter's program and library, read when first asked for.
    pub(super) objects: std::cell::OnceCell<Vec<Vec<u8>>>,
    pub(super) nodes: Vec<Node>,
    pub(super) names: HashMap<String, usize>,
    /// Imports of modules that nothing provides, by name, importer and line.
    pub(super) absent: BTreeMap<(String, Option<usize>, usize), Absent>,
    pub(super) checks: Vec<Check>,
    pub(super) called: HashMap<(usize, String), Reach>,
    queues: [VecDeque<Task>; 3],
}

fn level(reach: Reach) -> usize {
    match reach {
        Reach::Sure => 0,
        Reach::Maybe => 1,
        Reach::Optional => 2,
    }
}

impl<'a, 'f> Walk<'a, 'f> {
    pub(super) fn new(
        facts: &'a Facts<'f>,
        finder: Finder<'a>,
        shared: (&'a Sources, &'a Elsewhere),
        interpreter: &'a Interpreter,
        search: &'a SearchPath,
        known: &'a Known,
    ) -> Walk<'a, 'f> {
        Walk {
            facts,
            finder,
            sources: shared.0,
            elsewhere: shared.1,
            interpreter,
            search,
            known,
            path: search
                .directories
                .iter()
                .map(|directory| directory.path.clone())
                .collect(),
            own: BTreeSet::new(),
            dynamic: dynamic(facts, interpreter),
            objects: std::cell::OnceCell::new(),
            nodes: Vec::new(),
            names: HashMap::new(),
            absent: BTreeMap::new(),
            checks: Vec::new(),
            called: HashMap::new(),
            queues: Default::default(),
        }
    }

    pub(super) fn push(&mut self, reach: Reach, task: Task) {
        self.queues[level(reach)].push_back(task);
    }

    /// Follows everything that is queued.
    pub(super) fn run(&mut self) {
        while let Some(at) = self.queues.iter().position(|queue| !queue.is_empty()) {
            let wave: Vec<Task> = self.queues[at].drain(..).collect();
            let reach = [Reach::Sure, Reach::Maybe, Reach::Optional][at];
            self.parse(&wave);
            for task in wave {
                match task {
                    Task::Scan(id) => self.scan(id),
                    Task::Names { target, import } => self.take_names(target, &import, reach),
                    Task::Call {
                        module,
                        function,
                        hops,
                    } => self.call(module, &function, reach, hops),
                }
            }
        }
    }

    /// Parses what the tasks of a wave need, together.
    fn parse(&mut self, wave: &[Task]) {
        let wanted: BTreeSet<usize> = wave
            .iter()
            .map(|task| match task {
                Task::Scan(id) => *id,
                Task::Names { target, .. } => *target,
                Task::Call { module, .. } => *module,
            })
            .filter(|id| !self.nodes[*id].parsed)
            .collect();
        let founds: Vec<_> = wanted.iter().map(|id| &self.nodes[*id].found).collect();
        let parsed = self
            .sources
            .all(self.facts.files(), &founds, self.interpreter.version);
        for (id, source) in wanted.into_iter().zip(parsed) {
            self.nodes[id].source = source;
            self.nodes[id].parsed = true;
        }
    }

    /// Parses one module now.
    pub(super) fn parse_one(&mut self, id: usize) {
        self.parse(&[Task::Scan(id)]);
    }

    /// Whether no more modules are taken in.
    pub(super) fn is_full(&self) -> bool {
        self.nodes.len() >= MOST_MODULES
    }

    fn scan(&mut self, id: usize) {
        let node = &self.nodes[id];
        if node.scanned.is_some_and(|reach| reach <= node.reach) {
            return;
        }
        let Some(source) = node.source.clone() else {
            return;
        };
        let (known, reach, own, library) = (
            self.known,
            node.reach,
            node.origin == Origin::Own || node.main,
            node.origin == Origin::Library,
        );
        self.nodes[id].scanned = Some(reach);
        self.nodes[id].hard.clear();
        self.nodes[id].attempts.clear();
        for import in &source.imports {
            let relative = match &import.body {
                None => self.nodes[id]
                    .circumstances(&source, known)
                    .top(import.need),
                // what the application's functions import is met sooner or later
                Some(body) if own && !guarded(body.need) => Some(Reach::Maybe),
                Some(_) => None,
            };
            if let Some(relative) = relative {
                self.import(id, import, relative, reach.max(relative));
            }
        }
        if !library {
            self.top_calls(id, &source, reach);
        }
        self.uses(id, &source, reach);
    }

    /// Follows one import statement of a module.
    pub(super) fn import(&mut self, id: usize, import: &Import, relative: Reach, reach: Reach) {
        let outcome = match self.absolute(id, import) {
            Ok(base) => {
                let base = self.own_extension(id, import).unwrap_or(base);
                let step = self.step(id, import, None, &base);
                self.import_dotted(&base, reach, &step)
            }
            Err(written) => {
                let step = self.step(id, import, None, "");
                self.add_absent(&written, reach, &step, Absence::NoPackage);
                Outcome::Missing
            }
        };
        self.note(
            id,
            import.need,
            import.body.as_ref().map(|body| body.need),
            relative,
            outcome,
        );
        let Outcome::Found(target) = outcome else {
            return;
        };
        if matches!(import.form, Form::Names(_) | Form::Star) {
            let taken = Taken {
                importer: id,
                import: Arc::new(import.clone()),
                relative,
            };
            self.push(
                reach,
                Task::Names {
                    target,
                    import: taken,
                },
            );
        }
    }

    /// A package that imports itself by name, as `cv2` does after it has taken itself out of `sys.modules`, wants the extension
    /// module of that name which lies in it.
    fn own_extension(&mut self, id: usize, import: &Import) -> Option<String> {
        let name = self.nodes[id].name.clone();
        if import.form != Form::Dynamic || import.module != name {
            return None;
        }
        let portions = self.nodes[id].portions()?.to_vec();
        let tail = name.rsplit('.').next()?;
        let found = self.finder.find(tail, &portions)?;
        (found.kind == super::ModuleKind::Extension).then(|| format!("{name}.{tail}"))
    }

    /// Remembers what an import means for its module.
    pub(super) fn note(
        &mut self,
        id: usize,
        need: Need,
        in_body: Option<Need>,
        relative: Reach,
        outcome: Outcome,
    ) {
        match in_body.unwrap_or(need) {
            Need::Guarded { attempt } => self.nodes[id].attempts.push((attempt, outcome)),
            _ if relative == Reach::Sure => self.nodes[id].hard.push(outcome),
            _ => {}
        }
    }

    /// The step that an import is, `only` for one of its names.
    pub(super) fn step(
        &self,
        id: usize,
        import: &Import,
        only: Option<&str>,
        target: &str,
    ) -> Step {
        let node = &self.nodes[id];
        Step {
            importer: Some(id),
            file: self.shown(id),
            line: usize::try_from(import.line).unwrap_or(0),
            text: statement(import, only),
            crosses: node.main || super::node::top(&node.name) != super::node::top(target),
        }
    }

    /// A module's file as chains show it: from the element of the search path that it lies below, scripts whole.
    pub(super) fn shown(&self, id: usize) -> String {
        let node = &self.nodes[id];
        let path = &node.found.path;
        let below = |element: &&Vec<u8>| {
            path.strip_prefix(element.as_slice())
                .is_some_and(|rest| rest.starts_with(b"/"))
        };
        let element = self
            .path
            .iter()
            .filter(below)
            .max_by_key(|element| element.len());
        match element {
            Some(element) if !(node.main && file_name(element) == b"bin") => {
                String::from_utf8_lossy(&path[element.len() + 1..]).into_owned()
            }
            // `-c`, or a script that is not there
            _ if node.main && self.facts.files().node(path).is_none() => {
                String::from_utf8_lossy(path).into_owned()
            }
            _ => shown(path),
        }
    }
}

fn guarded(need: Need) -> bool {
    matches!(
        need,
        Need::Guarded { .. } | Need::Fallback { .. } | Need::TypeChecking
    )
}

/// The extension modules in `lib-dynload`.
fn dynamic(facts: &Facts<'_>, interpreter: &Interpreter) -> Vec<String> {
    let Some(library) = &interpreter.library else {
        return Vec::new();
    };
    let listed = facts
        .files()
        .list(&crate::files::join(library, b"lib-dynload"));
    let stem = |name: &[u8]| {
        String::from_utf8_lossy(name)
            .split('.')
            .next()
            .unwrap_or_default()
            .to_string()
    };
    listed.into_iter().map(|(name, _)| stem(name)).collect()
}
