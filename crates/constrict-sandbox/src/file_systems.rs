//! `/proc`, `/sys` and `/dev` as containers have them.
//!
//! All three are attached to real directories of the root: where an image has a link in their place, it is refused.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    Dev, FileType, Gid, Mode as FileMode, OFlags, Uid, chownat, makedev, mkdirat, mknodat, openat,
};
use rustix::mount::MountAttrFlags;

use crate::mount::{attach, clone_tree, new_file_system, open_host, open_plain, set_attributes};
use crate::{Error, Mode, Result};

/// Hidden in `/proc` and `/sys`, as docker does.
const MASKED: [&str; 10] = [
    "acpi",
    "asound",
    "interrupts",
    "kcore",
    "keys",
    "latency_stats",
    "timer_list",
    "timer_stats",
    "sched_debug",
    "scsi",
];
const MASKED_SYS: [&str; 2] = ["firmware", "devices/virtual/powercap"];
/// Read-only in `/proc`, as docker does.
const READ_ONLY: [&str; 5] = ["bus", "fs", "irq", "sys", "sysrq-trigger"];
/// Device nodes: name, major, minor.
const DEVICES: [(&str, u32, u32); 6] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
];
/// Links in `/dev`.
const LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];
/// The group `tty` of every distribution, which owns terminals.
const TTY_GROUP: u32 = 5;

const NO_SUID: MountAttrFlags = MountAttrFlags::MOUNT_ATTR_NOSUID;
const NO_EXEC: MountAttrFlags = MountAttrFlags::MOUNT_ATTR_NOEXEC;
const NO_DEV: MountAttrFlags = MountAttrFlags::MOUNT_ATTR_NODEV;
const READ: MountAttrFlags = MountAttrFlags::MOUNT_ATTR_RDONLY;

/// How much of the kernel is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// As docker shows it.
    Masked,
    /// All of it (`--security=insecure`).
    Whole,
}

/// Devices of the host, opened before the root is attached.
pub(crate) struct HostParts {
    devices: Vec<(&'static str, OwnedFd)>,
    sys: OwnedFd,
}

impl HostParts {
    pub(crate) fn open(mode: Mode) -> Result<Self> {
        let mut devices = Vec::new();
        if !mode.can_make_devices() {
            for (name, ..) in DEVICES {
                let path = Path::new("/dev").join(name);
                let device = open_host(&path).map_err(|error| Error::io("open", &path, error))?;
                devices.push((name, device));
            }
        }
        let sys = open_host(Path::new("/sys")).map_err(|error| Error::io("open", "/sys", error))?;
        Ok(HostParts { devices, sys })
    }
}

/// Mounts all three. Returns `/dev/pts`.
pub(crate) fn mount_all(
    root: BorrowedFd<'_>,
    mode: Mode,
    host: &HostParts,
    kernel: Kernel,
    shm_size: u64,
) -> Result<OwnedFd> {
    let proc = mount_proc(root)?;
    let sys = mount_sys(root, host, kernel)?;
    let (dev, pts) = mount_dev(root, mode, host, shm_size)?;
    if kernel == Kernel::Masked {
        mask(proc.as_fd(), sys.as_fd(), dev.as_fd())?;
    }
    Ok(pts)
}

/// Opens the directory `name` of the root, made if missing, which must not be a link.
fn own_directory(root: BorrowedFd<'_>, name: &str) -> Result<OwnedFd> {
    let fail = |error: io::Error| Error::io("mount on", Path::new("/").join(name), error);
    let open = || {
        open_plain(
            root,
            Path::new(name),
            OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW,
        )
    };
    match open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            mkdirat(root, name, FileMode::from_raw_mode(0o755))
                .map_err(|error| fail(error.into()))?;
            open().map_err(fail)
        }
        other => other.map_err(fail),
    }
}

fn mount_proc(root: BorrowedFd<'_>) -> Result<OwnedFd> {
    let target = own_directory(root, "proc")?;
    let proc = new_file_system("proc", &[], NO_SUID | NO_EXEC | NO_DEV).map_err(|source| Error::Refused {
        feature: "a new `/proc`".to_owned(),
        remedy: "the `/proc` of this machine is partly hidden, as in a container: run that container with an \
                 unmasked `/proc` (docker: `--security-opt systempaths=unconfined`)"
            .to_owned(),
        source,
    })?;
    attach(&proc, target.as_fd()).map_err(|error| Error::io("mount", "/proc", error))?;
    Ok(proc)
}

/// A new sysfs where this process owns the network namespace, else the host's.
fn mount_sys(root: BorrowedFd<'_>, host: &HostParts, kernel: Kernel) -> Result<OwnedFd> {
    let fail = |error| Error::io("mount", "/sys", error);
    let target = own_directory(root, "sys")?;
    let access = if kernel == Kernel::Masked {
        READ
    } else {
        MountAttrFlags::empty()
    };
    let sys = match new_file_system("sysfs", &[], NO_SUID | NO_EXEC | NO_DEV | access) {
        Ok(sys) => {
            attach(&sys, target.as_fd()).map_err(fail)?;
            mount_cgroup(&sys);
            sys
        }
        Err(_) => {
            let sys = clone_tree(&host.sys, true).map_err(fail)?;
            let attributes = NO_SUID | NO_EXEC | NO_DEV | access;
            set_attributes(&sys, attributes.bits().into(), true).map_err(fail)?;
            attach(&sys, target.as_fd()).map_err(fail)?;
            sys
        }
    };
    Ok(sys)
}

/// `/sys/fs/cgroup`, for programs that look up their limits. Only the unified hierarchy, and only if it is there.
fn mount_cgroup(sys: &OwnedFd) {
    let Ok(target) = open_plain(
        sys,
        Path::new("fs/cgroup"),
        OFlags::PATH | OFlags::DIRECTORY,
    ) else {
        return;
    };
    if !Path::new("/sys/fs/cgroup/cgroup.controllers").exists() {
        return;
    }
    if let Ok(cgroup) = new_file_system("cgroup2", &[], NO_SUID | NO_EXEC | NO_DEV | READ) {
        // information only: without it a program sees no limits, as on a machine that has none
        let _ = attach(&cgroup, target.as_fd());
    }
}

fn mount_dev(
    root: BorrowedFd<'_>,
    mode: Mode,
    host: &HostParts,
    shm_size: u64,
) -> Result<(OwnedFd, OwnedFd)> {
    let fail = |error: io::Error| Error::io("mount", "/dev", error);
    let target = own_directory(root, "dev")?;
    let dev = new_file_system(
        "tmpfs",
        &[("mode", Some("755")), ("size", Some("65536k"))],
        NO_SUID,
    )
    .map_err(fail)?;
    attach(&dev, target.as_fd()).map_err(fail)?;
    for (name, major, minor) in DEVICES {
        make_device(&dev, name, makedev(major, minor), host)
            .map_err(|error| Error::io("create", Path::new("/dev").join(name), error))?;
    }
    for (name, content) in LINKS {
        rustix::fs::symlinkat(content, &dev, name).map_err(|error| fail(error.into()))?;
    }
    let size = shm_size.to_string();
    mount_in_dev(
        &dev,
        "shm",
        "tmpfs",
        &[("mode", Some("1777")), ("size", Some(&size))],
        NO_SUID | NO_EXEC | NO_DEV,
    )?;
    mount_in_dev(&dev, "mqueue", "mqueue", &[], NO_SUID | NO_EXEC | NO_DEV)?;
    let group = TTY_GROUP.to_string();
    let mut settings = vec![
        ("newinstance", None),
        ("ptmxmode", Some("0666")),
        ("mode", Some("0620")),
    ];
    if mode.can_chown() {
        settings.push(("gid", Some(group.as_str())));
    }
    let pts = mount_in_dev(&dev, "pts", "devpts", &settings, NO_SUID | NO_EXEC)?;
    Ok((dev, pts))
}

fn mount_in_dev(
    dev: &OwnedFd,
    name: &str,
    kind: &str,
    settings: &[(&str, Option<&str>)],
    attributes: MountAttrFlags,
) -> Result<OwnedFd> {
    let fail = |error: io::Error| Error::io("mount", Path::new("/dev").join(name), error);
    mkdirat(dev, name, FileMode::from_raw_mode(0o755)).map_err(|error| fail(error.into()))?;
    let target = open_plain(dev, Path::new(name), OFlags::PATH).map_err(fail)?;
    let mount = new_file_system(kind, settings, attributes).map_err(fail)?;
    attach(&mount, target.as_fd()).map_err(fail)?;
    Ok(mount)
}

fn make_device(dev: &OwnedFd, name: &str, number: Dev, host: &HostParts) -> io::Result<()> {
    let mode = FileMode::from_raw_mode(0o666);
    let Some((_, device)) = host.devices.iter().find(|(known, _)| *known == name) else {
        return Ok(mknodat(dev, name, FileType::CharacterDevice, mode, number)?);
    };
    bind_file(dev.as_fd(), name, clone_tree(device, false)?)
}

/// Makes the empty file `name` and attaches `mount` to it.
fn bind_file(directory: BorrowedFd<'_>, name: &str, mount: OwnedFd) -> io::Result<()> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    drop(openat(
        directory,
        name,
        flags,
        FileMode::from_raw_mode(0o666),
    )?);
    attach(
        mount,
        open_plain(directory, Path::new(name), OFlags::PATH)?.as_fd(),
    )
}

/// Attaches terminal `number` of `pts` to `/dev/console`, and gives it to the user.
pub(crate) fn mount_console(
    root: BorrowedFd<'_>,
    pts: &OwnedFd,
    number: u32,
    uid: u32,
) -> io::Result<()> {
    let name = number.to_string();
    // a single id has nobody to give it to
    let _ = chownat(
        pts,
        name.as_str(),
        Some(Uid::from_raw(uid)),
        None::<Gid>,
        rustix::fs::AtFlags::empty(),
    );
    let dev = open_plain(root, Path::new("dev"), OFlags::PATH | OFlags::DIRECTORY)?;
    let terminal = open_plain(pts, Path::new(&name), OFlags::PATH)?;
    bind_file(dev.as_fd(), "console", clone_tree(terminal, false)?)
}

fn mask(proc: BorrowedFd<'_>, sys: BorrowedFd<'_>, dev: BorrowedFd<'_>) -> Result<()> {
    let null = open_plain(dev, Path::new("null"), OFlags::PATH | OFlags::NOFOLLOW)
        .map_err(|error| Error::io("open", "/dev/null", error))?;
    let hide = |directory: BorrowedFd<'_>, name: &str| {
        hide(directory, name, &null).map_err(|error| Error::io("hide", name, error))
    };
    MASKED.iter().try_for_each(|name| hide(proc, name))?;
    MASKED_SYS.iter().try_for_each(|name| hide(sys, name))?;
    for name in READ_ONLY {
        protect(proc, name)
            .map_err(|error| Error::io("make read-only", Path::new("/proc").join(name), error))?;
    }
    Ok(())
}

fn hide(directory: BorrowedFd<'_>, name: &str, null: &OwnedFd) -> io::Result<()> {
    let target = match open_plain(directory, Path::new(name), OFlags::PATH) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let kind = FileType::from_raw_mode(rustix::fs::fstat(&target)?.st_mode);
    let cover = if kind == FileType::Directory {
        new_file_system(
            "tmpfs",
            &[("mode", Some("755")), ("size", Some("0k"))],
            READ | NO_SUID | NO_EXEC | NO_DEV,
        )?
    } else {
        clone_tree(null, false)?
    };
    attach(cover, target.as_fd())
}

fn protect(directory: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    let target = match open_plain(directory, Path::new(name), OFlags::PATH) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let copy = clone_tree(&target, true)?;
    set_attributes(
        &copy,
        (READ | NO_SUID | NO_EXEC | NO_DEV).bits().into(),
        true,
    )?;
    attach(copy, target.as_fd())
}
