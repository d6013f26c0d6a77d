//! One process as its loader makes it: the program, then the extension modules that Python opens.
//!
//! In which order modules are opened is not known, and what one brings is there for the next: a module that lacks
//! something is opened once more after all others.

use std::ops::Range;

use constrict_elf::check::{Binding, VersionError, symbol_errors, version_errors};
use constrict_elf::search::{Cause, Environment, Files as _, Loaded, Missing, Open, Opened, load};
use constrict_elf::{Format, Object};

use super::calls::{Opening, as_path, openings};
use super::machine::architecture;
use super::view::{View, absolute, relative};
use super::{Fault, FaultKind, Matter, owner};
use crate::facts::Facts;
use crate::facts::account::{User, Want};
use crate::facts::imports::{Imports, ModuleKind, Reach};
use crate::facts::landmarks::is_installed;
use crate::facts::start::Program;
use crate::facts::system::Libc;

/// What is known of an object that fails.
pub(super) struct Reached<'a> {
    pub(super) need: Option<Reach>,
    pub(super) chain: &'a [String],
    /// What was opened, relative to the root: what opened it is no part of the way; `None` for a program.
    pub(super) opened: Option<&'a [u8]>,
}

/// The faults of every program and of every extension module that it imports.
pub(super) fn faults<'f>(facts: &Facts<'f>, imports: &Imports, view: &View<'f>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, program) in facts.start().programs.iter().enumerate() {
        let need = match program.sure && program.fatal {
            true => Reach::Sure,
            false => Reach::Maybe,
        };
        let executable = absolute(&program.executable);
        let reached = Reached {
            need: Some(need),
            chain: &program.via,
            opened: None,
        };
        if let Some(object) = facts.files().object(&executable) {
            faults.extend(foreign(facts, &program.executable, &object.0, &reached));
        }
        let Ok(mut loaded) = load(&executable, view, environment(program)) else {
            continue;
        };
        let mut process = Process {
            facts,
            imports,
            view,
            user: &program.user,
            loaded: &mut loaded,
        };
        process.program(&reached, &mut faults);
        process.modules(index, need, &mut faults);
        process.libraries(index, program, need, &mut faults);
    }
    faults
}

/// What the loader takes from a program's environment.
pub(super) fn environment(program: &Program) -> Environment {
    let variable = |name: &str| {
        let value = program.environment.get(name)?;
        Some(value.as_bytes().to_vec())
    };
    Environment {
        library_path: variable("LD_LIBRARY_PATH"),
        preload: variable("LD_PRELOAD"),
        working_directory: absolute(&program.environment.directory),
        ..Environment::default()
    }
}

/// A program that the image's processor does not run.
fn foreign(
    facts: &Facts<'_>,
    path: &[u8],
    object: &Object,
    reached: &Reached<'_>,
) -> Option<Fault> {
    let expected = facts.image.config.architecture.as_str();
    let found = architecture(object);
    // 64-bit processors run what their 32-bit ancestors did
    let runs = found == expected
        || matches!(
            (found.as_str(), expected),
            ("386", "amd64") | ("arm", "arm64")
        )
        || expected.is_empty();
    let kind = FaultKind::WrongMachine {
        found,
        expected: expected.to_string(),
    };
    (!runs).then(|| fault(facts, kind, vec![path.to_vec()], reached))
}

/// A fault, with whose business it is; `objects` are relative to the root.
fn fault(
    facts: &Facts<'_>,
    kind: FaultKind,
    mut objects: Vec<Vec<u8>>,
    reached: &Reached<'_>,
) -> Fault {
    let opened = |path: &Vec<u8>| Some(path.as_slice()) == reached.opened;
    if let Some(first) = objects.iter().position(opened) {
        objects.drain(..first);
    }
    let object = objects.last().cloned().unwrap_or_default();
    let owned = || owner(facts.files(), &object).is_some();
    Fault {
        matter: Matter::of(&kind, &objects, owned),
        kind,
        need: reached.need,
        chain: reached.chain.to_vec(),
        object,
        objects,
        certain: true,
    }
}

/// The C library that an object was linked with, as far as it shows.
fn libc_of(object: &Object) -> Option<Libc> {
    let needs = |prefix: &str| object.needed.iter().any(|name| name.starts_with(prefix));
    let versions = || {
        let mut versions = object.version_needs.iter().flat_map(|need| &need.versions);
        versions.any(|version| version.name.starts_with("GLIBC_"))
    };
    if needs("libc.musl-") {
        Some(Libc::Musl)
    } else if needs("libc.so.6") || needs("ld-linux") || versions() {
        Some(Libc::Glibc)
    } else {
        None
    }
}

/// A process that is looked at.
pub(super) struct Process<'a, 'f> {
    pub(super) facts: &'a Facts<'f>,
    pub(super) imports: &'a Imports,
    pub(super) view: &'a View<'f>,
    pub(super) user: &'a User,
    pub(super) loaded: &'a mut Loaded,
}

impl Process<'_, '_> {
    fn program(&mut self, reached: &Reached<'_>, faults: &mut Vec<Fault>) {
        for missing in self.loaded.missing.clone() {
            // the loader goes on without what it was told to preload
            let need = match missing.ignored {
                true => Some(Reach::Maybe),
                false => reached.need,
            };
            let reached = Reached { need, ..*reached };
            faults.extend(self.missing(&missing, &reached));
        }
        let all = 0..self.loaded.objects.len();
        self.mapped(all, Binding::Lazy, reached, faults);
    }

    fn modules(&mut self, program: usize, need: Reach, faults: &mut Vec<Fault>) {
        let runs = &self.imports.runs;
        let modules = runs
            .iter()
            .filter(|run| run.program == program)
            .flat_map(|run| run.modules.values());
        let mut again = Vec::new();
        for module in modules.filter(|module| module.kind == ModuleKind::Extension) {
            let reached = Reached {
                need: Some(module.need.max(need)),
                chain: &module.chain,
                opened: None,
            };
            if !self.open(&module.path, &reached, faults, false) {
                again.push((&module.path, reached));
            }
        }
        for (path, reached) in again {
            self.open(path, &reached, faults, true);
        }
    }

    /// Opens what the application's own sources open by name.
    fn libraries(&mut self, index: usize, program: &Program, need: Reach, faults: &mut Vec<Fault>) {
        let mut again = Vec::new();
        for opening in openings((self.facts, self.imports), self.view, index, program) {
            if !self.library(&opening, program, need, faults, false) {
                again.push(opening);
            }
        }
        for opening in again {
            self.library(&opening, program, need, faults, true);
        }
    }

    fn library(
        &mut self,
        opening: &Opening,
        program: &Program,
        need: Reach,
        faults: &mut Vec<Fault>,
        told: bool,
    ) -> bool {
        let path = as_path(program, &opening.name);
        let reached = Reached {
            need: Some(opening.need.max(need)),
            chain: &opening.chain,
            opened: path.as_deref(),
        };
        let name = match &path {
            Some(path) => String::from_utf8_lossy(&absolute(path)).into_owned(),
            None => opening.name.clone(),
        };
        let open = Open {
            caller: self.loaded.python(),
            global: opening.global,
        };
        let opened = self.loaded.open(&name, open, self.view);
        if opened.missing.is_empty() {
            self.mapped(opened.new, Binding::Eager, &reached, faults);
            return true;
        }
        for missing in opened.missing.iter().filter(|_| told) {
            let Some(mut fault) = self.missing(missing, &reached) else {
                continue;
            };
            // the library itself, not one that it needs
            if missing.name == name {
                fault.objects.retain(|path| path == &fault.object);
                if fault.matter.is_library() && matches!(missing.cause, Cause::NotFound) {
                    fault.object = opening.source.clone();
                    fault.objects.clear();
                    if missing.elsewhere.is_empty() {
                        fault.matter = Matter::Named;
                    }
                }
            }
            faults.push(fault);
        }
        false
    }

    /// Opens an extension module; false if it lacks a library, which is a fault if it is `told`.
    pub(super) fn open(
        &mut self,
        path: &[u8],
        reached: &Reached<'_>,
        faults: &mut Vec<Fault>,
        told: bool,
    ) -> bool {
        let reached = &Reached {
            opened: Some(path),
            ..*reached
        };
        let opened = self.dlopen(path);
        if !opened.missing.is_empty() {
            if told {
                let missing = opened.missing.iter();
                faults.extend(missing.filter_map(|missing| self.missing(missing, reached)));
            }
            return false;
        }
        // Python opens with RTLD_NOW
        self.mapped(opened.new, Binding::Eager, reached, faults);
        true
    }

    /// Opens an extension module without asking for symbols.
    pub(super) fn look(
        &mut self,
        path: &[u8],
        reached: &Reached<'_>,
        faults: &mut Vec<Fault>,
        told: bool,
    ) -> bool {
        let reached = &Reached {
            opened: Some(path),
            ..*reached
        };
        let opened = self.dlopen(path);
        if told {
            let missing = opened.missing.iter();
            faults.extend(missing.filter_map(|missing| self.missing(missing, reached)));
        }
        faults.extend(self.versions(opened.new, reached));
        opened.missing.is_empty()
    }

    fn dlopen(&mut self, path: &[u8]) -> Opened {
        let open = Open {
            caller: self.loaded.python(),
            global: false,
        };
        let name = String::from_utf8_lossy(&absolute(path)).into_owned();
        self.loaded.open(&name, open, self.view)
    }

    /// The fault behind a library that was not mapped; none if that is no fault that anybody can be sure of.
    fn missing(&self, missing: &Missing, reached: &Reached<'_>) -> Option<Fault> {
        let mut objects: Vec<Vec<u8>> = missing.needed_by.iter().map(|it| relative(it)).collect();
        let asks = objects
            .last()
            .and_then(|path| self.facts.files().object(path));
        let libc = asks.as_ref().and_then(|asks| libc_of(&asks.0));
        let program = self.libc();
        let kind = match &missing.cause {
            Cause::WrongMachine(path) => {
                objects = self.opened(objects, path);
                self.wrong_machine(path)?
            }
            Cause::Unloadable(path) => {
                objects = self.opened(objects, path);
                let head = self.facts.files().read(path, 512)?;
                let format = match Format::detect(&head) {
                    Some(Format::Elf) => return None,
                    Some(Format::MachO) => "a library for macOS",
                    Some(Format::Pe) => "a library for Windows",
                    None => "no library",
                };
                FaultKind::WrongFormat {
                    format: format.into(),
                }
            }
            Cause::NotFound => match libc {
                Some(object)
                    if object != program
                        && (foreign_name(&missing.name, program) || !self.has_bridge(object)) =>
                {
                    FaultKind::WrongLibc {
                        object,
                        program,
                        cause: format!("no `{}`", missing.name),
                    }
                }
                _ => match (missing.elsewhere.first(), missing.skipped.first()) {
                    (None, Some(skipped)) => {
                        let kind = self.wrong_machine(skipped)?;
                        objects.push(relative(skipped));
                        kind
                    }
                    (elsewhere, _) => FaultKind::MissingLibrary {
                        soname: missing.name.clone(),
                        elsewhere: elsewhere.map(|path| relative(path)),
                        searched: missing.searched.iter().map(|it| relative(it)).collect(),
                    },
                },
            },
        };
        // a package's own library may be opened by the package before it is needed
        let private = matches!(&kind, FaultKind::MissingLibrary { elsewhere: Some(path), .. } if is_installed(path));
        let reached = Reached {
            need: reached.need.map(|need| match private {
                true => need.max(Reach::Maybe),
                false => need,
            }),
            ..*reached
        };
        Some(Fault {
            certain: !private,
            ..fault(self.facts, kind, objects, &reached)
        })
    }

    /// `objects` with the file at which the loader stopped.
    fn opened(&self, mut objects: Vec<Vec<u8>>, path: &[u8]) -> Vec<Vec<u8>> {
        objects.push(relative(path));
        objects
    }

    fn wrong_machine(&self, path: &[u8]) -> Option<FaultKind> {
        let found = self.facts.files().object(path)?;
        Some(FaultKind::WrongMachine {
            found: architecture(&found.0),
            expected: architecture(&self.loaded.objects[0].object),
        })
    }

    /// Whether the loader of another C library is in the image, as Alpine's gcompat brings it: what is missing is then
    /// missing for its own reason.
    fn has_bridge(&self, object: Libc) -> bool {
        let loaders: &[&[u8]] = match object {
            Libc::Glibc => &[b"ld-linux-x86-64.so.2", b"ld-linux-aarch64.so.1"],
            Libc::Musl => &[b"ld-musl-x86_64.so.1", b"ld-musl-aarch64.so.1"],
        };
        let mut loaders = loaders.iter();
        loaders.any(|loader| !self.view.libraries(loader).is_empty())
    }

    fn libc(&self) -> Libc {
        match self.loaded.is_musl() {
            true => Libc::Musl,
            false => Libc::Glibc,
        }
    }

    /// What the loader or the user's permissions refuse of objects that were found.
    fn mapped(
        &self,
        range: Range<usize>,
        binding: Binding,
        reached: &Reached<'_>,
        faults: &mut Vec<Fault>,
    ) {
        for index in range.clone() {
            let path = &self.loaded.objects[index].path;
            if !self.user.can(self.facts.files(), path, Want::Read) && index > 0 {
                let kind = FaultKind::Unreadable;
                faults.push(fault(self.facts, kind, self.chain(index), reached));
            }
        }
        faults.extend(self.versions(range.clone(), reached));
        self.symbols(range, binding, reached, faults);
    }

    /// The versions that libraries lack.
    fn versions(&self, range: Range<usize>, reached: &Reached<'_>) -> Vec<Fault> {
        let fault = |error: VersionError| {
            let kind = FaultKind::MissingVersion {
                library: relative(&self.loaded.objects[error.provider].path),
                version: error.version,
            };
            fault(self.facts, kind, self.chain(error.required_by), reached)
        };
        let errors = version_errors(self.loaded, range);
        errors.into_iter().map(fault).collect()
    }

    /// From the program or module to an object, relative to the root.
    fn chain(&self, object: usize) -> Vec<Vec<u8>> {
        let chain = self.loaded.chain(object);
        chain.iter().map(|path| relative(path)).collect()
    }

    fn symbols(
        &self,
        range: Range<usize>,
        binding: Binding,
        reached: &Reached<'_>,
        faults: &mut Vec<Fault>,
    ) {
        let errors = symbol_errors(self.loaded, range, binding, self.view);
        for of_object in errors.chunk_by(|one, other| one.required_by == other.required_by) {
            let eager = of_object.iter().filter(|it| it.binding == Binding::Eager);
            let error = eager.clone().next().unwrap_or(&of_object[0]);
            let is_eager = error.binding == Binding::Eager;
            let object = &self.loaded.objects[error.required_by].object;
            let symbol = match &error.version {
                Some(version) => format!("{}@{version}", error.name),
                None => error.name.clone(),
            };
            let program = self.libc();
            let kind = match libc_of(object) {
                Some(object) if object != program => FaultKind::WrongLibc {
                    object,
                    program,
                    cause: format!("no symbol `{}`", error.name),
                },
                _ => FaultKind::MissingSymbol {
                    symbol,
                    eager: is_eager,
                    more: of_object.len() - 1,
                },
            };
            // another object that is opened for all may bring it, which nothing here knows
            let sure = is_eager && !of_object.iter().all(|it| self.defined(&it.name));
            let need = match sure {
                true => reached.need,
                false => reached.need.map(|need| need.max(Reach::Maybe)),
            };
            let objects = self.chain(error.required_by);
            let reached = Reached { need, ..*reached };
            faults.push(Fault {
                certain: sure,
                ..fault(self.facts, kind, objects, &reached)
            });
        }
    }

    /// Whether any object of the process defines the symbol, in scope or not.
    fn defined(&self, name: &str) -> bool {
        self.loaded.objects.iter().any(|object| {
            let symbols = self.view.symbols(&object.path);
            symbols.is_some_and(|symbols| symbols.defined().any(|it| it.name == name.as_bytes()))
        })
    }
}

/// Whether only the other C library's systems have a library of this name.
fn foreign_name(name: &str, program: Libc) -> bool {
    match program {
        Libc::Musl => name.starts_with("ld-linux") || name.starts_with("libc.so."),
        Libc::Glibc => name.starts_with("libc.musl-") || name.starts_with("ld-musl-"),
    }
}
