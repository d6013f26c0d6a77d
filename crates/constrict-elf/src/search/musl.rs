//! How musl's loader looks for a library (`ldso/dynlink.c`): libc's own names, names that were found before,
//! `LD_LIBRARY_PATH`, the paths of the object and of those that loaded it, the path file.
//!
//! It knows no cache, no sonames and no machines: a file of another machine is mapped, and the process dies of it.

use super::found::{Found, Look, Trail, look};
use super::path;
use super::{Cause, Environment, Files, LoadedObject};
use crate::musl;
use crate::object::{Class, Machine};

/// Where the loader itself is in the list of objects.
const LOADER: usize = 1;

/// What one musl knows.
#[derive(Debug, Clone)]
pub(super) struct Musl {
    /// The directories of the path file, or the default.
    system: Vec<Vec<u8>>,
    fits: (Class, Machine),
}

impl Musl {
    /// The musl whose loader is at `loader`, for a program like `program`.
    pub(super) fn new(loader: &LoadedObject, program: &LoadedObject, files: &dyn Files) -> Self {
        let system = musl::path_file_of(&loader.path)
            .or_else(|| musl::path_file_of(&loader.real_path))
            .and_then(|file| files.read(&file));
        Self {
            system: match system {
                Some(text) => musl::path_file(&text),
                None => musl::default_path(),
            },
            fits: (program.object.class, program.object.machine),
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
        let name = name.as_bytes();
        if musl::is_libc(name) || objects.get(LOADER).is_some_and(|it| it.path == name) {
            return Found::Mapped(LOADER);
        }
        if name.contains(&b'/') {
            let path = path::absolute(name, &environment.working_directory);
            return self
                .candidate(path, files)
                .unwrap_or(Found::Nothing(Cause::NotFound));
        }
        let known = |it: &LoadedObject| it.names.iter().any(|known| known.as_bytes() == name);
        if let Some(index) = objects.iter().position(known) {
            return Found::Mapped(index);
        }
        let mut directories = Vec::new();
        if let Some(library_path) = &environment.library_path {
            directories.extend(musl::path_file(library_path));
        }
        for of in super::chain(by, objects) {
            directories.extend(own_path(&objects[of], of));
        }
        directories.extend(self.system.iter().cloned());
        for directory in directories {
            let directory = path::absolute(&directory, &environment.working_directory);
            trail.visit(&directory);
            if let Some(end) = self.candidate(path::join(&directory, name), files) {
                return end;
            }
        }
        Found::Nothing(Cause::NotFound)
    }

    fn candidate(&self, path: Vec<u8>, files: &dyn Files) -> Option<Found> {
        match look(path.clone(), self.fits, files) {
            Look::Nothing => None,
            Look::Unloadable => Some(Found::Nothing(Cause::Unloadable(path))),
            // headers of the other class are not understood; those of another machine are not looked at
            Look::Foreign(it) if it.object.class != self.fits.0 => {
                Some(Found::Nothing(Cause::WrongMachine(path)))
            }
            Look::Foreign(candidate) | Look::Fits(candidate) => Some(Found::File(candidate)),
        }
    }
}

/// The directories that an object names itself: `DT_RUNPATH` in front of `DT_RPATH`, and none where a `$` stands for
/// anything but the origin.
fn own_path(object: &LoadedObject, index: usize) -> Vec<Vec<u8>> {
    let facts = &object.object;
    let Some(list) = facts.runpath.as_ref().or(facts.rpath.as_ref()) else {
        return Vec::new();
    };
    let file = if index == 0 {
        &object.real_path
    } else {
        &object.path
    };
    let tokens = path::Tokens {
        origin: path::directory(file),
        lib: "",
        platform: "",
    };
    let rest = list.replace("${ORIGIN}", "").replace("$ORIGIN", "");
    if rest.contains('$') {
        return Vec::new();
    }
    musl::path_file(&path::expand(list.as_bytes(), &tokens))
}
