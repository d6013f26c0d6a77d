//! `sys.path` before `site` is imported: the script's directory, PYTHONPATH, the standard library; and the virtual
//! environment that decides where `site` looks.
//!
//! Source: CPython's `Modules/getpath.py` and `Python/pathconfig.c`; PEP 405 for `pyvenv.cfg`.

use std::collections::BTreeMap;

use super::discover::{library, library_of};
use super::options::Options;
use super::{Interpreter, PathSource, SearchDirectory};
use crate::facts::environment::Environment;
use crate::facts::start::{PythonRun, Target};
use crate::files::{Files, file_name, join, parent};

/// Bytes of a `pyvenv.cfg` or `._pth` file that are read.
const LIMIT: usize = 64 << 10;

/// A `pyvenv.cfg`.
#[derive(Clone, Debug)]
pub(crate) struct Venv {
    /// The file.
    pub(crate) path: Vec<u8>,
    keys: BTreeMap<String, String>,
}

impl Venv {
    /// The one that applies to an executable as it is invoked: beside it or one directory up.
    pub(crate) fn find(files: &Files, executable: &[u8]) -> Option<Venv> {
        let beside = parent(executable);
        [beside, parent(beside)]
            .iter()
            .find_map(|directory| Venv::read(files, &join(directory, b"pyvenv.cfg")))
    }

    /// Reads one.
    pub(crate) fn read(files: &Files, path: &[u8]) -> Option<Venv> {
        let text = files.text(path, LIMIT)?;
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Some(Venv {
            path: path.to_vec(),
            keys: pairs
                .map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim().to_string()))
                .collect(),
        })
    }

    /// The value of a key, which is lower case.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.keys.get(key).map(String::as_str)
    }
}

/// The directory of the base interpreter that an executable's `pyvenv.cfg` names.
pub(super) fn home_of(files: &Files, executable: &[u8]) -> Option<Vec<u8>> {
    let venv = Venv::find(files, executable)?;
    Some(join(b"", venv.get("home")?.as_bytes()))
}

/// What everything else is found from.
pub(super) struct Roots {
    /// `sys.prefix`.
    pub(super) prefix: Vec<u8>,
    /// `sys.base_prefix`.
    pub(super) base: Vec<u8>,
    /// Where the standard library is searched, though it may not be there.
    pub(super) library: Vec<u8>,
    /// The virtual environment.
    pub(super) venv: Option<Venv>,
    /// The lines of a `python311._pth` beside the executable.
    pub(super) file_path: Option<Vec<Vec<u8>>>,
    /// Such a file without `import site`.
    pub(super) isolated_by_file: bool,
}

impl Roots {
    pub(super) fn find(
        files: &Files,
        interpreter: &Interpreter,
        executable: &[u8],
        options: &Options,
    ) -> Roots {
        let venv = Venv::find(files, executable);
        let (base, found) = match &options.home {
            Some(home) => {
                let home = join(b"", home.split(':').next().unwrap_or_default().as_bytes());
                let found = library_of(
                    files,
                    &home,
                    interpreter.implementation,
                    interpreter.version,
                );
                (home, found)
            }
            None => {
                let home = venv.as_ref().and_then(|venv| venv.get("home"));
                let from_home = home.and_then(|home| {
                    library(
                        files,
                        &join(b"", home.as_bytes()),
                        interpreter.implementation,
                        interpreter.version,
                    )
                });
                match from_home {
                    Some((base, library)) => (base, Some(library)),
                    None => (interpreter.prefix.clone(), interpreter.library.clone()),
                }
            }
        };
        let (x, y) = interpreter.version;
        let lines = path_file(files, executable, interpreter.version);
        Roots {
            prefix: match &venv {
                Some(_) => parent(parent(executable)).to_vec(),
                None => base.clone(),
            },
            library: found.unwrap_or_else(|| join(&base, format!("lib/python{x}.{y}").as_bytes())),
            base,
            venv,
            isolated_by_file: lines.as_ref().is_some_and(|(_, site)| !site),
            file_path: lines.map(|(lines, _)| lines),
        }
    }
}

/// `python._pth` beside the executable, and whether it imports `site`: since 3.11 everywhere.
fn path_file(files: &Files, executable: &[u8], version: (u8, u8)) -> Option<(Vec<Vec<u8>>, bool)> {
    if version < (3, 11) {
        return None;
    }
    let name = [file_name(executable), b"._pth"].concat();
    let directory = parent(executable);
    let text = files.text(&join(directory, &name), LIMIT)?;
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (code, paths): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with("import "));
    let paths = paths
        .into_iter()
        .map(|path| join(directory, path.as_bytes()))
        .collect();
    Some((paths, code.contains(&"import site")))
}

/// The elements that are there before `site` adds its own.
pub(super) fn directories(
    files: &Files,
    run: &PythonRun,
    environment: &Environment,
    roots: &Roots,
    options: &Options,
) -> Vec<SearchDirectory> {
    let mut found = Vec::new();
    let mut add = |path: Vec<u8>, from: PathSource| {
        if !found
            .iter()
            .any(|known: &SearchDirectory| known.path == path)
        {
            found.push(SearchDirectory { path, from });
        }
    };
    if let Some(path) = script_directory(files, run, environment, options) {
        add(path, PathSource::Script);
    }
    if let Some(lines) = &roots.file_path {
        lines
            .iter()
            .for_each(|line| add(line.clone(), PathSource::Library));
        return found;
    }
    if let Some(path) = &options.path {
        path.split(':').for_each(|part| {
            add(
                normal(&environment.absolute(part.as_bytes())),
                PathSource::Variable,
            )
        });
    }
    let above = parent(&roots.library);
    let zip = String::from_utf8_lossy(file_name(&roots.library)).replace('.', "") + ".zip";
    add(join(above, zip.as_bytes()), PathSource::Library);
    add(roots.library.clone(), PathSource::Library);
    add(join(&roots.library, b"lib-dynload"), PathSource::Library);
    found
}

/// `sys.path[0]`.
fn script_directory(
    files: &Files,
    run: &PythonRun,
    environment: &Environment,
    options: &Options,
) -> Option<Vec<u8>> {
    let resolved = |path: &[u8]| {
        files
            .resolve(path)
            .map_or_else(|| normal(path), |(path, _)| path)
    };
    match &run.target {
        Target::Path(path) => {
            let target = resolved(path);
            // a directory or a zip is an element itself, even where the script's directory is left out
            if files.is_directory(&target) || crate::facts::imports::is_zip(files, &target) {
                return Some(target);
            }
            options.script_directory.then(|| parent(&target).to_vec())
        }
        Target::Module(_) | Target::Code(_) | Target::Prompt => options
            .script_directory
            .then(|| resolved(&environment.directory)),
        // the directory of scripts, which has no modules
        Target::Console { .. } | Target::Unknown => None,
    }
}

/// A path without `.`, `..` and empty components; no link is followed.
pub(super) fn normal(path: &[u8]) -> Vec<u8> {
    let mut done: Vec<u8> = Vec::new();
    for component in crate::files::components(path) {
        match component {
            b".." => done.truncate(parent(&done).len()),
            component => done = join(&done, component),
        }
    }
    done
}
