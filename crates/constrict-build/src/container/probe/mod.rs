//! A trial run: starts a container of an image and watches whether it lives, that is ends well, answers, or goes on.
//! It says what it saw as facts, prints nothing, and leaves nothing behind.
//!
//! | what | where |
//! |---|---|
//! | from what is seen to [`How`] | `judge` |
//! | start, look, ask, end | `watch` |
//! | who listens: `/proc/net/tcp` | `listener` |
//! | `GET /` and what comes back | `conversation` |
//! | the last lines of output and the exception among them | `output` |
//! | processor time of the container | `work` |
//! | modules imported by the image's interpreter | `imports` |

mod conversation;
mod imports;
mod judge;
mod listener;
mod output;
mod watch;
mod work;

use std::net::SocketAddr;
use std::time::Duration;

use constrict_sandbox::Exit;

pub use imports::{FailedImport, ImportTrial, Imported, import_modules};
pub use watch::try_out;

/// What is asked of a trial run.
#[derive(Clone, Debug)]
pub struct Trial {
    /// How long an image may take to show that it lives.
    pub limit: Duration,
    /// How long one has to go on that neither ends nor listens.
    pub settle: Duration,
    /// The TCP ports that the image exposes: one that goes on has to answer.
    pub exposed: Vec<u16>,
    /// Whether it is known to listen although it exposes nothing: it is waited for.
    pub listens: bool,
    /// The root cannot be written to.
    pub read_only: bool,
}

/// What a trial run showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// How it lived or died.
    pub how: How,
    /// When that was seen, from the start.
    pub after: Duration,
    /// What else was seen that may be wrong.
    pub doubts: Vec<Doubt>,
    /// The last lines of what it wrote.
    pub output: Vec<String>,
    /// What it said about its end: the last Python exception, else the last line.
    pub cause: Option<String>,
}

/// How an image lived or died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// It ended with exit status 0.
    Done,
    /// A port speaks HTTP.
    Http {
        /// The port.
        port: u16,
        /// Its status.
        status: u16,
    },
    /// A port says something that is not HTTP.
    Speaks {
        /// The port.
        port: u16,
    },
    /// A port takes connections, and says nothing.
    Accepts {
        /// The port.
        port: u16,
    },
    /// It goes on, and exposes nothing.
    Runs,
    /// It could not be started; why, outermost first.
    NotStarted(Vec<String>),
    /// It ended with another status than 0.
    Ended(Exit),
    /// It listens where nobody outside can reach it.
    Unreachable(Vec<SocketAddr>),
    /// A port is listened on, and nobody takes the connections.
    Ignores {
        /// The port.
        port: u16,
    },
    /// It does not listen at all in time.
    Deaf,
}

impl How {
    /// Whether the image lives.
    pub fn lives(&self) -> bool {
        match self {
            How::Done | How::Http { .. } | How::Speaks { .. } | How::Accepts { .. } | How::Runs => {
                true
            }
            How::NotStarted(_)
            | How::Ended(_)
            | How::Unreachable(_)
            | How::Ignores { .. }
            | How::Deaf => false,
        }
    }
}

/// What may be wrong with an image that lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It exposes ports, and ended.
    EndedThoughExposed,
    /// It answers on a port that it does not expose.
    OtherPort(u16),
    /// It answers with a failure of its own.
    ServerError(u16),
    /// It goes on, and this exception is in its output.
    Exception(String),
    /// It is known to listen, and does not.
    NotListening,
    /// It listens here only.
    LoopbackOnly(Vec<SocketAddr>),
}
