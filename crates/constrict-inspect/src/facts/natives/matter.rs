//! Which rule a fault belongs to: each to exactly one.

use super::FaultKind;
use crate::files::{components, file_name};

/// What a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// The C library or compiler's library that was found is too old.
    Version,
    /// Made for another C library.
    Libc,
    /// A symbol that nobody has.
    Symbol,
    /// Made for another processor, or another operating system.
    Architecture,
    /// A library that is in no package of Python's.
    Library,
    /// A library of the directory beside a package in which its wheel brings its own: `numpy.libs`.
    Part,
    /// What draws on a screen: OpenGL, X11, GLib.
    Display,
    /// What compilers take for granted: libstdc++, libgcc, zlib.
    Runtime,
    /// What the standard library's own extension modules need.
    Interpreter,
    /// A library that a program opens by name.
    Named,
    /// It is in the image, and the loader does not find it; or it is there without what it needs.
    Search,
}

/// Libraries that windows and OpenCV need.
const DISPLAY: &[&str] = &[
    "libGL.so",
    "libGLX.so",
    "libEGL.so",
    "libOpenGL.so",
    "libGLU.so",
    "libglib-2.0.so",
    "libgthread-2.0.so",
    "libSM.so",
    "libICE.so",
    "libX",
    "libxcb",
    "libxkbcommon",
];
/// Libraries that every compiler's output may need.
const RUNTIME: &[&str] = &[
    "libstdc++.so",
    "libgcc_s.so",
    "libz.so",
    "libgomp.so",
    "libatomic.so",
    "libgfortran.so",
    "libquadmath.so",
];
/// Libraries that the interpreter's own modules need.
const INTERPRETER: &[&str] = &["libssl.so", "libcrypto.so", "libffi.so", "libsqlite3.so"];

impl Matter {
    /// Whether it is about a library that is not found.
    pub(super) fn is_library(self) -> bool {
        use Matter::{Display, Interpreter, Library, Part, Runtime, Search};
        [Library, Part, Display, Runtime, Interpreter, Search].contains(&self)
    }

    /// What `kind` is about, in an object that was reached through `objects`; `owned` says that a package of the
    /// operating system has the object.
    pub(super) fn of(kind: &FaultKind, objects: &[Vec<u8>], owned: impl Fn() -> bool) -> Matter {
        match kind {
            FaultKind::MissingVersion { .. } => Matter::Version,
            FaultKind::WrongLibc { .. } => Matter::Libc,
            FaultKind::MissingSymbol { .. } => Matter::Symbol,
            FaultKind::WrongMachine { .. } | FaultKind::WrongFormat { .. } => Matter::Architecture,
            FaultKind::Unreadable => Matter::Search,
            FaultKind::MissingLibrary {
                soname,
                elsewhere,
                searched,
            } => {
                let of_wheel = searched.iter().any(|path| is_of_wheel(path));
                if elsewhere.is_none() && of_wheel && has_hash(soname) {
                    Matter::Part
                } else if elsewhere.is_some() || (is_copied(objects) && !owned()) {
                    Matter::Search
                } else {
                    library(soname, objects)
                }
            }
        }
    }
}

/// Whether a directory is one that wheels bring beside their packages: auditwheel's `NAME.libs`.
fn is_of_wheel(directory: &[u8]) -> bool {
    file_name(directory).ends_with(b".libs") && file_name(directory).len() > b".libs".len()
}

/// Whether a library's name has the hash that auditwheel gives those which it brings along: `libpq-9b38f5e3.so.5.17`,
/// `libavcodec-3cbb4c28.so.60`.
fn has_hash(soname: &str) -> bool {
    let Some((_, last)) = soname.rsplit_once('-') else {
        return false;
    };
    let hash = last.split('.').next().unwrap_or(last);
    hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether the object that asks is a shared library that no package of Python's has.
fn is_copied(objects: &[Vec<u8>]) -> bool {
    let Some(asks) = objects.last() else {
        return false;
    };
    let name = file_name(asks);
    let library = name.starts_with(b"lib") && name.windows(3).any(|part| part == b".so");
    let site = [b"site-packages".as_slice(), b"dist-packages"];
    library && !components(asks).any(|part| site.contains(&part))
}

fn library(soname: &str, objects: &[Vec<u8>]) -> Matter {
    let any = |names: &[&str]| names.iter().any(|name| soname.starts_with(name));
    let of_interpreter = objects.last().is_some_and(|path| {
        components(path).any(|part| part == b"lib-dynload")
            || file_name(path).starts_with(b"libpython")
    });
    if any(INTERPRETER) || of_interpreter && !any(RUNTIME) {
        Matter::Interpreter
    } else if any(DISPLAY) {
        Matter::Display
    } else if any(RUNTIME) {
        Matter::Runtime
    } else {
        Matter::Library
    }
}

#[cfg(test)]
mod tests {
    use super::has_hash;

    #[test]
    fn libraries_of_wheels_have_a_hash_in_their_names() {
        for name in [
            "libpq-9b38f5e3.so.5.17",
            "libopenblas64_p-r0-15028c96.3.21.so",
            "libstdc++-a9383cce.so.6.0.28",
        ] {
            assert!(has_hash(name), "{name}");
        }
        for name in [
            "libGL.so.1",
            "libgthread-2.0.so.0",
            "libpq.so.5",
            "libxcb-cursor.so.0",
        ] {
            assert!(!has_hash(name), "{name}");
        }
    }
}
