//! What the program and its helper say to each other.
//!
//! A message is its length (4 bytes, little endian) and its JSON; descriptors travel with the length.

use std::io::{self, IoSlice, IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::namespace::Mode;
use crate::owner::RecordedOwner;
use crate::process::Exit;
use crate::stub::Stubs;
use crate::{Error, Spec};

/// Longer messages are not ours. Secrets and certificate bundles travel in the specification.
const LIMIT: usize = 256 << 20;
/// The most descriptors one message carries.
const DESCRIPTORS: usize = 3;

/// Program → helper, first: what to do. Carries standard input, output and error.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub(crate) spec: Spec,
    pub(crate) mode: Mode,
}

/// Program → helper, afterwards: a signal for the first process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kill {
    pub(crate) signal: i32,
}

/// Helper → program.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    /// The program has been executed. Carries the terminal, if there is one.
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

/// [`Error`] on its way.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Failure {
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

/// Sends one message.
pub(crate) fn send(
    socket: &UnixStream,
    message: &impl Serialize,
    fds: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len())
        .map_err(io::Error::other)?
        .to_le_bytes();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    let sent = rustix::net::sendmsg(
        socket,
        &[IoSlice::new(&length)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    if sent != length.len() {
        return Err(io::ErrorKind::WriteZero.into());
    }
    let mut rest = body.as_slice();
    while !rest.is_empty() {
        match rustix::net::send(socket, rest, SendFlags::NOSIGNAL) {
            Err(rustix::io::Errno::INTR) => {}
            sent => rest = &rest[sent?..],
        }
    }
    Ok(())
}

/// Receives one message and what came with it; `None` at the end of the stream.
pub(crate) fn receive<T: DeserializeOwned>(
    socket: &UnixStream,
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut length = [0u8; 4];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = loop {
        let mut buffer = [IoSliceMut::new(&mut length)];
        match rustix::net::recvmsg(
            socket.as_fd(),
            &mut buffer,
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        ) {
            Err(rustix::io::Errno::INTR) => {}
            // the other side died with messages of ours unread
            Err(rustix::io::Errno::CONNRESET) => return Ok(None),
            other => break other?.bytes,
        }
    };
    if got == 0 {
        return Ok(None);
    }
    (&*socket).read_exact(&mut length[got..])?;
    let mut fds = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            fds.extend(received);
        }
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > LIMIT {
        return Err(io::Error::from_raw_os_error(libc::EMSGSIZE));
    }
    let mut body = vec![0; length];
    (&*socket).read_exact(&mut body)?;
    Ok(Some((serde_json::from_slice(&body)?, fds)))
}
