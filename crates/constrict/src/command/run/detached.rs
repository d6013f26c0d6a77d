//! Containers in the background. There is no daemon: the program starts itself once more, as the supervisor of this one
//! container. That one does everything, says when the container runs, leaves the terminal, and ends with its container.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use constrict_build::Error;
use constrict_build::container::kept::{Created, Id, Tee};
use constrict_sandbox::{Inherited, message};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::failure::Failure;
use crate::{arguments, interrupt};

/// The supervisor's `argv[0]`; its standard input is a socket to the program that started it.
const NAME: &str = "constrict-supervisor";

fn io(act: &'static str, path: &str, source: std::io::Error) -> Error {
    Error::Io {
        act,
        path: path.into(),
        source,
    }
}

/// The program that waits to hear that the container runs.
pub(crate) struct Parent {
    socket: UnixStream,
    /// A pipe of the user's that stays open for days would keep its reader waiting: closed when the container runs.
    _inherited: Inherited,
}

impl Parent {
    /// In the supervisor, before anything is opened.
    pub(crate) fn of_supervisor() -> Option<Self> {
        let name = std::env::args_os().next()?;
        if name != NAME {
            return None;
        }
        let inherited = Inherited::take();
        let socket = std::io::stdin().as_fd().try_clone_to_owned().ok()?;
        Some(Parent {
            socket: UnixStream::from(socket),
            _inherited: inherited,
        })
    }

    /// The container runs: the parent ends with success.
    fn tell(&self, id: &Id) -> Result<(), Failure> {
        message::send(&self.socket, id, &[])
            .map_err(|error| io("tell", "the program that waits", error).into())
    }
}

/// Starts the supervisor with these arguments, and waits until its container runs. Else it has told what went wrong, and
/// its exit status is what there is to say.
pub(crate) fn launch(words: &[OsString]) -> Result<Result<Id, u8>, Failure> {
    let fail = |error| io("start", NAME, error);
    let (ours, theirs) = UnixStream::pair().map_err(fail)?;
    let mut supervisor = Command::new("/proc/self/exe")
        .arg0(NAME)
        .args(words)
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .spawn()
        .map_err(fail)?;
    pass_signals_on(supervisor.id());
    if let Ok(Some((id, _))) = message::receive::<Id>(&ours) {
        return Ok(Ok(id));
    }
    let status = supervisor.wait().map_err(fail)?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(Err(code.unwrap_or(1)))
}

/// Our own arguments, without what a link named `docker` understands besides.
pub(super) fn own_arguments() -> Vec<OsString> {
    let words = arguments::translated(std::env::args_os().collect());
    words.into_iter().skip(1).collect()
}

/// Until its container runs, a signal is for the supervisor, which tidies up.
fn pass_signals_on(supervisor: u32) {
    let (Ok(mut signals), Some(pid)) = (
        Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT]),
        i32::try_from(supervisor).ok().and_then(Pid::from_raw),
    ) else {
        return;
    };
    thread::spawn(move || {
        for signal in signals.forever() {
            if let Some(signal) = Signal::from_named_raw(signal) {
                // it may have ended meanwhile
                let _ = kill_process(pid, signal);
            }
        }
    });
}

/// The supervisor's life, from the start of its container to the end.
pub(crate) fn supervise(
    created: Created,
    interactive: bool,
    parent: Parent,
) -> Result<ExitCode, Failure> {
    // somebody might type: an input that has not ended
    let (input, held) = match interactive && !created.record().request.terminal {
        true => {
            let pipe = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
                .map_err(|error| io("make", "a pipe", error.into()))?;
            (Some(pipe.0), Some(pipe.1))
        }
        false => (None, None),
    };
    let id = created.record().id.clone();
    let passing_on = interrupt::get_ready();
    let running = created.start(input, Tee::default(), false)?;
    let killer = running.killer();
    passing_on.start(move |signal| killer.kill(signal));
    leave_terminal().map_err(|error| io("open", "/dev/null", error))?;
    // who was killed meanwhile hears nothing, and the container runs all the same
    let _ = parent.tell(&id);
    drop(parent);
    let exit = running.wait();
    drop((passing_on, held));
    exit?;
    Ok(ExitCode::SUCCESS)
}

/// From here on nothing of the terminal, and no directory, is held.
fn leave_terminal() -> std::io::Result<()> {
    // fails only for the leader of a group, which is nobody's child in a shell's sense: then it is its own already
    let _ = rustix::process::setsid();
    let null = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    std::env::set_current_dir("/")
}
