//! Times that a build made itself are set to its epoch, so that equal steps give equal layers.
//!
//! A `.pyc` file holds the time of its source (PEP 3147, PEP 552: bytes 8 to 11 when the flags are 0); where the
//! source's time is reset, the `.pyc` is told, or Python would compile it again at every start.

use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::disk::times;
use crate::error::{IoContext, Result};

/// Sets every time in `root` that is not before `since` to `epoch`.
pub(crate) fn reset_times(root: &Path, since: i64, epoch: i64) -> Result<()> {
    let mut directories = vec![root.to_path_buf()];
    let mut at = 0;
    while at < directories.len() {
        let directory = directories[at].clone();
        at += 1;
        for entry in std::fs::read_dir(&directory).at("read", &directory)? {
            let path = entry.at("read", &directory)?.path();
            let meta = path.symlink_metadata().at("stat", &path)?;
            if meta.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|e| e == "pyc") && meta.is_file() {
                retime_bytecode(&path, since, epoch)?;
                reset(&path, meta.mtime(), since, epoch)?;
            } else {
                reset(&path, meta.mtime(), since, epoch)?;
            }
        }
    }
    for directory in directories.iter().rev() {
        let meta = directory.symlink_metadata().at("stat", directory)?;
        reset(directory, meta.mtime(), since, epoch)?;
    }
    Ok(())
}

fn reset(path: &Path, mtime: i64, since: i64, epoch: i64) -> Result<()> {
    if mtime < since {
        return Ok(());
    }
    let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
    rustix::fs::utimensat(rustix::fs::CWD, path, &times(epoch), flags).at("set the time of", path)
}

/// Replaces the source's time in a `.pyc` if that time is one that is reset.
fn retime_bytecode(path: &Path, since: i64, epoch: i64) -> Result<()> {
    let mut header = [0; 16];
    let mut file = std::fs::File::open(path).at("open", path)?;
    if file.read_exact(&mut header).is_err() || header[4..8] != [0; 4] || header[2..4] != *b"\r\n" {
        return Ok(());
    }
    let recorded = i64::from(u32::from_le_bytes(
        header[8..12].try_into().expect("four bytes"),
    ));
    if recorded < since {
        return Ok(());
    }
    let mut file = std::fs::File::options()
        .write(true)
        .open(path)
        .at("open", path)?;
    file.seek(SeekFrom::Start(8)).at("seek in", path)?;
    file.write_all(&(epoch as u32).to_le_bytes())
        .at("write", path)
}
