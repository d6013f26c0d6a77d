//! What says, without reading a file, that everything at a path is as it was: names, modes, and the stamps of files.
//!
//! One `statx` a file. A file that changed in the last moments may change again within the clock's grain and keep its
//! stamp, so nothing is said of a tree that has one.

use constrict_oci::Hasher;
use rustix::fs::{AtFlags, FileType, OFlags, StatxFlags, statx};

use super::{Directory, now};
use crate::error::{IoContext, Result};
use crate::tree::join;
use crate::view::View;

/// Adds what is at and below `path` to `hasher`; says no if it cannot vouch for it.
pub(super) fn identify(directory: &Directory, path: &[u8], hasher: &mut Hasher) -> Result<bool> {
    if directory.is_hidden(path)? {
        return Ok(false);
    }
    let file = match directory.open_at(path, OFlags::PATH) {
        Ok(file) => file,
        Err(_) => return Ok(false),
    };
    let stat = statx(&file, c"", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS)
        .at("stat", directory.host_path(path))?;
    let now = now();
    match add(hasher, path, &stat, now) {
        Seen::Known => Ok(true),
        Seen::Directory => children(directory, path, hasher, now),
        Seen::Unsure => Ok(false),
    }
}

fn children(directory: &Directory, path: &[u8], hasher: &mut Hasher, now: i64) -> Result<bool> {
    let opened = directory
        .open_at(path, OFlags::RDONLY | OFlags::DIRECTORY)
        .at("open", directory.host_path(path))?;
    for name in directory.list(path)? {
        let below = join(path, &name);
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        let Ok(stat) = statx(&opened, name.as_slice(), flags, StatxFlags::BASIC_STATS) else {
            return Ok(false);
        };
        let sure = match add(hasher, &below, &stat, now) {
            Seen::Known => true,
            Seen::Directory => children(directory, &below, hasher, now)?,
            Seen::Unsure => false,
        };
        if !sure {
            return Ok(false);
        }
    }
    Ok(true)
}

enum Seen {
    Known,
    Directory,
    Unsure,
}

fn add(hasher: &mut Hasher, path: &[u8], stat: &rustix::fs::Statx, now: i64) -> Seen {
    let kind = FileType::from_raw_mode(u32::from(stat.stx_mode));
    hasher.update(&(path.len() as u64).to_le_bytes());
    hasher.update(path);
    hasher.update(&stat.stx_mode.to_le_bytes());
    if kind == FileType::Directory {
        return Seen::Directory;
    }
    // a link's text is part of it: it changes only with the inode
    if !matches!(kind, FileType::RegularFile | FileType::Symlink)
        || now <= stat.stx_ctime.tv_sec + 1
    {
        return Seen::Unsure;
    }
    for number in [
        stat.stx_ino,
        u64::from(stat.stx_dev_major),
        u64::from(stat.stx_dev_minor),
        u64::from(stat.stx_nlink),
        stat.stx_size,
        stat.stx_mtime.tv_sec as u64,
        u64::from(stat.stx_mtime.tv_nsec),
        stat.stx_ctime.tv_sec as u64,
        u64::from(stat.stx_ctime.tv_nsec),
    ] {
        hasher.update(&number.to_le_bytes());
    }
    Seen::Known
}
