//! The Python interpreters of an image and where each looks for modules, as `getpath` and `site` compute it.
//!
//! Never runs an interpreter and never asks what the image starts: [`Interpreters::find`] looks at files alone.
//!
//! | file | what |
//! |---|---|
//! | `discover` | executables, their versions, prefixes, suffixes of extension modules |
//! | `options` | the interpreter's own command line and variables |
//! | `getpath` | `pyvenv.cfg`, the standard library, what comes before `site` |
//! | `site` | site-packages, the user's site directory |
//! | `pth` | `.pth` files |

mod discover;
mod getpath;
mod options;
mod pth;
mod site;

use super::Facts;
use super::start::Program;
use super::system::Libc;

pub use options::Options;

/// Every interpreter.
#[derive(Clone, Debug, Default)]
pub struct Interpreters {
    /// By path.
    pub all: Vec<Interpreter>,
}

/// One interpreter.
#[derive(Clone, Debug)]
pub struct Interpreter {
    /// The executable, links followed.
    pub path: Vec<u8>,
    /// Which Python it is.
    pub implementation: Implementation,
    /// X and Y of its version.
    pub version: (u8, u8),
    /// `sys.base_prefix`, relative to the root: `usr/local`.
    pub prefix: Vec<u8>,
    /// `cpython-311-x86_64-linux-gnu`, as far as the image tells.
    pub soabi: String,
    /// Whether [`Interpreter::soabi`] is told by the image, not guessed from the version.
    pub soabi_known: bool,
    /// The C library that it is linked with.
    pub libc: Option<Libc>,
    /// The directory of the standard library, `usr/local/lib/python3.11`; `None` if it is not there.
    pub library: Option<Vec<u8>>,
    /// Debian's: modules are installed in dist-packages.
    pub dist_packages: bool,
}

/// Which Python an interpreter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Implementation {
    /// The one that everybody means.
    CPython,
    /// PyPy, whose built-in modules are not known here.
    PyPy,
}

/// What one run of an interpreter searches.
#[derive(Clone, Debug, Default)]
pub struct SearchPath {
    /// The interpreter, as an index of [`Interpreters::all`].
    pub interpreter: usize,
    /// `sys.prefix`: that of the virtual environment if there is one.
    pub prefix: Vec<u8>,
    /// The `pyvenv.cfg` that applies.
    pub venv: Option<Vec<u8>>,
    /// `sys.path`, with where each element is from.
    pub directories: Vec<SearchDirectory>,
    /// Single modules that a finder of an editable installation provides.
    pub mapped: Vec<Mapped>,
    /// The `.pth` files with code that is not known here: there may be more directories.
    pub unknown: Vec<Vec<u8>>,
    /// The modules that such code imports before anything else.
    pub startup: Vec<String>,
    /// Whether setuptools' `distutils-precedence.pth` provides `distutils`.
    pub distutils_hack: bool,
}

/// An element of `sys.path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchDirectory {
    /// Relative to the root; a directory or a zip file; it need not exist.
    pub path: Vec<u8>,
    /// What puts it there.
    pub from: PathSource,
}

/// A module that is found by its name, not by a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// The module's name.
    pub name: String,
    /// The file of the module, or the directory of the package; it need not exist.
    pub path: Vec<u8>,
    /// The finder's source.
    pub finder: Vec<u8>,
}

/// What puts a directory on `sys.path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathSource {
    /// The script's directory, or the working directory for `-m` and `-c`.
    Script,
    /// PYTHONPATH.
    Variable,
    /// The standard library.
    Library,
    /// A site-packages (or dist-packages) directory.
    Site,
    /// The user's site directory.
    UserSite,
    /// A line of the `.pth` file at this path.
    Pth(Vec<u8>),
}

impl Interpreters {
    /// Looks for them: on PATH, and in every directory that is called `bin`.
    pub fn find(facts: &Facts<'_>) -> Interpreters {
        Interpreters {
            all: discover::all(facts),
        }
    }

    /// The interpreter that an executable is, links followed.
    pub fn of(&self, facts: &Facts<'_>, executable: &[u8]) -> Option<usize> {
        let (path, _) = facts.files().resolve(executable)?;
        self.all
            .iter()
            .position(|interpreter| interpreter.path == path)
    }

    /// What a program that is Python searches; `None` if its interpreter is not known.
    pub fn search_path(&self, facts: &Facts<'_>, program: &Program) -> Option<SearchPath> {
        let run = program.python.as_ref()?;
        let interpreter = self.of(facts, &program.executable)?;
        let options = Options::read(run, &program.environment, self.all[interpreter].version);
        let roots = getpath::Roots::find(
            facts.files(),
            &self.all[interpreter],
            &program.executable,
            &options,
        );
        let mut search = SearchPath {
            interpreter,
            prefix: roots.prefix.clone(),
            venv: roots.venv.as_ref().map(|venv| venv.path.clone()),
            directories: getpath::directories(
                facts.files(),
                run,
                &program.environment,
                &roots,
                &options,
            ),
            mapped: Vec::new(),
            unknown: Vec::new(),
            startup: Vec::new(),
            distutils_hack: false,
        };
        if options.site && !roots.isolated_by_file {
            let sight = site::Sight {
                files: facts.files(),
                user: &program.user,
            };
            site::extend(
                sight,
                &self.all[interpreter],
                &roots,
                &options,
                &program.environment,
                &mut search,
            );
        }
        Some(search)
    }
}

#[cfg(test)]
mod tests;
