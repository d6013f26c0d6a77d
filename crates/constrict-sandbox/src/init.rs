//! The first process of a sandbox, from its fork to the execution of the program: it builds the root, moves into it and
//! gives up its privileges. It is single-threaded and reports to the helper.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::fs::{Mode as FileMode, OFlags, ResolveFlags, openat2};
use rustix::io::dup2;
use rustix::mount::{MountPropagationFlags, UnmountFlags};
use rustix::process::{DumpableBehavior, Resource, Rlimit, Signal, getrlimit, setrlimit};

use crate::file_systems::{HostParts, Kernel, mount_all, mount_console};
use crate::root::{Prepared, Scratch};
use crate::seccomp::Filter;
use crate::stub::Stubs;
use crate::wire::{self, Report, Setup};
use crate::{
    Capability, CapabilityBase, Error, Mode, Result, Seccomp, Spec, User, privilege, reaper,
};

/// Where programs are looked for without a `PATH`, as docker does.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// `KEYCTL_JOIN_SESSION_KEYRING`.
const JOIN_SESSION_KEYRING: libc::c_int = 1;

/// Carries the specification out, or says why not. Returns only on failure.
pub(crate) fn run(setup: &Setup, streams: Vec<OwnedFd>, report: &UnixStream) -> Error {
    match prepare(setup, streams, report) {
        Ok(granted) => execute(setup, &granted, report),
        Err(error) => error,
    }
}

fn prepare(
    setup: &Setup,
    streams: Vec<OwnedFd>,
    report: &UnixStream,
) -> Result<BTreeSet<Capability>> {
    let spec = &setup.spec;
    die_with_helper()?;
    // modes below are meant as written
    rustix::process::umask(FileMode::empty());
    rustix::process::setsid().map_err(|error| Error::call("start a session", error))?;
    let root = build_root(setup, report)?;
    let mut streams = streams;
    if spec.terminal {
        streams = open_terminal(&root, spec.user.uid, report)?;
    }
    enter_root(&root)?;
    let cwd = open_working_directory(root.root.as_fd(), spec)?;
    drop(root);
    settle(spec, streams, cwd)
}

/// The last steps before the privileges go; the capabilities that stay.
pub(crate) fn settle(
    spec: &Spec,
    streams: Vec<OwnedFd>,
    cwd: OwnedFd,
) -> Result<BTreeSet<Capability>> {
    set_streams(&streams, &spec.user, spec.terminal)?;
    drop(streams);
    rustix::process::fchdir(&cwd)
        .map_err(|error| Error::call("enter the working directory", error))?;
    drop(cwd);
    leave_keyring();
    privilege::set_limits(&spec.rlimits)?;
    Ok(spec.capabilities.resolve())
}

pub(crate) fn die_with_helper() -> Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| Error::call("tie the process to its helper", error))
}

/// The root and everything mounted in it, attached at the scratch directory.
struct Built {
    root: OwnedFd,
    pts: OwnedFd,
}

fn build_root(setup: &Setup, report: &UnixStream) -> Result<Built> {
    let spec = &setup.spec;
    // SAFETY: a mount namespace of its own leaves memory and descriptors of this single-threaded process alone.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNS) }
        .map_err(|error| Error::call("create a mount namespace", error))?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private)
        .map_err(|error| Error::io("make private", "/", error))?;

    let limit = raise_descriptor_limit();
    let host = HostParts::open(setup.mode)?;
    let prepared = Prepared::open(spec)?;
    let scratch = Scratch::mount(setup.mode)?;
    let kernel = if spec.capabilities.base == CapabilityBase::All {
        Kernel::Whole
    } else {
        Kernel::Masked
    };

    let mut stubs = Stubs::default();
    let root = prepared.mount_root(&scratch)?;
    let pts = mount_all(root.as_fd(), setup.mode, &host, kernel, spec.shm_size)?;
    let mounted = prepared
        .mount_others(root.as_fd(), &scratch, &mut stubs)
        .and_then(|()| {
            if answers_for(setup) {
                prepared.mount_apt_setting(root.as_fd(), &scratch, &mut stubs)
            } else {
                Ok(())
            }
        });
    // what was made must be taken away even if a later mount failed
    wire::send(report, &Report::Stubs(stubs), &[]).map_err(|error| Error::call("report", error))?;
    mounted?;
    prepared.protect_root(root.as_fd(), spec.read_only_root)?;
    drop(prepared);
    // lowering a limit again is always allowed
    let _ = setrlimit(Resource::Nofile, limit);
    Ok(Built { root, pts })
}

/// As many descriptors as allowed, for layers; returns the limit that the program has to get.
fn raise_descriptor_limit() -> Rlimit {
    let limit = getrlimit(Resource::Nofile);
    // without it, many layers fail with an error of their own
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    );
    limit
}

/// Whether calls that a single id cannot carry out are answered: for root only, as others may not make them anyway.
fn answers_for(setup: &Setup) -> bool {
    setup.mode == Mode::SingleId && setup.spec.user.uid == 0
}

fn open_terminal(built: &Built, uid: u32, report: &UnixStream) -> Result<Vec<OwnedFd>> {
    let terminal = new_terminal(built.pts.as_fd())?;
    mount_console(built.root.as_fd(), &built.pts, terminal.number, uid)
        .map_err(|error| Error::call("open a terminal", error))?;
    terminal.take(report)
}

/// A terminal of a sandbox's `/dev/pts`.
pub(crate) struct Terminal {
    master: OwnedFd,
    slave: OwnedFd,
    pub(crate) number: u32,
}

pub(crate) fn new_terminal(pts: BorrowedFd<'_>) -> Result<Terminal> {
    let fail = |error: io::Error| Error::call("open a terminal", error);
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let master =
        rustix::fs::openat(pts, "ptmx", flags, FileMode::empty()).map_err(|e| fail(e.into()))?;
    rustix::pty::unlockpt(&master).map_err(|error| fail(error.into()))?;
    let slave = rustix::pty::ioctl_tiocgptpeer(
        &master,
        rustix::pty::OpenptFlags::RDWR
            | rustix::pty::OpenptFlags::NOCTTY
            | rustix::pty::OpenptFlags::CLOEXEC,
    )
    .map_err(|error| fail(error.into()))?;
    let name = rustix::pty::ptsname(&master, Vec::new()).map_err(|error| fail(error.into()))?;
    let number = name
        .to_str()
        .ok()
        .and_then(|name| name.rsplit('/').next()?.parse().ok());
    let number = number.ok_or_else(|| fail(io::Error::from_raw_os_error(libc::ENOTTY)))?;
    Ok(Terminal {
        master,
        slave,
        number,
    })
}

impl Terminal {
    /// Makes it this session's, gives the other side away, and returns the standard streams.
    pub(crate) fn take(self, report: &UnixStream) -> Result<Vec<OwnedFd>> {
        let fail = |error: io::Error| Error::call("open a terminal", error);
        rustix::process::ioctl_tiocsctty(&self.slave).map_err(|error| fail(error.into()))?;
        wire::send(report, &Report::Terminal, &[self.master.as_fd()]).map_err(fail)?;
        let copy = || self.slave.try_clone().map_err(fail);
        Ok(vec![copy()?, copy()?, copy()?])
    }
}

/// Makes the built root the only one.
fn enter_root(built: &Built) -> Result<()> {
    rustix::process::fchdir(&built.root).map_err(|error| Error::call("enter the root", error))?;
    rustix::process::pivot_root(".", ".").map_err(|error| Error::call("change the root", error))?;
    rustix::mount::unmount(".", UnmountFlags::DETACH)
        .map_err(|error| Error::call("leave the host's mounts", error))?;
    rustix::process::chdir("/").map_err(|error| Error::call("enter the root", error))
}

pub(crate) fn open_working_directory(root: BorrowedFd<'_>, spec: &Spec) -> Result<OwnedFd> {
    // a magic link such as /proc/self/fd/3 would lead to a descriptor of the host
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat2(root, &spec.cwd, flags, FileMode::empty(), resolve).map_err(|error| {
        Error::WorkingDirectory {
            path: spec.cwd.clone(),
            source: error.into(),
        }
    })
}

fn set_streams(streams: &[OwnedFd], user: &User, terminal: bool) -> Result<()> {
    for (number, stream) in (0..).zip(streams) {
        if user.uid != 0 && !terminal && is_pipe(stream.as_fd()) {
            // so that opening /dev/stdout works for that user; a refusal only means that it does not
            let _ = rustix::fs::fchown(stream, Some(rustix::fs::Uid::from_raw(user.uid)), None);
        }
        // SAFETY: 0 to 2 are owned by nothing in this process: the standard library only borrows them.
        let mut target =
            std::mem::ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(number as RawFd) });
        dup2(stream, &mut target)
            .map_err(|error| Error::call("set the standard streams", error))?;
    }
    Ok(())
}

fn is_pipe(stream: BorrowedFd<'_>) -> bool {
    rustix::fs::fstat(stream).is_ok_and(|found| {
        rustix::fs::FileType::from_raw_mode(found.st_mode) == rustix::fs::FileType::Fifo
    })
}

/// A session keyring of its own, so that the caller's keys are not reachable.
fn leave_keyring() {
    // SAFETY: KEYCTL_JOIN_SESSION_KEYRING with a null name takes no memory of ours. Kernels without keyrings refuse.
    unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            JOIN_SESSION_KEYRING,
            std::ptr::null::<libc::c_char>(),
        )
    };
}

/// Gives up what the program must not have, and executes it; returns only on failure.
pub(crate) fn execute(setup: &Setup, granted: &BTreeSet<Capability>, report: &UnixStream) -> Error {
    match give_up(setup, granted, report) {
        Ok(()) if setup.spec.init && !setup.join => {
            reaper::run(|| find_and_execute(&setup.spec), setup.spec.terminal)
        }
        Ok(()) => find_and_execute(&setup.spec),
        Err(error) => error,
    }
}

fn give_up(setup: &Setup, granted: &BTreeSet<Capability>, report: &UnixStream) -> Result<()> {
    let spec = &setup.spec;
    let answers = answers_for(setup);
    let filter = match spec.seccomp {
        Seccomp::Default => Some(Filter::new(granted, answers)),
        Seccomp::Off => answers.then(Filter::answers_only),
    };
    let (uid, gid) = (spec.user.uid, spec.user.gid);
    let is_single = setup.mode == Mode::SingleId;
    let becomes_other = is_single && (uid, gid) != (0, 0);
    if becomes_other {
        crate::id_map::unshare_single()?;
        if !setup.join {
            crate::id_map::become_single(uid, gid)?;
        }
    }
    let program_user = if is_single {
        User::default()
    } else {
        spec.user.clone()
    };
    forbid_tracing()?;
    privilege::limit_bounding_set(granted)?;
    if !is_single {
        privilege::set_groups(&program_user)?;
    }
    if spec.no_new_privileges {
        rustix::thread::set_no_new_privs(true)
            .map_err(|error| Error::call("set no_new_privs", error))?;
    }
    rustix::process::umask(FileMode::from_raw_mode(0o022));
    reset_signals();
    if let Some(filter) = filter {
        let listener = filter.install().map_err(|source| Error::Refused {
            feature: "system call filters".to_owned(),
            remedy: "a kernel with CONFIG_SECCOMP_FILTER is needed".to_owned(),
            source,
        })?;
        if let Some(listener) = listener {
            wire::send(report, &Report::Listener, &[listener.as_fd()])
                .map_err(|error| Error::call("report", error))?;
            // a program that ends at once would take its mounts with it before the helper has joined them
            let joined = wire::receive::<()>(report)
                .map_err(|error| Error::call("hear the helper", error))?;
            joined.ok_or(Error::HelperLost)?;
        }
    }
    if becomes_other && setup.join {
        // its own maps can be written by a process only that may be traced; by now that gives nothing to others inside
        trace(DumpableBehavior::Dumpable)?;
        let became = crate::id_map::become_single(uid, gid);
        forbid_tracing()?;
        became?;
    }
    if !is_single {
        privilege::set_user(&program_user)?;
    }
    let none = BTreeSet::new();
    privilege::limit_capabilities(if spec.user.uid == 0 { granted } else { &none })?;
    // changing the user id has cleared it
    die_with_helper()
}

/// Forbids everybody inside to look into this process.
pub(crate) fn forbid_tracing() -> Result<()> {
    trace(DumpableBehavior::NotDumpable)
}

fn trace(behavior: DumpableBehavior) -> Result<()> {
    rustix::process::set_dumpable_behavior(behavior)
        .map_err(|error| Error::call("forbid tracing", error))
}

/// Every signal at its default and none blocked, as a program expects it.
pub(crate) fn reset_signals() {
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: SIG_DFL is a valid disposition; for signals that cannot be set the call fails without effect.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // SAFETY: a zeroed `sigset_t` is an empty set.
    let none: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: `none` is a live, valid set that the call only reads; the old set is not asked for.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut()) };
}

fn find_and_execute(spec: &Spec) -> Error {
    let Some(program) = spec.args.first() else {
        return Error::Spec {
            reason: "there is no program to run".to_owned(),
        };
    };
    let strings = |list: &[String]| {
        list.iter()
            .map(|item| CString::new(item.as_str()))
            .collect::<std::result::Result<Vec<_>, _>>()
    };
    let (Ok(args), Ok(env)) = (strings(&spec.args), strings(&spec.env)) else {
        return Error::Spec {
            reason: "an argument or a variable holds a NUL byte".to_owned(),
        };
    };
    let not_found = Error::ProgramNotFound {
        program: program.clone(),
    };
    if program.is_empty() {
        return not_found;
    }
    let mut refused = None;
    for path in candidates(program, &spec.env) {
        let Ok(file) = CString::new(path.as_str()) else {
            continue;
        };
        let error = execve(&file, &args, &env);
        match error.raw_os_error() {
            Some(libc::ENOENT) if Path::new(&path).exists() => {
                return Error::InterpreterNotFound {
                    program: program.clone(),
                };
            }
            Some(libc::ENOENT | libc::ENOTDIR) => {}
            // searching goes on, as a shell does
            Some(libc::EACCES) => refused = refused.or(Some(error)),
            _ => {
                return Error::ProgramNotExecutable {
                    program: program.clone(),
                    source: error,
                };
            }
        }
    }
    match refused {
        Some(source) => Error::ProgramNotExecutable {
            program: program.clone(),
            source,
        },
        None => not_found,
    }
}

fn candidates(program: &str, env: &[String]) -> Vec<String> {
    if program.contains('/') {
        return vec![program.to_owned()];
    }
    let path = env
        .iter()
        .rev()
        .find_map(|variable| variable.strip_prefix("PATH="));
    path.unwrap_or(DEFAULT_PATH)
        .split(':')
        .map(|directory| if directory.is_empty() { "." } else { directory })
        .map(|directory| format!("{directory}/{program}"))
        .collect()
}

/// Executes, or returns why not. Every descriptor from 3 on is closed by the kernel when it succeeds.
fn execve(file: &CString, args: &[CString], env: &[CString]) -> io::Error {
    let pointers = |strings: &[CString]| {
        strings
            .iter()
            .map(|string| string.as_ptr())
            .chain([std::ptr::null()])
            .collect::<Vec<_>>()
    };
    let (args, env) = (pointers(args), pointers(env));
    // SAFETY: CLOSE_RANGE_CLOEXEC only marks descriptors, it closes none that is in use.
    unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    // SAFETY: both lists are null-terminated arrays of NUL-terminated strings that live until the call returns.
    unsafe { libc::execve(file.as_ptr(), args.as_ptr(), env.as_ptr()) };
    io::Error::last_os_error()
}
