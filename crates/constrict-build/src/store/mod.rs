//! The store on disk: blobs, layers, snapshots, cache records, tags and cache mounts.
//!
//! Every file is written under a temporary name and renamed, so nothing is ever half there under its final name,
//! and several processes may use one store at once. The layout is drawn in `docs/store.md`.

mod attached;
mod blob;
mod index;
mod inspection;
mod layer;
mod lock;
pub mod prune;
mod record;
mod session;
mod snapshot;
mod tag;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

pub use attached::Attached;
pub use index::LayerIndex;
pub(crate) use index::{AtPath, NameKind, PathHash};
pub use layer::LayerRecord;
pub use lock::Lock;
pub(crate) use lock::{take as take_lock, try_take as try_take_lock};
pub(crate) use record::differences;
pub use record::{CacheRecord, Component};
pub use tag::Tag;

use constrict_sandbox::Mode;

use crate::error::{Error, IoContext, Result};

/// The layout that this code reads and writes.
const VERSION: &str = "1";

/// The name of what belongs to a sandbox mode, since owners on disk differ.
pub fn folder_of(mode: Mode) -> &'static str {
    match mode {
        Mode::Root => "root",
        Mode::SubIds => "sub-ids",
        Mode::SingleId => "single-id",
    }
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    /// The folder of snapshots: one for each sandbox mode, since the owners on disk differ.
    mode: &'static str,
    session: session::Session,
    in_use: lock::InUse,
    counter: AtomicU64,
    indexes: layer::IndexCache,
}

impl Store {
    /// Opens the store at `root`, which is made when missing. `mode` names how snapshots own their files.
    pub fn open(root: &Path, mode: &'static str) -> Result<Self> {
        let version = root.join("version");
        match std::fs::read_to_string(&version) {
            Ok(found) if found.trim() == VERSION => {}
            Ok(found) => {
                return Err(Error::StoreVersion {
                    path: root.into(),
                    found: found.trim().into(),
                    expected: VERSION,
                });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                for folder in [
                    "blobs/sha256",
                    "layers",
                    "indexes",
                    "cache",
                    "slots",
                    "images",
                    "tags",
                    "mounts",
                    "locks",
                    "tmp",
                ] {
                    create_private(&root.join(folder))?;
                }
                // a directory that was there: if it is another's, the folders above protect themselves
                let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
                let _ = std::fs::set_permissions(root, private);
                // renamed, so that another process never reads half of it
                let written = root.join(format!("version.{}", std::process::id()));
                std::fs::write(&written, VERSION).at("write", &written)?;
                std::fs::rename(&written, &version).at("rename to", &version)?;
            }
            Err(error) => return Err(error).at("read", &version),
        }
        let snapshots = format!("snapshots/{mode}");
        for folder in [snapshots.as_str(), "packs", "reports"] {
            let path = root.join(folder);
            if !path.is_dir() {
                create_private(&path)?;
            }
        }
        Ok(Store {
            root: root.into(),
            mode,
            in_use: lock::InUse::begin(root)?,
            session: session::Session::begin(&root.join("tmp"))?,
            counter: AtomicU64::new(0),
            indexes: layer::IndexCache::default(),
        })
    }

    /// Where stores live: `CONSTRICT_STORE`, else `$XDG_DATA_HOME/constrict`, else `~/.local/share/constrict`.
    pub fn default_path(environment: &dyn Fn(&str) -> Option<String>) -> PathBuf {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        if let Some(path) = set("CONSTRICT_STORE") {
            return path.into();
        }
        match set("XDG_DATA_HOME") {
            Some(data) => PathBuf::from(data).join("constrict"),
            None => PathBuf::from(set("HOME").unwrap_or_else(|| "/".into()))
                .join(".local/share/constrict"),
        }
    }

    /// The directory of the store.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A name in `tmp/` that nothing else uses.
    pub fn temporary(&self, hint: &str) -> PathBuf {
        let n = self.counter.fetch_add(1, Ordering::Relaxed);
        self.root
            .join("tmp")
            .join(format!("{}-{n}-{hint}", self.session.name()))
    }

    /// Where the beginning of a download is kept until it is complete.
    pub(crate) fn partial(&self, digest: &constrict_oci::Digest) -> PathBuf {
        self.root
            .join("tmp")
            .join(format!("{}{}", session::PARTIAL, digest.hex()))
    }

    /// Writes a small file whole or not at all.
    fn write_file(&self, path: &Path, content: &[u8]) -> Result<()> {
        let temporary = self.temporary("file");
        std::fs::write(&temporary, content).at("write", &temporary)?;
        std::fs::rename(&temporary, path).at("rename to", path)
    }

    /// Reads a small file; a missing one is `None`.
    fn read_file(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        match std::fs::read(path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).at("read", path),
        }
    }

    /// Where the cache mount `key` is, or will be.
    pub(crate) fn cache_mount_path(&self, key: &str) -> PathBuf {
        self.root.join("mounts").join(key)
    }

    /// Whether the cache mount `key` was made.
    pub(crate) fn has_cache_mount(&self, key: &str) -> bool {
        self.cache_mount_path(key).is_dir()
    }

    /// Moves a complete directory in among the cache mounts.
    pub(crate) fn adopt_cache_mount(&self, directory: &Path, key: &str) -> Result<()> {
        let path = self.cache_mount_path(key);
        std::fs::rename(directory, &path).at("rename to", &path)
    }
}

/// Makes a directory, and those above it, that others cannot enter: what images hold may run with the rights of its owner.
fn create_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(path).at("create", path)
}

#[cfg(test)]
mod tests;
