//! Entering the namespaces that the whole program works in. It starts no container.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;

use rustix::mount::MountPropagationFlags;
use rustix::process::{Pid, WaitOptions};
use rustix::thread::UnshareFlags;
use serde::{Deserialize, Serialize};

use crate::id_map::{
    Kind, find_tool, read_current, read_ranges, whole_map, write_by_tool, write_single,
};
use crate::{Error, Result, wire};

/// The environment variable that forces a mode.
const VARIABLE: &str = "CONSTRICT_SANDBOX";

/// How this process may isolate, and what its file operations can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Real root: every id, every operation.
    Root,
    /// Root of a user namespace with a range of subordinate ids.
    SubIds,
    /// Root of a user namespace with the user's own id only: ownership is recorded, not applied.
    SingleId,
}

impl Mode {
    /// Options that an overlay mount needs in this mode, besides the directories.
    #[must_use]
    pub fn overlay_options(self) -> &'static [&'static str] {
        match self {
            Mode::Root => &[],
            Mode::SubIds | Mode::SingleId => &["userxattr"],
        }
    }

    /// The extended attribute that makes a directory of a layer opaque; its value is `y`.
    #[must_use]
    pub fn opaque_xattr(self) -> &'static str {
        match self {
            Mode::Root => "trusted.overlay.opaque",
            Mode::SubIds | Mode::SingleId => "user.overlay.opaque",
        }
    }

    /// Whether `chown` to any id works. If not, see [`recorded_owner`](crate::recorded_owner).
    #[must_use]
    pub fn can_chown(self) -> bool {
        self != Mode::SingleId
    }

    /// Whether device nodes can be made (a 0/0 whiteout can be made in every mode).
    #[must_use]
    pub fn can_make_devices(self) -> bool {
        self == Mode::Root
    }
}

/// A range of ids in a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdRange {
    /// First id inside.
    pub inside: u32,
    /// First id outside.
    pub outside: u32,
    /// How many.
    pub count: u32,
}

/// What [`enter`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The mode the process is in now.
    pub mode: Mode,
    /// The user id it had before.
    pub uid: u32,
    /// The group id it had before.
    pub gid: u32,
    /// User ids that exist inside.
    pub uids: Vec<IdRange>,
    /// Group ids that exist inside.
    pub gids: Vec<IdRange>,
}

/// What [`enter`] did, for [`crate::spawn`].
static ENTERED: OnceLock<Entered> = OnceLock::new();

/// Makes this process root of private mounts: as root by a mount namespace, as another user by a user and a mount
/// namespace. Mounts made afterwards die with the process. To be called once, while single-threaded.
///
/// `CONSTRICT_SANDBOX=single-id` in the environment forces [`Mode::SingleId`] for an ordinary user.
///
/// # Errors
/// [`Error::Refused`](crate::Error::Refused) with a remedy, if the kernel or a policy forbids it;
/// [`Error::Unknown`](crate::Error::Unknown) for another value of the variable.
pub fn enter() -> Result<Entered> {
    let forced = forced_single_id()?;
    let (uid, gid) = (
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
    );
    if uid == 0 {
        own_mounts()?;
    } else {
        enter_user_namespace(uid, gid, forced)?;
    }
    let (uids, gids) = (read_current(Kind::User)?, read_current(Kind::Group)?);
    let entered = Entered {
        mode: mode_of(&uids, &gids),
        uid,
        gid,
        uids,
        gids,
    };
    Ok(ENTERED.get_or_init(|| entered).clone())
}

/// What [`enter`] did, if it has been called.
pub(crate) fn entered() -> Option<&'static Entered> {
    ENTERED.get()
}

pub(crate) fn forced_single_id() -> Result<bool> {
    match std::env::var_os(VARIABLE) {
        None => Ok(false),
        Some(value) if value == "single-id" => Ok(true),
        Some(value) => Err(Error::Unknown {
            what: "value of `CONSTRICT_SANDBOX`",
            value: value.to_string_lossy().into_owned(),
        }),
    }
}

/// The mode that these maps allow: the maps of the first user namespace are the identity over all ids.
pub(crate) fn mode_of(uids: &[IdRange], gids: &[IdRange]) -> Mode {
    let whole = IdRange {
        inside: 0,
        outside: 0,
        count: u32::MAX,
    };
    let count = |map: &[IdRange]| map.iter().map(|range| u64::from(range.count)).sum::<u64>();
    if uids == [whole] && gids == [whole] {
        Mode::Root
    } else if count(uids) > 1 && count(gids) > 1 {
        Mode::SubIds
    } else {
        Mode::SingleId
    }
}

fn own_mounts() -> Result<()> {
    unshare(UnshareFlags::NEWNS).map_err(|source| Error::Refused {
        feature: "mounts, although this is root".to_owned(),
        remedy: "this looks like a container without CAP_SYS_ADMIN: run constrict there as an ordinary user with user \
                 namespaces allowed, or give the container that capability and an unconfined seccomp profile"
            .to_owned(),
        source,
    })?;
    detach_mounts()
}

/// Mounts made here stay here; those of the host go on arriving.
fn detach_mounts() -> Result<()> {
    let flags = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", flags).map_err(|error| Error::io("make private", "/", error))
}

fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // SAFETY: user and mount namespaces leave memory and descriptors of the process alone.
    Ok(unsafe { rustix::thread::unshare_unsafe(flags) }?)
}

fn enter_user_namespace(uid: u32, gid: u32, forced: bool) -> Result<()> {
    let uids = read_ranges(Kind::User, uid);
    let gids = read_ranges(Kind::Group, uid);
    let tools = [Kind::User, Kind::Group]
        .iter()
        .all(|kind| find_tool(kind.tool()).is_some());
    if forced || uids.is_empty() || gids.is_empty() || !tools {
        unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS).map_err(refused)?;
        write_single(0, 0, (uid, gid)).map_err(refused)?;
    } else {
        let writer = MapWriter::start(whole_map(uid, &uids), whole_map(gid, &gids))?;
        unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS).map_err(refused)?;
        writer.write()?;
        become_root()?;
    }
    // some policies allow the namespace and then nothing in it
    detach_mounts().map_err(|error| match error {
        Error::Io { source, .. } => refused(source),
        other => other,
    })
}

fn become_root() -> Result<()> {
    let fail = |error| Error::call("become root of the user namespace", error);
    let gid = rustix::fs::Gid::ROOT;
    rustix::thread::set_thread_res_gid(gid, gid, gid).map_err(fail)?;
    rustix::thread::set_thread_groups(&[]).map_err(fail)?;
    let uid = rustix::fs::Uid::ROOT;
    rustix::thread::set_thread_res_uid(uid, uid, uid).map_err(fail)
}

/// A child that stays outside, where the set-uid tools have to run.
struct MapWriter {
    child: Pid,
    go: UnixStream,
}

impl MapWriter {
    fn start(uids: Vec<IdRange>, gids: Vec<IdRange>) -> Result<Self> {
        let parent = std::process::id();
        let (go, theirs) =
            UnixStream::pair().map_err(|error| Error::call("create a socket", error))?;
        // SAFETY: `enter` is documented to be called while single-threaded, so the child may do everything.
        match unsafe { libc::fork() } {
            -1 => Err(Error::call("fork", io::Error::last_os_error())),
            0 => {
                drop(go);
                let status = i32::from(serve_maps(&theirs, parent, &uids, &gids).is_err());
                // SAFETY: leaves the child without running what the parent registered to run at exit.
                unsafe { libc::_exit(status) }
            }
            pid => Ok(MapWriter {
                child: Pid::from_raw(pid).expect("fork returns a positive id"),
                go,
            }),
        }
    }

    fn write(self) -> Result<()> {
        let fail = |error: io::Error| Error::call("have the id maps written", error);
        (&self.go).write_all(b"g").map_err(fail)?;
        let answer = wire::receive::<Option<(String, String)>>(&self.go).map_err(fail)?;
        let _ = rustix::process::waitpid(Some(self.child), WaitOptions::empty());
        match answer {
            Some((None, _)) => Ok(()),
            Some((Some((tool, detail)), _)) => Err(Error::Tool { tool, detail }),
            None => Err(Error::HelperLost),
        }
    }
}

fn serve_maps(go: &UnixStream, parent: u32, uids: &[IdRange], gids: &[IdRange]) -> io::Result<()> {
    let mut byte = [0];
    // the end of the stream means that the parent could not make the namespace
    (&*go).read_exact(&mut byte)?;
    let written = write_by_tool(Kind::User, parent, uids)
        .and_then(|()| write_by_tool(Kind::Group, parent, gids));
    let answer = written.err().map(|error| match error {
        Error::Tool { tool, detail } => (tool, detail),
        other => ("newuidmap".to_owned(), other.to_string()),
    });
    wire::send(go, &answer, &[])
}

fn refused(source: io::Error) -> Error {
    let read = |path: &str| {
        std::fs::read_to_string(path)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let remedy = if read("/proc/sys/user/max_user_namespaces") == "0" {
        "run `sysctl user.max_user_namespaces=15000` as root"
    } else if read("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
        "run `sysctl kernel.unprivileged_userns_clone=1` as root"
    } else if read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
        "run `sysctl kernel.apparmor_restrict_unprivileged_userns=0` as root, or give constrict an AppArmor profile \
         with `userns`"
    } else if source.raw_os_error() == Some(libc::ENOSYS)
        || source.raw_os_error() == Some(libc::EINVAL)
    {
        "a kernel with CONFIG_USER_NS is needed"
    } else {
        "this looks like a container whose policy forbids them: allow user namespaces there, or run constrict as root"
    };
    Error::Refused {
        feature: "user namespaces".to_owned(),
        remedy: remedy.to_owned(),
        source,
    }
}
