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
