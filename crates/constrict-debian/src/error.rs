//! Why a Debian document, package or dependency closure was refused.
//!
//! Messages are facts; a message never contains its source. I/O errors carry what was being done: this crate opens
//! no file itself, so there is no path to carry; the caller knows which document it handed in.

use std::io;

use crate::checksum::Sha256;
use crate::openpgp::Refusal;
use crate::resolve::Unsatisfied;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A fact that keeps a Debian document from being used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A line of a text document breaks its grammar.
    #[error("{document}, line {line}: {fact}")]
    Line {
        /// The kind of document, such as `Packages`.
        document: &'static str,
        /// Counted from one.
        line: u64,
        /// What is wrong with it.
        fact: &'static str,
    },
    /// A field that has to be there is not.
    #[error("{document}: no field `{field}`")]
    MissingField {
        /// The kind of document.
        document: &'static str,
        /// The field's name.
        field: &'static str,
    },
    /// A value (version, relation, date, package name ...) that breaks its rules.
    #[error("{kind} `{value}`: {fact}")]
    Value {
        /// What the value should have been, such as `version`.
        kind: &'static str,
        /// The value as found, shortened.
        value: String,
        /// Which rule it breaks.
        fact: &'static str,
    },
    /// Binary data (an archive, a packet) that breaks its format.
    #[error("{format}: {fact}")]
    Format {
        /// The format's name.
        format: &'static str,
        /// What is wrong.
        fact: &'static str,
    },
    /// More bytes than the format's honest uses need.
    #[error("{what} is larger than {limit} bytes")]
    TooLarge {
        /// What was being read.
        what: &'static str,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A search that goes further than honest input needs.
    #[error("{what} has more than {limit} steps")]
    TooLong {
        /// What has too many steps.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// No signature of the document holds under the keyring.
    #[error("no valid signature by a trusted key{}", refusals(.0))]
    Untrusted(Vec<Refusal>),
    /// A Release file that is past its `Valid-Until`.
    #[error("release file expired at {valid_until}")]
    ReleaseExpired {
        /// The time the file gives, RFC 3339.
        valid_until: String,
    },
    /// A Release file dated later than the clock.
    #[error("release file is dated {date}, which is in the future")]
    ReleaseFromFuture {
        /// The date the file gives, RFC 3339.
        date: String,
    },
    /// The Release file doesn't list what was asked for.
    #[error("release file lists no `{path}`")]
    NotInRelease {
        /// The path asked for, without compression suffix.
        path: String,
    },
    /// Bytes that differ from what a signed index promised.
    #[error("`{path}` is {found}, the index says {expected}")]
    ChecksumMismatch {
        /// Which file.
        path: String,
        /// What the index says.
        expected: Sha256,
        /// What the bytes are.
        found: Sha256,
    },
    /// Bytes of another length than a signed index promised.
    #[error("`{path}` has {found} bytes, the index says {expected}")]
    SizeMismatch {
        /// Which file.
        path: String,
        /// What the index says.
        expected: u64,
        /// How many bytes there are.
        found: u64,
    },
    /// A dependency that nothing satisfies.
    #[error("{0}")]
    Unsatisfied(Box<Unsatisfied>),
    /// Two chosen packages that refuse to live together.
    #[error("`{package}` {relation} `{other}`")]
    Conflict {
        /// The package that declares it, with version.
        package: String,
        /// The declaration, such as `conflicts with` or `breaks`.
        relation: &'static str,
        /// The other package, with version.
        other: String,
    },
    /// Reading or decompressing failed.
    #[error("cannot {act}")]
    Io {
        /// What was being done.
        act: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: an I/O error with what was being done.
    pub(crate) fn io(act: &'static str) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::Io { act, source }
    }

    /// A value that breaks its rules, cut to a printable length.
    pub(crate) fn value(kind: &'static str, value: &str, fact: &'static str) -> Error {
        let shown = value
            .chars()
            .take(80)
            .flat_map(char::escape_debug)
            .collect();
        Error::Value {
            kind,
            value: shown,
            fact,
        }
    }
}

fn refusals(list: &[Refusal]) -> String {
    if list.is_empty() {
        return String::new();
    }
    let facts: Vec<String> = list.iter().map(ToString::to_string).collect();
    format!(" ({})", facts.join("; "))
}
