//! Answers chown and its kin where only one id exists: records the owner asked for and reports success.
//!
//! It looks at files as the caller does: it joins the sandbox's mounts, and takes over the caller's root and working
//! directory through `/proc/<pid>` for each call. The caller cannot change what a descriptor is open on meanwhile. What
//! it may do to files is no more than what the caller may do: both are root of the same user namespace.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, Stat, Uid, XattrFlags, chownat, fstat, openat,
    readlinkat, statat,
};
use rustix::process::{chroot, fchdir};
use rustix::thread::ThreadNameSpaceType;

use crate::mount::{open_host, open_plain};
use crate::owner::{OWNER_XATTR, RecordedOwner, parse_owner};
use crate::seccomp::{Ownership, ownership_call};
use crate::{Error, Result};

/// "Leave this id alone" in chown(2).
const UNCHANGED: u32 = u32::MAX;

/// The answering side of a filter.
pub(crate) struct Supervisor {
    listener: OwnedFd,
    /// The host's `/proc`; also the working directory.
    proc: OwnedFd,
    /// The sandbox's root.
    root: OwnedFd,
    /// Which root this process has now.
    current: (u64, u64),
    /// What cannot carry an attribute: by inode number, last known path and owner.
    links: BTreeMap<u64, (PathBuf, (u32, u32))>,
}

impl Supervisor {
    /// Joins the mounts of the process that `pidfd` stands for.
    pub(crate) fn join(listener: OwnedFd, pidfd: &OwnedFd) -> Result<Self> {
        let proc =
            open_host(Path::new("/proc")).map_err(|error| Error::io("open", "/proc", error))?;
        // SAFETY: a mount namespace leaves memory and descriptors of this single-threaded process alone.
        rustix::thread::move_into_thread_name_spaces(pidfd.as_fd(), ThreadNameSpaceType::MOUNT)
            .map_err(|error| Error::call("join the sandbox's mounts", error))?;
        let root = open_host(Path::new("/")).map_err(|error| Error::io("open", "/", error))?;
        let found = fstat(&root).map_err(|error| Error::io("examine", "/", error))?;
        fchdir(&proc).map_err(|error| Error::io("enter", "/proc", error))?;
        Ok(Supervisor {
            listener,
            proc,
            root,
            current: (found.st_dev, found.st_ino),
            links: BTreeMap::new(),
        })
    }

    pub(crate) fn listener(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    /// Answers one call.
    pub(crate) fn answer(&mut self) {
        // the caller may have been killed since
        let Ok(call) = receive(&self.listener) else {
            return;
        };
        let errno = match self.carry_out(&call) {
            Ok(()) => 0,
            Err(error) => error.raw_os_error().unwrap_or(libc::EIO),
        };
        reply(&self.listener, call.id, errno);
    }

    fn carry_out(&mut self, call: &libc::seccomp_notif) -> io::Result<()> {
        let kind =
            ownership_call(call.data.arch, call.data.nr).ok_or_else(|| os_error(libc::ENOSYS))?;
        let request = Request::of(kind, &call.data.args);
        let open = |name: String| {
            openat(
                &self.proc,
                name,
                OFlags::PATH | OFlags::CLOEXEC,
                Mode::empty(),
            )
        };
        let root = open(format!("{}/root", call.pid))?;
        let path = match request.path {
            Some(address) => read_string(&self.proc, call.pid, address)?,
            None => CString::default(),
        };
        let base = match request.directory {
            libc::AT_FDCWD => open(format!("{}/cwd", call.pid))?,
            number => {
                open(format!("{}/fd/{number}", call.pid)).map_err(|_| os_error(libc::EBADF))?
            }
        };
        // only now is it certain that the process asked about is the one that asked
        check_alive(&self.listener, call.id)?;
        self.take_root(&root)?;
        let file = if path.is_empty() {
            if !request.empty_path {
                return Err(os_error(libc::ENOENT));
            }
            base
        } else {
            let follow = if request.follow {
                OFlags::empty()
            } else {
                OFlags::NOFOLLOW
            };
            openat(
                &base,
                path.as_c_str(),
                OFlags::PATH | OFlags::CLOEXEC | follow,
                Mode::empty(),
            )?
        };
        self.record(&file, request.uid, request.gid)
    }

    fn take_root(&mut self, root: &OwnedFd) -> io::Result<()> {
        let found = fstat(root)?;
        if (found.st_dev, found.st_ino) != self.current {
            fchdir(root)?;
            chroot(".")?;
            fchdir(&self.proc)?;
            self.current = (found.st_dev, found.st_ino);
        }
        Ok(())
    }

    fn record(&mut self, file: &OwnedFd, uid: u32, gid: u32) -> io::Result<()> {
        // what the kernel itself does on a change of owner: copying up, clearing set-uid bits, refusing on a
        // read-only mount
        chownat(
            file,
            "",
            Some(Uid::ROOT),
            Some(Gid::ROOT),
            AtFlags::EMPTY_PATH,
        )?;
        let found = fstat(file)?;
        let merge = |(old_uid, old_gid): (u32, u32)| {
            (
                if uid == UNCHANGED { old_uid } else { uid },
                if gid == UNCHANGED { old_gid } else { gid },
            )
        };
        if !matches!(
            FileType::from_raw_mode(found.st_mode),
            FileType::RegularFile | FileType::Directory
        ) {
            let old = self.links.get(&found.st_ino).map(|(_, owner)| *owner);
            let owner = merge(old.unwrap_or_default());
            if old.is_some() || owner != (0, 0) {
                let path = self.path_of(file)?;
                self.links.insert(found.st_ino, (path, owner));
            }
            return Ok(());
        }
        // by name, as an attribute cannot be set through this kind of descriptor
        let name = format!("self/fd/{}", file.as_raw_fd());
        let old = read_owner(&name)?;
        let owner = merge(old.unwrap_or_default());
        if old.is_some() || owner != (0, 0) {
            let value = format!("{}:{}", owner.0, owner.1);
            match rustix::fs::setxattr(name, OWNER_XATTR, value.as_bytes(), XattrFlags::empty()) {
                // memory, on older kernels: never part of a layer
                Err(rustix::io::Errno::OPNOTSUPP) => {}
                other => other?,
            }
        }
        Ok(())
    }

    /// The path inside the sandbox's root.
    fn path_of(&mut self, file: &OwnedFd) -> io::Result<PathBuf> {
        let root = self.root.try_clone()?;
        self.take_root(&root)?;
        let path = readlinkat(CWD, format!("self/fd/{}", file.as_raw_fd()), Vec::new())?;
        Ok(PathBuf::from(OsStr::from_bytes(path.as_bytes())))
    }

    /// The owners of what is in the upper directory and cannot carry an attribute, found again by inode number, as
    /// packages are unpacked under one name and renamed; where that has changed by copying up, by path.
    pub(crate) fn finish(self, upper: Option<BorrowedFd<'_>>) -> Vec<RecordedOwner> {
        let (false, Some(upper)) = (self.links.is_empty(), upper) else {
            return Vec::new();
        };
        let mut owners = BTreeMap::new();
        let mut rest = self.links;
        find(upper, Path::new("/"), &mut |path, inode| {
            if let Some((_, owner)) = rest.get(&inode) {
                owners.insert(path.to_owned(), *owner);
            }
        });
        rest.retain(|_, (path, _)| !owners.contains_key(path));
        for (path, owner) in rest.into_values() {
            let inside = path.strip_prefix("/").unwrap_or(&path);
            let carries = |found: &Stat| {
                matches!(
                    FileType::from_raw_mode(found.st_mode),
                    FileType::RegularFile | FileType::Directory
                )
            };
            let found = open_plain(upper, inside, OFlags::PATH | OFlags::NOFOLLOW)
                .and_then(|file| Ok(fstat(file)?));
            if found.is_ok_and(|found| !carries(&found)) {
                owners.insert(path, owner);
            }
        }
        owners
            .into_iter()
            .map(|(path, (uid, gid))| RecordedOwner { path, uid, gid })
            .collect()
    }
}

/// What a call asks for.
struct Request {
    directory: i32,
    path: Option<u64>,
    uid: u32,
    gid: u32,
    follow: bool,
    empty_path: bool,
}

impl Request {
    // the kernel reads these arguments as `int` or `unsigned int`: their upper halves mean nothing
    #[allow(clippy::cast_possible_truncation)]
    fn of(kind: Ownership, args: &[u64; 6]) -> Self {
        let follow = kind != Ownership::Lchown;
        match kind {
            Ownership::Chown | Ownership::Lchown => Request {
                directory: libc::AT_FDCWD,
                path: Some(args[0]),
                uid: args[1] as u32,
                gid: args[2] as u32,
                follow,
                empty_path: false,
            },
            Ownership::Fchown => Request {
                directory: args[0] as i32,
                path: None,
                uid: args[1] as u32,
                gid: args[2] as u32,
                follow,
                empty_path: true,
            },
            Ownership::Fchownat => Request {
                directory: args[0] as i32,
                path: Some(args[1]),
                uid: args[2] as u32,
                gid: args[3] as u32,
                follow: args[4] as i32 & libc::AT_SYMLINK_NOFOLLOW == 0,
                empty_path: args[4] as i32 & libc::AT_EMPTY_PATH != 0,
            },
        }
    }
}

fn os_error(number: i32) -> io::Error {
    io::Error::from_raw_os_error(number)
}

fn read_owner(name: &str) -> io::Result<Option<(u32, u32)>> {
    let mut value = [0; 32];
    match rustix::fs::getxattr(name, OWNER_XATTR, &mut value) {
        Ok(length) => Ok(parse_owner(&value[..length])),
        Err(rustix::io::Errno::NODATA | rustix::io::Errno::OPNOTSUPP) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Reads a NUL-terminated string from another process, page by page.
fn read_string(proc: &OwnedFd, pid: u32, address: u64) -> io::Result<CString> {
    const PAGE: u64 = 4096;
    let memory = File::from(openat(
        proc,
        format!("{pid}/mem"),
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )?);
    let mut bytes = Vec::new();
    while bytes.len() < libc::PATH_MAX as usize {
        let from = address + bytes.len() as u64;
        let mut page = vec![0; usize::try_from(PAGE - from % PAGE).map_err(io::Error::other)?];
        memory
            .read_exact_at(&mut page, from)
            .map_err(|_| os_error(libc::EFAULT))?;
        bytes.extend(page);
        if let Ok(string) = CStr::from_bytes_until_nul(&bytes) {
            return Ok(string.to_owned());
        }
    }
    Err(os_error(libc::ENAMETOOLONG))
}

fn receive(listener: &OwnedFd) -> io::Result<libc::seccomp_notif> {
    // SAFETY: `seccomp_notif` is plain data of integers; the kernel asks for zeroes.
    let mut call: libc::seccomp_notif = unsafe { mem::zeroed() };
    // SAFETY: the descriptor is a listener and `call` a live `seccomp_notif` that the kernel fills in.
    let result = unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            libc::SECCOMP_IOCTL_NOTIF_RECV,
            &raw mut call,
        )
    };
    if result == 0 {
        Ok(call)
    } else {
        Err(io::Error::last_os_error())
    }
}

fn check_alive(listener: &OwnedFd, id: u64) -> io::Result<()> {
    // SAFETY: the descriptor is a listener and `id` a live integer that the kernel reads.
    let result = unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            libc::SECCOMP_IOCTL_NOTIF_ID_VALID,
            &raw const id,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

fn reply(listener: &OwnedFd, id: u64, errno: i32) {
    let mut answer = libc::seccomp_notif_resp {
        id,
        val: 0,
        error: -errno,
        flags: 0,
    };
    // SAFETY: the descriptor is a listener and `answer` a live `seccomp_notif_resp`. It fails if the caller was killed.
    unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            libc::SECCOMP_IOCTL_NOTIF_SEND,
            &raw mut answer,
        )
    };
}

/// Calls `see` for all below `directory` that is neither file nor directory, without following links.
fn find(directory: BorrowedFd<'_>, path: &Path, see: &mut impl FnMut(&Path, u64)) {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(opened) = openat(directory, ".", flags, Mode::empty()) else {
        return;
    };
    let Ok(entries) = Dir::read_from(&opened) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        let path = path.join(OsStr::from_bytes(name.to_bytes()));
        match entry.file_type() {
            FileType::RegularFile => {}
            FileType::Directory => {
                if let Ok(below) = openat(&opened, name, flags, Mode::empty()) {
                    find(below.as_fd(), &path, see);
                }
            }
            _ => {
                if let Ok(found) = statat(&opened, name, AtFlags::SYMLINK_NOFOLLOW) {
                    see(&path, found.st_ino);
                }
            }
        }
    }
}
