//! What the program and its helper say to each other, as [`messages`](crate::message).

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub(crate) use crate::message::{receive, send};
use crate::namespace::Mode;
use crate::owner::RecordedOwner;
use crate::process::Exit;
use crate::stub::Stubs;
use crate::{Error, Spec};

/// Program → helper, first: what to do. Carries standard input, output and error.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub(crate) spec: Spec,
    pub(crate) mode: Mode,
    /// Nothing is built: the message also carries the first process of the sandbox that is joined.
    pub(crate) join: bool,
}

/// Program → helper, afterwards: a signal for the first process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kill {
    pub(crate) signal: i32,
}

/// Helper → program.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    /// The program has been executed. Carries the process, and the terminal if there is one.
    Started { pid: i32 },
    /// It could not be.
    Failed(Failure),
    /// Everything inside is dead.
    Ended {
        exit: Exit,
        owners: Vec<RecordedOwner>,
    },
}

/// First process → helper.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Report {
    /// The mount points that were made.
    Stubs(Stubs),
    /// Carries the master side of the terminal.
    Terminal,
    /// Carries the descriptor that system calls are answered on.
    Listener,
    /// Setting up or executing failed.
    Failed(Failure),
}

/// An [`Error`] on its way to another process; what that has no use for becomes [`Error::Spec`].
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the variants are those of the error")]
pub enum Failure {
    Io {
        act: String,
        path: PathBuf,
        errno: i32,
    },
    Call {
        act: String,
        errno: i32,
    },
    Refused {
        feature: String,
        remedy: String,
        errno: i32,
    },
    ProgramNotFound {
        program: String,
    },
    InterpreterNotFound {
        program: String,
    },
    ProgramNotExecutable {
        program: String,
        errno: i32,
    },
    WorkingDirectory {
        path: PathBuf,
        errno: i32,
    },
    Spec {
        reason: String,
    },
    HelperLost,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let number = |error: &io::Error| error.raw_os_error().unwrap_or(libc::EIO);
        match error {
            Error::Io { act, path, source } => Failure::Io {
                act,
                path,
                errno: number(&source),
            },
            Error::Call { act, source } => Failure::Call {
                act,
                errno: number(&source),
            },
            Error::Refused {
                feature,
                remedy,
                source,
            } => Failure::Refused {
                feature,
                remedy,
                errno: number(&source),
            },
            Error::ProgramNotFound { program } => Failure::ProgramNotFound { program },
            Error::InterpreterNotFound { program } => Failure::InterpreterNotFound { program },
            Error::ProgramNotExecutable { program, source } => Failure::ProgramNotExecutable {
                program,
                errno: number(&source),
            },
            Error::WorkingDirectory { path, source } => Failure::WorkingDirectory {
                path,
                errno: number(&source),
            },
            Error::HelperLost => Failure::HelperLost,
            other => Failure::Spec {
                reason: other.to_string(),
            },
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let source = io::Error::from_raw_os_error;
        match failure {
            Failure::Io { act, path, errno } => Error::Io {
                act,
                path,
                source: source(errno),
            },
            Failure::Call { act, errno } => Error::Call {
                act,
                source: source(errno),
            },
            Failure::Refused {
                feature,
                remedy,
                errno,
            } => Error::Refused {
                feature,
                remedy,
                source: source(errno),
            },
            Failure::ProgramNotFound { program } => Error::ProgramNotFound { program },
            Failure::InterpreterNotFound { program } => Error::InterpreterNotFound { program },
            Failure::ProgramNotExecutable { program, errno } => Error::ProgramNotExecutable {
                program,
                source: source(errno),
            },
            Failure::WorkingDirectory { path, errno } => Error::WorkingDirectory {
                path,
                source: source(errno),
            },
            Failure::Spec { reason } => Error::Spec { reason },
            Failure::HelperLost => Error::HelperLost,
        }
    }
}
