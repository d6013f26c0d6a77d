//! What can go wrong in a chore itself, as opposed to what a chore finds.

use std::path::{Path, PathBuf};

/// A chore's result.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Why a chore could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command line is not one of ours.
    #[error("{0}")]
    Usage(&'static str),
    /// A file could not be worked with.
    #[error("cannot {act} `{}`", path.display())]
    Io {
        act: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    /// A program that the chore needs could not be started.
    #[error("cannot start `{program}`")]
    Start {
        program: String,
        source: std::io::Error,
    },
    /// A program that had to succeed did not.
    #[error("`{command}` failed ({status}): {output}")]
    Failed {
        command: String,
        status: String,
        output: String,
    },
    /// A JSON document of ours or of a builder does not read.
    #[error("{what} is not the JSON that was expected")]
    Json {
        what: String,
        source: serde_json::Error,
    },
    /// An image archive lacks something.
    #[error("`{}` has no {what}", path.display())]
    Archive { path: PathBuf, what: String },
    /// A case's own description does not read.
    #[error("case `{name}` is described wrongly: {fact}")]
    Case { name: String, fact: String },
    /// A named case, seed or folder is not there.
    #[error("no {what} `{name}`")]
    Unknown { what: &'static str, name: String },
}

/// Gives an `io::Error` its act and path.
pub(crate) fn io<'a>(
    act: &'static str,
    path: &'a Path,
) -> impl FnOnce(std::io::Error) -> Error + 'a {
    move |source| Error::Io {
        act,
        path: path.to_owned(),
        source,
    }
}

/// Gives a JSON error the name of its document.
pub(crate) fn json(what: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Error {
    move |source| Error::Json {
        what: what.into(),
        source,
    }
}
