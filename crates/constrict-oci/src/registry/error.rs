//! The failures of the registry client. Nothing secret is in them: no credential, no token, no query of a URL.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::Digest;

/// The result of this module's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be had from a registry, or brought to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Every endpoint answered, and none has it.
    #[error("`{what}` was not found: asked {}", list(asked))]
    NotFound {
        /// The reference, or repository and digest.
        what: String,
        /// Who was asked, in order.
        asked: Vec<Asked>,
    },
    /// No endpoint gave it, and at least one may have it.
    #[error("cannot pull `{what}`: asked {}", list(asked))]
    Pull {
        /// The reference, or repository and digest.
        what: String,
        /// Who was asked, in order.
        asked: Vec<Asked>,
    },
    /// The registry did not take it.
    #[error("cannot {act} `{what}`: {asked}")]
    Push {
        /// The act, an infinitive: `push`, `mount`.
        act: &'static str,
        /// The reference, or repository and digest.
        what: String,
        /// Who was asked.
        asked: Box<Asked>,
    },
    /// The text is not the address of a mirror.
    #[error("`{text}` is not a mirror: {reason}")]
    Mirror {
        /// The text as given, without user and password.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A proxy's address is not usable.
    #[error("the proxy in `{variable}` is not a URL that can be used")]
    Proxy {
        /// The variable that holds it.
        variable: &'static str,
    },
    /// The file of certificate authorities cannot be read.
    #[error("cannot read the certificate authorities in `{}`", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file of certificate authorities holds none.
    #[error("`{}` has no PEM certificate", path.display())]
    NoAuthorities {
        /// The file.
        path: PathBuf,
    },
    /// What was received could not be kept.
    #[error("cannot write the blob `{digest}`")]
    Sink {
        /// The blob.
        digest: Digest,
        /// What the system said.
        source: io::Error,
    },
    /// What is to be sent could not be read.
    #[error("cannot read the blob `{digest}`")]
    Source {
        /// The blob.
        digest: Digest,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// Who was asked and what they answered; empty for failures of this machine.
    pub fn asked(&self) -> &[Asked] {
        match self {
            Error::NotFound { asked, .. } | Error::Pull { asked, .. } => asked,
            Error::Push { asked, .. } => std::slice::from_ref(&**asked),
            _ => &[],
        }
    }
}

/// One endpoint and what came of asking it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its address: host, port and path prefix.
    pub endpoint: String,
    /// What it answered.
    pub answer: Answer,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({})", self.endpoint, self.answer)
    }
}

fn list(asked: &[Asked]) -> String {
    let asked: Vec<String> = asked.iter().map(Asked::to_string).collect();
    asked.join(", ")
}

/// What an endpoint answered when it did not give what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Answer {
    /// It has no such thing.
    #[error("not found")]
    NotFound,
    /// It gives it to nobody, or not with these credentials.
    #[error("access denied, {credentials}{}", said(message))]
    Denied {
        /// The HTTP status, 401 or 403.
        status: u16,
        /// `no credentials for ...`, `with the credentials for ...`.
        credentials: String,
        /// What it said.
        message: Option<String>,
    },
    /// Its way of authenticating is not one that is known or safe.
    #[error("its authentication is refused: {reason}")]
    Authentication {
        /// Why.
        reason: String,
    },
    /// An HTTP status that is no success.
    #[error("HTTP status {status}{}", said(message))]
    Status {
        /// The status.
        status: u16,
        /// What it said.
        message: Option<String>,
        /// The seconds after which it wants to be asked again.
        retry_after: Option<u64>,
    },
    /// No answer, or a broken one.
    #[error("{reason}")]
    Network {
        /// What happened, as far as the system tells.
        reason: String,
        /// How far it got.
        outage: Outage,
    },
    /// An image in the format of docker before 1.10 (2016).
    #[error("the image is in the obsolete docker schema 1 format")]
    Schema1,
    /// Content that is not what its digest says.
    #[error("the content has digest `{found}` where `{expected}` was announced")]
    WrongDigest {
        /// As asked for or announced.
        expected: Box<Digest>,
        /// Of what was received.
        found: Box<Digest>,
    },
    /// Content that is not as long as announced.
    #[error("the content has {} bytes where {expected} were announced", found.map_or_else(|| "more".to_owned(), |n| n.to_string()))]
    WrongSize {
        /// As announced.
        expected: u64,
        /// As received or declared; `None` if more than announced.
        found: Option<u64>,
    },
    /// A manifest that is refused.
    #[error("the manifest is refused: {reason}")]
    Manifest {
        /// Why.
        reason: String,
    },
    /// An answer that the protocol does not allow.
    #[error("{reason}")]
    Protocol {
        /// What is wrong with it.
        reason: String,
    },
}

/// How far a request got that was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// The host's name is not known.
    UnknownHost,
    /// Nobody listens there.
    Refused,
    /// No connection was made in time.
    NoConnection,
    /// There was a connection.
    Broken,
}

fn said(message: &Option<String>) -> String {
    message
        .as_ref()
        .map(|message| format!(": {message}"))
        .unwrap_or_default()
}

impl Answer {
    /// Whether asking again may help.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Answer::Network { .. } => true,
            Answer::Status { status, .. } => {
                matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504 | 520..=529)
            }
            _ => false,
        }
    }

    pub(crate) fn protocol(reason: impl Into<String>) -> Answer {
        Answer::Protocol {
            reason: reason.into(),
        }
    }
}

/// A failure on either side of the wire: another endpoint may help against the first only.
#[derive(Debug)]
pub(crate) enum Fault {
    Remote(Answer),
    Local(Error),
}

impl From<Answer> for Fault {
    fn from(answer: Answer) -> Fault {
        Fault::Remote(answer)
    }
}
