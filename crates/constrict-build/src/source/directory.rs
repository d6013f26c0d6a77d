//! A directory of the host as a [`View`]: the build context, a git check-out, a downloaded file.
//!
//! Every path is opened below the root's handle and may not leave it (`openat2` with `RESOLVE_IN_ROOT`). Digests of
//! files come from a stat cache where size, inode and times are those of the last time.

mod unchanged;

use std::collections::HashMap;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use constrict_dockerfile::ignore::Ignore;
use constrict_oci::{Digest, DigestWriter, Hasher};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, openat2, readlinkat, statx};
use serde::{Deserialize, Serialize};

use crate::error::{IgnoredBy, IoContext, Result};
use crate::tree::join;
use crate::view::{FileKind, Meta, View};

/// What says that a file is the one of the last time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    inode: u64,
    device: (u32, u32),
    size: u64,
    modified: (i64, u32),
    changed: (i64, u32),
}

/// Digests of files by path, each with the stamp that it holds for.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct StatCache {
    files: HashMap<String, (Stamp, Digest)>,
    #[serde(skip)]
    changed: bool,
}

/// A directory and the patterns of what is not to be seen of it.
#[derive(Debug)]
pub struct Directory {
    root: OwnedFd,
    path: PathBuf,
    name: String,
    ignore: Option<Ignore>,
    /// The name of the file that the patterns are from.
    ignore_file: String,
    /// Read when the first digest is asked for.
    cache: Mutex<Option<StatCache>>,
    cache_path: Option<PathBuf>,
}

impl Directory {
    /// Opens `path`; `name` is for messages.
    pub fn open(path: &Path, name: &str) -> Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(path, flags, Mode::empty()).at("open", path)?;
        Ok(Directory {
            root,
            path: path.into(),
            name: name.into(),
            ignore: None,
            ignore_file: String::new(),
            cache: Mutex::default(),
            cache_path: None,
        })
    }

    /// Hides what `ignore`, read from `file`, matches.
    pub fn with_ignore(mut self, ignore: Ignore, file: &str) -> Self {
        self.ignore = Some(ignore);
        self.ignore_file = file.into();
        self
    }

    /// Keeps digests in `file` from one build to the next.
    pub fn with_stat_cache(mut self, file: PathBuf) -> Self {
        self.cache_path = Some(file);
        self
    }

    fn read_stat_cache(&self) -> StatCache {
        let content = self
            .cache_path
            .as_ref()
            .and_then(|path| std::fs::read(path).ok());
        content
            .and_then(|content| serde_json::from_slice(&content).ok())
            .unwrap_or_default()
    }

    /// Where the directory is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the stat cache if it learned something.
    fn save_stat_cache(&self) {
        let cache = self.cache.lock().expect("no panic while the cache is held");
        if let (Some(path), Some(cache)) = (&self.cache_path, &*cache)
            && cache.changed
        {
            let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
            let content = serde_json::to_vec(cache).expect("a map of plain data");
            // a cache that cannot be written is made again the next time
            if std::fs::write(&temporary, content).is_ok() {
                let _ = std::fs::rename(&temporary, path);
            }
        }
    }

    fn open_at(&self, path: &[u8], flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let path: &[u8] = if path.is_empty() { b"." } else { path };
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        openat2(
            &self.root,
            path,
            flags,
            Mode::empty(),
            ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS,
        )
    }

    fn host_path(&self, path: &[u8]) -> PathBuf {
        self.path.join(std::ffi::OsStr::from_bytes(path))
    }

    fn is_hidden(&self, path: &[u8]) -> Result<bool> {
        let Some(ignore) = &self.ignore else {
            return Ok(false);
        };
        if path.is_empty() || !ignore.matches(&String::from_utf8_lossy(path)) {
            return Ok(false);
        }
        // an ignored directory is there if an exception brings something below it back
        let is_directory = self.stat(path)?.is_some_and(|meta| meta.is_directory());
        if !is_directory || ignore.prunes(&String::from_utf8_lossy(path)) {
            return Ok(true);
        }
        Ok(self.list(path)?.is_empty())
    }

    fn stat(&self, path: &[u8]) -> Result<Option<Meta>> {
        match self.open_at(path, OFlags::PATH) {
            Ok(file) => Ok(Some(meta_of(&file).at("stat", self.host_path(path))?)),
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => {
                Ok(None)
            }
            Err(error) => Err(error).at("open", self.host_path(path)),
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        self.save_stat_cache();
    }
}

impl View for Directory {
    fn meta(&self, path: &[u8]) -> Result<Option<Meta>> {
        if self.is_hidden(path)? {
            Ok(None)
        } else {
            self.stat(path)
        }
    }

    fn list(&self, path: &[u8]) -> Result<Vec<Vec<u8>>> {
        let directory = self
            .open_at(path, OFlags::RDONLY | OFlags::DIRECTORY)
            .at("open", self.host_path(path))?;
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::new(directory).at("read", self.host_path(path))? {
            let entry = entry.at("read", self.host_path(path))?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." && !self.is_hidden(&join(path, name))? {
                names.push(name.to_vec());
            }
        }
        names.sort();
        Ok(names)
    }

    fn digest(&self, path: &[u8]) -> Result<Digest> {
        let file = self
            .open_at(path, OFlags::RDONLY | OFlags::NONBLOCK)
            .at("open", self.host_path(path))?;
        let stamp = stamp_of(&file).at("stat", self.host_path(path))?;
        let key = String::from_utf8_lossy(path).into_owned();
        {
            let mut cache = self.cache.lock().expect("no panic while the cache is held");
            let cache = cache.get_or_insert_with(|| self.read_stat_cache());
            if let Some((known, digest)) = cache.files.get(&key)
                && *known == stamp
            {
                return Ok(*digest);
            }
        }
        let mut writer = DigestWriter::new(std::io::sink());
        std::io::copy(&mut std::fs::File::from(file), &mut writer)
            .at("read", self.host_path(path))?;
        let (_, digest, _) = writer.finish();
        let mut cache = self.cache.lock().expect("no panic while the cache is held");
        let cache = cache.get_or_insert_with(|| self.read_stat_cache());
        // a file changed in the last moments may change again within the clock's grain: it is not remembered
        if std::str::from_utf8(path).is_ok() && now() > stamp.changed.0 + 1 {
            cache.files.insert(key, (stamp, digest));
            cache.changed = true;
        }
        Ok(digest)
    }

    fn open(&self, path: &[u8]) -> Result<Box<dyn Read + '_>> {
        let file = self
            .open_at(path, OFlags::RDONLY | OFlags::NONBLOCK)
            .at("open", self.host_path(path))?;
        Ok(Box::new(std::fs::File::from(file)))
    }

    fn identify(&self, path: &[u8], hasher: &mut Hasher) -> Result<bool> {
        unchanged::identify(self, path, hasher)
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn ignored_by(&self, path: &[u8]) -> Option<IgnoredBy> {
        self.stat(path).ok().flatten()?;
        let (line, pattern) = self
            .ignore
            .as_ref()?
            .deciding_line(&String::from_utf8_lossy(path))?;
        Some(IgnoredBy {
            file: self.ignore_file.clone(),
            line,
            pattern: pattern.to_string(),
        })
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |time| time.as_secs() as i64)
}

fn meta_of(file: &OwnedFd) -> rustix::io::Result<Meta> {
    let stat = statx(
        file,
        c"",
        AtFlags::EMPTY_PATH,
        rustix::fs::StatxFlags::BASIC_STATS,
    )?;
    let mode = u32::from(stat.stx_mode);
    let (major, minor) = (stat.stx_rdev_major, stat.stx_rdev_minor);
    let kind = match FileType::from_raw_mode(mode) {
        FileType::RegularFile => FileKind::Regular {
            size: stat.stx_size,
        },
        FileType::Directory => FileKind::Directory,
        FileType::Symlink => FileKind::Symlink {
            target: readlinkat(file, c"", Vec::new())?.into_bytes(),
        },
        FileType::CharacterDevice => FileKind::CharDevice { major, minor },
        FileType::BlockDevice => FileKind::BlockDevice { major, minor },
        FileType::Fifo => FileKind::Fifo,
        _ => FileKind::Socket,
    };
    let several = stat.stx_nlink > 1 && !matches!(kind, FileKind::Directory);
    Ok(Meta {
        kind,
        mode: mode & 0o7777,
        // what comes from the host belongs to root in an image, as with every builder
        uid: 0,
        gid: 0,
        mtime: stat.stx_mtime.tv_sec,
        xattrs: std::collections::BTreeMap::new(),
        link_group: several.then(|| {
            format!(
                "{}:{}:{}",
                stat.stx_dev_major, stat.stx_dev_minor, stat.stx_ino
            )
            .into_bytes()
        }),
    })
}

fn stamp_of(file: &OwnedFd) -> rustix::io::Result<Stamp> {
    let stat = statx(
        file,
        c"",
        AtFlags::EMPTY_PATH,
        rustix::fs::StatxFlags::BASIC_STATS,
    )?;
    Ok(Stamp {
        inode: stat.stx_ino,
        device: (stat.stx_dev_major, stat.stx_dev_minor),
        size: stat.stx_size,
        modified: (stat.stx_mtime.tv_sec, stat.stx_mtime.tv_nsec),
        changed: (stat.stx_ctime.tv_sec, stat.stx_ctime.tv_nsec),
    })
}

#[cfg(test)]
mod tests;
