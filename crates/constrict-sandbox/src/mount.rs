//! Mounts as file descriptors: cloning trees, new file systems, attributes, attaching, resolving inside a root.
//!
//! It never touches a mount by joining a path to a root: targets are descriptors opened inside it.

use std::ffi::CString;
use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create,
    fsconfig_set_flag, fsconfig_set_string, fsmount, fsopen, move_mount, open_tree,
};

/// One option of a file system: a flag or a `key=value`.
pub(crate) type Setting<'a> = (&'a str, Option<&'a str>);

/// A new file system, not attached anywhere yet.
pub(crate) fn new_file_system(
    kind: &str,
    settings: &[Setting<'_>],
    attributes: MountAttrFlags,
) -> io::Result<OwnedFd> {
    let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&context, "source", kind)?;
    for (key, value) in settings {
        match value {
            Some(value) => fsconfig_set_string(&context, *key, *value)?,
            None => fsconfig_set_flag(&context, *key)?,
        }
    }
    fsconfig_create(&context)?;
    Ok(fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        attributes,
    )?)
}

/// Opens a path as the host sees it, without reading it.
pub(crate) fn open_host(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::openat(
        CWD,
        path,
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

/// Opens a path inside `root`, as a process whose root it is would: links stay inside, magic links are refused.
pub(crate) fn open_in_root(root: impl AsFd, path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    loop {
        match openat2(root.as_fd(), path, flags, Mode::empty(), resolve) {
            Err(rustix::io::Errno::AGAIN) => {}
            other => return Ok(other?),
        }
    }
}

/// Opens a path below `directory` that must have no link in it.
pub(crate) fn open_plain(directory: impl AsFd, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    Ok(openat2(
        directory.as_fd(),
        path,
        flags | OFlags::CLOEXEC,
        Mode::empty(),
        resolve,
    )?)
}

/// A private copy of the mount that `source` lies in, from `source` down; with `recursive`, of the mounts below too.
pub(crate) fn clone_tree(source: impl AsFd, recursive: bool) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH;
    let deep = flags | OpenTreeFlags::AT_RECURSIVE;
    match open_tree(source.as_fd(), "", if recursive { deep } else { flags }) {
        // a mount that a user namespace inherited cannot be uncovered: it comes along
        Err(rustix::io::Errno::INVAL) if !recursive => Ok(open_tree(source.as_fd(), "", deep)?),
        other => Ok(other?),
    }
}

/// Sets attributes (`MOUNT_ATTR_*`) on a mount; with `recursive`, on those below it too.
pub(crate) fn set_attributes(mount: impl AsFd, attributes: u64, recursive: bool) -> io::Result<()> {
    // SAFETY: `mount_attr` is plain data of integers, for which zeroes are valid.
    let mut wanted: libc::mount_attr = unsafe { mem::zeroed() };
    wanted.attr_set = attributes;
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    let empty = CString::default();
    // SAFETY: the descriptor is open, the path is a NUL-terminated string, `wanted` is a live `mount_attr` and its
    // size is passed; the kernel only reads them.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_fd().as_raw_fd(),
            empty.as_ptr(),
            flags,
            &raw const wanted,
            mem::size_of::<libc::mount_attr>(),
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Attaches a mount that is not attached yet to what `target` is open on.
pub(crate) fn attach(mount: impl AsFd, target: BorrowedFd<'_>) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    Ok(move_mount(mount.as_fd(), "", target, "", flags)?)
}
