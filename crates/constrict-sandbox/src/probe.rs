//! What this machine allows, as facts for `constrict doctor`. It leaves nothing behind.

use std::fs::{self, File};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::process::{Pid, WaitOptions, waitpid};
use serde::{Deserialize, Serialize};

use crate::id_map::{Kind, find_tool, read_ranges};
use crate::mount::open_host;
use crate::namespace::{Mode, enter, forced_single_id};
use crate::overlay::{self, Changes};
use crate::{Error, net, remove_tree, wire};

/// One thing that was tried or looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Short name: `user namespaces`.
    pub name: String,
    /// Whether it is as constrict needs or likes it.
    pub ok: bool,
    /// Whether builds cannot run without it.
    pub required: bool,
    /// What was found.
    pub detail: String,
    /// What to do about it, if it is not ok.
    pub remedy: Option<String>,
}

impl Fact {
    fn new(name: &str, ok: bool, detail: impl Into<String>) -> Self {
        Fact {
            name: name.to_owned(),
            ok,
            required: false,
            detail: detail.into(),
            remedy: None,
        }
    }

    fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// What to do; dropped if all is well.
    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = (!self.ok).then(|| remedy.into());
        self
    }
}

/// Everything found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The mode that [`enter`] takes on this machine for this user; none if it must fail.
    pub mode: Option<Mode>,
    /// The facts, most important first.
    pub facts: Vec<Fact>,
}

/// What the trying child found.
#[derive(Debug, Serialize, Deserialize)]
struct Tried {
    mode: Option<Mode>,
    facts: Vec<Fact>,
}

/// Tries what the sandbox needs, in a child process, with scratch files below `scratch` (an existing directory on the
/// file system of the store). To be called instead of [`enter`], while single-threaded.
#[must_use]
pub fn probe(scratch: &Path) -> Probe {
    let tried = in_child(scratch).unwrap_or_else(|error| Tried {
        mode: None,
        facts: vec![Fact::new("sandbox", false, error.to_string()).required()],
    });
    let mut facts = tried.facts;
    facts.push(kernel());
    if !rustix::process::geteuid().is_root() {
        facts.extend([subordinate_ids(Kind::User), subordinate_ids(Kind::Group)]);
    }
    facts.extend([seccomp(), outbound(), cgroups()]);
    Probe {
        mode: tried.mode,
        facts,
    }
}

fn in_child(scratch: &Path) -> io::Result<Tried> {
    let (ours, theirs) = UnixStream::pair()?;
    // SAFETY: `probe` is documented to be called while single-threaded, so the child may do everything.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            drop(ours);
            let status = i32::from(wire::send(&theirs, &attempt(scratch), &[]).is_err());
            // SAFETY: leaves the child without running what the parent registered to run at exit.
            unsafe { libc::_exit(status) }
        }
        pid => {
            drop(theirs);
            let tried = wire::receive(&ours)?;
            waitpid(Pid::from_raw(pid), WaitOptions::empty())?;
            Ok(tried.ok_or(io::ErrorKind::UnexpectedEof)?.0)
        }
    }
}

fn attempt(scratch: &Path) -> Tried {
    let name = if rustix::process::geteuid().is_root() {
        "mounts"
    } else {
        "user namespaces"
    };
    let entered = match enter() {
        Ok(entered) => entered,
        Err(error) => {
            let remedy = error.remedy().map(str::to_owned);
            let mut fact = Fact::new(name, false, told(&error)).required();
            fact.remedy = remedy.or_else(|| {
                Some("set `CONSTRICT_SANDBOX=single-id` to do without sub-ids".to_owned())
            });
            return Tried {
                mode: None,
                facts: vec![fact],
            };
        }
    };
    let detail = match entered.mode {
        Mode::Root => "runs as root",
        Mode::SubIds => "runs as a user with sub-ids",
        Mode::SingleId => "runs as a user with a single id: ownership is recorded, not applied",
    };
    let facts = vec![
        Fact::new(name, true, detail).required(),
        try_overlay(entered.mode, scratch),
    ];
    Tried {
        mode: Some(entered.mode),
        facts,
    }
}

fn told(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

fn try_overlay(mode: Mode, scratch: &Path) -> Fact {
    let directory = scratch.join(format!(".constrict-probe-{}", std::process::id()));
    let tried = overlay_in(mode, &directory);
    let cleaned = remove_tree(&directory);
    let fact = match (tried, cleaned) {
        (Ok(()), Ok(())) => Fact::new("overlay", true, format!("works in `{}`", scratch.display())),
        (Ok(()), Err(error)) => Fact::new("overlay", false, told(&error)),
        (Err(error), _) => Fact::new(
            "overlay",
            false,
            format!("cannot be mounted in `{}`: {error}", scratch.display()),
        ),
    };
    fact.required().remedy(
        "keep the store on ext4, xfs or btrfs (not on overlay or a network file system); an ordinary user needs Linux \
         5.11 or newer",
    )
}

fn overlay_in(mode: Mode, directory: &Path) -> io::Result<()> {
    let names = ["lower", "upper", "work", "place"];
    names
        .iter()
        .try_for_each(|name| fs::create_dir_all(directory.join(name)))?;
    let open = |name: &str| open_host(&directory.join(name));
    let changes = Changes {
        upper: open("upper")?,
        work: open("work")?,
    };
    overlay::mount(mode, &[open("lower")?], &changes, &directory.join("place")).map(drop)
}

fn kernel() -> Fact {
    let name = rustix::system::uname();
    let release = name.release().to_string_lossy().into_owned();
    let mut numbers = release
        .split(['.', '-'])
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    // mount_setattr(2) came with 5.12
    Fact::new("kernel", version >= (5, 12), release)
        .required()
        .remedy("Linux 5.12 or newer is needed")
}

fn subordinate_ids(kind: Kind) -> Fact {
    let (name, tool) = match kind {
        Kind::User => ("subordinate user ids", kind.tool()),
        Kind::Group => ("subordinate group ids", kind.tool()),
    };
    let uid = rustix::process::geteuid().as_raw();
    if matches!(forced_single_id(), Ok(true)) {
        return Fact::new(name, true, "not used, as `CONSTRICT_SANDBOX` says");
    }
    let ranges = read_ranges(kind, uid);
    let count: u64 = ranges.iter().map(|(_, count)| u64::from(*count)).sum();
    let add = format!(
        "run `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un {uid})` as root"
    );
    if count == 0 {
        return Fact::new(name, false, format!("none in `{}`", kind.file())).remedy(add);
    }
    if find_tool(tool).is_none() {
        return Fact::new(name, false, format!("`{tool}` is not installed"))
            .remedy("install the package `uidmap`");
    }
    // nobody is 65534
    Fact::new(
        name,
        count >= 65_535,
        format!("{count} in `{}`", kind.file()),
    )
    .remedy(add)
}

fn seccomp() -> Fact {
    let actions = fs::read_to_string("/proc/sys/kernel/seccomp/actions_avail").unwrap_or_default();
    let has = |action: &str| actions.split_whitespace().any(|known| known == action);
    let ok = has("errno") && has("user_notif");
    let detail = if actions.is_empty() {
        "no system call filters".to_owned()
    } else {
        actions.trim().to_owned()
    };
    Fact::new("seccomp", ok, detail)
        .required()
        .remedy("a kernel with CONFIG_SECCOMP_FILTER (5.0 or newer) is needed")
}

fn outbound() -> Fact {
    match net::outbound() {
        net::Outbound::Pasta => Fact::new("network of its own", true, "through pasta"),
        net::Outbound::None { reason, remedy } => Fact::new(
            "network of its own",
            false,
            format!("{reason}: builds use the host's network"),
        )
        .remedy(remedy),
    }
}

/// Limits are optional: information only.
fn cgroups() -> Fact {
    let unified = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
    let hybrid = Path::new("/sys/fs/cgroup/unified").exists();
    let version = match (unified, hybrid, Path::new("/sys/fs/cgroup").exists()) {
        (true, ..) => "version 2",
        (_, true, _) => "hybrid",
        (_, _, true) => "version 1",
        _ => "absent",
    };
    let procs = if unified {
        "/sys/fs/cgroup/cgroup.procs"
    } else {
        "/sys/fs/cgroup/pids/cgroup.procs"
    };
    let writable = File::options().append(true).open(procs).is_ok();
    let detail = format!(
        "{version}, {}; not needed",
        if writable { "writable" } else { "read-only" }
    );
    Fact::new("cgroups", true, detail)
}
