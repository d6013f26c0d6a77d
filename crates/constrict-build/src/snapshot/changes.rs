//! What a RUN changed: the upper directory of its overlay, as the entries of a layer.

use std::collections::{BTreeMap, HashMap};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use constrict_oci::layer::{Kind, NewEntry, NewKind};
use constrict_sandbox::{Mode, OWNER_XATTR, RecordedOwner};
use rustix::fs::{FileType, OFlags, Stat};
use rustix::io::Errno;

use crate::error::{IoContext, Result};
use crate::tree::{Tree, join};

/// An entry, and the file that has its content.
pub(crate) struct Change {
    /// The entry.
    pub(crate) entry: NewEntry,
    /// Where the bytes are.
    pub(crate) file: PathBuf,
}

/// What decides the owners of the changes.
pub(crate) struct Owners<'a> {
    /// How files on disk are owned.
    pub(crate) mode: Mode,
    /// Owners asked for that could not be set.
    pub(crate) recorded: &'a [RecordedOwner],
    /// The user of the RUN: with a single id, what is new belongs to it.
    pub(crate) user: (u32, u32),
}

/// The changes in `upper`, by path; `below` is the tree that they are changes of.
pub(crate) fn changes(upper: &Path, below: &Tree, owners: &Owners<'_>) -> Result<Vec<Change>> {
    let mut walk = Walk {
        upper,
        below,
        owners,
        links: HashMap::new(),
        found: Vec::new(),
    };
    let root = rustix::fs::open(
        upper,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )
    .at("open", upper)?;
    walk.directory(&root, b"")?;
    // a name that is linked to must come first: `a-b` is before `a/b`, which the walk saw first
    let is_link = |change: &Change| matches!(change.entry.kind, NewKind::Hardlink { .. });
    walk.found
        .sort_by(|a, b| (is_link(a), &a.entry.path).cmp(&(is_link(b), &b.entry.path)));
    Ok(walk.found)
}

struct Walk<'a> {
    upper: &'a Path,
    below: &'a Tree,
    owners: &'a Owners<'a>,
    /// The first name of each file with several.
    links: HashMap<u64, Vec<u8>>,
    found: Vec<Change>,
}

impl Walk<'_> {
    fn directory(&mut self, directory: &OwnedFd, path: &[u8]) -> Result<()> {
        let here = self.on_disk(path);
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(directory).at("read", &here)? {
            let entry = entry.at("read", &here)?;
            if entry.file_name() != c"." && entry.file_name() != c".." {
                names.push(entry.file_name().to_owned());
            }
        }
        names.sort();
        for name in names {
            let path = join(path, name.to_bytes());
            let stat = rustix::fs::statat(directory, &name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW)
                .at("stat", self.on_disk(&path))?;
            self.entry(directory, &name, path, &stat)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        parent: &OwnedFd,
        name: &std::ffi::CStr,
        path: Vec<u8>,
        stat: &Stat,
    ) -> Result<()> {
        let on_disk = self.on_disk(&path);
        let (major, minor) = (
            rustix::fs::major(stat.st_rdev),
            rustix::fs::minor(stat.st_rdev),
        );
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::CharacterDevice if (major, minor) == (0, 0) => {
                if self.below.get(&path).is_some() {
                    self.push(path, NewKind::Whiteout, stat, (0, 0), BTreeMap::new());
                }
                return Ok(());
            }
            FileType::Directory => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let directory = rustix::fs::openat(parent, name, flags, rustix::fs::Mode::empty())
                    .at("open", &on_disk)?;
                return self.changed_directory(&directory, path, stat);
            }
            FileType::RegularFile => match self.first_name(&path, stat) {
                Some(target) => NewKind::Hardlink { target },
                None => NewKind::File {
                    size: stat.st_size as u64,
                },
            },
            FileType::Symlink => {
                let target =
                    rustix::fs::readlinkat(parent, name, Vec::new()).at("read", &on_disk)?;
                NewKind::Symlink {
                    target: target.into_bytes(),
                }
            }
            FileType::CharacterDevice => NewKind::CharDevice { major, minor },
            FileType::BlockDevice => NewKind::BlockDevice { major, minor },
            FileType::Fifo => NewKind::Fifo,
            // a socket means nothing without the process that listened
            _ => return Ok(()),
        };
        let is_file = matches!(kind, NewKind::File { .. } | NewKind::Hardlink { .. });
        let xattrs = if is_file {
            xattrs(&on_disk)?
        } else {
            BTreeMap::new()
        };
        let owner = self.owner(&path, stat, is_file.then_some(on_disk.as_path()))?;
        self.push(path, kind, stat, owner, xattrs);
        Ok(())
    }

    fn changed_directory(&mut self, directory: &OwnedFd, path: Vec<u8>, stat: &Stat) -> Result<()> {
        let on_disk = self.on_disk(&path);
        let owner = self.owner(&path, stat, Some(&on_disk))?;
        self.push(
            path.clone(),
            NewKind::Directory,
            stat,
            owner,
            xattrs(&on_disk)?,
        );
        let replaced = self
            .below
            .get(&path)
            .is_some_and(|node| node.is_directory());
        if replaced && is_opaque(directory, self.owners.mode).at("read", &on_disk)? {
            self.push(path.clone(), NewKind::Opaque, stat, (0, 0), BTreeMap::new());
        }
        self.directory(directory, &path)
    }

    /// The name under which this file is already among the changes.
    fn first_name(&mut self, path: &[u8], stat: &Stat) -> Option<Vec<u8>> {
        if stat.st_nlink < 2 {
            return None;
        }
        match self.links.get(&stat.st_ino) {
            Some(first) => Some(first.clone()),
            None => {
                self.links.insert(stat.st_ino, path.to_vec());
                None
            }
        }
    }

    /// The owner that the layer says.
    fn owner(&self, path: &[u8], stat: &Stat, file: Option<&Path>) -> Result<(u32, u32)> {
        if self.owners.mode.can_chown() {
            return Ok((stat.st_uid, stat.st_gid));
        }
        if let Some(recorded) =
            self.owners.recorded.iter().rev().find(|recorded| {
                recorded.path.as_os_str().as_bytes().strip_prefix(b"/") == Some(path)
            })
        {
            return Ok((recorded.uid, recorded.gid));
        }
        if let Some(owner) = file.map(recorded).transpose()?.flatten() {
            return Ok(owner);
        }
        // what was there before keeps its owner; what is new belongs to the RUN's user
        let before = self
            .below
            .get(path)
            .and_then(|node| node.entry)
            .filter(|entry| same_type(&entry.kind, stat));
        Ok(before.map_or(self.owners.user, |entry| (entry.uid, entry.gid)))
    }

    fn push(
        &mut self,
        path: Vec<u8>,
        kind: NewKind,
        stat: &Stat,
        (uid, gid): (u32, u32),
        xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
    ) {
        let file = self.on_disk(&path);
        let entry = NewEntry {
            path,
            kind,
            mode: stat.st_mode & 0o7777,
            uid,
            gid,
            mtime: stat.st_mtime,
            xattrs,
        };
        self.found.push(Change { entry, file });
    }

    fn on_disk(&self, path: &[u8]) -> PathBuf {
        self.upper.join(std::ffi::OsStr::from_bytes(path))
    }
}

fn same_type(kind: &Kind, stat: &Stat) -> bool {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => matches!(kind, Kind::File { .. } | Kind::Hardlink { .. }),
        FileType::Directory => matches!(kind, Kind::Directory),
        FileType::Symlink => matches!(kind, Kind::Symlink { .. }),
        _ => false,
    }
}

fn is_opaque(directory: &OwnedFd, mode: Mode) -> rustix::io::Result<bool> {
    let mut value = [0; 1];
    match rustix::fs::fgetxattr(directory, mode.opaque_xattr(), &mut value) {
        Ok(1) => Ok(value == *b"y"),
        Ok(_) | Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::RANGE) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The owner that the sandbox recorded on a file or directory.
fn recorded(file: &Path) -> Result<Option<(u32, u32)>> {
    let mut value = [0; 32];
    match rustix::fs::lgetxattr(file, OWNER_XATTR, &mut value) {
        Ok(n) => Ok(std::str::from_utf8(&value[..n])
            .ok()
            .and_then(|text| text.split_once(':'))
            .and_then(|(uid, gid)| Some((uid.parse().ok()?, gid.parse().ok()?)))),
        Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::RANGE) => Ok(None),
        Err(error) => Err(error).at("read the owner of", file),
    }
}

/// The extended attributes that an image carries: file capabilities, as containerd writes them.
fn xattrs(file: &Path) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let mut value = [0; 64];
    match rustix::fs::lgetxattr(file, c"security.capability", &mut value) {
        Ok(n) => Ok(BTreeMap::from([(
            b"security.capability".to_vec(),
            value[..n].to_vec(),
        )])),
        Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::RANGE) => Ok(BTreeMap::new()),
        Err(error) => Err(error).at("read the capabilities of", file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_come_after_what_they_link_to() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/b"), "").unwrap();
        std::fs::hard_link(folder.path().join("a/b"), folder.path().join("a-b")).unwrap();
        std::fs::write(folder.path().join("c"), "").unwrap();
        let owners = Owners {
            mode: Mode::Root,
            recorded: &[],
            user: (0, 0),
        };
        let found = changes(folder.path(), &Tree::default(), &owners).unwrap();
        let found: Vec<_> = found
            .into_iter()
            .map(|change| (change.entry.path, change.entry.kind))
            .collect();
        let file = NewKind::File { size: 0 };
        let link = NewKind::Hardlink {
            target: b"a/b".to_vec(),
        };
        let expected = [
            ("a", NewKind::Directory),
            ("a/b", file.clone()),
            ("c", file),
            ("a-b", link),
        ];
        assert_eq!(
            found,
            expected.map(|(path, kind)| (path.as_bytes().to_vec(), kind))
        );
    }
}
