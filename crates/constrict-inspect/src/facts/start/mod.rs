//! What an image starts: ENTRYPOINT and CMD as the run-time joins them, followed through shells, scripts, console scripts,
//! `env`, `tini`, servers and what their arguments and configuration name. Never runs anything.

//!
//! | what | where |
//! |---|---|
//! | one walk, its limits, what a word leaves unknown | `walk` |
//! | words → the file that is executed | `execute` |
//! | what that file does next | `dispatch`, `shell`, `wrapper`, `supervisor`, `python` |
//! | what a server imports and where it listens | `server` |
//! | whose fault an obstacle is | `cause` |

mod cause;
mod dispatch;
mod execute;
mod loader;
mod python;
mod server;
mod shell;
mod supervisor;
mod suppose;
mod walk;
mod wrapper;

pub use cause::Cause;
pub(crate) use loader::{NoLoader, missing_loaders};
pub use walk::{UNKNOWN, UNSET, is_known, shown_words};

use super::Facts;
use super::account::User;
use super::environment::Environment;

use walk::{Caller, Process, Walker};

/// Every program that is known to run, in order, and what stands in the way.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// ENTRYPOINT and CMD joined, empty if the image sets neither.
    pub argv: Vec<String>,
    /// The instruction that names the program: `ENTRYPOINT` if there is one, else `CMD`.
    pub instruction: &'static str,
    /// What runs.
    pub programs: Vec<Program>,
    /// What cannot run.
    pub obstacles: Vec<Obstacle>,
    /// The first word of CMD if ENTRYPOINT is an interpreter that takes it for a script, though it has the name of a program.
    pub eaten: Option<String>,
    /// Shell scripts that are read.
    pub scripts: Vec<Vec<u8>>,
    /// Where only the run tells what comes next, and why.
    pub unknown: Vec<String>,
    /// Something runs that may make or change files.
    pub changed: bool,
}

/// A process.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its words, the first as it was looked up. [`UNKNOWN`] and [`UNSET`] stand for what only the run tells.
    pub argv: Vec<String>,
    /// The file that the kernel executes in the end, links not followed: `/app/venv/bin/python`.
    pub executable: Vec<u8>,
    /// How it came to run: `CMD ["flask", "run"]`, `/app/venv/bin/flask:1 #!/app/venv/bin/python`.
    pub via: Vec<String>,
    /// Its variables and working directory.
    pub environment: Environment,
    /// Who it runs as: not the image's user if it was changed on the way.
    pub user: User,
    /// Whether it runs each time the image starts, or only if something holds that is not known (`if`, `||`).
    pub sure: bool,
    /// Whether the container ends in failure if it fails: it is the last one, or a shell stops there.
    pub fatal: bool,
    /// Whether a shell that is the container's first process waits for it, and passes no signal on.
    pub deaf: bool,
    /// What Python does, if it is Python.
    pub python: Option<PythonRun>,
    /// Where it takes connections, as far as words, configuration and source tell.
    pub listens: Vec<Listen>,
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
    /// A console script that is not there, and the object that it would call.
    Console {
        /// The script's name.
        name: String,
        /// `flask.cli:main`.
        object: String,
    },
    /// Standard input: a prompt.
    #[default]
    Prompt,
    /// Only the run tells.
    Unknown,
}

/// A place where a program takes connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The address as it is written, `127.0.0.1`; `None` if only the run tells.
    pub host: Option<String>,
    /// The port; `None` if only the run tells.
    pub port: Option<u16>,
    /// Whether it is so each time.
    pub sure: bool,
    /// What says so: ``gunicorn's default``, `--bind 0.0.0.0:80`.
    pub why: String,
}

impl Listen {
    /// Whether nobody outside the container can reach it; `None` if only the run tells.
    pub fn is_loopback(&self) -> Option<bool> {
        let host = self.host.as_deref()?.trim_matches(['[', ']']);
        Some(host == "localhost" || host == "::1" || host.starts_with("127."))
    }
}

/// A module that a server is told to import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// `app.main`.
    pub module: String,
    /// `application` of `app.main:application`: has to be defined in the module. It ends with `()` if it is called.
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
    /// As [`Program::fatal`].
    pub fatal: bool,
    /// The variables and the working directory it would have had.
    pub environment: Environment,
    /// Who it would have run as.
    pub user: User,
}

impl Obstacle {
    /// Whether the container fails because of it each time it starts.
    pub fn breaks(&self) -> bool {
        self.sure && self.fatal
    }
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
    /// A link whose target does not exist.
    DanglingLink {
        /// The link, relative to the root.
        path: Vec<u8>,
        /// What is missing.
        target: Vec<u8>,
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
    /// A directory that is changed to is not there.
    NoDirectory {
        /// Relative to the root.
        path: Vec<u8>,
    },
    /// A server is not told what to serve, and what it would take by itself is not there.
    NoApplication {
        /// What it looked for: `` `FLASK_APP`, wsgi.py or app.py``.
        looked_for: String,
    },
    /// `gosu`, `su-exec` and the like: passwd does not have the user.
    NoUser {
        /// The name, with a group if there is one.
        name: String,
    },
}

impl Start {
    /// Follows what the image starts.
    pub fn find(facts: &Facts<'_>) -> Start {
        let config = &facts.image.config.config;
        let argv = config
            .entrypoint
            .iter()
            .chain(&config.cmd)
            .cloned()
            .collect();
        Start::of(facts, argv)
    }

    /// Follows what other words than the image's would start: a health check, a command of the user's.
    pub fn of(facts: &Facts<'_>, argv: Vec<String>) -> Start {
        let config = &facts.image.config.config;
        let mut walker = Walker::new(facts);
        walker.out.instruction = if config.entrypoint.is_empty() {
            "CMD"
        } else {
            "ENTRYPOINT"
        };
        walker.out.argv = argv.clone();
        walker.out.eaten = eaten(facts);
        let process = Process {
            environment: facts.environment().clone(),
            user: facts.user().clone(),
            via: instructions(&config.entrypoint, &config.cmd),
            sure: true,
            fatal: true,
            asked: false,
            first: true,
            deaf: false,
        };
        match argv.is_empty() {
            true => drop(walker.obstacle(ObstacleKind::NoCommand, argv, &process)),
            false => drop(walker.exec(argv, process, Caller::Kernel)),
        }
        suppose::follow(&mut walker);
        walker.out.changed = walker.changed;
        walker.out
    }

    /// The obstacles that keep the container from starting, each time.
    pub fn breaking(&self) -> impl Iterator<Item = &Obstacle> {
        self.obstacles.iter().filter(|obstacle| obstacle.breaks())
    }
}

/// CMD's first word, if ENTRYPOINT is an interpreter and its options, and the word has the name of a program, not of a file.
fn eaten(facts: &Facts<'_>) -> Option<String> {
    let config = &facts.image.config.config;
    let interpreter = execute::base_name(config.entrypoint.first()?);
    let only_options = config.entrypoint[1..]
        .iter()
        .all(|word| word.starts_with('-') && word != "-c" && word != "-m");
    let known =
        python::is_interpreter(interpreter) || ["sh", "bash", "ash", "dash"].contains(&interpreter);
    let word = config.cmd.first()?;
    let program =
        !word.contains(['/', '.', ' ']) && !word.starts_with('-') || python::is_interpreter(word);
    (known && only_options && program).then(|| word.clone())
}

/// `ENTRYPOINT ["a"]`, `CMD ["b"]`.
fn instructions(entrypoint: &[String], cmd: &[String]) -> Vec<String> {
    let shown = |keyword: &str, words: &[String]| match words {
        [] => None,
        [shell, option, text] if shell == "/bin/sh" && option == "-c" => {
            Some(format!("{keyword} {text}"))
        }
        words => Some(format!("{keyword} {}", serde_json::Value::from(words))),
    };
    shown("ENTRYPOINT", entrypoint)
        .into_iter()
        .chain(shown("CMD", cmd))
        .collect()
}

#[cfg(test)]
mod tests;
