//! The supervisor's side of the socket: takes requests, each in a thread of its own, until the container has ended.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use constrict_sandbox::{Exit, Failure, Killer, Stdio, message};
use rustix::process::Signal;

use super::control::{Exec, Reply, Request};
use super::home::SOCKET;
use super::inside::Place;
use crate::error::{Error, IoContext, Result};

/// How long the last answers may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the threads of a supervisor share.
pub(super) struct Shared {
    pub(super) place: Place,
    pub(super) killer: Killer,
    phase: Mutex<Phase>,
    changed: Condvar,
}

/// How far the container is.
#[derive(Default)]
struct Phase {
    /// Its first process has ended so.
    ended: Option<Exit>,
    /// Everything is in order again.
    is_over: bool,
    /// Requests that are not answered yet.
    open: usize,
}

impl Shared {
    pub(super) fn new(place: Place, killer: Killer) -> Arc<Self> {
        Arc::new(Shared {
            place,
            killer,
            phase: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        // plain values are whole at every point, even if a thread panicked while it held the lock
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits so long, or until the first process has ended; whether it has.
    pub(super) fn rest(&self, time: Duration) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.phase(), time, |phase| phase.ended.is_none());
        let (phase, _) = waited.unwrap_or_else(PoisonError::into_inner);
        phase.ended.is_some()
    }

    /// The first process has ended.
    pub(super) fn end(&self, exit: Exit) {
        self.phase().ended = Some(exit);
        self.changed.notify_all();
    }

    /// Everything is in order: says so to those who wait, and returns when they have heard it.
    pub(super) fn finish(&self) {
        self.phase().is_over = true;
        self.changed.notify_all();
        let waited = self
            .changed
            .wait_timeout_while(self.phase(), FAREWELL, |phase| phase.open > 0);
        drop(waited);
    }

    /// Waits until everything is in order.
    fn wait(&self) -> Exit {
        let waited = self
            .changed
            .wait_while(self.phase(), |phase| !phase.is_over);
        let phase = waited.unwrap_or_else(PoisonError::into_inner);
        phase.ended.unwrap_or(Exit::Code(0))
    }
}

/// Listens in a container's directory, in a thread that ends with the program.
pub(super) fn listen(folder: &Path, shared: &Arc<Shared>) -> Result<()> {
    let path = folder.join(SOCKET);
    // of a supervisor that was killed
    let _ = std::fs::remove_file(&path);
    let directory = File::open(folder).at("open", folder)?;
    // paths of sockets are short: by a descriptor of the directory
    let short = PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", directory.as_raw_fd()));
    let listener = UnixListener::bind(short).at("listen at", &path)?;
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        for stream in listener.incoming() {
            match stream {
                Ok(stream) => serve(stream, &shared),
                // out of descriptors, for one: the next moment may be better
                Err(_) => thread::sleep(Duration::from_millis(10)),
            }
        }
    });
    Ok(())
}

fn serve(stream: UnixStream, shared: &Arc<Shared>) {
    shared.phase().open += 1;
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        // who asks and does not listen gets no answer
        let _ = answer(&stream, &shared);
        drop(stream);
        shared.phase().open -= 1;
        shared.changed.notify_all();
    });
}

fn answer(stream: &UnixStream, shared: &Arc<Shared>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(FAREWELL))?;
    let (request, fds) = match message::receive::<Request>(stream) {
        Ok(Some(received)) => received,
        Ok(None) => return Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            let why = "the container was started by another version of constrict: restart it";
            return message::send(stream, &Reply::Refused(why.into()), &[]);
        }
        Err(error) => return Err(error),
    };
    stream.set_read_timeout(None)?;
    match request {
        Request::Signal(signal) => {
            shared.killer.kill(signal);
            message::send(stream, &Reply::Sent, &[])
        }
        Request::Wait => message::send(stream, &Reply::Ended(shared.wait()), &[]),
        Request::Exec(asked) => exec(stream, shared, &asked, fds),
    }
}

fn exec(
    stream: &UnixStream,
    shared: &Shared,
    asked: &Exec,
    fds: Vec<OwnedFd>,
) -> std::io::Result<()> {
    let mut fds = fds.into_iter();
    let stdio = Stdio {
        stdin: fds.next(),
        stdout: fds.next(),
        stderr: fds.next(),
    };
    let mut child = match shared.place.start(asked, stdio) {
        Ok(child) => child,
        Err(Error::Sandbox(error)) => {
            return message::send(stream, &Reply::NotStarted(Failure::from(error)), &[]);
        }
        Err(error) => return message::send(stream, &Reply::Refused(error.to_string()), &[]),
    };
    let terminal = child.take_terminal();
    let fds: Vec<_> = terminal.iter().map(AsFd::as_fd).collect();
    let told = message::send(stream, &Reply::Started, &fds);
    drop(fds);
    if !asked.detached {
        told?;
        // the last one who has it: the program is told when its terminal is gone
        drop(terminal);
        let (orders, killer) = (stream.try_clone()?, child.killer());
        thread::spawn(move || obey(&orders, &killer));
    }
    let exit = child.wait().map_or(Exit::Code(137), |outcome| outcome.exit);
    let told = message::send(stream, &Reply::Ended(exit), &[]);
    // ends the thread that obeys
    let _ = stream.shutdown(std::net::Shutdown::Both);
    told
}

/// Passes signals on, and kills when nobody is there any more.
fn obey(orders: &UnixStream, killer: &Killer) {
    while let Ok(Some((Request::Signal(signal), _))) = message::receive::<Request>(orders) {
        killer.kill(signal);
    }
    killer.kill(Signal::KILL.as_raw());
}
