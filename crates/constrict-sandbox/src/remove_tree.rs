//! Deleting a tree without leaving its file system.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, fchmod, openat, openat2, statat,
    unlinkat,
};
use rustix::io::Errno;

use crate::{Error, Result};

/// Deletes `path` and everything below it. Follows no link, stays on one file system (a mount point below is an error,
/// and nothing of what is mounted there is touched) and opens up directories whose mode forbids it. A missing `path` is
/// no error.
///
/// # Errors
/// [`Error::Io`] with the file that could not be deleted.
pub fn remove_tree(path: &Path) -> Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let Some(name) = path.file_name() else {
        return Err(Error::io(
            "delete",
            path,
            io::Error::from_raw_os_error(libc::EINVAL),
        ));
    };
    let name = CString::new(name.as_bytes())
        .map_err(|error| Error::io("delete", path, io::Error::from(error)))?;
    let parent = match openat(
        CWD,
        parent,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    ) {
        Err(Errno::NOENT) => return Ok(()),
        other => other.map_err(|error| Error::io("open", parent, error))?,
    };
    remove_entry(parent.as_fd(), &name, path)
}

fn remove_entry(parent: BorrowedFd<'_>, name: &CString, path: &Path) -> Result<()> {
    let fail = |error: Errno| Error::io("delete", path, error);
    let found = match statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(()),
        other => other.map_err(fail)?,
    };
    if FileType::from_raw_mode(found.st_mode) != FileType::Directory {
        return unlinkat(parent, name, AtFlags::empty()).map_err(fail);
    }
    match unlinkat(parent, name, AtFlags::REMOVEDIR) {
        Err(Errno::NOTEMPTY | Errno::EXIST | Errno::ACCESS) => {}
        other => return other.map_err(fail),
    }
    let directory = open_directory(parent, name).map_err(fail)?;
    empty(&directory, path)?;
    unlinkat(parent, name, AtFlags::REMOVEDIR).map_err(fail)
}

/// Opens a directory of the same mount for reading and writing, whatever its mode.
fn open_directory(parent: BorrowedFd<'_>, name: &CString) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS;
    let open = |access| {
        openat2(
            parent,
            name.as_c_str(),
            access | flags,
            Mode::empty(),
            resolve,
        )
    };
    let locked = |directory: &OwnedFd| {
        rustix::fs::fstat(directory).is_ok_and(|found| found.st_mode & 0o700 != 0o700)
    };
    match open(OFlags::RDONLY) {
        Ok(directory) if locked(&directory) => {
            // another user's directory: root of a user namespace may still delete in it
            let _ = fchmod(&directory, Mode::RWXU);
            Ok(directory)
        }
        Err(Errno::ACCESS) => {
            let pinned = open(OFlags::PATH)?;
            // through its descriptor, so that the name cannot be swapped for a link in between
            let magic = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&pinned));
            rustix::fs::chmod(magic, Mode::RWXU)?;
            open(OFlags::RDONLY)
        }
        other => other,
    }
}

fn empty(directory: &OwnedFd, path: &Path) -> Result<()> {
    let fail = |error: Errno| Error::io("read", path, error);
    // names first: deleting while reading may skip some
    let mut names = Vec::new();
    for entry in Dir::read_from(directory).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name().to_owned();
        if name.as_c_str() != c"." && name.as_c_str() != c".." {
            names.push(name);
        }
    }
    for name in names {
        remove_entry(
            directory.as_fd(),
            &name,
            &path.join(OsStr::from_bytes(name.to_bytes())),
        )?;
    }
    Ok(())
}
