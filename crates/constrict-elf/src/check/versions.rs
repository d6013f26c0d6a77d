//! Versions that a library does not define, and machines that do not fit.

use std::ops::Range;

use super::{MachineError, VersionError};
use crate::search::Loaded;

/// The versions that the objects in `objects` (of [`Loaded::objects`]) need and that the libraries found for them do
/// not define. A library without any definitions passes, as in glibc, which only warns; weak needs pass too. Nothing
/// with musl, which does not look at versions.
pub fn version_errors(loaded: &Loaded, objects: Range<usize>) -> Vec<VersionError> {
    let mut errors = Vec::new();
    if loaded.is_musl() {
        return errors;
    }
    for required_by in objects.filter(|&object| object < loaded.objects.len()) {
        for need in &loaded.objects[required_by].object.version_needs {
            let Some(provider) = loaded.provider(&need.file) else {
                continue;
            };
            let Some(definitions) = &loaded.objects[provider].object.version_definitions else {
                continue;
            };
            let absent = |name: &String| !definitions.contains(name);
            for version in &need.versions {
                if !version.weak && absent(&version.name) {
                    errors.push(VersionError {
                        version: version.name.clone(),
                        provider,
                        required_by,
                    });
                }
            }
        }
    }
    errors
}

/// The objects that are mapped though they are for another class or machine than the program. glibc maps none; musl's
/// loader does not look, and the kernel looks only at the program: its loader may be foreign with either.
pub fn machine_errors(loaded: &Loaded) -> Vec<MachineError> {
    let program = &loaded.objects[0].object;
    let fits = (program.class, program.endianness, program.machine);
    (0..loaded.objects.len())
        .filter(|&index| {
            let object = &loaded.objects[index].object;
            (object.class, object.endianness, object.machine) != fits
        })
        .map(|object| MachineError { object })
        .collect()
}
