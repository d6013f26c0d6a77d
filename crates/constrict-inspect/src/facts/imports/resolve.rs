//! From the name of a module to the module: what is there already, built in, mapped, on the search path, or nowhere.

use constrict_python::source::{Import, Open};

use super::chain::Step;
use super::finder::Found;
use super::node::{Absent, Node, Origin, Outcome, top};
use super::walk::{Task, Walk};
use super::{Absence, ModuleKind, Reach, builtin};
use crate::facts::account::Want;
use crate::facts::interpreter::{Implementation, PathSource};
use crate::files::{file_name, join, parent};

/// What is read of an interpreter at most; the largest builds have 60 MB.
const LARGEST_INTERPRETER: usize = 128 << 20;

/// What a search came to.
enum Search {
    Found(Found),
    /// Found where the program may have pointed the search path to.
    Guessed(Found),
    Missing(Absence),
    Unknown,
}

impl Walk<'_, '_> {
    /// The absolute name of the module that an import names; as written if there is no package that it is relative to.
    pub(super) fn absolute(&self, id: usize, import: &Import) -> Result<String, String> {
        if import.level == 0 {
            return Ok(import.module.clone());
        }
        let written = || {
            format!(
                "{}{}",
                ".".repeat(usize::try_from(import.level).unwrap_or(0).min(20)),
                import.module
            )
        };
        let mut package = self.nodes[id]
            .package
            .as_deref()
            .filter(|package| !package.is_empty())
            .ok_or_else(written)?;
        for _ in 1..import.level {
            package = package.rsplit_once('.').ok_or_else(written)?.0;
        }
        match import.module.as_str() {
            "" => Ok(package.to_string()),
            module => Ok(format!("{package}.{module}")),
        }
    }

    /// `import a.b.c`: every package on the way, then the module.
    pub(super) fn import_dotted(&mut self, name: &str, reach: Reach, step: &Step) -> Outcome {
        let mut above = None;
        let mut end = 0;
        while end < name.len() {
            end = name[end + 1..]
                .find('.')
                .map_or(name.len(), |at| end + 1 + at);
            match self.module(&name[..end], above, reach, step) {
                Outcome::Found(id) => above = Some(id),
                other => return other,
            }
        }
        above.map_or(Outcome::Unknown, Outcome::Found)
    }

    /// One module, whose package is `above`.
    pub(super) fn module(
        &mut self,
        name: &str,
        above: Option<usize>,
        reach: Reach,
        step: &Step,
    ) -> Outcome {
        if let Some(id) = self.names.get(name).copied() {
            self.improve(id, reach, step);
            return Outcome::Found(id);
        }
        if name.is_empty() || self.is_full() {
            return Outcome::Unknown;
        }
        let (found, reach, guessed) = match self.search(name, above) {
            // another module may stand for it by then: PyMySQL for MySQLdb
            Search::Found(found) if self.known.injected.contains(name) => {
                (found, reach.max(Reach::Maybe), true)
            }
            Search::Found(found) => (found, reach, false),
            Search::Guessed(found) => (found, reach.max(Reach::Maybe), true),
            Search::Unknown => return Outcome::Unknown,
            Search::Missing(_) if self.known.injected.contains(name) => return Outcome::Unknown,
            Search::Missing(why) => {
                self.add_absent(name, reach, step, why);
                return Outcome::Missing;
            }
        };
        if let Some(closed) = self.unreadable(&found) {
            self.add_absent(name, reach, step, Absence::Closed(closed));
            return Outcome::Missing;
        }
        let package = match found.portions {
            Some(_) => name,
            None => name.rsplit_once('.').map_or("", |(package, _)| package),
        };
        let package = Some(package.to_string());
        let guessed = guessed || above.is_some_and(|above| self.nodes[above].guessed);
        let id = self.add(name, found, package, reach, step.clone(), false);
        self.nodes[id].guessed = guessed;
        Outcome::Found(id)
    }

    /// Takes a module in.
    pub(super) fn add(
        &mut self,
        name: &str,
        found: Found,
        package: Option<String>,
        reach: Reach,
        step: Step,
        main: bool,
    ) -> usize {
        let id = self.nodes.len();
        let origin = self.origin(name, &found);
        self.nodes.push(Node {
            name: name.to_string(),
            parsed: !matches!(found.kind, ModuleKind::Source | ModuleKind::Zipped),
            found,
            origin,
            main,
            guessed: false,
            package,
            reach,
            step,
            source: None,
            scanned: None,
            hard: Vec::new(),
            attempts: Vec::new(),
        });
        self.names.insert(name.to_string(), id);
        self.push(reach, Task::Scan(id));
        id
    }

    /// A module is reached again, perhaps more surely.
    fn improve(&mut self, id: usize, reach: Reach, step: &Step) {
        let node = &mut self.nodes[id];
        if reach < node.reach {
            node.reach = reach;
            node.step = step.clone();
            self.push(reach, Task::Scan(id));
        }
    }

    /// Records an import of what nothing provides.
    pub(super) fn add_absent(&mut self, name: &str, reach: Reach, step: &Step, why: Absence) {
        let absent = Absent {
            reach,
            step: step.clone(),
            why,
        };
        let known = self
            .absent
            .entry((name.to_string(), step.importer, step.line))
            .or_insert_with(|| absent.clone());
        if reach < known.reach {
            *known = absent;
        }
    }

    fn search(&mut self, name: &str, above: Option<usize>) -> Search {
        match above {
            None => self.search_top(name),
            Some(above) => self.search_below(name, above),
        }
    }

    fn search_top(&mut self, name: &str) -> Search {
        let builtin = || Found {
            path: Vec::new(),
            kind: ModuleKind::Builtin,
            portions: None,
            member: None,
        };
        if builtin::is_always(name) || self.is_compiled_in(name) {
            return Search::Found(builtin());
        }
        if let Some(found) = self.mapped(name) {
            return Search::Found(found);
        }
        let path = std::mem::take(&mut self.path);
        let found = self.finder.find(name, &path);
        let closed = if found.is_none() {
            self.finder.closed(&path)
        } else {
            None
        };
        self.path = path;
        if let Some(found) = found {
            return Search::Found(found);
        }
        if self.may_be_compiled_in(name) {
            return Search::Found(builtin());
        }
        if self.interpreter.implementation == Implementation::PyPy
            && (name.starts_with('_') || name == "pypyjit")
        {
            return Search::Unknown;
        }
        if name == "distutils"
            && let Some(found) = self.setuptools_distutils()
        {
            return Search::Found(found);
        }
        if let Some(found) = self.guess(name) {
            return Search::Guessed(found);
        }
        Search::Missing(closed.map_or(Absence::NotFound, Absence::Closed))
    }

    /// Whether a module of this interpreter's standard library is in no file of it: then it is compiled in, and no file
    /// elsewhere is found before it.
    fn is_compiled_in(&self, name: &str) -> bool {
        let Some(library) = &self.interpreter.library else {
            return false;
        };
        self.may_be_compiled_in(name)
            && !self.dynamic.iter().any(|found| found == name)
            && constrict_python::stdlib::is_module(name, self.interpreter.version)
            && !self
                .facts
                .files()
                .exists(&join(library, format!("{name}.py").as_bytes()))
    }

    fn may_be_compiled_in(&self, name: &str) -> bool {
        builtin::may_be(name, &self.dynamic, |name| {
            let objects = self.objects.get_or_init(|| self.read_interpreter());
            builtin::is_listed(objects, name)
        })
    }

    /// What there is to look for in the interpreter and the library that it may be in.
    fn read_interpreter(&self) -> Vec<Vec<u8>> {
        let (x, y) = self.interpreter.version;
        let library = format!("libpython{x}.{y}.so.1.0");
        let beside = self.interpreter.library.as_deref().map(parent);
        let library = beside.map(|directory| join(directory, library.as_bytes()));
        let paths = std::iter::once(self.interpreter.path.clone()).chain(library);
        let files = self.facts.files();
        let texts = |path: Vec<u8>| {
            let (_, node) = files.resolve(&path)?;
            files.learned(node, "names of modules", || {
                let object = files.read(&path, LARGEST_INTERPRETER)?;
                Some(builtin::texts(&object))
            })
        };
        paths.filter_map(texts).collect()
    }

    fn search_below(&mut self, name: &str, above: usize) -> Search {
        let tail = name.rsplit_once('.').map_or(name, |(_, tail)| tail);
        let Some(portions) = self.nodes[above].portions().map(<[Vec<u8>]>::to_vec) else {
            // a module that puts its own into `sys.modules`, or of another kind of finder
            return if self.is_open(above) {
                Search::Unknown
            } else {
                Search::Missing(Absence::NotAPackage)
            };
        };
        if let Some(found) = self.finder.find(tail, &portions) {
            return Search::Found(found);
        }
        if self.nodes[above].found.kind == ModuleKind::Namespace {
            let closed = self.finder.closed(&portions);
            return match self.elsewhere_for(name) {
                Some(_) => Search::Unknown,
                None => Search::Missing(closed.map_or(Absence::NotFound, Absence::Closed)),
            };
        }
        let extended = self.extended(above);
        if let Some(found) = extended.and_then(|portions| self.finder.find(tail, &portions)) {
            return Search::Found(found);
        }
        if self.is_open(above) {
            return Search::Unknown;
        }
        let closed = self.finder.closed(&portions);
        Search::Missing(closed.map_or(Absence::NotFound, Absence::Closed))
    }

    /// Whether a module may have submodules that no directory of its own has.
    pub(super) fn is_open(&mut self, id: usize) -> bool {
        self.parse_one(id);
        let node = &self.nodes[id];
        if node.found.kind == ModuleKind::Namespace {
            return false;
        }
        let Some(source) = &node.source else {
            return true;
        };
        let open = matches!(
            source.names.open,
            Some(Open::SysModules | Open::Exec | Open::Bound)
        );
        let own = format!("{}.", node.name);
        open || source.alters_search
            || source.alters_path
            || source.injects.iter().any(|name| name.starts_with(&own))
    }

    /// The directories that a package gets by `pkgutil.extend_path` and its like.
    fn extended(&mut self, id: usize) -> Option<Vec<Vec<u8>>> {
        self.parse_one(id);
        let node = &self.nodes[id];
        node.source.as_ref().filter(|source| source.alters_path)?;
        let relative = node.name.replace('.', "/");
        Some(
            self.path
                .iter()
                .map(|element| join(element, relative.as_bytes()))
                .collect(),
        )
    }

    /// What a finder of an editable installation provides.
    fn mapped(&self, name: &str) -> Option<Found> {
        let mapped = self
            .search
            .mapped
            .iter()
            .find(|mapped| mapped.name == name)?;
        let files = self.facts.files();
        if files.is_directory(&mapped.path) {
            let init = join(&mapped.path, b"__init__.py");
            let portions = Some(vec![mapped.path.clone()]);
            return Some(match files.is_file(&init) {
                true => Found {
                    path: init,
                    kind: ModuleKind::Source,
                    portions,
                    member: None,
                },
                false => Found {
                    path: mapped.path.clone(),
                    kind: ModuleKind::Namespace,
                    portions,
                    member: None,
                },
            });
        }
        let file = [
            mapped.path.clone(),
            [mapped.path.as_slice(), b".py"].concat(),
        ]
        .into_iter()
        .find(|path| files.is_file(path))?;
        let kind = if file.ends_with(b".so") {
            ModuleKind::Extension
        } else {
            ModuleKind::Source
        };
        Some(Found {
            path: file,
            kind,
            portions: None,
            member: None,
        })
    }

    /// `distutils` as setuptools brings it along, if its shim is installed or it was imported.
    fn setuptools_distutils(&mut self) -> Option<Found> {
        if !self.search.distutils_hack && !self.names.contains_key("setuptools") {
            return None;
        }
        let path = std::mem::take(&mut self.path);
        let setuptools = self.finder.find("setuptools", &path);
        self.path = path;
        self.finder.find("_distutils", &setuptools?.portions?)
    }

    /// Where a module may be that no element of the search path has, if the program changes the path while it runs.
    fn guess(&mut self, name: &str) -> Option<Found> {
        let directory = self.elsewhere_for(name)?;
        self.finder.find(name, &[directory])
    }

    /// The directory outside of the search path that has a module, if the search path may be changed.
    fn elsewhere_for(&self, name: &str) -> Option<Vec<u8>> {
        if self.known.altering.is_empty() && self.search.unknown.is_empty() {
            return None;
        }
        let tail = name.rsplit_once('.').map_or(name, |(_, tail)| tail);
        self.elsewhere.find(self.facts, tail, &self.known.altering)
    }

    /// The file that the user may not read.
    fn unreadable(&self, found: &Found) -> Option<Vec<u8>> {
        let is_file = matches!(
            found.kind,
            ModuleKind::Source | ModuleKind::Bytecode | ModuleKind::Extension
        ) && found.member.is_none();
        let readable = !is_file
            || self
                .finder
                .user()
                .can(self.facts.files(), &found.path, Want::Read);
        (!readable).then(|| found.path.clone())
    }

    /// Whose a module is.
    fn origin(&self, name: &str, found: &Found) -> Origin {
        if found.kind == ModuleKind::Builtin {
            return Origin::Library;
        }
        if self.own.contains(top(name)) && !self.is_from_index(found) {
            return Origin::Own;
        }
        if crate::facts::landmarks::is_installed(&found.path) {
            return Origin::Installed;
        }
        if self
            .interpreter
            .library
            .as_ref()
            .is_some_and(|library| found.path.starts_with(library))
        {
            return Origin::Library;
        }
        let from = self
            .search
            .directories
            .iter()
            .find(|directory| found.path.starts_with(&directory.path))
            .map(|directory| &directory.from);
        match from {
            Some(PathSource::Library) => Origin::Library,
            Some(PathSource::Site | PathSource::UserSite) => Origin::Installed,
            _ if self.is_distributed(found) => Origin::Installed,
            _ => Origin::Own,
        }
    }

    /// Whether a module is of a distribution that came from an index: though a server is told to import it (Django's own
    /// applications, gunicorn's classes of workers), it is not the application's.
    fn is_from_index(&self, found: &Found) -> bool {
        let files = self.facts.files();
        crate::facts::landmarks::is_installed(&found.path)
            && self
                .facts
                .distributions()
                .owner_of(files, &found.path)
                .is_some_and(|owner| owner.documents(files).url.is_none())
    }

    /// Whether a distribution lies in the same directory and lists the file: `pip install --target`.
    fn is_distributed(&self, found: &Found) -> bool {
        let distributions = self.facts.distributions();
        let beside = self
            .facts
            .landmarks()
            .infos
            .iter()
            .any(|info| found.path.starts_with(parent(info)) && !parent(info).is_empty());
        beside
            && file_name(&found.path) != b"__main__.py"
            && distributions
                .owner_of(self.facts.files(), &found.path)
                .is_some()
    }
}
