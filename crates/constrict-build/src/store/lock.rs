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
            match try_take(&self.root.join("locks").join(&name))? {
                Some(_file) => return Ok((Lock { _file }, number)),
                None => number += 1,
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

/// Takes the lock of a file alone, unless somebody holds it now.
pub(crate) fn try_take(path: &Path) -> Result<Option<File>> {
    let file = open(path)?;
    match wait(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error).at("lock", path),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_given_back_meanwhile_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let taken = std::thread::scope(|scope| {
            let flicker = scope.spawn(|| {
                (0..2000).for_each(|_| drop(take(&path, FlockOperation::LockExclusive).unwrap()));
            });
            let mut taken = 0;
            while !flicker.is_finished() {
                taken += usize::from(try_take(&path).unwrap().is_some());
            }
            taken
        });
        assert!(taken > 0);
        let _held = take(&path, FlockOperation::LockExclusive).unwrap();
        assert!(try_take(&path).unwrap().is_none());
    }
}
