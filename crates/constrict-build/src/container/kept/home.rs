//! The directory of a container, `containers/<id>` in the store, and the lock in it, which its supervisor holds.
//!
//! A home is made under a temporary name and renamed when its record and its lock are in place; a removed one is renamed
//! into `tmp/`, so that a removal that is cut short is finished by the next session.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::record::{Record, VERSION};
use crate::error::{IoContext, Result};
use crate::store::{Store, take_lock, try_take_lock};

const LOCK: &str = "lock";
const RECORD: &str = "state.json";
/// Where a supervisor takes requests.
pub(super) const SOCKET: &str = "control";

/// The directory of a container that this process is the supervisor of.
#[derive(Debug)]
pub(super) struct Home {
    path: PathBuf,
    store: PathBuf,
    _lock: File,
}

/// Where containers are.
pub(super) fn folder(store: &Path) -> PathBuf {
    store.join("containers")
}

impl Home {
    /// Makes the directory for a record.
    pub(super) fn make(store: &Store, record: &Record) -> Result<Self> {
        let folder = folder(store.root());
        std::fs::create_dir_all(&folder).at("create", &folder)?;
        let temporary = store.temporary("container");
        std::fs::create_dir(&temporary).at("create", &temporary)?;
        // environment and log are the user's alone
        std::fs::set_permissions(&temporary, Permissions::from_mode(0o700))
            .at("set the mode of", &temporary)?;
        let lock = take_lock(
            &temporary.join(LOCK),
            FlockOperation::NonBlockingLockExclusive,
        )?;
        write(&temporary, record)?;
        let path = folder.join(record.id.to_string());
        std::fs::rename(&temporary, &path).at("rename to", &path)?;
        Ok(Home {
            path,
            store: store.root().into(),
            _lock: lock,
        })
    }

    /// Takes over the directory of a container that has no supervisor; waits for one that is about to end.
    pub(super) fn take_over(store: &Path, path: &Path) -> Result<Self> {
        Ok(Home {
            path: path.into(),
            store: store.into(),
            _lock: take_lock(&path.join(LOCK), FlockOperation::LockExclusive)?,
        })
    }

    /// Takes it over if it has no supervisor now.
    pub(super) fn try_take_over(store: &Path, path: &Path) -> Result<Option<Self>> {
        let lock = try_take_lock(&path.join(LOCK))?;
        Ok(lock.map(|_lock| Home {
            path: path.into(),
            store: store.into(),
            _lock,
        }))
    }

    /// The directory.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the record.
    pub(super) fn save(&self, record: &Record) -> Result<()> {
        write(&self.path, record)
    }

    /// The record as it is now.
    pub(super) fn record(&self) -> Result<Option<Record>> {
        read(&self.path)
    }

    /// Deletes everything, and the name is free.
    pub(super) fn remove(&self) -> Result<()> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let going = self.store.join("tmp").join(format!("removed-{name}"));
        match std::fs::rename(&self.path, &going) {
            // whoever held the lock before has done it
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            other => other.at("remove", &self.path)?,
        }
        match constrict_sandbox::remove_tree(&going) {
            // a session that begins meanwhile deletes it as well
            Err(error) if going.exists() => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// Whether a container has a supervisor, whatever its record says.
pub(super) fn is_supervised(path: &Path) -> bool {
    File::open(path.join(LOCK)).is_ok_and(|file| {
        flock(&file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
    })
}

/// The record in a directory; `None` if there is none that this version can read.
pub(super) fn read(path: &Path) -> Result<Option<Record>> {
    let path = path.join(RECORD);
    match std::fs::read(&path) {
        Ok(content) => {
            let record: Option<Record> = serde_json::from_slice(&content).ok();
            Ok(record.filter(|record| record.version == VERSION))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at("read", &path),
    }
}

fn write(folder: &Path, record: &Record) -> Result<()> {
    let (written, path) = (folder.join("state.json.new"), folder.join(RECORD));
    let content = serde_json::to_vec(record).expect("records are plain data");
    std::fs::write(&written, content).at("write", &written)?;
    std::fs::rename(&written, &path).at("rename to", &path)
}
