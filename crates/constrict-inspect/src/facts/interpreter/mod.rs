//! The Python interpreters of an image and where each looks for modules, as `getpath` and `site` compute it.

use super::Facts;
use super::start::Program;
use super::system::Libc;

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
    /// X and Y of its version.
    pub version: (u8, u8),
    /// `sys.base_prefix`, relative to the root: `usr/local`.
    pub prefix: Vec<u8>,
    /// `cpython-311-x86_64-linux-gnu`, as far as the image tells.
    pub soabi: String,
    /// The C library that it is linked with.
    pub libc: Option<Libc>,
    /// The directory of the standard library, `usr/local/lib/python3.11`; `None` if it is not there.
    pub library: Option<Vec<u8>>,
}

/// What one run of an interpreter searches.
#[derive(Clone, Debug)]
pub struct SearchPath {
    /// The interpreter, as an index of [`Interpreters::all`].
    pub interpreter: usize,
    /// `sys.prefix`: that of the virtual environment if there is one.
    pub prefix: Vec<u8>,
    /// The `pyvenv.cfg` that applies.
    pub venv: Option<Vec<u8>>,
    /// `sys.path`, with where each element is from.
    pub directories: Vec<SearchDirectory>,
}

/// An element of `sys.path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchDirectory {
    /// Relative to the root; a directory or a zip file; it need not exist.
    pub path: Vec<u8>,
    /// What puts it there.
    pub from: PathSource,
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
    /// Looks for them: where programs start them, on PATH, in the usual places.
    pub fn find(facts: &Facts<'_>) -> Interpreters {
        let _ = facts;
        Interpreters::default()
    }

    /// What a program that is Python searches; `None` if its interpreter is not known.
    pub fn search_path(&self, facts: &Facts<'_>, program: &Program) -> Option<SearchPath> {
        let _ = (facts, program);
        None
    }
}
