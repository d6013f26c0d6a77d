//! The helper: makes the namespaces, forks the first process, and stays outside to pass on signals, answer system calls
//! and clean up. It ends everything inside when the program that started it is gone. It is single-threaded.

use std::fs::File;
use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{AtFlags, OFlags, unlinkat};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid,
};
use rustix::thread::{LinkNameSpaceType, UnshareFlags};

use crate::accounts::Accounts;
use crate::notify::Supervisor;
use crate::process::Exit;
use crate::stub::{self, Stubs};
use crate::wire::{self, Event, Kill, Report, Setup};
use crate::{Error, Mode, Network, Result, Root, init, join, mount, net};

/// The helper's `argv[0]`.
pub(crate) const NAME: &str = "constrict-sandbox-init";

/// The helper's `main`.
pub(crate) fn main() -> ! {
    // SAFETY: the program starts its helper with the control socket as standard input, and nothing here uses that.
    let control = unsafe { UnixStream::from_raw_fd(0) };
    // the program is gone if this fails: nobody is left to tell
    let status = match serve(&control) {
        Ok(()) => 0,
        Err(_) => 1,
    };
    std::process::exit(status)
}

fn serve(control: &UnixStream) -> io::Result<()> {
    let Some((setup, mut streams)) = wire::receive::<Setup>(control)? else {
        return Ok(());
    };
    let joined = if setup.join { streams.pop() } else { None };
    // the first process must find 0 to 2 taken by nothing that matters
    let control = UnixStream::from(control.as_fd().try_clone_to_owned()?);
    // a signal from the user's terminal is for the program, which decides what it means
    let _ = rustix::process::setsid();
    // what is joined is cleaned up by the helper that built it
    let cleaning = match setup.join {
        true => Cleaning::default(),
        false => Cleaning::open(&setup.spec.root),
    };
    let accounts =
        (setup.mode == Mode::SingleId && !setup.join).then(|| Accounts::read(&setup.spec.root));
    let mut stubs = Stubs::default();
    let event = match run(
        &setup,
        joined,
        streams,
        &control,
        &mut stubs,
        cleaning.upper.as_ref(),
    ) {
        Ok(event) => event,
        Err(error) => Event::Failed(error.into()),
    };
    cleaning.carry_out(&stubs);
    if let (Some(accounts), Some(upper)) = (accounts, &cleaning.upper) {
        accounts.carry_over(upper.as_fd());
    }
    wire::send(&control, &event, &[])
}

fn run(
    setup: &Setup,
    joined: Option<OwnedFd>,
    streams: Vec<OwnedFd>,
    control: &UnixStream,
    stubs: &mut Stubs,
    upper: Option<&OwnedFd>,
) -> Result<Event> {
    // before the mounts may be the sandbox's
    let null = File::options()
        .write(true)
        .open("/dev/null")
        .map_err(|error| Error::io("open", "/dev/null", error))?;
    match (setup.join, &joined) {
        (false, _) => make_namespaces(setup)?,
        (true, Some(joined)) => join::namespaces(joined, &setup.spec.network)?,
        (true, None) => return Err(Error::HelperLost),
    }
    let (report, of_child) =
        UnixStream::pair().map_err(|error| Error::call("create a socket", error))?;
    // SAFETY: this process is single-threaded, so the child may do everything that it may.
    let pid = match unsafe { libc::fork() } {
        -1 => return Err(Error::call("fork", io::Error::last_os_error())),
        0 => {
            drop(report);
            let error = match &joined {
                Some(joined) => join::run(setup, joined, streams, &of_child),
                None => init::run(setup, streams, &of_child),
            };
            // if the helper is gone there is nobody to tell
            let _ = wire::send(&of_child, &Report::Failed(error.into()), &[]);
            std::process::exit(1)
        }
        pid => Pid::from_raw(pid).expect("fork returns a positive id"),
    };
    drop((of_child, streams, joined));
    let pidfd = pidfd_open(pid, PidfdFlags::empty())
        .map_err(|error| Error::call("watch the process", error))?;
    let began = hear(&report, &pidfd, stubs);
    let (terminal, supervisor) = match began {
        Ok(began) => began,
        Err(error) => {
            end(&pidfd);
            return Err(error);
        }
    };
    let fds: Vec<_> = [&pidfd]
        .into_iter()
        .chain(&terminal)
        .map(AsFd::as_fd)
        .collect();
    let started = Event::Started {
        pid: pid.as_raw_nonzero().get(),
    };
    if wire::send(control, &started, &fds).is_err() {
        end(&pidfd);
        return Err(Error::HelperLost);
    }
    drop(terminal);
    // whoever reads the program's standard error does not wait for this process, which has nothing more to say there
    let _ = rustix::stdio::dup2_stderr(null);
    let mut supervisor = supervisor;
    let exit = supervise(&pidfd, control, supervisor.as_mut())?;
    Ok(Event::Ended {
        exit,
        owners: supervisor
            .map(|supervisor| supervisor.finish(upper.map(AsFd::as_fd)))
            .unwrap_or_default(),
    })
}

fn make_namespaces(setup: &Setup) -> Result<()> {
    let spec = &setup.spec;
    match &spec.network {
        Network::Host => {}
        Network::None => {
            unshare(UnshareFlags::NEWNET, "network namespaces")?;
            net::loopback_up().map_err(|error| Error::call("start the loopback device", error))?;
        }
        Network::Namespace(path) => {
            let namespace = File::open(path)
                .map_err(|error| Error::io("open network namespace", path, error))?;
            rustix::thread::move_into_link_name_space(
                namespace.as_fd(),
                Some(LinkNameSpaceType::Network),
            )
            .map_err(|error| Error::io("join network namespace", path, error))?;
        }
    }
    let flags = UnshareFlags::NEWPID
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS
        | UnshareFlags::NEWCGROUP;
    unshare(flags, "PID, IPC, UTS and cgroup namespaces")?;
    rustix::system::sethostname(spec.hostname.as_bytes())
        .map_err(|error| Error::call("set the host name", error))
}

pub(crate) fn unshare(flags: UnshareFlags, what: &str) -> Result<()> {
    // SAFETY: none of the namespaces used here takes memory or descriptors away from this single-threaded process.
    unsafe { rustix::thread::unshare_unsafe(flags) }.map_err(|error| Error::Refused {
        feature: what.to_owned(),
        remedy: "constrict needs CAP_SYS_ADMIN or user namespaces; `constrict doctor` tells which are missing"
            .to_owned(),
        source: error.into(),
    })
}

/// Listens to the first process until it has executed the program.
fn hear(
    report: &UnixStream,
    pidfd: &OwnedFd,
    stubs: &mut Stubs,
) -> Result<(Option<OwnedFd>, Option<Supervisor>)> {
    let (mut terminal, mut supervisor) = (None, None);
    let received = || {
        wire::receive::<Report>(report)
            .map_err(|error| Error::call("hear the first process", error))
    };
    while let Some((message, mut fds)) = received()? {
        match message {
            Report::Stubs(made) => *stubs = made,
            Report::Terminal => terminal = fds.pop(),
            Report::Listener => {
                supervisor = fds
                    .pop()
                    .map(|fd| Supervisor::join(fd, pidfd))
                    .transpose()?;
                wire::send(report, &(), &[])
                    .map_err(|error| Error::call("let the process go on", error))?;
            }
            Report::Failed(failure) => return Err(failure.into()),
        }
    }
    Ok((terminal, supervisor))
}

/// Watches until the first process has ended; by then the kernel has killed all others inside.
fn supervise(
    pidfd: &OwnedFd,
    control: &UnixStream,
    mut supervisor: Option<&mut Supervisor>,
) -> Result<Exit> {
    let mut listening = true;
    loop {
        let none = PollFlags::empty();
        let mut watched = vec![
            PollFd::new(pidfd, PollFlags::IN),
            PollFd::new(control, if listening { PollFlags::IN } else { none }),
        ];
        if let Some(supervisor) = &supervisor {
            watched.push(PollFd::from_borrowed_fd(
                supervisor.listener(),
                PollFlags::IN,
            ));
        }
        match poll(&mut watched, None) {
            Err(rustix::io::Errno::INTR) => continue,
            other => other.map_err(|error| Error::call("watch the process", error))?,
        };
        let ready: Vec<PollFlags> = watched.iter().map(PollFd::revents).collect();
        drop(watched);
        if ready[0] != none {
            return reap(pidfd);
        }
        if ready[1] != none {
            listening = pass_on(control, pidfd);
        }
        if ready
            .get(2)
            .is_some_and(|flags| flags.contains(PollFlags::IN))
        {
            if let Some(supervisor) = &mut supervisor {
                supervisor.answer();
            }
        } else if ready.get(2).is_some_and(|flags| *flags != none) {
            // everybody who could ask has ended
            supervisor = None;
        }
    }
}

/// Passes a signal on; kills everything if the program is gone.
fn pass_on(control: &UnixStream, pidfd: &OwnedFd) -> bool {
    let Ok(Some((Kill { signal }, _))) = wire::receive::<Kill>(control) else {
        let _ = pidfd_send_signal(pidfd, Signal::KILL);
        let _ = control.shutdown(Shutdown::Read);
        return false;
    };
    let signal = match Signal::from_named_raw(signal) {
        None if (libc::SIGRTMIN()..=libc::SIGRTMAX()).contains(&signal) => {
            // SAFETY: a real-time signal that the C library leaves to programs; it is sent on, and not handled here.
            Some(unsafe { Signal::from_raw_unchecked(signal) })
        }
        named => named,
    };
    if let Some(signal) = signal {
        // fails only if the process has just ended
        let _ = pidfd_send_signal(pidfd, signal);
    }
    true
}

fn end(pidfd: &OwnedFd) {
    let _ = pidfd_send_signal(pidfd, Signal::KILL);
    let _ = reap(pidfd);
}

fn reap(pidfd: &OwnedFd) -> Result<Exit> {
    loop {
        match waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Error::call("wait for the process", error)),
            Ok(None) => return Err(Error::HelperLost),
            Ok(Some(status)) => {
                return Ok(match (status.exit_status(), status.terminating_signal()) {
                    (Some(code), _) => Exit::Code(code),
                    (None, Some(signal)) => Exit::Signal(signal),
                    (None, None) => return Err(Error::HelperLost),
                });
            }
        }
    }
}

/// The directories to clean up, open: this process may move to other mounts meanwhile.
#[derive(Default)]
struct Cleaning {
    upper: Option<OwnedFd>,
    work: Option<OwnedFd>,
}

impl Cleaning {
    fn open(root: &Root) -> Self {
        let Root::Writable { lower, upper, work } = root else {
            return Cleaning::default();
        };
        // a directory that cannot be opened is reported by the mount
        let open = |path: &Path| mount::open_host(path).ok();
        Cleaning {
            upper: open(upper),
            work: if lower.is_empty() { None } else { open(work) },
        }
    }

    /// Leaves the upper directory as the command left it.
    fn carry_out(&self, stubs: &Stubs) {
        if let Some(upper) = &self.upper {
            stub::clean(upper.as_fd(), stubs);
        }
        // the mark of a volatile overlay: while it is there, the kernel refuses to mount these directories again
        for (name, flags) in [
            ("volatile/dirty", AtFlags::empty()),
            ("volatile/dirty", AtFlags::REMOVEDIR),
            ("volatile", AtFlags::REMOVEDIR),
        ] {
            let Some(work) = &self.work else { return };
            let Ok(mark) = mount::open_plain(work, Path::new("work/incompat"), OFlags::PATH) else {
                return;
            };
            let _ = unlinkat(mark, name, flags);
        }
        if let Some(work) = &self.work {
            let _ = unlinkat(work, "work/incompat", AtFlags::REMOVEDIR);
        }
    }
}
