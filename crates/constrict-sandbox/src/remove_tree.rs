//! Deleting a tree without leaving its file system.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags, ResolveFlags, fchmod, openat, openat2,
    renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

use crate::{Error, Result};

/// As many directories are open at once; below, they are moved up.
const DEEPEST: usize = 64;

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
    match remove_or_open(parent.as_fd(), &name).map_err(|error| Error::io("delete", path, error))? {
        Some(directory) => {
            empty(directory, path)?;
            unlinkat(&parent, &name, AtFlags::REMOVEDIR)
                .map_err(|error| Error::io("delete", path, error))
        }
        None => Ok(()),
    }
}

/// Deletes what `name` is, unless it is a directory with something in it: that is opened.
fn remove_or_open(parent: BorrowedFd<'_>, name: &CString) -> rustix::io::Result<Option<OwnedFd>> {
    let found = match statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(None),
        other => other?,
    };
    if FileType::from_raw_mode(found.st_mode) != FileType::Directory {
        return unlinkat(parent, name, AtFlags::empty()).map(|()| None);
    }
    match unlinkat(parent, name, AtFlags::REMOVEDIR) {
        Err(Errno::NOTEMPTY | Errno::EXIST | Errno::ACCESS) => {}
        other => return other.map(|()| None),
    }
    open_directory(parent, name).map(Some)
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

/// A directory that is being emptied, and what is still in it.
struct Level {
    directory: OwnedFd,
    name: CString,
    names: Vec<CString>,
}

/// Deletes everything in the directory at `path`. A tree may be deeper than paths are long, stacks are high and
/// descriptors are many: what is too deep is moved up.
fn empty(directory: OwnedFd, path: &Path) -> Result<()> {
    let mut moved = 0;
    let names = names_in(&directory).map_err(|error| Error::io("read", path, error))?;
    let mut levels = vec![Level {
        directory,
        name: CString::default(),
        names,
    }];
    while let Some(level) = levels.last_mut() {
        let done = match level.names.pop() {
            Some(name) => delete(&mut levels, name, &mut moved),
            None => leave(&mut levels),
        };
        done.map_err(|error| Error::io("delete", path_of(path, &levels), error))?;
    }
    Ok(())
}

/// Deletes `name` of the last level, or begins to.
fn delete(levels: &mut Vec<Level>, name: CString, moved: &mut u64) -> rustix::io::Result<()> {
    let here = levels.last().expect("there is a level").directory.as_fd();
    let Some(directory) = remove_or_open(here, &name)? else {
        return Ok(());
    };
    if levels.len() < DEEPEST {
        let names = names_in(&directory)?;
        levels.push(Level {
            directory,
            name,
            names,
        });
        return Ok(());
    }
    let top = levels[0].directory.as_fd();
    let name_above = loop {
        let free = CString::new(format!("deeper-{moved}")).expect("a number has no NUL");
        *moved += 1;
        match renameat_with(here, &name, top, &free, RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) => {}
            other => break other.map(|()| free)?,
        }
    };
    levels[0].names.push(name_above);
    Ok(())
}

/// Deletes the last level, which is empty; the first is the caller's.
fn leave(levels: &mut Vec<Level>) -> rustix::io::Result<()> {
    let left = levels.pop().expect("there is a level");
    match levels.last() {
        Some(above) => unlinkat(&above.directory, &left.name, AtFlags::REMOVEDIR),
        None => Ok(()),
    }
}

fn names_in(directory: &OwnedFd) -> rustix::io::Result<Vec<CString>> {
    // all of them first: deleting while reading may skip some
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let name = entry?.file_name().to_owned();
        if name.as_c_str() != c"." && name.as_c_str() != c".." {
            names.push(name);
        }
    }
    Ok(names)
}

fn path_of(path: &Path, levels: &[Level]) -> PathBuf {
    let names = levels
        .iter()
        .skip(1)
        .map(|level| OsStr::from_bytes(level.name.as_bytes()));
    path.iter().chain(names).collect()
}
