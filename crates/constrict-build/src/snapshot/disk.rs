//! Making one entry of a layer on disk, below a directory handle that no link leads out of.

use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use constrict_oci::layer::{NewEntry, NewKind};
use constrict_sandbox::{Mode, OWNER_XATTR};
use rustix::fs::{AtFlags, FileType, OFlags, ResolveFlags, Timespec, Timestamps, XattrFlags};
use rustix::io::Errno;

use crate::copy::{Content, Plan};
use crate::error::IoContext;
use crate::view::{FileKind, Meta, View, components, file_name, parent};

/// Makes entries below `root`; every file among them has `content`.
pub(crate) fn make_entries(
    root: &Path,
    mode: Mode,
    entries: Vec<NewEntry>,
    content: &[u8],
) -> crate::Result<()> {
    let disk = Disk::new(std::fs::File::open(root).at("open", root)?.into(), mode);
    for entry in entries {
        let path = root.join(String::from_utf8_lossy(&entry.path).as_ref());
        disk.make(&entry, &mut &*content).at("create", path)?;
    }
    Ok(())
}

/// Makes files of a view below `root`, which may have files already.
pub(crate) fn write_files(
    root: &Path,
    mode: Mode,
    files: Vec<(Vec<u8>, Meta)>,
    view: &dyn View,
) -> crate::Result<()> {
    let disk = Disk::new(std::fs::File::open(root).at("open", root)?.into(), mode);
    for (path, meta) in files {
        let on_disk = root.join(String::from_utf8_lossy(&path).as_ref());
        let entry = meta.entry(&path, None);
        match meta.kind {
            FileKind::Regular { .. } => disk
                .make(&entry, &mut view.open(&path)?)
                .at("create", on_disk)?,
            _ => disk
                .make(&entry, &mut std::io::empty())
                .at("create", on_disk)?,
        }
    }
    Ok(())
}

/// Makes the files of a plan below `root`, as the user's own.
pub(crate) fn write_plan(root: &Path, plan: &Plan<'_>) -> crate::Result<()> {
    let disk = Disk::new(
        std::fs::File::open(root).at("open", root)?.into(),
        Mode::SubIds,
    );
    for (path, planned) in &plan.entries {
        let on_disk = root.join(String::from_utf8_lossy(path).as_ref());
        let mut entry = planned.meta.entry(path, planned.hard_link.as_deref());
        (entry.uid, entry.gid) = (
            rustix::process::geteuid().as_raw(),
            rustix::process::getegid().as_raw(),
        );
        match &planned.content {
            Content::None => disk.make(&entry, &mut std::io::empty()),
            Content::Inline(bytes) => disk.make(&entry, &mut bytes.as_slice()),
            Content::File(view, path) => disk.make(&entry, &mut view.open(path)?),
        }
        .at("create", on_disk)?;
    }
    Ok(())
}

/// Gives a directory its permissions and owner.
pub(crate) fn dress_directory(
    path: &Path,
    mode: Mode,
    bits: u32,
    owner: (u32, u32),
) -> crate::Result<()> {
    let mut entry = NewEntry::new(b"", NewKind::Directory, bits);
    (entry.uid, entry.gid) = owner;
    let disk = Disk::new(std::fs::File::open(path).at("open", path)?.into(), mode);
    disk.make(&entry, &mut std::io::empty())
        .at("set the owner of", path)
}

/// A directory that receives the entries of one layer.
pub(super) struct Disk {
    root: OwnedFd,
    mode: Mode,
}

type Result<T> = rustix::io::Result<T>;

impl Disk {
    /// Writes below `root`.
    pub(super) fn new(root: OwnedFd, mode: Mode) -> Self {
        Disk { root, mode }
    }

    /// Opens the directory that `path` is in; missing ones are made.
    fn parent_of(&self, path: &[u8]) -> Result<OwnedFd> {
        let directory = parent(path);
        match open_directory(&self.root, directory) {
            Err(Errno::NOENT) => {}
            other => return other,
        }
        let mut at = open_directory(&self.root, b".")?;
        for name in components(directory) {
            at = match open_directory(&at, name) {
                Err(Errno::NOENT) => {
                    rustix::fs::mkdirat(&at, name, rustix::fs::Mode::from(0o755))?;
                    open_directory(&at, name)?
                }
                other => other?,
            };
        }
        Ok(at)
    }

    /// Makes the entry, in place of what was there.
    pub(super) fn make(&self, entry: &NewEntry, content: &mut dyn Read) -> std::io::Result<()> {
        if entry.path.is_empty() {
            return Ok(self.dress_directory(self.root.as_fd(), entry)?);
        }
        let parent = self.parent_of(&entry.path)?;
        let name = file_name(&entry.path);
        if matches!(entry.kind, NewKind::Opaque) {
            return Ok(self.make_opaque(&parent, name)?);
        }
        self.clear(&parent, name, matches!(entry.kind, NewKind::Directory))?;
        let bits = rustix::fs::Mode::from(entry.mode & 0o7777);
        match &entry.kind {
            NewKind::File { .. } => return self.make_file(&parent, name, entry, content),
            NewKind::Directory => {
                match rustix::fs::mkdirat(&parent, name, rustix::fs::Mode::from(0o755)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let directory =
                    rustix::fs::openat(&parent, name, flags, rustix::fs::Mode::empty())?;
                return Ok(self.dress_directory(directory.as_fd(), entry)?);
            }
            NewKind::Symlink { target } => rustix::fs::symlinkat(target.as_slice(), &parent, name)?,
            NewKind::Hardlink { target } => {
                let from = self.parent_of(target)?;
                rustix::fs::linkat(&from, file_name(target), &parent, name, AtFlags::empty())?;
                return Ok(());
            }
            NewKind::Whiteout => {
                return Ok(self.node(&parent, name, FileType::CharacterDevice, 0o600, 0)?);
            }
            NewKind::CharDevice { major, minor } => {
                let device = rustix::fs::makedev(*major, *minor);
                if !self.device(&parent, name, FileType::CharacterDevice, entry.mode, device)? {
                    return Ok(());
                }
            }
            NewKind::BlockDevice { major, minor } => {
                let device = rustix::fs::makedev(*major, *minor);
                if !self.device(&parent, name, FileType::BlockDevice, entry.mode, device)? {
                    return Ok(());
                }
            }
            NewKind::Fifo => self.node(&parent, name, FileType::Fifo, entry.mode, 0)?,
            NewKind::Opaque => {}
        }
        self.chown(&parent, name, entry)?;
        if !matches!(entry.kind, NewKind::Symlink { .. }) {
            rustix::fs::chmodat(&parent, name, bits, AtFlags::empty())?;
        }
        rustix::fs::utimensat(
            &parent,
            name,
            &times(entry.mtime),
            AtFlags::SYMLINK_NOFOLLOW,
        )?;
        Ok(())
    }

    fn make_file(
        &self,
        parent: &OwnedFd,
        name: &[u8],
        entry: &NewEntry,
        content: &mut dyn Read,
    ) -> std::io::Result<()> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(parent, name, flags, rustix::fs::Mode::from(0o600))?;
        let mut file = std::fs::File::from(file);
        std::io::copy(content, &mut file)?;
        self.own(file.as_fd(), entry)?;
        rustix::fs::fchmod(&file, rustix::fs::Mode::from(entry.mode & 0o7777))?;
        set_xattrs(file.as_fd(), entry)?;
        rustix::fs::futimens(&file, &times(entry.mtime))?;
        Ok(())
    }

    fn dress_directory(
        &self,
        directory: std::os::fd::BorrowedFd<'_>,
        entry: &NewEntry,
    ) -> Result<()> {
        self.own(directory, entry)?;
        rustix::fs::fchmod(directory, rustix::fs::Mode::from(entry.mode & 0o7777))?;
        set_xattrs(directory, entry)?;
        rustix::fs::futimens(directory, &times(entry.mtime))
    }

    /// Sets the owner of a file or directory, or records it where it cannot be set.
    fn own(&self, file: std::os::fd::BorrowedFd<'_>, entry: &NewEntry) -> Result<()> {
        if self.mode.can_chown() {
            return rustix::fs::fchown(file, Some(uid(entry)), Some(gid(entry)));
        }
        if (entry.uid, entry.gid) != (0, 0) {
            let value = format!("{}:{}", entry.uid, entry.gid);
            rustix::fs::fsetxattr(file, OWNER_XATTR, value.as_bytes(), XattrFlags::empty())?;
        }
        Ok(())
    }

    /// Sets the owner of what is neither; where it cannot be set, the layer's index knows it.
    fn chown(&self, parent: &OwnedFd, name: &[u8], entry: &NewEntry) -> Result<()> {
        if !self.mode.can_chown() {
            return Ok(());
        }
        rustix::fs::chownat(
            parent,
            name,
            Some(uid(entry)),
            Some(gid(entry)),
            AtFlags::SYMLINK_NOFOLLOW,
        )
    }

    fn make_opaque(&self, parent: &OwnedFd, name: &[u8]) -> Result<()> {
        match rustix::fs::mkdirat(parent, name, rustix::fs::Mode::from(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = rustix::fs::openat(parent, name, flags, rustix::fs::Mode::empty())?;
        rustix::fs::fsetxattr(
            &directory,
            self.mode.opaque_xattr(),
            b"y",
            XattrFlags::empty(),
        )
    }

    /// Removes what is in the way of an entry: of two with one name, the later counts.
    fn clear(&self, parent: &OwnedFd, name: &[u8], is_directory: bool) -> std::io::Result<()> {
        match rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory if is_directory => Ok(()),
                FileType::Directory => Ok(rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR)?),
                _ => Ok(rustix::fs::unlinkat(parent, name, AtFlags::empty())?),
            },
        }
    }

    fn node(
        &self,
        parent: &OwnedFd,
        name: &[u8],
        kind: FileType,
        mode: u32,
        device: u64,
    ) -> Result<()> {
        rustix::fs::mknodat(
            parent,
            name,
            kind,
            rustix::fs::Mode::from(mode & 0o7777),
            device,
        )
    }

    /// Makes a device node; says no where the kernel does not let us. The layer's index still has it.
    fn device(
        &self,
        parent: &OwnedFd,
        name: &[u8],
        kind: FileType,
        mode: u32,
        device: u64,
    ) -> Result<bool> {
        match self.node(parent, name, kind, mode, device) {
            Err(Errno::PERM) if !self.mode.can_make_devices() => Ok(false),
            other => other.map(|()| true),
        }
    }
}

/// Opens a directory below `at`, through no link and no mount.
fn open_directory(at: &OwnedFd, path: &[u8]) -> Result<OwnedFd> {
    let path: &[u8] = if path.is_empty() { b"." } else { path };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    rustix::fs::openat2(at, path, flags, rustix::fs::Mode::empty(), resolve)
}

fn uid(entry: &NewEntry) -> rustix::fs::Uid {
    rustix::fs::Uid::from_raw(entry.uid)
}

fn gid(entry: &NewEntry) -> rustix::fs::Gid {
    rustix::fs::Gid::from_raw(entry.gid)
}

/// Whether an attribute means something to overlayfs, to this program or to the host's security modules, and not to
/// the image. The layer's index keeps it.
fn is_of_the_host(name: &[u8]) -> bool {
    let overlay = name.starts_with(b"trusted.overlay.") || name.starts_with(b"user.overlay.");
    let security = name.starts_with(b"security.") && name != b"security.capability";
    overlay || security || name.starts_with(b"user.constrict.")
}

fn set_xattrs(file: std::os::fd::BorrowedFd<'_>, entry: &NewEntry) -> Result<()> {
    for (name, value) in &entry.xattrs {
        if is_of_the_host(name) {
            continue;
        }
        match rustix::fs::fsetxattr(file, name.as_slice(), value, XattrFlags::empty()) {
            // a name space that this file system or user does not have; the layer's index keeps it
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::PERM) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Access and modification time.
pub(super) fn times(seconds: i64) -> Timestamps {
    let time = Timespec {
        tv_sec: seconds,
        tv_nsec: 0,
    };
    Timestamps {
        last_access: time,
        last_modification: time,
    }
}
