//! The program file that helpers are started from, in a form that nothing inside a sandbox can write to
//! (CVE-2019-5736: a container executes `/proc/self/exe` and then overwrites it).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mount::MountAttrFlags;

use crate::mount::{clone_tree, open_host, set_attributes};
use crate::{Error, Result};

/// What has been opened, by path. Kept open for the life of the program: one or two entries.
static OPENED: Mutex<BTreeMap<PathBuf, OwnedFd>> = Mutex::new(BTreeMap::new());

/// A path that executes the program `path` (this program if not given) from a read-only mount of its own or, where that
/// cannot be had, from a sealed copy in memory.
pub(crate) fn open(path: Option<&Path>) -> Result<PathBuf> {
    let path = path.unwrap_or(Path::new("/proc/self/exe"));
    // a map of descriptors is whole at every point
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if !opened.contains_key(path) {
        let file = read_only(path)
            .or_else(|_| sealed_copy(path))
            .map_err(|error| Error::io("open", path, error))?;
        opened.insert(path.to_owned(), file);
    }
    Ok(PathBuf::from(format!(
        "/proc/self/fd/{}",
        opened[path].as_raw_fd()
    )))
}

/// A read-only mount of the file alone, attached nowhere.
fn read_only(path: &Path) -> io::Result<OwnedFd> {
    // this program's own link leads to the mount that it was executed from, in another mount namespace
    let real = fs::canonicalize(path)?;
    let file = open_host(&real)?;
    let (wanted, found) = (fs::metadata(path)?, rustix::fs::fstat(&file)?);
    if (wanted.dev(), wanted.ino()) != (found.st_dev, found.st_ino) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let copy = clone_tree(&file, false)?;
    set_attributes(
        &copy,
        MountAttrFlags::MOUNT_ATTR_RDONLY.bits().into(),
        false,
    )?;
    Ok(copy)
}

fn sealed_copy(path: &Path) -> io::Result<OwnedFd> {
    let mut copy = File::from(rustix::fs::memfd_create(
        "constrict",
        MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
    )?);
    io::copy(&mut File::open(path)?, &mut copy)?;
    rustix::fs::fcntl_add_seals(
        &copy,
        SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL,
    )?;
    // executing a file that is open for writing is refused: open it again for reading
    let reopened = File::open(format!("/proc/self/fd/{}", copy.as_raw_fd()))?;
    Ok(reopened.into())
}
