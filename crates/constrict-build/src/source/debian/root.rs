//! The directory that packages are unpacked into. Paths are resolved inside it: no link leads out.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use constrict_debian::deb::{Entry, Kind};
use constrict_debian::status::DatabaseFile;
use constrict_debian::unpack::Sink;
use constrict_oci::layer::{NewEntry, NewKind};
use constrict_sandbox::Mode;
use rustix::fs::{AtFlags, FileType, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::error::{Error, IoContext, Result};
use crate::snapshot::make_entries;
use crate::tree::join;
use crate::view::{file_name, parent, resolve};

/// Largest file of a package that is taken, bytes; it is held in memory while it is written.
const FILE_LIMIT: u64 = 1 << 30;

/// A root file system in the making.
pub(super) struct NewRoot {
    path: PathBuf,
    directory: OwnedFd,
    mode: Mode,
    /// The directory of the last entry, as spelled and as resolved: most entries share it with their predecessor.
    last: Option<(Vec<u8>, Vec<u8>)>,
}

impl NewRoot {
    /// An empty one at `path`.
    pub(super) fn create(path: &Path, mode: Mode) -> Result<NewRoot> {
        std::fs::create_dir(path).at("create", path)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory =
            rustix::fs::open(path, flags, rustix::fs::Mode::empty()).at("open", path)?;
        Ok(NewRoot {
            path: path.into(),
            directory,
            mode,
            last: None,
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file that belongs to root.
    pub(super) fn write(
        &mut self,
        path: &str,
        mode: u32,
        content: &[u8],
        mtime: i64,
    ) -> Result<()> {
        let path = self.place(path.as_bytes(), false)?;
        let size = content.len() as u64;
        let mut entry = NewEntry::new(path, NewKind::File { size }, mode);
        entry.mtime = mtime;
        make_entries(&self.path, self.mode, vec![entry], content)
    }

    /// Makes a link that belongs to root.
    pub(super) fn link(&mut self, path: &str, target: &str, mtime: i64) -> Result<()> {
        let target = target.as_bytes().to_vec();
        let path = self.place(path.as_bytes(), false)?;
        let mut entry = NewEntry::new(path, NewKind::Symlink { target }, 0o777);
        entry.mtime = mtime;
        make_entries(&self.path, self.mode, vec![entry], b"")
    }

    /// Writes dpkg's database.
    pub(super) fn write_database(&mut self, files: &[DatabaseFile], mtime: i64) -> Result<()> {
        for file in files {
            self.write(&file.path, file.mode, &file.content, mtime)?;
        }
        Ok(())
    }

    /// Replaces a file by its changed content, readable for `group` and writable for root; a missing one stays missing.
    pub(super) fn replace_guarded(
        &mut self,
        path: &str,
        group: u32,
        mtime: i64,
        change: impl FnOnce(&str) -> String,
    ) -> Result<()> {
        let Some(file) = self.open(path, OFlags::RDONLY)? else {
            return Ok(());
        };
        let content = std::io::read_to_string(std::fs::File::from(file));
        let content = change(&content.at("read", self.path.join(path))?);
        let size = content.len() as u64;
        let mut entry = NewEntry::new(path.as_bytes(), NewKind::File { size }, 0o640);
        (entry.gid, entry.mtime) = (group, mtime);
        make_entries(&self.path, self.mode, vec![entry], content.as_bytes())
    }

    /// Deletes what a pattern matches; a `*` in its last component stands for any characters.
    pub(super) fn delete(&self, pattern: &str) -> Result<()> {
        let (directory, last) = pattern.rsplit_once('/').unwrap_or((".", pattern));
        let (start, end) = last.split_once('*').unwrap_or((last, ""));
        let on_disk = self.path.join(directory);
        let Some(opened) = self.open(directory, OFlags::RDONLY | OFlags::DIRECTORY)? else {
            return Ok(());
        };
        for entry in rustix::fs::Dir::read_from(&opened).at("read", &on_disk)? {
            let entry = entry.at("read", &on_disk)?;
            let name = entry.file_name().to_bytes();
            let is_match = match last.contains('*') {
                true => {
                    name.len() >= start.len() + end.len()
                        && name.starts_with(start.as_bytes())
                        && name.ends_with(end.as_bytes())
                }
                false => name == last.as_bytes(),
            };
            if !is_match || name == b"." || name == b".." {
                continue;
            }
            let path = on_disk.join(String::from_utf8_lossy(name).as_ref());
            match rustix::fs::unlinkat(&opened, entry.file_name(), AtFlags::empty()) {
                Err(Errno::ISDIR) => constrict_sandbox::remove_tree(&path)?,
                other => other.at("delete", &path)?,
            }
        }
        Ok(())
    }

    /// Opens something that no link leads to; `None` if it is not there.
    fn open(&self, path: &str, flags: OFlags) -> Result<Option<OwnedFd>> {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
        let flags = flags | OFlags::CLOEXEC;
        let mode = rustix::fs::Mode::empty();
        match rustix::fs::openat2(&self.directory, path, flags, mode, resolve) {
            Ok(opened) => Ok(Some(opened)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error).at("open", self.path.join(path)),
        }
    }

    /// The path with the links that lead to it followed; with `whole`, the last component too.
    fn place(&mut self, path: &[u8], whole: bool) -> Result<Vec<u8>> {
        let above = parent(path);
        if let Some((spelled, found)) = &self.last
            && spelled == above
            && !whole
        {
            return Ok(join(found, file_name(path)));
        }
        let directory = &self.directory;
        let mut read_link = |path: &[u8]| -> Result<Option<Vec<u8>>> {
            match rustix::fs::readlinkat(directory, path, Vec::new()) {
                Ok(target) => Ok(Some(target.into_bytes())),
                Err(Errno::INVAL | Errno::NOENT | Errno::NOTDIR) => Ok(None),
                Err(error) => Err(error).at("read", String::from_utf8_lossy(path).as_ref()),
            }
        };
        if whole {
            return resolve(path, &mut read_link, true);
        }
        let found = resolve(above, &mut read_link, true)?;
        let placed = join(&found, file_name(path));
        self.last = Some((above.to_vec(), found));
        Ok(placed)
    }

    /// Whether there is a directory, or a link to one.
    fn is_directory(&mut self, path: &[u8]) -> Result<bool> {
        let found = self.place(path, true)?;
        let stat = rustix::fs::statat(&self.directory, &*found, AtFlags::SYMLINK_NOFOLLOW);
        Ok(stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory))
    }
}

impl Sink for NewRoot {
    type Error = Error;

    fn make(&mut self, entry: &Entry, content: &mut dyn Read) -> Result<()> {
        let path = entry.path.as_bytes();
        if entry.kind == Kind::Directory && !path.is_empty() && self.is_directory(path)? {
            return Ok(());
        }
        let kind = match &entry.kind {
            Kind::File => NewKind::File { size: entry.size },
            Kind::Directory => NewKind::Directory,
            Kind::Symlink(target) => NewKind::Symlink {
                target: target.as_bytes().to_vec(),
            },
            Kind::Hardlink(target) => NewKind::Hardlink {
                target: self.place(target.as_bytes(), false)?,
            },
            Kind::Fifo => NewKind::Fifo,
            Kind::Character { major, minor } => NewKind::CharDevice {
                major: *major,
                minor: *minor,
            },
            Kind::Block { major, minor } => NewKind::BlockDevice {
                major: *major,
                minor: *minor,
            },
        };
        let placed = match path.is_empty() {
            true => Vec::new(),
            false => self.place(path, false)?,
        };
        let id = |id: u64| {
            u32::try_from(id).map_err(|_| {
                Error::Invalid(format!("`{}` in a package belongs to id {id}", entry.path))
            })
        };
        let mut made = NewEntry::new(placed, kind, entry.mode);
        (made.uid, made.gid) = (id(entry.uid)?, id(entry.gid)?);
        made.mtime = i64::try_from(entry.mtime).unwrap_or(i64::MAX);
        let mut bytes = Vec::new();
        if entry.kind == Kind::File {
            content
                .take(FILE_LIMIT)
                .read_to_end(&mut bytes)
                .at("read", &entry.path)?;
            if bytes.len() as u64 != entry.size {
                return Err(Error::Invalid(format!(
                    "`{}` in a package has {} bytes, not {}",
                    entry.path,
                    bytes.len(),
                    entry.size
                )));
            }
        }
        if entry.kind != Kind::Directory {
            // a link or file may take the place of what the remembered directory led through
            self.last = self.last.take().filter(|(above, _)| above == parent(path));
        }
        make_entries(&self.path, self.mode, vec![made], &bytes)
    }
}
