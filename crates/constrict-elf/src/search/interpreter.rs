//! Which loader a program gets: what its `PT_INTERP` says, and whose that file is.

use super::{Files, Interpreter, Libc, LoadedObject, path};

/// The library that stands in for glibc on musl, which its loader preloads.
const GCOMPAT: &str = "libgcompat.so.0";

/// How a program starts.
pub(super) struct Start {
    pub(super) interpreter: Interpreter,
    /// The loader, mapped beside the program.
    pub(super) loader: Option<(Libc, LoadedObject)>,
    /// What that loader preloads by itself.
    pub(super) preload: Vec<String>,
}

pub(super) fn start(program: &LoadedObject, files: &dyn Files) -> Start {
    let mut start = Start {
        interpreter: Interpreter::None,
        loader: None,
        preload: Vec::new(),
    };
    let Some(path) = program.object.interpreter.clone() else {
        return start;
    };
    let Some(mut object) = mapped(&path, files) else {
        start.interpreter = match files.resolve(path.as_bytes()) {
            Some(_) => Interpreter::Unknown { path },
            None => Interpreter::Missing { path },
        };
        return start;
    };
    // gcompat's loader is a program of musl's that starts musl's loader
    if let Some(behind) = object.object.interpreter.clone()
        && is_musl(behind.as_bytes())
        && let Some(musl) = mapped(&behind, files)
    {
        object = musl;
        start.preload.push(GCOMPAT.to_owned());
    }
    let libc = if is_musl(&object.path) || is_musl(&object.real_path) {
        Libc::Musl
    } else if is_glibc(&object) {
        Libc::Glibc
    } else {
        start.interpreter = Interpreter::Unknown { path };
        return start;
    };
    start.interpreter = Interpreter::Found { path, libc };
    start.loader = Some((libc, object));
    start
}

fn mapped(loader: &str, files: &dyn Files) -> Option<LoadedObject> {
    let path = loader.as_bytes();
    Some(LoadedObject {
        real_path: files.resolve(path)?,
        object: files.object(path)?,
        path: path.to_vec(),
        loaded_by: None,
        names: Vec::new(),
    })
}

fn is_musl(loader: &[u8]) -> bool {
    path::name(loader).starts_with(b"ld-musl-")
}

/// Whether a loader is glibc's, by its soname: `ld-linux-x86-64.so.2`, `ld64.so.2`, `ld.so.1`.
fn is_glibc(loader: &LoadedObject) -> bool {
    let soname = loader.object.soname.as_deref().map(str::as_bytes);
    let name = soname.unwrap_or_else(|| path::name(&loader.path));
    [&b"ld-linux"[..], b"ld64.so", b"ld.so", b"ld-2."]
        .iter()
        .any(|start| name.starts_with(start))
}
