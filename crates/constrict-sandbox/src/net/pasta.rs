//! pasta (Debian `passt`), which connects a namespace with the host's network from the outside, without privileges.
//!
//! It runs below a keeper process of ours, which ends it when this program is gone, however that ended.

use std::fs;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{self, Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde::{Deserialize, Serialize};

use super::join;
use crate::{Error, Options, Result, executable, id_map, wire};

/// The keeper's `argv[0]`.
pub(crate) const NAME: &str = "constrict-sandbox-pasta";
/// How long pasta may take; measured: 80 ms.
const TIMEOUT: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_millis(3);

/// Keeper → program, when pasta has ended: its last words.
#[derive(Debug, Serialize, Deserialize)]
struct Ended {
    detail: String,
}

/// A running pasta; dropping it ends pasta.
#[derive(Debug)]
pub(super) struct Keeper {
    keeper: Child,
    control: UnixStream,
}

/// Where pasta is, if it is installed.
pub(super) fn find() -> Option<PathBuf> {
    id_map::find_tool("pasta")
}

impl Keeper {
    /// Connects a namespace; returns when it has a default route.
    pub(super) fn start(namespace: BorrowedFd<'_>, options: &Options) -> Result<Self> {
        let fail = |error: io::Error| Error::call("start pasta", error);
        let (control, theirs) = UnixStream::pair().map_err(fail)?;
        let program = executable::open(options.helper.as_deref())?;
        let keeper = Command::new(&program)
            .arg0(NAME)
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            // it says what it has to say on its socket, and may outlive whoever reads ours
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Error::io("run", &program, error))?;
        let keeper = Keeper { keeper, control };
        wire::send(&keeper.control, &(), &[namespace]).map_err(fail)?;
        let deadline = Instant::now() + TIMEOUT;
        let namespace = namespace.try_clone_to_owned().map_err(fail)?;
        let stop = keeper.control.try_clone().map_err(fail)?;
        let routed = thread::spawn(move || wait_for_route(&namespace, &stop, deadline));
        if routed.join().unwrap_or(false) {
            return Ok(keeper);
        }
        let detail = keeper.last_words();
        Err(Error::Tool {
            tool: "pasta".to_owned(),
            detail,
        })
    }

    fn last_words(&self) -> String {
        if has_input(&self.control)
            && let Ok(Some((Ended { detail }, _))) = wire::receive(&self.control)
        {
            return detail;
        }
        format!("no default route after {} seconds", TIMEOUT.as_secs())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.control.shutdown(std::net::Shutdown::Both);
        let _ = self.keeper.wait();
    }
}

fn has_input(socket: &UnixStream) -> bool {
    let now = rustix::event::Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready > 0)
}

/// Waits in the namespace, on a thread of its own, until it has a default route or pasta has ended.
fn wait_for_route(namespace: &OwnedFd, control: &UnixStream, deadline: Instant) -> bool {
    if join(namespace.as_fd()).is_err() {
        return false;
    }
    while Instant::now() < deadline {
        if has_route() {
            return true;
        }
        if has_input(control) {
            return false;
        }
        thread::sleep(POLL_INTERVAL);
    }
    false
}

fn has_route() -> bool {
    let read = |name: &str| {
        fs::read_to_string(format!("/proc/thread-self/net/{name}")).unwrap_or_default()
    };
    let v4 = read("route")
        .lines()
        .skip(1)
        .any(|line| line.split_whitespace().nth(1) == Some("00000000"));
    // destination and its prefix length, a gateway that is not zero
    let v6 = read("ipv6_route").lines().any(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        fields.len() > 4 && fields[1] == "00" && fields[4].bytes().any(|byte| byte != b'0')
    });
    v4 || v6
}

/// The keeper's `main`.
pub(crate) fn keep() -> ! {
    // SAFETY: the program starts its keeper with the control socket as standard input, and nothing here uses that.
    let control = unsafe { UnixStream::from_raw_fd(0) };
    if let Err(error) = run(&control) {
        // fails if the program is gone
        let _ = wire::send(
            &control,
            &Ended {
                detail: error.to_string(),
            },
            &[],
        );
    }
    process::exit(0)
}

fn run(control: &UnixStream) -> io::Result<()> {
    let Some(((), mut fds)) = wire::receive::<()>(control)? else {
        return Ok(());
    };
    let namespace = fds.pop().ok_or(io::ErrorKind::InvalidData)?;
    // Ctrl-C is for the program, which ends this process when it wants to
    let _ = rustix::process::setsid();
    let program = find().ok_or(io::ErrorKind::NotFound)?;
    // as standard input, because newer versions close every other descriptor
    let mut pasta = Command::new(program)
        .args([
            "--foreground",
            "--quiet",
            "--config-net",
            "--runas",
            "0",
            "--netns-only",
        ])
        .args([
            "--tcp-ports",
            "none",
            "--udp-ports",
            "none",
            "--tcp-ns",
            "none",
            "--udp-ns",
            "none",
        ])
        // the host's loopback device is not for containers
        .arg("--no-map-gw")
        .args(["--netns", "/proc/self/fd/0"])
        .stdin(namespace)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let pid = i32::try_from(pasta.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or(io::ErrorKind::InvalidData)?;
    let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
    let mut watched = [
        PollFd::new(&pidfd, PollFlags::IN),
        PollFd::new(control, PollFlags::IN),
    ];
    while poll(&mut watched, None) == Err(rustix::io::Errno::INTR) {}
    if watched[0].revents() == PollFlags::empty() {
        pasta.kill()?;
        pasta.wait()?;
        return Ok(());
    }
    let status = pasta.wait()?;
    let mut words = String::new();
    if let Some(mut stderr) = pasta.stderr.take() {
        stderr.read_to_string(&mut words)?;
    }
    let last = words
        .lines()
        .rfind(|line| !line.contains("syslog") && !line.trim().is_empty());
    let detail = last.map_or_else(|| status.to_string(), str::to_owned);
    wire::send(control, &Ended { detail }, &[])
}
