//! What can go wrong in the sandbox, as facts. Nothing here decides how it is shown.

use std::io;
use std::path::PathBuf;

/// The result of a sandbox operation.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of the sandbox itself, or of starting the program in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file operation failed.
    #[error("cannot {act} `{}`", path.display())]
    Io {
        /// What was tried, as an infinitive: `create`, `bind mount`.
        act: String,
        /// The file it was tried on.
        path: PathBuf,
        /// Why the kernel refused.
        source: io::Error,
    },
    /// A system call that names no file failed.
    #[error("cannot {act}")]
    Call {
        /// What was tried, as an infinitive: `create a PID namespace`.
        act: String,
        /// Why the kernel refused.
        source: io::Error,
    },
    /// The kernel, or a policy of this machine, lacks or forbids a needed feature.
    #[error("this machine does not allow {feature}")]
    Refused {
        /// The feature, with its article: `user namespaces`.
        feature: String,
        /// What an administrator can do, as one sentence or a command.
        remedy: String,
        /// What the kernel or the tool said.
        source: io::Error,
    },
    /// The program is in no directory of the container's `PATH`, or its file does not exist (docker: 127).
    #[error("`{program}` not found in the container")]
    ProgramNotFound {
        /// The first argument as given.
        program: String,
    },
    /// The program exists and cannot be executed (docker: 126).
    #[error("`{program}` cannot be executed in the container")]
    ProgramNotExecutable {
        /// The first argument as given.
        program: String,
        /// Why the kernel refused.
        source: io::Error,
    },
    /// The program exists, and the interpreter that its first line or its ELF header names does not (docker: 127).
    #[error("`{program}` needs an interpreter that is not in the container")]
    InterpreterNotFound {
        /// The first argument as given.
        program: String,
    },
    /// The working directory does not exist inside the root, or is no directory.
    #[error("working directory `{}` cannot be entered in the container", path.display())]
    WorkingDirectory {
        /// The directory as given.
        path: PathBuf,
        /// Why the kernel refused.
        source: io::Error,
    },
    /// A value that the sandbox does not know.
    #[error("unknown {what} `{value}`")]
    Unknown {
        /// What kind of value: `capability`, `sandbox mode`.
        what: &'static str,
        /// The value as given.
        value: String,
    },
    /// [`Spec`](crate::Spec) cannot be carried out as written.
    #[error("invalid sandbox specification: {reason}")]
    Spec {
        /// What is wrong with it.
        reason: String,
    },
    /// The helper process ended without saying why, as when the system killed it.
    #[error("the sandbox helper ended before the command did")]
    HelperLost,
    /// An external tool failed.
    #[error("`{tool}` failed: {detail}")]
    Tool {
        /// Its name.
        tool: String,
        /// Its last words or its status.
        detail: String,
    },
}

impl Error {
    pub(crate) fn io(act: &str, path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Self {
        Error::Io {
            act: act.to_owned(),
            path: path.into(),
            source: source.into(),
        }
    }

    pub(crate) fn call(act: &str, source: impl Into<io::Error>) -> Self {
        Error::Call {
            act: act.to_owned(),
            source: source.into(),
        }
    }

    /// The remedy that belongs in a hint, if the machine refused something.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        match self {
            Error::Refused { remedy, .. } => Some(remedy),
            _ => None,
        }
    }

    /// The exit status docker gives when the program could not be started: 127 or 126.
    #[must_use]
    pub fn exit_status(&self) -> Option<i32> {
        match self {
            Error::ProgramNotFound { .. } | Error::InterpreterNotFound { .. } => Some(127),
            Error::ProgramNotExecutable { .. } => Some(126),
            _ => None,
        }
    }
}
