//! Mount points: finding them inside the root, making those that are missing, and taking them away afterwards so that
//! the layer looks as if they had never been made.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, Stat, Timespec, Timestamps, UTIME_OMIT, fstat, mkdirat,
    openat, readlinkat, statat, unlinkat, utimensat,
};
use serde::{Deserialize, Serialize};

use crate::mount::open_plain;
use crate::{Error, Result};

/// As many links as the kernel follows in one path.
const MAX_LINKS: usize = 40;

/// What was made in the upper directory for mounts.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stubs {
    made: Vec<Made>,
    parents: Vec<Parent>,
}

/// A mount point that was missing.
#[derive(Debug, Serialize, Deserialize)]
struct Made {
    path: PathBuf,
    directory: bool,
}

/// A directory above a mount point that was made, as it was before.
#[derive(Debug, Serialize, Deserialize)]
struct Parent {
    path: PathBuf,
    in_upper: bool,
    mode: u32,
    uid: u32,
    gid: u32,
    mtime: (i64, i64),
}

/// What a mount point has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    File,
}

/// Finds `target` inside `root` and makes what is missing of it. What is made in the root's own file system is noted
/// in `stubs`, if there is an upper directory to clean.
pub(crate) fn mount_point(
    root: BorrowedFd<'_>,
    upper: Option<BorrowedFd<'_>>,
    target: &Path,
    kind: Kind,
    stubs: &mut Stubs,
) -> Result<OwnedFd> {
    let fail = |source: io::Error| Error::io("create mount point", target, source);
    let mut walk = Walk::new(root, target).map_err(fail)?;
    while let Some(name) = walk.next_name().map_err(fail)? {
        let last = walk.rest.is_empty();
        let as_directory = !last || kind == Kind::Directory;
        let parent = walk.current();
        let note = upper.filter(|_| same_file_system(root, parent));
        if let Some(upper) = note {
            note_parents(root, upper, &walk.path(), stubs).map_err(fail)?;
        }
        let before = fstat(parent).map_err(|error| fail(error.into()))?;
        make(parent, &name, as_directory).map_err(fail)?;
        set_mtime(parent, mtime(&before)).map_err(fail)?;
        if note.is_some() {
            stubs.made.push(Made {
                path: walk.path().join(&name),
                directory: as_directory,
            });
        }
        walk.enter(&name).map_err(fail)?;
    }
    Ok(walk.into_target())
}

fn make(parent: BorrowedFd<'_>, name: &OsStr, directory: bool) -> io::Result<()> {
    if directory {
        mkdirat(parent, name, Mode::from_raw_mode(0o755))?;
    } else {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        drop(openat(parent, name, flags, Mode::from_raw_mode(0o644))?);
    }
    Ok(())
}

fn same_file_system(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> bool {
    matches!((fstat(one), fstat(other)), (Ok(one), Ok(other)) if one.st_dev == other.st_dev)
}

fn note_parents(
    root: BorrowedFd<'_>,
    upper: BorrowedFd<'_>,
    path: &Path,
    stubs: &mut Stubs,
) -> io::Result<()> {
    for path in path.ancestors() {
        if stubs.parents.iter().any(|known| known.path == path)
            || stubs.made.iter().any(|made| made.path == path)
        {
            continue;
        }
        let merged = fstat(open_plain(root, here(path), OFlags::PATH)?)?;
        let in_upper = open_plain(upper, here(path), OFlags::PATH | OFlags::DIRECTORY).is_ok();
        stubs.parents.push(Parent {
            path: path.to_owned(),
            in_upper,
            mode: merged.st_mode,
            uid: merged.st_uid,
            gid: merged.st_gid,
            mtime: mtime(&merged),
        });
    }
    Ok(())
}

/// Takes away the mount points that are still empty, and the directories that are in `upper` only because of them.
/// What cannot be opened without following a link is no longer what was made, and stays.
pub(crate) fn clean(upper: BorrowedFd<'_>, stubs: &Stubs) {
    for made in stubs.made.iter().rev() {
        let (Some(parent), Some(name)) = (made.path.parent(), made.path.file_name()) else {
            continue;
        };
        let Ok(parent) = open_plain(upper, here(parent), OFlags::RDONLY | OFlags::DIRECTORY) else {
            continue;
        };
        let Ok(before) = fstat(&parent) else { continue };
        if remove_if_empty(parent.as_fd(), name, made.directory) {
            // failing leaves a newer time on a directory: no reason to fail the command that ran
            let _ = set_mtime(parent.as_fd(), mtime(&before));
        }
    }
    let mut parents: Vec<&Parent> = stubs
        .parents
        .iter()
        .filter(|parent| !parent.in_upper)
        .collect();
    parents.sort_by_key(|parent| std::cmp::Reverse(parent.path.components().count()));
    for parent in parents {
        remove_if_copied(upper, parent);
    }
}

fn remove_if_empty(parent: BorrowedFd<'_>, name: &OsStr, directory: bool) -> bool {
    let Ok(found) = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) else {
        return false;
    };
    match FileType::from_raw_mode(found.st_mode) {
        FileType::Directory if directory => unlinkat(parent, name, AtFlags::REMOVEDIR).is_ok(),
        FileType::RegularFile if !directory && found.st_size == 0 && found.st_nlink == 1 => {
            unlinkat(parent, name, AtFlags::empty()).is_ok()
        }
        _ => false,
    }
}

fn remove_if_copied(upper: BorrowedFd<'_>, parent: &Parent) {
    let (Some(above), Some(name)) = (parent.path.parent(), parent.path.file_name()) else {
        return;
    };
    let Ok(above) = open_plain(upper, here(above), OFlags::RDONLY | OFlags::DIRECTORY) else {
        return;
    };
    let (Ok(found), Ok(before)) = (
        statat(&above, name, AtFlags::SYMLINK_NOFOLLOW),
        fstat(&above),
    ) else {
        return;
    };
    let same = found.st_mode == parent.mode
        && (found.st_uid, found.st_gid) == (parent.uid, parent.gid)
        && mtime(&found) == parent.mtime;
    if same && unlinkat(&above, name, AtFlags::REMOVEDIR).is_ok() {
        let _ = set_mtime(above.as_fd(), mtime(&before));
    }
}

fn here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

// the fields' types differ between architectures
#[allow(
    clippy::useless_conversion,
    clippy::unnecessary_cast,
    clippy::cast_possible_wrap
)]
fn mtime(stat: &Stat) -> (i64, i64) {
    (stat.st_mtime as i64, stat.st_mtime_nsec as i64)
}

fn set_mtime(directory: BorrowedFd<'_>, (tv_sec, tv_nsec): (i64, i64)) -> io::Result<()> {
    let times = Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: Timespec { tv_sec, tv_nsec },
    };
    Ok(utimensat(directory, ".", &times, AtFlags::empty())?)
}

/// A walk from the root along a path, link by link. The descriptors of the directories passed are kept, so that `..`
/// never leaves the root, whatever is renamed meanwhile.
struct Walk {
    passed: Vec<(OsString, OwnedFd)>,
    rest: VecDeque<OsString>,
    links: usize,
}

impl Walk {
    fn new(root: BorrowedFd<'_>, target: &Path) -> io::Result<Self> {
        let root = openat(
            root,
            ".",
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        Ok(Walk {
            passed: vec![(OsString::new(), root)],
            rest: names(target),
            links: 0,
        })
    }

    fn current(&self) -> BorrowedFd<'_> {
        self.passed
            .last()
            .expect("the root is never popped")
            .1
            .as_fd()
    }

    fn path(&self) -> PathBuf {
        self.passed.iter().skip(1).map(|(name, _)| name).collect()
    }

    /// Goes on until the end of the path (`None`) or a name that does not exist.
    fn next_name(&mut self) -> io::Result<Option<OsString>> {
        while let Some(name) = self.rest.pop_front() {
            if name == ".." {
                if self.passed.len() > 1 {
                    self.passed.pop();
                }
                continue;
            }
            match self.enter(&name) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(name)),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn enter(&mut self, name: &OsStr) -> io::Result<()> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let found = openat(self.current(), name, flags, Mode::empty())?;
        if FileType::from_raw_mode(fstat(&found)?.st_mode) != FileType::Symlink {
            self.passed.push((name.to_owned(), found));
            return Ok(());
        }
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(io::Error::from_raw_os_error(libc::ELOOP));
        }
        let link = readlinkat(&found, "", Vec::new())?;
        let link = Path::new(OsStr::from_bytes(link.as_bytes()));
        if link.is_absolute() {
            self.passed.truncate(1);
        }
        for name in names(link).into_iter().rev() {
            self.rest.push_front(name);
        }
        Ok(())
    }

    fn into_target(mut self) -> OwnedFd {
        self.passed.pop().expect("the root is never popped").1
    }
}

fn names(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some(OsString::from("..")),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
        })
        .collect()
}
