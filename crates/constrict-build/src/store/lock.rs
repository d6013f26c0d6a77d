//! Locks between processes that share a store: `flock` on a file, gone with its holder.

use std::fs::File;

use rustix::fs::{FlockOperation, flock};

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
    pub(super) fn begin(root: &std::path::Path) -> Result<InUse> {
        let path = root.join("locks/store");
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .at("open", &path)?;
        let in_use = InUse(file);
        in_use.share_again().at("lock", &path)?;
        Ok(in_use)
    }

    /// Whether nobody else has it open; nobody can open it then, until [`InUse::share_again`].
    pub(super) fn try_alone(&self) -> bool {
        flock(&self.0, FlockOperation::NonBlockingLockExclusive).is_ok()
    }

    /// Lets others open it.
    pub(super) fn share_again(&self) -> std::io::Result<()> {
        loop {
            match flock(&self.0, FlockOperation::LockShared) {
                Err(rustix::io::Errno::INTR) => {}
                other => return Ok(other?),
            }
        }
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
            let file = File::options()
                .create(true)
                .append(true)
                .open(&path)
                .at("open", &path)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok((Lock { _file: file }, number)),
                Err(rustix::io::Errno::WOULDBLOCK) => number += 1,
                Err(error) => return Err(error).at("lock", &path),
            }
        }
    }

    fn flock(&self, name: &str, operation: FlockOperation) -> Result<Lock> {
        let path = self.root.join("locks").join(name);
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .at("open", &path)?;
        loop {
            match flock(&file, operation) {
                Err(rustix::io::Errno::INTR) => {}
                other => break other.at("lock", &path)?,
            }
        }
        Ok(Lock { _file: file })
    }
}
