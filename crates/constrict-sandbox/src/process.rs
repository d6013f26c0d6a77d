//! Starting, waiting for and killing sandboxed processes.

use std::fs::File;
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{self, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde::{Deserialize, Serialize};

use crate::owner::RecordedOwner;
use crate::wire::{self, Event, Kill, Setup};
use crate::{Error, Result, Spec, executable, helper, namespace, net};

/// Standard streams of the process; `None` is `/dev/null`. Not used with [`Spec::terminal`].
#[derive(Debug, Default)]
pub struct Stdio {
    /// Standard input.
    pub stdin: Option<OwnedFd>,
    /// Standard output.
    pub stdout: Option<OwnedFd>,
    /// Standard error.
    pub stderr: Option<OwnedFd>,
}

/// How to start the helper.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The program whose `main` calls [`init_if_asked`]; this program if not given.
    pub helper: Option<PathBuf>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// By itself, with this status.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl Exit {
    /// Whether it ended by itself with 0.
    #[must_use]
    pub fn success(self) -> bool {
        self == Exit::Code(0)
    }

    /// The status a shell or docker gives: 128 + n for signal n.
    #[must_use]
    pub fn status(self) -> i32 {
        match self {
            Exit::Code(code) => code,
            Exit::Signal(signal) => 128 + signal,
        }
    }
}

/// What is left when everything in the sandbox has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How the first process ended.
    pub exit: Exit,
    /// Owners asked for that no attribute could carry ([`Mode::SingleId`](crate::Mode::SingleId) only), by path.
    pub owners: Vec<RecordedOwner>,
}

/// A running sandbox. Dropping it kills everything inside.
#[derive(Debug)]
pub struct Child {
    helper: process::Child,
    control: Arc<UnixStream>,
    pidfd: Arc<OwnedFd>,
    pid: u32,
    first: Option<Arc<OwnedFd>>,
    terminal: Option<OwnedFd>,
}

/// A running sandbox, as the place where further programs are started. After its end nothing can be started there.
#[derive(Clone, Debug)]
pub struct Entrance(Arc<OwnedFd>);

impl Child {
    /// The first process's id as the host sees it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The master side of the terminal, with [`Spec::terminal`]; once.
    pub fn take_terminal(&mut self) -> Option<OwnedFd> {
        self.terminal.take()
    }

    /// Where further programs are started, from any thread: see [`spawn_inside`].
    ///
    /// # Errors
    /// [`Error::HelperLost`] if the helper did not say which process it is.
    pub fn entrance(&self) -> Result<Entrance> {
        let first = self.first.as_ref().ok_or(Error::HelperLost)?;
        Ok(Entrance(Arc::clone(first)))
    }

    /// A handle that other threads can kill with.
    #[must_use]
    pub fn killer(&self) -> Killer {
        Killer {
            control: Arc::clone(&self.control),
        }
    }

    /// Waits until the first process has ended, everything else inside is dead and the mount stubs are removed.
    ///
    /// # Errors
    /// [`Error::HelperLost`] if the helper was killed.
    pub fn wait(mut self) -> Result<Outcome> {
        let event = hear(&self.control)?.0;
        // reaps; the message says all there is to know
        let _ = self.helper.wait();
        match event {
            Event::Ended { exit, owners } => Ok(Outcome { exit, owners }),
            Event::Failed(failure) => Err(failure.into()),
            Event::Started { .. } => Err(Error::HelperLost),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // the helper kills everything when it sees the end of the stream, and then cleans up
        let _ = self.control.shutdown(Shutdown::Both);
        let _ = self.helper.wait();
        registry().retain(|running| !Arc::ptr_eq(&running.pidfd, &self.pidfd));
    }
}

/// Sends signals to a sandbox, from any thread, at any time: after the end it does nothing.
#[derive(Clone, Debug)]
pub struct Killer {
    control: Arc<UnixStream>,
}

impl Killer {
    /// Sends `signal` to the first process; `SIGKILL` ends everything inside.
    pub fn kill(&self, signal: i32) {
        // fails only if the helper has ended
        let _ = wire::send(&self.control, &Kill { signal }, &[]);
    }
}

/// A sandbox that [`kill_all`] has to know.
struct Running {
    control: Arc<UnixStream>,
    pidfd: Arc<OwnedFd>,
}

static RUNNING: Mutex<Vec<Running>> = Mutex::new(Vec::new());

fn registry() -> MutexGuard<'static, Vec<Running>> {
    // a list of handles is whole at every point, even if a thread panicked while it held the lock
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills everything in every sandbox of this program and waits until it is dead and cleaned up. For a thread that waits
/// for Ctrl-C; not for a signal handler. (A program that just ends has the same effect, a moment later.)
pub fn kill_all() {
    let running: Vec<(Arc<UnixStream>, Arc<OwnedFd>)> = registry()
        .iter()
        .map(|running| (Arc::clone(&running.control), Arc::clone(&running.pidfd)))
        .collect();
    for (control, _) in &running {
        let _ = wire::send(
            control,
            &Kill {
                signal: libc::SIGKILL,
            },
            &[],
        );
    }
    for (_, pidfd) in &running {
        // readable when the helper has ended
        while poll(&mut [PollFd::new(pidfd, PollFlags::IN)], None) == Err(rustix::io::Errno::INTR) {
        }
    }
}

/// In the helper: carries the specification out and never returns. Elsewhere: returns at once. To be called first in
/// `main`.
pub fn init_if_asked() {
    match std::env::args_os().next() {
        Some(name) if name == helper::NAME => helper::main(),
        Some(name) if name == net::KEEPER => net::keep(),
        _ => {}
    }
}

/// Starts a sandbox and returns when its program has been executed.
///
/// # Errors
/// [`Error::ProgramNotFound`], [`Error::ProgramNotExecutable`], [`Error::WorkingDirectory`], or what could not be set
/// up. [`Error::Spec`] if [`enter`](crate::enter) has not been called.
pub fn spawn(spec: &Spec, stdio: Stdio, options: &Options) -> Result<Child> {
    start(spec, None, stdio, options)
}

/// Starts a further program in a running sandbox and returns when it has been executed. Of the specification, what the
/// sandbox already has does not count: root, mounts, host name and the like; the network is to be the same. Killing the
/// [`Child`] kills this program only; the end of the sandbox ends it too.
///
/// # Errors
/// As [`spawn`]; [`Error::Call`] if the sandbox has ended.
pub fn spawn_inside(
    entrance: &Entrance,
    spec: &Spec,
    stdio: Stdio,
    options: &Options,
) -> Result<Child> {
    start(spec, Some(entrance), stdio, options)
}

fn start(
    spec: &Spec,
    entrance: Option<&Entrance>,
    stdio: Stdio,
    options: &Options,
) -> Result<Child> {
    let Some(entered) = namespace::entered() else {
        return Err(Error::Spec {
            reason: "`enter` has not been called".to_owned(),
        });
    };
    let (control, theirs) =
        UnixStream::pair().map_err(|error| Error::call("create a socket", error))?;
    let program = executable::open(options.helper.as_deref())?;
    let helper = Command::new(&program)
        .arg0(helper::NAME)
        .env_clear()
        .stdin(OwnedFd::from(theirs))
        .stdout(process::Stdio::null())
        .spawn()
        .map_err(|error| Error::io("run", &program, error))?;
    let pidfd = pidfd_of(&helper)?;
    let (control, pidfd) = (Arc::new(control), Arc::new(pidfd));
    registry().push(Running {
        control: Arc::clone(&control),
        pidfd: Arc::clone(&pidfd),
    });
    let mut child = Child {
        helper,
        control,
        pidfd,
        pid: 0,
        first: None,
        terminal: None,
    };

    let setup = Setup {
        spec: spec.clone(),
        mode: entered.mode,
        join: entrance.is_some(),
    };
    let streams = streams(stdio)?;
    let joined = entrance.map(|entrance| entrance.0.as_fd());
    let fds: Vec<_> = streams.iter().map(AsFd::as_fd).chain(joined).collect();
    wire::send(&child.control, &setup, &fds)
        .map_err(|error| Error::call("reach the sandbox helper", error))?;
    drop(streams);
    match hear(&child.control)? {
        (Event::Started { pid }, mut fds) => {
            child.pid = pid.unsigned_abs();
            if fds.len() > 1 {
                child.terminal = fds.pop();
            }
            child.first = fds.pop().map(Arc::new);
            Ok(child)
        }
        (Event::Failed(failure), _) => Err(failure.into()),
        (Event::Ended { .. }, _) => Err(Error::HelperLost),
    }
}

fn hear(control: &UnixStream) -> Result<(Event, Vec<OwnedFd>)> {
    match wire::receive(control) {
        Ok(Some(message)) => Ok(message),
        Ok(None) => Err(Error::HelperLost),
        Err(error) => Err(Error::call("hear the sandbox helper", error)),
    }
}

fn pidfd_of(helper: &process::Child) -> Result<OwnedFd> {
    let pid = i32::try_from(helper.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or(Error::HelperLost)?;
    pidfd_open(pid, PidfdFlags::empty())
        .map_err(|error| Error::call("watch the sandbox helper", error))
}

fn streams(stdio: Stdio) -> Result<Vec<OwnedFd>> {
    let null = || {
        let file = File::options().read(true).write(true).open("/dev/null");
        file.map(OwnedFd::from)
            .map_err(|error| Error::io("open", "/dev/null", error))
    };
    [stdio.stdin, stdio.stdout, stdio.stderr]
        .into_iter()
        .map(|stream| stream.map_or_else(null, Ok))
        .collect()
}

/// [`spawn`] and [`Child::wait`], with a look at the child in between.
///
/// # Errors
/// Those of both.
pub fn run(
    spec: &Spec,
    stdio: Stdio,
    options: &Options,
    on_start: impl FnOnce(&mut Child),
) -> Result<Outcome> {
    let mut child = spawn(spec, stdio, options)?;
    on_start(&mut child);
    child.wait()
}
