//! A further program in a sandbox that runs: joins its namespaces and becomes what the specification says.
//!
//! Nothing is built or cleaned up here. From before it can be seen inside until it executes the program, the process
//! cannot be looked into from there (CVE-2016-9962).

use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::fs::{AtFlags, Gid, Mode as FileMode, Uid, chownat};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};

use crate::init::{
    die_with_helper, execute, forbid_tracing, new_terminal, open_working_directory, settle,
};
use crate::mount::{open_host, open_in_root};
use crate::wire::Setup;
use crate::{Capability, Error, Network, Result};

/// `DEVPTS_SUPER_MAGIC` of statfs(2).
const DEVPTS: u64 = 0x1cd1;

/// In the helper: joins what is joined before the process exists. Its children are inside.
pub(crate) fn namespaces(joined: &OwnedFd, network: &Network) -> Result<()> {
    forbid_tracing()?;
    let mut kinds = ThreadNameSpaceType::PROCESS_ID
        | ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION
        | ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME
        | ThreadNameSpaceType::CONTROL_GROUP;
    // the host's is ours already, and nobody may join it who is not root there
    if *network != Network::Host {
        kinds |= ThreadNameSpaceType::NETWORK;
    }
    move_into(joined, kinds)
}

/// Carries the specification out, or says why not. Returns only on failure.
pub(crate) fn run(
    setup: &Setup,
    joined: &OwnedFd,
    streams: Vec<OwnedFd>,
    report: &UnixStream,
) -> Error {
    match prepare(setup, joined, streams, report) {
        Ok(granted) => execute(setup, &granted, report),
        Err(error) => error,
    }
}

fn prepare(
    setup: &Setup,
    joined: &OwnedFd,
    mut streams: Vec<OwnedFd>,
    report: &UnixStream,
) -> Result<BTreeSet<Capability>> {
    let spec = &setup.spec;
    die_with_helper()?;
    rustix::process::umask(FileMode::empty());
    rustix::process::setsid().map_err(|error| Error::call("start a session", error))?;
    // the root and the working directory become those of the sandbox
    move_into(joined, ThreadNameSpaceType::MOUNT)?;
    let root = open_host(Path::new("/")).map_err(|error| Error::io("open", "/", error))?;
    if spec.terminal {
        streams = open_terminal(root.as_fd(), spec.user.uid, report)?;
    }
    let cwd = open_working_directory(root.as_fd(), spec)?;
    drop(root);
    settle(spec, streams, cwd)
}

fn move_into(joined: &OwnedFd, kinds: ThreadNameSpaceType) -> Result<()> {
    move_into_thread_name_spaces(joined.as_fd(), kinds)
        .map_err(|error| Error::call("enter the container", error))
}

/// A terminal of the sandbox's own `/dev/pts`.
fn open_terminal(root: BorrowedFd<'_>, uid: u32, report: &UnixStream) -> Result<Vec<OwnedFd>> {
    let fail = |error: std::io::Error| Error::call("open a terminal", error);
    let pts = open_in_root(root, Path::new("dev/pts")).map_err(fail)?;
    let found = rustix::fs::fstatfs(&pts).map_err(|error| fail(error.into()))?;
    if u64::try_from(found.f_type) != Ok(DEVPTS) {
        return Err(fail(std::io::ErrorKind::NotFound.into()));
    }
    let terminal = new_terminal(pts.as_fd())?;
    // a single id has nobody to give it to
    let _ = chownat(
        &pts,
        terminal.number.to_string(),
        Some(Uid::from_raw(uid)),
        None::<Gid>,
        AtFlags::empty(),
    );
    terminal.take(report)
}
