//! Starting, waiting for and killing sandboxed processes.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use crate::owner::RecordedOwner;
use crate::{Error, Result, Spec};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    terminal: Option<OwnedFd>,
}

impl Child {
    /// The first process's id as the host sees it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        0
    }

    /// The master side of the terminal, with [`Spec::terminal`]; once.
    pub fn take_terminal(&mut self) -> Option<OwnedFd> {
        self.terminal.take()
    }

    /// A handle that other threads can kill with.
    #[must_use]
    pub fn killer(&self) -> Killer {
        Killer {}
    }

    /// Waits until the first process has ended, everything else inside is dead and the mount stubs are removed.
    ///
    /// # Errors
    /// [`Error::HelperLost`] if the helper was killed.
    pub fn wait(self) -> Result<Outcome> {
        Err(Error::HelperLost)
    }
}

/// Sends signals to a sandbox, from any thread, at any time: after the end it does nothing.
#[derive(Clone, Debug)]
pub struct Killer {}

impl Killer {
    /// Sends `signal` to the first process; `SIGKILL` ends everything inside.
    pub fn kill(&self, _signal: i32) {}
}

/// Kills everything in every sandbox of this program and waits until it is dead. For the handler of Ctrl-C.
pub fn kill_all() {}

/// In the helper: carries the specification out and never returns. Elsewhere: returns at once. To be called first in
/// `main`.
pub fn init_if_asked() {}

/// Starts a sandbox and returns when its program has been executed.
///
/// # Errors
/// [`Error::ProgramNotFound`], [`Error::ProgramNotExecutable`], [`Error::WorkingDirectory`], or what could not be set
/// up.
pub fn spawn(_spec: &Spec, _stdio: Stdio, _options: &Options) -> Result<Child> {
    Err(Error::HelperLost)
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
