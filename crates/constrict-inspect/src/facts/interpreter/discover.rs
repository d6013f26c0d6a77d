//! Finding interpreters: executables that are called python and are ELF, and what is told of them by their names, links,
//! libraries and the directories beside them.

use super::{Implementation, Interpreter};
use crate::facts::Facts;
use crate::facts::system::Libc;
use crate::files::{Files, file_name, join, parent};

/// Bytes of `site.py` that are read to see whether it is Debian's.
const SITE_LIMIT: usize = 256 << 10;
/// Interpreters that are told apart at most: an image with more is made to be slow.
const MOST: usize = 200;

/// Every interpreter, by path.
pub(super) fn all(facts: &Facts<'_>) -> Vec<Interpreter> {
    let files = facts.files();
    let on_path = facts.environment().path();
    let in_bin = |path: &[u8]| {
        let directory = parent(path);
        file_name(directory) == b"bin" || on_path.iter().any(|on_path| on_path == directory)
    };
    files
        .walk(b"")
        .filter(|(path, node)| node.is_file() && named(file_name(path)).is_some() && in_bin(path))
        .filter(|(path, _)| files.read(path, 4).as_deref() == Some(b"\x7fELF"))
        .filter_map(|(path, _)| describe(facts, path))
        .take(MOST)
        .collect()
}

/// What the name of an executable says: `python`, `python3`, `python3.11`, `python3.13t`, `pypy3.9`.
fn named(name: &[u8]) -> Option<(Implementation, Option<(u8, u8)>)> {
    let name = std::str::from_utf8(name).ok()?;
    let (implementation, rest) = match name.strip_prefix("python") {
        Some(rest) => (Implementation::CPython, rest),
        None => (Implementation::PyPy, name.strip_prefix("pypy")?),
    };
    let rest = rest.trim_end_matches(['t', 'd', 'm']);
    match rest.split_once('.') {
        Some(_) => Some((implementation, Some(version(rest)?))),
        None if rest.is_empty() || rest == "3" || rest == "2" => Some((implementation, None)),
        None => None,
    }
}

/// `3.11`, `3.11.4` → (3, 11).
pub(super) fn version(text: &str) -> Option<(u8, u8)> {
    let mut parts = text.trim().split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn describe(facts: &Facts<'_>, path: &[u8]) -> Option<Interpreter> {
    let files = facts.files();
    let (implementation, _) = named(file_name(path))?;
    let object = files.object(path);
    let needed = object.iter().flat_map(|object| &object.0.needed);
    let version = named(file_name(path))
        .and_then(|(_, version)| version)
        .or_else(|| needed.filter_map(|library| linked(library)).next())
        .or_else(|| linked_names(files, path))
        .or_else(|| beside(files, path, implementation))?;
    let found = library(files, parent(path), implementation, version)
        .or_else(|| {
            super::getpath::home_of(files, path)
                .and_then(|home| library(files, &home, implementation, version))
        })
        .or_else(|| usual(files, implementation, version));
    let prefix = found.as_ref().map_or_else(
        || parent(parent(path)).to_vec(),
        |(prefix, _)| prefix.clone(),
    );
    let library = found.map(|(_, library)| library);
    let (soabi, soabi_known) = soabi(facts, library.as_deref(), version);
    let site = library
        .as_ref()
        .and_then(|library| files.text(&join(library, b"site.py"), SITE_LIMIT));
    let loader = object
        .as_ref()
        .and_then(|object| object.0.interpreter.clone())
        .unwrap_or_default();
    Some(Interpreter {
        path: path.to_vec(),
        implementation,
        version,
        prefix,
        soabi,
        soabi_known,
        libc: match loader {
            loader if loader.contains("ld-musl") => Some(Libc::Musl),
            loader if loader.contains("ld-linux") || loader.contains("ld64") => Some(Libc::Glibc),
            _ => None,
        },
        library,
        dist_packages: site.is_some_and(|site| site.contains("dist-packages")),
    })
}

/// The version in `libpython3.11.so.1.0`.
fn linked(library: &str) -> Option<(u8, u8)> {
    let rest = library
        .strip_prefix("libpython")
        .or_else(|| library.strip_prefix("libpypy"))?;
    version(rest.split_once(".so")?.0.trim_end_matches(['t', 'd', 'm']))
}

/// The version in the name of a link beside the executable that leads to it.
fn linked_names(files: &Files, path: &[u8]) -> Option<(u8, u8)> {
    let directory = parent(path);
    files
        .list(directory)
        .into_iter()
        .filter_map(|(name, _)| Some((name, named(name)?.1?)))
        .find(|(name, _)| {
            files
                .resolve(&join(directory, name))
                .is_some_and(|(target, _)| target == path)
        })
        .map(|(_, version)| version)
}

/// The version that `pyvenv.cfg` or the one standard library beside the executable tells.
fn beside(files: &Files, path: &[u8], implementation: Implementation) -> Option<(u8, u8)> {
    if let Some(venv) = super::getpath::Venv::find(files, path) {
        let told = venv
            .get("version")
            .or_else(|| venv.get("version_info"))
            .and_then(version);
        if told.is_some() {
            return told;
        }
    }
    let prefix = directory_name(implementation);
    let mut libraries = Vec::new();
    for directory in ["lib", "lib64"] {
        let directory = join(parent(parent(path)), directory.as_bytes());
        for (name, _) in files.list(&directory) {
            let told = std::str::from_utf8(name)
                .ok()
                .and_then(|name| name.strip_prefix(prefix))
                .and_then(version);
            libraries.extend(told.filter(|_| landmark(files, &join(&directory, name))));
        }
    }
    libraries.into_iter().max()
}

fn directory_name(implementation: Implementation) -> &'static str {
    match implementation {
        Implementation::CPython => "python",
        Implementation::PyPy => "pypy",
    }
}

/// Whether a directory has the file that tells a standard library.
fn landmark(files: &Files, library: &[u8]) -> bool {
    files.is_file(&join(library, b"os.py")) || files.is_file(&join(library, b"os.pyc"))
}

/// The prefix and the standard library that are found from a directory upwards.
pub(super) fn library(
    files: &Files,
    start: &[u8],
    implementation: Implementation,
    version: (u8, u8),
) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut prefix = start;
    loop {
        if let Some(library) = library_of(files, prefix, implementation, version) {
            return Some((prefix.to_vec(), library));
        }
        if prefix.is_empty() {
            return None;
        }
        prefix = parent(prefix);
    }
}

/// The standard library of a prefix, if it is there.
pub(super) fn library_of(
    files: &Files,
    prefix: &[u8],
    implementation: Implementation,
    (x, y): (u8, u8),
) -> Option<Vec<u8>> {
    let name = format!("{}{x}.{y}", directory_name(implementation));
    ["lib", "lib64"]
        .iter()
        .map(|directory| join(&join(prefix, directory.as_bytes()), name.as_bytes()))
        .find(|library| landmark(files, library))
}

/// Where interpreters are compiled to look when they find nothing from where they are.
fn usual(
    files: &Files,
    implementation: Implementation,
    version: (u8, u8),
) -> Option<(Vec<u8>, Vec<u8>)> {
    let of = |prefix: &&str| {
        Some((
            prefix.as_bytes().to_vec(),
            library_of(files, prefix.as_bytes(), implementation, version)?,
        ))
    };
    ["usr/local", "usr"].iter().find_map(of)
}

/// The tag in the names of extension modules, and whether the image tells it.
fn soabi(facts: &Facts<'_>, library: Option<&[u8]>, (x, y): (u8, u8)) -> (String, bool) {
    let files = facts.files();
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    if let Some(library) = library {
        let dynload = files.list(&join(library, b"lib-dynload"));
        let tagged = dynload.iter().filter_map(|(name, _)| {
            let (_, tag) = text(name)
                .strip_suffix(".so")?
                .split_once('.')
                .map(|(stem, tag)| (stem.to_string(), tag.to_string()))?;
            (tag.starts_with("cpython-") || tag.starts_with("pypy")).then_some(tag)
        });
        if let Some(tag) = tagged.into_iter().next() {
            return (tag, true);
        }
        for (name, _) in files.list(library) {
            let name = text(name);
            let data = name
                .strip_prefix("_sysconfigdata_")
                .and_then(|rest| rest.strip_suffix(".py"));
            if let Some((flags, triplet)) = data.and_then(|data| data.split_once("_linux_")) {
                return (format!("cpython-{x}{y}{flags}-{triplet}"), true);
            }
        }
    }
    let machine = match facts.image.config.architecture.as_str() {
        "arm64" => "aarch64",
        "386" => "i386",
        "ppc64le" => "powerpc64le",
        "amd64" => "x86_64",
        other => other,
    };
    let libc = if facts.system().libcs == [Libc::Musl] {
        "musl"
    } else {
        "gnu"
    };
    (format!("cpython-{x}{y}-{machine}-linux-{libc}"), false)
}
