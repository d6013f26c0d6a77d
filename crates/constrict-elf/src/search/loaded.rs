//! The objects of one process as they come: [`load`], [`Loaded::open`].

use super::found::{Candidate, Found, Trail};
use super::glibc::Glibc;
use super::interpreter::{self, Start};
use super::musl::Musl;
use super::{Environment, Files, Interpreter, LoadedObject, Missing, Open, Opened, path};
use crate::error::{Error, Result};

/// glibc's list of libraries for every program.
const PRELOAD_FILE: &[u8] = b"/etc/ld.so.preload";
/// Objects of one process. A hostile image must not cost without bound; honest programs have some hundred.
const OBJECT_LIMIT: usize = 8192;

/// The objects of one process, in the order in which they were mapped: the program, its loader, the rest.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The loader.
    pub interpreter: Interpreter,
    /// What is mapped.
    pub objects: Vec<LoadedObject>,
    /// What the program and its libraries need and do not get.
    pub missing: Vec<Missing>,
    loader: Loader,
    environment: Environment,
    /// The program's scope and those of what was opened.
    scopes: Vec<Scope>,
}

/// Whose rules are followed.
#[derive(Debug, Clone)]
enum Loader {
    None,
    Glibc(Glibc),
    Musl(Musl),
}

/// What one root brought with it.
#[derive(Debug, Clone)]
struct Scope {
    /// The root and all that it needs, breadth first.
    members: Vec<usize>,
    /// What is newly mapped with it.
    new: std::ops::Range<usize>,
    global: bool,
}

/// Maps the program at `executable` and all that it needs.
///
/// # Errors
/// [`Error::NotElf`] where no ELF object is at that path.
pub fn load(executable: &[u8], files: &dyn Files, environment: Environment) -> Result<Loaded> {
    let (Some(real_path), Some(object)) = (files.resolve(executable), files.object(executable))
    else {
        return Err(Error::NotElf);
    };
    let program = LoadedObject {
        path: path::absolute(executable, &environment.working_directory),
        real_path,
        object,
        loaded_by: None,
        names: Vec::new(),
    };
    let Start {
        interpreter,
        loader,
        preload,
    } = interpreter::start(&program, files);
    let mut loaded = Loaded {
        interpreter,
        loader: Loader::None,
        missing: Vec::new(),
        environment,
        scopes: Vec::new(),
        objects: vec![program],
    };
    if let Some((libc, object)) = loader {
        loaded.loader = match libc {
            super::Libc::Glibc => Loader::Glibc(Glibc::new(&object, &loaded.objects[0], files)),
            super::Libc::Musl => Loader::Musl(Musl::new(&object, &loaded.objects[0], files)),
        };
        loaded.objects.push(object);
        loaded.start(preload, files);
    }
    Ok(loaded)
}

impl Loaded {
    /// Maps what the program needs.
    fn start(&mut self, preload: Vec<String>, files: &dyn Files) {
        let mut roots = vec![0];
        for name in preload.into_iter().chain(self.preloads(files)) {
            match self.require(&name, 0, files) {
                Ok(index) if !roots.contains(&index) => roots.push(index),
                Ok(_) => {}
                Err(mut missing) => {
                    missing.ignored = true;
                    self.missing.push(missing);
                }
            }
        }
        let (members, missing) = self.map_needed(roots, files);
        self.missing.extend(missing);
        self.scopes.push(Scope {
            members,
            new: 0..self.objects.len(),
            global: true,
        });
    }

    /// Maps a module that the program opens at run time (`dlopen`), such as an extension module by its whole path or a
    /// library by its name, and all that it needs. What is mapped already counts, as in a process.
    pub fn open(&mut self, name: &str, open: Open, files: &dyn Files) -> Opened {
        let before = self.objects.len();
        let caller = open.caller.min(before - 1);
        let root = match self.loader {
            // nothing is known of how it would be found
            Loader::None => {
                return Opened {
                    object: None,
                    new: before..before,
                    missing: Vec::new(),
                };
            }
            // every module is opened on behalf of the program
            Loader::Musl(_) => self.require(name, 0, files),
            Loader::Glibc(_) => self.require(name, caller, files),
        };
        let (root, missing) = match root {
            Ok(root) => {
                let (members, missing) = self.map_needed(vec![root], files);
                if missing.is_empty() {
                    let new = before..self.objects.len();
                    self.scopes.push(Scope {
                        members,
                        new,
                        global: open.global,
                    });
                }
                (Some(root), missing)
            }
            Err(missing) => (None, vec![missing]),
        };
        if !missing.is_empty() {
            self.objects.truncate(before);
        }
        Opened {
            object: root.filter(|_| missing.is_empty()),
            new: before..self.objects.len(),
            missing,
        }
    }

    /// The object that holds CPython, which opens extension modules: `libpython…`, or the program.
    pub fn python(&self) -> usize {
        let is_python = |it: &LoadedObject| path::name(&it.path).starts_with(b"libpython");
        self.objects.iter().position(is_python).unwrap_or(0)
    }

    /// Whether the rules are musl's.
    pub fn is_musl(&self) -> bool {
        matches!(self.loader, Loader::Musl(_))
    }

    /// The paths from the program, or the opened module, to the object: who needed whom.
    pub fn chain(&self, object: usize) -> Vec<Vec<u8>> {
        let mut chain: Vec<_> = super::chain(object, &self.objects)
            .map(|index| self.objects[index].path.clone())
            .collect();
        chain.reverse();
        chain
    }

    /// The objects that the program was started with, in the order in which names are looked up in them.
    pub fn global_scope(&self) -> Vec<usize> {
        self.scope_of(0)
    }

    /// The objects in which the symbols of `object` are looked up: the program's, those opened for all, and those that
    /// came with it.
    pub fn scope_of(&self, object: usize) -> Vec<usize> {
        let mut scope: Vec<usize> = Vec::new();
        let own = |it: &&Scope| it.global || it.new.contains(&object);
        for member in self.scopes.iter().filter(own).flat_map(|it| &it.members) {
            if !scope.contains(member) {
                scope.push(*member);
            }
        }
        scope
    }

    /// The mapped object that a `DT_NEEDED` of `file` was answered with.
    pub(crate) fn provider(&self, file: &str) -> Option<usize> {
        self.objects.iter().position(|it| {
            let soname = it.object.soname.as_deref();
            soname == Some(file) || it.names.iter().any(|name| name == file)
        })
    }

    /// Maps breadth first what `roots` and their libraries need; all of them in that order, and what is missing.
    fn map_needed(&mut self, roots: Vec<usize>, files: &dyn Files) -> (Vec<usize>, Vec<Missing>) {
        let mut members = roots;
        let mut missing: Vec<Missing> = Vec::new();
        let mut next = 0;
        while let Some(&by) = members.get(next) {
            next += 1;
            let object = self.objects[by].object.clone();
            for name in &object.needed {
                match self.require(name, by, files) {
                    Ok(index) if !members.contains(&index) => members.push(index),
                    Ok(_) => {}
                    Err(failure) => missing.push(failure),
                }
                if self.objects.len() > OBJECT_LIMIT || missing.len() > OBJECT_LIMIT {
                    return (members, missing);
                }
            }
        }
        (members, missing)
    }

    /// The object that `name` stands for when `by` asks, mapped if it was not.
    fn require(&mut self, name: &str, by: usize, files: &dyn Files) -> Result<usize, Missing> {
        let mut trail = Trail::default();
        let (objects, environment) = (&self.objects, &self.environment);
        let found = match &self.loader {
            Loader::Glibc(glibc) => glibc.find(name, by, objects, environment, files, &mut trail),
            Loader::Musl(musl) => musl.find(name, by, objects, environment, files, &mut trail),
            Loader::None => Found::Nothing(super::Cause::NotFound),
        };
        match found {
            Found::Mapped(index) => Ok(index),
            Found::File(candidate) => Ok(self.map(name, candidate, by)),
            Found::Nothing(cause) => Err(Missing {
                name: name.to_owned(),
                needed_by: self.chain(by),
                elsewhere: self.elsewhere(name, &trail, files),
                searched: trail.searched,
                skipped: trail.skipped,
                cause,
                ignored: false,
            }),
        }
    }

    /// Maps a file that was found, unless it is mapped under another name.
    fn map(&mut self, name: &str, candidate: Candidate, by: usize) -> usize {
        let same = |it: &LoadedObject| it.real_path == candidate.real_path;
        // musl remembers only names that were searched for
        let remember = !self.is_musl() || !name.contains('/');
        if let Some(index) = self.objects.iter().position(same) {
            // and of those the first
            if remember && (!self.is_musl() || self.objects[index].names.is_empty()) {
                self.objects[index].names.push(name.to_owned());
            }
            return index;
        }
        self.objects.push(LoadedObject {
            path: candidate.path,
            real_path: candidate.real_path,
            object: candidate.object,
            loaded_by: Some(by),
            names: if remember {
                vec![name.to_owned()]
            } else {
                Vec::new()
            },
        });
        self.objects.len() - 1
    }

    /// Files of that name that would fit, where the search did not find them.
    fn elsewhere(&self, name: &str, trail: &Trail, files: &dyn Files) -> Vec<Vec<u8>> {
        let program = &self.objects[0].object;
        let mut paths = files.named(path::name(name.as_bytes()));
        paths.sort();
        paths.retain(|path| {
            !trail.skipped.contains(path)
                && files.object(path).is_some_and(|object| {
                    (object.class, object.machine) == (program.class, program.machine)
                })
        });
        paths
    }

    fn preloads(&self, files: &dyn Files) -> Vec<String> {
        let variable = self.environment.preload.clone().unwrap_or_default();
        let file = match self.loader {
            Loader::Glibc(_) => files.read(PRELOAD_FILE).unwrap_or_default(),
            Loader::Musl(_) | Loader::None => Vec::new(),
        };
        let file = file
            .split(|&byte| byte == b'\n')
            .filter_map(|line| line.split(|&byte| byte == b'#').next());
        std::iter::once(variable.as_slice())
            .chain(file)
            .flat_map(|list| list.split(|byte| b" \t:".contains(byte)))
            .filter(|name| !name.is_empty())
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect()
    }
}
