//! A process that uses the store: its temporary files carry its name, and its lock says that it is alive.
//!
//! `tmp/<session>.lock` is locked as long as the process lives. What a killed process left is deleted by the next one.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use crate::error::{IoContext, Result};

/// The beginning of a download, kept from one process to the next.
pub(super) const PARTIAL: &str = "partial-";

/// How often, and how far apart, it is tried to delete what a dead session left: a second at most.
const DYING_TRIES: u32 = 50;
const DYING_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// This process, as the store knows it.
#[derive(Debug)]
pub(super) struct Session {
    name: String,
    lock: std::path::PathBuf,
    _file: File,
}

impl Session {
    /// Begins, and deletes what dead sessions left in `folder`.
    pub(super) fn begin(folder: &Path) -> Result<Self> {
        let nonce = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |time| time.subsec_nanos());
        let name = format!("{}-{nonce:08x}", std::process::id());
        let lock = folder.join(format!("{name}.lock"));
        let file = loop {
            let file = File::options()
                .create(true)
                .append(true)
                .open(&lock)
                .at("create", &lock)?;
            flock(&file, FlockOperation::LockExclusive).at("lock", &lock)?;
            // between the two, another process may have taken it for a dead one's
            if rustix::fs::fstat(&file).at("stat", &lock)?.st_nlink > 0 {
                break file;
            }
        };
        let session = Session {
            name,
            lock,
            _file: file,
        };
        session.clear(folder)?;
        Ok(session)
    }

    /// What the names of this session's temporary files begin with.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn clear(&self, folder: &Path) -> Result<()> {
        for entry in std::fs::read_dir(folder).at("read", folder)? {
            let name = entry.at("read", folder)?.file_name();
            let name = name.to_string_lossy();
            // `<process>-<nonce>`, then `.lock` or `-<number>-<what>`
            let stem = name.strip_suffix(".lock").unwrap_or(&name);
            let session: Vec<&str> = stem.splitn(3, '-').take(2).collect();
            let session = session.join("-");
            // asked for each name anew: a session may have begun since the folder was listed
            let is_used = session == self.name || is_alive(&folder.join(format!("{session}.lock")));
            if !is_used && !name.starts_with(PARTIAL) {
                remove_from_dying(&folder.join(&*name));
            }
        }
        Ok(())
    }
}

impl Drop for Session {
    /// Deletes what this session left; what cannot be deleted now, the next session deletes.
    fn drop(&mut self) {
        let folder = self.lock.parent().unwrap_or(Path::new("."));
        let mine = format!("{}-", self.name);
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&mine) {
                let _ = remove(&entry.path());
            }
        }
        let _ = std::fs::remove_file(&self.lock);
    }
}

/// Whether somebody holds the lock.
fn is_alive(lock: &Path) -> bool {
    File::open(lock).is_ok_and(|file| {
        flock(&file, FlockOperation::NonBlockingLockExclusive) == Err(rustix::io::Errno::WOULDBLOCK)
    })
}

/// Deletes what a dead session left. The processes of its RUN are killed with it, but may write a moment longer, and
/// another session may be deleting the same; what cannot be deleted now, the next session deletes.
fn remove_from_dying(path: &Path) {
    for _ in 0..DYING_TRIES {
        if remove(path).is_ok() {
            return;
        }
        std::thread::sleep(DYING_PAUSE);
    }
}

/// Deletes a file or directory, which another process may delete at the same time.
fn remove(path: &Path) -> Result<()> {
    match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => Ok(constrict_sandbox::remove_tree(path)?),
        Ok(_) => match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).at("delete", path)
            }
            _ => Ok(()),
        },
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::Session;

    #[test]
    fn what_dead_sessions_left_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["12-00000000-0-file", "12-00000000.lock", "partial-abc"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        std::fs::create_dir_all(folder.path().join("12-00000000-1-run/upper")).unwrap();
        let living = Session::begin(folder.path()).unwrap();
        let mine = format!("{}-0-file", living.name());
        std::fs::write(folder.path().join(&mine), "x").unwrap();
        let other = Session::begin(folder.path()).unwrap();
        let mut left: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        let mut expected = vec![
            mine,
            format!("{}.lock", living.name()),
            format!("{}.lock", other.name()),
            "partial-abc".into(),
        ];
        expected.sort();
        assert_eq!(left, expected);
    }

    #[test]
    fn what_dying_processes_still_write_is_deleted_too() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("12-00000000-1-run");
        let upper = left.join("upper");
        std::fs::create_dir_all(&upper).unwrap();
        let stop = std::time::Instant::now() + std::time::Duration::from_millis(100);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for n in 0.. {
                    if std::time::Instant::now() > stop {
                        break;
                    }
                    // it goes on where the directory was deleted under it
                    let _ = std::fs::write(upper.join(n.to_string()), "");
                }
            });
            Session::begin(folder.path()).unwrap();
        });
        assert!(!left.exists());
    }
}
