//! Locks between processes that share a store: `flock` on a file, gone with its holder.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::Store;
use crate::error::{IoContext, Result};

/// A lock held until dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// That this process has the store open.
#[derive(Debug)]
pub(super) struct InUse(File);

impl InUse {
    /// Says so; waits for somebody who deletes.
    pub(super) fn begin(root: &Path) -> Result<InUse> {
        let path = root.join("locks/store");
        Ok(InUse(take(&path, FlockOperation::LockShared)?))
    }

    /// Whether nobody else has it open; nobody can open it then, until [`InUse::share_again`].
    pub(super) fn try_alone(&self) -> bool {
        flock(&self.0, FlockOperation::NonBlockingLockExclusive).is_ok()
    }

    /// Lets others open it.
    pub(super) fn share_again(&self) -> std::io::Result<()> {
        Ok(wait(&self.0, FlockOperation::LockShared)?)
    }
}

impl Store {
    /// Waits for the lock `name`, which is exclusive.
    pub(crate) fn lock(&self, name: &str) -> Result<Lock> {
        self.flock(name, FlockOperation::LockExclusive)
    }

    /// Waits for the lock `name`, which others may hold shared as well.
    pub(crate) fn lock_shared(&self, name: &str) -> Result<Lock> {
        self.flock(name, FlockOperation::LockShared)
    }

    /// Takes the first of the locks `name`, `name-1`, `name-2`, … that nobody holds, and says which.
    pub(crate) fn lock_first_free(&self, name: &str) -> Result<(Lock, usize)> {
        let mut number = 0;
        loop {
            let name = if number == 0 {
                name.to_string()
            } else {
                format!("{name}-{number}")
            };
            let path = self.root.join("locks").join(&name);
            let file = open(&path)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok((Lock { _file: file }, number)),
                Err(Errno::WOULDBLOCK) => number += 1,
                Err(error) => return Err(error).at("lock", &path),
            }
        }
    }

    fn flock(&self, name: &str, operation: FlockOperation) -> Result<Lock> {
        let path = self.root.join("locks").join(name);
        let _file = take(&path, operation)?;
        Ok(Lock { _file })
    }
}

/// Waits for the lock of a file, which is made if there is none.
pub(crate) fn take(path: &Path, operation: FlockOperation) -> Result<File> {
    let file = open(path)?;
    wait(&file, operation).at("lock", path)?;
    Ok(file)
}

fn open(path: &Path) -> Result<File> {
    let mut options = File::options();
    let file = options.create(true).append(true).open(path);
    file.at("open", path)
}

fn wait(file: &File, operation: FlockOperation) -> rustix::io::Result<()> {
    loop {
        match flock(file, operation) {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}
