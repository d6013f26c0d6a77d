//! How glibc's loader looks for a library (`elf/dl-load.c`): names that are mapped, `DT_RPATH` up the chain of loaders,
//! `LD_LIBRARY_PATH`, `DT_RUNPATH`, the cache, the directories that were compiled in.

use std::collections::BTreeMap;

use super::found::{Candidate, Found, Look, Trail, look};
use super::path::{self, Tokens};
use super::{Cause, Environment, Files, LoadedObject};
use crate::ld_so_cache::{self, Entry};
use crate::object::{Class, Endianness, Machine};

const CACHE: &[u8] = b"/etc/ld.so.cache";
/// Entries of the cache that any object of the machine may use, and the low byte of those of an ABI.
const FLAG_ELF: u32 = 1;
const FLAG_ELF_LIBC6: u32 = 3;

/// What one glibc knows.
#[derive(Debug, Clone)]
pub(super) struct Glibc {
    /// The directories that were compiled in.
    trusted: Vec<Vec<u8>>,
    /// `$LIB`.
    lib: String,
    /// `$PLATFORM`.
    platform: &'static str,
    /// The cache by soname.
    cache: BTreeMap<String, Vec<Entry>>,
    fits: (Class, Machine),
}

impl Glibc {
    /// The glibc whose loader is at `loader`, for a program like `program`.
    pub(super) fn new(loader: &LoadedObject, program: &LoadedObject, files: &dyn Files) -> Self {
        let object = &program.object;
        let trusted = files
            .read(&loader.real_path)
            .and_then(|bytes| compiled_in(&bytes))
            .unwrap_or_else(|| usual(&loader.real_path, object.class, object.machine));
        let lib = trusted.first().map_or_else(String::new, |directory| {
            String::from_utf8_lossy(directory)
                .trim_start_matches('/')
                .to_owned()
        });
        let mut cache: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        let entries = files
            .read(CACHE)
            .and_then(|bytes| ld_so_cache::parse(&bytes).ok());
        for entry in entries.unwrap_or_default() {
            cache.entry(entry.soname.clone()).or_default().push(entry);
        }
        Self {
            trusted,
            lib,
            platform: platform(object.machine, object.endianness),
            cache,
            fits: (object.class, object.machine),
        }
    }

    fn tokens<'a>(&'a self, origin: &'a [u8]) -> Tokens<'a> {
        Tokens {
            origin,
            lib: &self.lib,
            platform: self.platform,
        }
    }

    /// Looks for `name` on behalf of the object `by`.
    pub(super) fn find(
        &self,
        name: &str,
        by: usize,
        objects: &[LoadedObject],
        environment: &Environment,
        files: &dyn Files,
        trail: &mut Trail,
    ) -> Found {
        let tokens = self.tokens(origin(&objects[by], by));
        let expanded = path::expand(name.as_bytes(), &tokens);
        if let Some(index) = mapped(&expanded, objects) {
            return Found::Mapped(index);
        }
        if expanded.contains(&b'/') {
            let path = path::absolute(&expanded, &environment.working_directory);
            return match look(path, self.fits, files) {
                Look::Nothing => Found::Nothing(Cause::NotFound),
                Look::Foreign(it) => Found::Nothing(Cause::WrongMachine(it.path)),
                Look::Unloadable => Found::Nothing(Cause::Unloadable(expanded)),
                Look::Fits(candidate) => Found::File(candidate),
            };
        }
        let mut walk = Walk {
            name: &expanded,
            fits: self.fits,
            hwcaps: &environment.hwcaps,
            files,
            trail,
        };
        let mut end = walk.directories(&self.before_cache(by, objects, environment));
        if end.is_none() {
            end = self.in_cache(name, &objects[by], environment, &mut walk);
        }
        if end.is_none() && !objects[by].object.flags.no_default_lib {
            end = walk.directories(&self.trusted);
        }
        end.unwrap_or(Found::Nothing(Cause::NotFound))
    }

    /// The directories that come before the cache.
    fn before_cache(
        &self,
        by: usize,
        objects: &[LoadedObject],
        environment: &Environment,
    ) -> Vec<Vec<u8>> {
        let working_directory = &environment.working_directory;
        let list = |list: &str, of: usize| {
            let tokens = self.tokens(origin(&objects[of], of));
            path::directories(list.as_bytes(), b":", &tokens, working_directory)
        };
        let mut directories = Vec::new();
        if objects[by].object.runpath.is_none() {
            let mut chain: Vec<usize> = super::chain(by, objects).collect();
            if !chain.contains(&0) {
                chain.push(0);
            }
            for of in chain {
                let object = &objects[of].object;
                if let (Some(rpath), None) = (&object.rpath, &object.runpath) {
                    directories.extend(list(rpath, of));
                }
            }
        }
        if let Some(library_path) = &environment.library_path {
            let tokens = self.tokens(origin(&objects[0], 0));
            directories.extend(path::directories(
                library_path,
                b":;",
                &tokens,
                working_directory,
            ));
        }
        if let Some(runpath) = &objects[by].object.runpath {
            directories.extend(list(runpath, by));
        }
        directories
    }

    fn in_cache(
        &self,
        name: &str,
        by: &LoadedObject,
        environment: &Environment,
        walk: &mut Walk<'_>,
    ) -> Option<Found> {
        let usable = self.cache.get(name)?.iter().filter(|it| self.is_ours(it));
        let entry = usable.min_by_key(|entry| rank(entry, &environment.hwcaps))?;
        let directory = path::directory(&entry.path);
        // below a directory that was compiled in, a subdirectory of `glibc-hwcaps` too
        let default = |trusted: &Vec<u8>| entry.path.starts_with(&path::join(trusted, b""));
        if by.object.flags.no_default_lib && self.trusted.iter().any(default) {
            return None;
        }
        walk.trail.visit(directory);
        walk.candidate(entry.path.clone())
    }

    /// Whether an entry of the cache is for our machine and ABI.
    fn is_ours(&self, entry: &Entry) -> bool {
        let abi = match self.fits {
            (Class::Elf64, Machine::X86_64) => Some(0x0300),
            (Class::Elf32, Machine::X86_64) => Some(0x0800),
            (_, Machine::I386) => Some(0),
            (_, Machine::AARCH64) => Some(0x0a00),
            (Class::Elf64, Machine::S390) => Some(0x0400),
            (_, Machine::PPC64) => Some(0x0500),
            // several ABIs share the machine: which one a file is of is seen when it is opened
            _ => None,
        };
        let kind = entry.flags & 0xff;
        entry.flags == FLAG_ELF
            || kind == FLAG_ELF_LIBC6 && abi.is_none_or(|abi| entry.flags & !0xff == abi)
    }
}

/// One search through directories.
struct Walk<'a> {
    name: &'a [u8],
    fits: (Class, Machine),
    hwcaps: &'a [String],
    files: &'a dyn Files,
    trail: &'a mut Trail,
}

impl Walk<'_> {
    fn directories(&mut self, directories: &[Vec<u8>]) -> Option<Found> {
        directories.iter().find_map(|directory| {
            self.trail.visit(directory);
            let hwcaps = self.hwcaps;
            hwcaps
                .iter()
                .find_map(|level| {
                    let below = path::join(directory, b"glibc-hwcaps");
                    let below = path::join(&below, level.as_bytes());
                    self.candidate(path::join(&below, self.name))
                })
                .or_else(|| self.candidate(path::join(directory, self.name)))
        })
    }

    /// What `path` ends the search with, if with anything.
    fn candidate(&mut self, path: Vec<u8>) -> Option<Found> {
        match look(path.clone(), self.fits, self.files) {
            Look::Nothing => None,
            Look::Foreign(Candidate { path, .. }) => {
                self.trail.skipped.push(path);
                None
            }
            Look::Unloadable => Some(Found::Nothing(Cause::Unloadable(path))),
            Look::Fits(candidate) => Some(Found::File(candidate)),
        }
    }
}

/// Which entry of one soname comes first: the best level that the CPU has, those for every CPU, what is left.
fn rank(entry: &Entry, hwcaps: &[String]) -> usize {
    match &entry.hwcap_name {
        Some(name) => hwcaps
            .iter()
            .position(|known| known == name)
            .unwrap_or(hwcaps.len() + 2),
        None if entry.hwcap == 0 => hwcaps.len(),
        None => hwcaps.len() + 1,
    }
}

/// The mapped object that answers to `name`.
fn mapped(name: &[u8], objects: &[LoadedObject]) -> Option<usize> {
    objects.iter().position(|it| {
        let soname = it.object.soname.as_ref();
        it.path == name
            || it
                .names
                .iter()
                .chain(soname)
                .any(|known| known.as_bytes() == name)
    })
}

/// `$ORIGIN`: of the program where it really lies, of a library where it was found.
fn origin(object: &LoadedObject, index: usize) -> &[u8] {
    path::directory(if index == 0 {
        &object.real_path
    } else {
        &object.path
    })
}

/// The directories that are compiled into a loader: a run of strings in it, each a directory of libraries with a slash
/// at its end.
fn compiled_in(loader: &[u8]) -> Option<Vec<Vec<u8>>> {
    let is_directory = |piece: &[u8]| {
        piece.len() < 256
            && piece.len() > 4
            && piece.starts_with(b"/")
            && piece.ends_with(b"/")
            && piece.windows(4).any(|window| window == b"/lib")
            && piece.iter().all(u8::is_ascii_graphic)
    };
    let mut run = Vec::new();
    for piece in loader.split(|&byte| byte == 0) {
        if is_directory(piece) {
            run.push(piece[..piece.len() - 1].to_vec());
        } else if run.len() >= 2 {
            break;
        } else {
            run.clear();
        }
    }
    (run.len() >= 2).then_some(run)
}

/// The usual directories, for a loader that doesn't show them: Debian's where it lies in one of those.
fn usual(loader: &[u8], class: Class, machine: Machine) -> Vec<Vec<u8>> {
    let directory = path::name(path::directory(loader));
    let mut directories = Vec::new();
    if directory.ends_with(b"-linux-gnu") || directory.ends_with(b"-linux-gnueabihf") {
        directories.push(path::join(b"/lib", directory));
        directories.push(path::join(b"/usr/lib", directory));
    } else if class == Class::Elf64 && machine != Machine::RISCV {
        directories.extend([b"/lib64".to_vec(), b"/usr/lib64".to_vec()]);
    }
    directories.extend([b"/lib".to_vec(), b"/usr/lib".to_vec()]);
    directories
}

fn platform(machine: Machine, endianness: Endianness) -> &'static str {
    match (machine, endianness) {
        (Machine::X86_64, _) => "x86_64",
        (Machine::I386, _) => "i686",
        (Machine::AARCH64, _) => "aarch64",
        (Machine::ARM, _) => "v7l",
        (Machine::S390, _) => "z900",
        (Machine::PPC64, Endianness::Little) => "power8",
        _ => "",
    }
}
