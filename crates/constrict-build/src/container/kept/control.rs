//! What a supervisor is asked at the socket in its container's directory, and the asking side. One connection is one
//! request; messages are those of [`constrict_sandbox::message`]. The directory is the user's alone, so is the socket.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use constrict_sandbox::{Exit, Failure, message};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::{Deserialize, Serialize};

use super::catalogue::Kept;
use super::home::SOCKET;
use super::record::Status;
use crate::container::environment::Variable;
use crate::error::{Error, IoContext, Result};

/// The exit status of a program whose supervisor was killed: SIGKILL ended it.
const KILLED: i32 = 137;
/// How long a container may take from its creation to its start, and how often that is looked at.
const STARTING: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// A request.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Start a further program. Carries standard input, output and error, unless it has a terminal.
    Exec(Exec),
    /// Send a signal to the first process.
    Signal(i32),
    /// Say when everything has ended.
    Wait,
}

/// An answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The signal was sent.
    Sent,
    /// The program was started. Carries its terminal, if it has one.
    Started,
    /// It was not.
    NotStarted(Failure),
    /// What was asked for makes no sense there.
    Refused(String),
    /// The program, or the container, has ended.
    Ended(Exit),
}

/// A further program in a container.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exec {
    /// The program and its arguments.
    pub args: Vec<String>,
    /// Variables over those of the container.
    pub env: Vec<Variable>,
    /// `user[:group]` in place of the container's.
    pub user: Option<String>,
    /// The working directory in place of the container's.
    pub working_dir: Option<String>,
    /// A terminal of its own.
    pub terminal: bool,
    /// It goes on when nobody listens any more.
    pub detached: bool,
}

/// Connects; `None` if there is nobody any more.
fn connect(kept: &Kept) -> Result<Option<UnixStream>> {
    let deadline = Instant::now() + STARTING;
    let mut status = kept.record.status.clone();
    while status == Status::Created && Instant::now() < deadline {
        std::thread::sleep(PAUSE);
        match kept.look_again()? {
            Some(now) => status = now.record.status,
            None => return Ok(None),
        }
    }
    // paths of sockets are short: by a descriptor of the directory
    let Ok(folder) = File::open(&kept.path) else {
        return Ok(None);
    };
    let path = PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", folder.as_raw_fd()));
    match UnixStream::connect(path) {
        Ok(stream) => Ok(Some(stream)),
        Err(_) if !kept.is_supervised() => Ok(None),
        Err(error) => Err(error).at("connect to", kept.path.join(SOCKET)),
    }
}

fn ask(kept: &Kept, request: &Request, fds: &[OwnedFd]) -> Result<Option<UnixStream>> {
    let Some(stream) = connect(kept)? else {
        return Ok(None);
    };
    let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
    // whoever ends meanwhile does not answer
    let _ = message::send(&stream, request, &fds);
    Ok(Some(stream))
}

/// The answer and what came with it; `None` if the supervisor ended instead.
fn hear(stream: &UnixStream) -> Option<(Reply, Vec<OwnedFd>)> {
    message::receive(stream).ok().flatten()
}

/// Sends a signal to the first process; whether it ran.
pub fn signal(kept: &Kept, signal: i32) -> Result<bool> {
    let stream = ask(kept, &Request::Signal(signal), &[])?;
    Ok(stream.is_some_and(|stream| hear(&stream).is_some()))
}

/// What came of waiting for a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// It goes on.
    GoesOn,
    /// Everything of it has ended, with this exit status of its first process.
    Ended(i32),
    /// It was removed before it could say how it ended.
    Gone,
}

/// Waits until everything of the container has ended, or for `limit`.
pub fn wait(kept: &Kept, limit: Option<Duration>) -> Result<Waited> {
    if let Status::Exited { code, .. } = kept.record.status {
        return Ok(Waited::Ended(code));
    }
    if let Some(stream) = ask(kept, &Request::Wait, &[])? {
        if !is_ready(&stream, limit) {
            return Ok(Waited::GoesOn);
        }
        if let Some((Reply::Ended(exit), _)) = hear(&stream) {
            return Ok(Waited::Ended(exit.status()));
        }
    }
    // it ended before it could be asked, or its supervisor was killed
    let now = kept.look_again()?;
    Ok(match now.map(|kept| kept.record.status) {
        Some(Status::Exited { code, .. }) => Waited::Ended(code),
        Some(_) => Waited::GoesOn,
        None => Waited::Gone,
    })
}

fn is_ready(stream: &UnixStream, limit: Option<Duration>) -> bool {
    let deadline = limit.map(|limit| Instant::now() + limit);
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let time = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut [PollFd::new(stream, PollFlags::IN)], time.as_ref()) {
            Err(rustix::io::Errno::INTR) => {}
            Ok(0) => return false,
            _ => return true,
        }
    }
}

/// Starts a further program. `streams` are standard input, output and error, unless it has a terminal.
///
/// # Errors
/// [`Error::NotRunning`]; what kept the program from being started.
pub fn exec(kept: &Kept, exec: &Exec, streams: &[OwnedFd]) -> Result<Inside> {
    let not_running = || Error::NotRunning(kept.record.name.clone());
    if !kept.is_alive() {
        return Err(not_running());
    }
    let stream = ask(kept, &Request::Exec(exec.clone()), streams)?.ok_or_else(not_running)?;
    match hear(&stream).ok_or_else(not_running)? {
        (Reply::Started, mut fds) => Ok(Inside {
            stream: Arc::new(stream),
            terminal: fds.pop(),
        }),
        (Reply::NotStarted(failure), _) => Err(constrict_sandbox::Error::from(failure).into()),
        (Reply::Refused(why), _) => Err(Error::Invalid(why)),
        (Reply::Sent | Reply::Ended(_), _) => Err(not_running()),
    }
}

/// A further program that runs in a container. It ends when this is dropped, unless it is detached.
#[derive(Debug)]
pub struct Inside {
    stream: Arc<UnixStream>,
    terminal: Option<OwnedFd>,
}

impl Inside {
    /// The master side of its terminal; once.
    pub fn take_terminal(&mut self) -> Option<OwnedFd> {
        self.terminal.take()
    }

    /// Sends signals to it, from any thread.
    pub fn killer(&self) -> impl Fn(i32) + Send + use<> {
        let stream = Arc::clone(&self.stream);
        move |signal| {
            // after its end nobody listens
            let _ = message::send(&stream, &Request::Signal(signal), &[]);
        }
    }

    /// Waits for its end.
    pub fn wait(self) -> Exit {
        match hear(&self.stream) {
            Some((Reply::Ended(exit), _)) => exit,
            // the supervisor was killed, and everything with it
            _ => Exit::Code(KILLED),
        }
    }
}
