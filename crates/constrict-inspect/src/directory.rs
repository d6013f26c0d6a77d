//! A root directory of the host as an image's files: an unpacked image, a mounted one. Never follows a link out of it.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};

use crate::files::{Contents, Elf, Files, Kind, Node, join};
use crate::pack::{OnDisk, elf};

/// The files below `root`, of one file system: what is mounted there (`/proc`) is left out.
pub fn files(root: &Path) -> io::Result<Files> {
    let handle = File::open(root)?;
    let device = handle.metadata()?.dev();
    let mut nodes = BTreeMap::new();
    // the first name of each file that has several
    let mut linked: HashMap<(u64, u64), Vec<u8>> = HashMap::new();
    let mut pending = vec![Vec::new()];
    while let Some(directory) = pending.pop() {
        let on_host = root.join(OsStr::from_bytes(&directory));
        let mut entries = std::fs::read_dir(&on_host)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let meta = entry.metadata()?;
            let path = join(&directory, entry.file_name().as_bytes());
            let kind = if meta.is_dir() {
                Kind::Directory
            } else if meta.is_symlink() {
                let target = std::fs::read_link(entry.path())?
                    .into_os_string()
                    .into_vec();
                Kind::Symlink { target }
            } else if meta.is_file() {
                Kind::File {
                    size: meta.len(),
                    digest: None,
                    content: match meta.nlink() {
                        1 => path.clone(),
                        _ => {
                            let first = linked.entry((meta.dev(), meta.ino()));
                            first.or_insert_with(|| path.clone()).clone()
                        }
                    },
                }
            } else {
                Kind::Special
            };
            if meta.is_dir() && meta.dev() == device {
                pending.push(path.clone());
            }
            let node = Node {
                kind,
                mode: meta.permissions().mode() & 0o7777,
                uid: meta.uid(),
                gid: meta.gid(),
                mtime: meta.mtime(),
                layer: 0,
            };
            nodes.insert(path, node);
        }
    }
    Ok(Files::new(nodes, Box::new(Directory(handle))))
}

struct Directory(File);

impl Directory {
    fn open(&self, path: &[u8]) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        Ok(openat2(&self.0, path, flags, Mode::empty(), resolve)?.into())
    }
}

impl Contents for Directory {
    fn read(&self, _: usize, path: &[u8], limit: usize) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        self.open(path)?
            .take(limit as u64)
            .read_to_end(&mut content)?;
        Ok(content)
    }

    fn object(&self, _: usize, path: &[u8]) -> io::Result<Option<Elf>> {
        Ok(elf(&OnDisk::new(self.open(path)?)?))
    }
}
