//! The user's terminal while a container has one of its own.

use std::fs::File;
use std::io::{self, Read, Write, stdin};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{
    OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr, tcsetwinsize,
};

use crate::{Error, Result};

/// How often the window's size is looked at: a change shows at once to the eye, without a signal handler.
const SIZE_INTERVAL: Duration = Duration::from_millis(100);

/// The terminal's modes before raw mode, for whoever restores them first.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// The user's terminal in raw mode, joined with a container's. Dropping it restores the terminal.
#[derive(Debug)]
pub struct Session {
    output: Option<JoinHandle<()>>,
    /// Closed to stop the thread that reads the user's input.
    stop: Option<OwnedFd>,
}

impl Session {
    /// Puts the terminal on standard input into raw mode and starts copying between it and `master`; window size
    /// changes are passed on. Ctrl-C then reaches the container as a key. A panic restores the terminal; a signal that
    /// ends the program does not: its handler must call [`restore`].
    ///
    /// # Errors
    /// [`Error::Call`] if standard input is no terminal.
    pub fn start(master: OwnedFd) -> Result<Self> {
        Self::start_with(master, |_| {})
    }

    /// The same; `heard` gets what the container writes, too.
    ///
    /// # Errors
    /// As [`Session::start`].
    pub fn start_with(master: OwnedFd, heard: impl FnMut(&[u8]) + Send + 'static) -> Result<Self> {
        let fail =
            |error: rustix::io::Errno| Error::call("use standard input as a terminal", error);
        let before = tcgetattr(stdin()).map_err(fail)?;
        let mut raw = before.clone();
        raw.make_raw();
        pass_size(&master);
        let copy = |fd: &OwnedFd| {
            fd.try_clone()
                .map_err(|error| Error::call("use the container's terminal", error))
        };
        let (from_container, to_container) = (copy(&master)?, master);
        let (watch, stop) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
            .map_err(|error| Error::call("create a pipe", error))?;
        restore_on_panic();
        *before_raw() = Some(before);
        tcsetattr(stdin(), OptionalActions::Drain, &raw).map_err(fail)?;
        let output = thread::spawn(move || copy_output(from_container, heard));
        thread::spawn(move || copy_input(to_container, &watch));
        Ok(Session {
            output: Some(output),
            stop: Some(stop),
        })
    }

    /// Waits for the container's last output (after its process has ended) and restores the terminal.
    pub fn finish(mut self) {
        if let Some(output) = self.output.take() {
            // a panic of that thread has been reported where it happened
            let _ = output.join();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stop = None;
        restore();
    }
}

/// Whether standard input and output are terminals, as `-t` needs them.
#[must_use]
pub fn is_available() -> bool {
    isatty(stdin()) && isatty(io::stdout())
}

/// Restores the terminal if a [`Session`] changed it. For code that ends the program.
pub fn restore() {
    if let Some(before) = before_raw().take() {
        // nothing more can be done for a terminal that is gone
        let _ = tcsetattr(stdin(), OptionalActions::Drain, &before);
    }
}

fn before_raw() -> std::sync::MutexGuard<'static, Option<Termios>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let next = Arc::new(std::panic::take_hook());
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            next(panic);
        }));
    });
}

fn pass_size(master: &OwnedFd) {
    // a terminal without a size leaves the container's without one
    if let Ok(size) = tcgetwinsize(stdin()) {
        let _ = tcsetwinsize(master, size);
    }
}

/// Copies until the container's last process has closed its terminal, which reads as an error.
fn copy_output(master: OwnedFd, mut heard: impl FnMut(&[u8])) {
    let mut from = File::from(master);
    let mut buffer = vec![0; 16 << 10];
    while let Ok(length) = from.read(&mut buffer) {
        heard(&buffer[..length]);
        let mut to = io::stdout().lock();
        if length == 0
            || to
                .write_all(&buffer[..length])
                .and_then(|()| to.flush())
                .is_err()
        {
            return;
        }
    }
}

fn copy_input(master: OwnedFd, stop: &OwnedFd) {
    let mut to = File::from(master);
    let mut buffer = [0; 4096];
    let mut size = tcgetwinsize(stdin()).ok();
    let interval = rustix::event::Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(SIZE_INTERVAL.subsec_nanos()),
    };
    loop {
        let from = stdin();
        let mut watched = [
            PollFd::new(&from, PollFlags::IN),
            PollFd::new(stop, PollFlags::IN),
        ];
        let polled = poll(&mut watched, Some(&interval));
        if watched[1].revents() != PollFlags::empty()
            || matches!(polled, Err(error) if error != rustix::io::Errno::INTR)
        {
            return;
        }
        let ready = watched[0].revents() != PollFlags::empty();
        let now = tcgetwinsize(stdin()).ok();
        if now.map(|now| (now.ws_row, now.ws_col)) != size.map(|size| (size.ws_row, size.ws_col)) {
            size = now;
            if let Ok(master) = to.as_fd().try_clone_to_owned() {
                pass_size(&master);
            }
        }
        if ready {
            // unbuffered: what is typed must not wait in a buffer that the next reader does not see
            match rustix::io::read(stdin(), &mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(length) if to.write_all(&buffer[..length]).is_err() => return,
                Ok(_) => {}
            }
        }
    }
}
