//! Which modules an image's programs reach, and whether they can be imported there.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use constrict_build::container::Variable;
use constrict_build::container::probe::{FailedImport, How, ImportTrial, import_modules};
use constrict_build::layers::Layers;
use constrict_inspect::facts::Facts;
use constrict_inspect::facts::imports::{Closure, Reach};
use constrict_inspect::facts::start::{Program, PythonRun, Target, is_known};
use constrict_oci::ImageConfig;

use crate::failure::Failure;

/// More than these are not imported.
const MOST: usize = 5000;
/// Messages of imports that fail because of the order in which modules are imported here.
const OF_ORDER: [&str; 2] = ["partially initialized module", "circular import"];

/// What became of the modules.
#[derive(Clone, Debug, Default)]
pub(super) struct Imports {
    /// How many were imported, or failed.
    pub(super) tried: usize,
    /// Those that failed, and whether the program needs them each time.
    pub(super) failed: Vec<Failed>,
}

/// A module that failed.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    /// It, and why.
    pub(super) import: FailedImport,
    /// Whether the program imports it each time it starts.
    pub(super) sure: bool,
}

impl Failed {
    /// Whether it tells of something that the image lacks, and not of the circumstances of this import.
    pub(super) fn counts(&self) -> bool {
        let error = &self.import.error;
        self.import.is_import_error && !OF_ORDER.iter().any(|part| error.contains(part))
    }
}

impl Imports {
    /// Whether an image that was not heard of lacks what it needs. One that ended well or answered has shown that it
    /// does not.
    pub(super) fn kill(&self, how: &How) -> bool {
        let is_silent = matches!(how, How::Runs | How::Accepts { .. });
        is_silent
            && self
                .failed
                .iter()
                .any(|failed| failed.sure && failed.counts())
    }
}

/// Imports what each program that surely runs reaches.
pub(super) fn try_out(
    layers: &Arc<Layers>,
    config: &ImageConfig,
    facts: &Facts<'_>,
    limit: Duration,
    read_only: bool,
) -> Result<Imports, Failure> {
    let mut imports = Imports::default();
    for closure in &facts.imports().runs {
        let Some(program) = facts.start().programs.get(closure.program) else {
            continue;
        };
        let (Some(python), true) = (&program.python, program.sure) else {
            continue;
        };
        let modules = modules(python, closure);
        if modules.is_empty() {
            continue;
        }
        let trial = ImportTrial {
            interpreter: [vec![absolute(&program.executable)], python.options.clone()].concat(),
            env: variables(program),
            user: user(facts, program),
            working_dir: absolute(&program.environment.directory),
            paths: paths(facts, program, python),
            argv: [vec![script(python)], python.arguments.clone()].concat(),
            modules,
            limit,
            read_only,
        };
        let imported = import_modules(layers, config, &trial)?;
        imports.tried += imported.tried;
        let judged = imported.failed.into_iter().map(|import| Failed {
            sure: need(closure, &import.module) == Some(Reach::Sure),
            import,
        });
        imports.failed.extend(judged);
    }
    Ok(imports)
}

fn need(closure: &Closure, module: &str) -> Option<Reach> {
    closure.modules.get(module).map(|module| module.need)
}

/// What a server is told to import first, since other modules may need what it sets up; then as the program reaches
/// them, sure ones before others.
fn modules(python: &PythonRun, closure: &Closure) -> Vec<String> {
    let demands = python.demands.iter().filter(|demand| demand.sure);
    let mut modules: Vec<&String> = demands
        .map(|demand| &demand.module)
        .filter(|name| closure.modules.contains_key(*name))
        .collect();
    let mut reached: Vec<_> = closure
        .modules
        .iter()
        .filter(|(name, module)| module.need != Reach::Optional && *name != "__main__")
        .collect();
    reached.sort_by_key(|(name, module)| (module.need, module.chain.len(), *name));
    for (name, _) in reached {
        if !modules.contains(&name) {
            modules.push(name);
        }
    }
    modules.into_iter().take(MOST).cloned().collect()
}

fn absolute(path: &[u8]) -> String {
    let path = String::from_utf8_lossy(path);
    format!("/{}", path.trim_start_matches('/'))
}

/// `sys.argv[0]`.
fn script(python: &PythonRun) -> String {
    match &python.target {
        Target::Path(path) => absolute(path),
        Target::Module(_) => "-m".into(),
        Target::Code(_) => "-c".into(),
        Target::Console { name, .. } => name.clone(),
        Target::Prompt | Target::Unknown => String::new(),
    }
}

/// What the interpreter puts in front of its search path for this program, and what a server puts before that.
fn paths(facts: &Facts<'_>, program: &Program, python: &PythonRun) -> Vec<String> {
    let is_safe = python
        .options
        .iter()
        .any(|option| option == "-I" || option == "-P");
    let own = match &python.target {
        _ if is_safe => None,
        Target::Path(path) if facts.files().is_file(path) => {
            let path = absolute(path);
            Path::new(&path)
                .parent()
                .map(|parent| parent.display().to_string())
        }
        Target::Path(path) => Some(absolute(path)),
        Target::Module(_) | Target::Code(_) => Some(absolute(&program.environment.directory)),
        Target::Console { .. } | Target::Prompt | Target::Unknown => None,
    };
    let demanded = python.demands.iter().flat_map(|demand| &demand.paths);
    let mut paths: Vec<String> = Vec::new();
    for path in demanded.map(|path| absolute(path)).chain(own) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// The variables that are known; those that the program's parents changed are among them.
fn variables(program: &Program) -> Vec<Variable> {
    let known = program.environment.variables.iter();
    let known = known.filter(|(_, value)| is_known(value));
    known
        .map(|(name, value)| Variable {
            name: name.clone(),
            value: Some(value.clone()),
        })
        .collect()
}

/// The user, if it is another than the image's.
fn user(facts: &Facts<'_>, program: &Program) -> Option<String> {
    let is_other = program.user != *facts.user();
    let (uid, gid) = (program.user.uid?, program.user.gid?);
    is_other.then(|| format!("{uid}:{gid}"))
}
