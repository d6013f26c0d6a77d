//! All containers of a store, and one of them by what a user types. What a killed supervisor left is put in order here.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::home::{self, Home};
use super::id::Id;
use super::moment::Moment;
use super::record::{Record, Status};
use crate::error::{Error, IoContext, Result};
use crate::store::Store;

/// How long a supervisor may take to end after its last word, and how often that is looked at.
const ENDING: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(5);

/// The exit status of a container whose supervisor was killed: SIGKILL ended it.
const KILLED: i32 = 137;

/// A container as it was found.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What is known of it.
    pub record: Record,
    pub(super) path: PathBuf,
    store: PathBuf,
}

impl Kept {
    /// Whether it runs, or is about to.
    pub fn is_alive(&self) -> bool {
        !matches!(self.record.status, Status::Exited { .. })
    }

    /// Where its log is.
    pub fn log(&self) -> super::log::Place {
        super::log::Place::of(&self.path)
    }

    /// Whether its supervisor is still there.
    pub fn is_supervised(&self) -> bool {
        home::is_supervised(&self.path)
    }

    /// The record as it is now; `None` if the container is gone.
    pub fn look_again(&self) -> Result<Option<Kept>> {
        look(&self.store, &self.path)
    }

    /// Bytes of its files and log.
    pub fn size(&self) -> u64 {
        crate::store::prune::size(&self.path)
    }

    /// Deletes it.
    ///
    /// # Errors
    /// [`Error::ContainerRuns`] if it has a supervisor that does not end in this moment.
    pub fn remove(&self) -> Result<()> {
        let deadline = Instant::now() + ENDING;
        loop {
            match Home::try_take_over(&self.store, &self.path) {
                Ok(Some(home)) => return home.remove(),
                // somebody else has
                Err(_) if !self.path.exists() => return Ok(()),
                Err(error) => return Err(error),
                Ok(None) if Instant::now() > deadline => {
                    return Err(Error::ContainerRuns(self.record.name.clone()));
                }
                Ok(None) => std::thread::sleep(PAUSE),
            }
        }
    }
}

/// Every container, the youngest first.
pub fn all(store: &Store) -> Result<Vec<Kept>> {
    let folder = home::folder(store.root());
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).at("read", &folder),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.at("read", &folder)?.path();
        found.extend(look(store.root(), &path)?);
    }
    found.sort_by_key(|kept| std::cmp::Reverse((kept.record.created, kept.record.id.clone())));
    Ok(found)
}

/// The container with this name or id, or the beginning of an id.
pub fn find(store: &Store, text: &str) -> Result<Kept> {
    let mut all = all(store)?;
    let name = text.strip_prefix('/').unwrap_or(text);
    let is_it = |kept: &Kept| {
        kept.record.name == name || Id::parse(text).is_some_and(|id| id == kept.record.id)
    };
    if let Some(at) = all.iter().position(is_it) {
        return Ok(all.swap_remove(at));
    }
    all.retain(|kept| kept.record.id.begins_with(text));
    match all.len() {
        0 => Err(Error::NoSuchContainer(text.into())),
        1 => Ok(all.remove(0)),
        count => Err(Error::Invalid(format!(
            "`{text}` is the beginning of {count} containers' ids"
        ))),
    }
}

/// One container, in order; `None` if there is nothing.
fn look(store: &Path, path: &Path) -> Result<Option<Kept>> {
    let Some(record) = home::read(path)? else {
        return Ok(None);
    };
    let record = match matches!(record.status, Status::Exited { .. }) || home::is_supervised(path) {
        true => Some(record),
        false => put_in_order(store, path)?,
    };
    Ok(record.map(|record| Kept {
        record,
        path: path.into(),
        store: store.into(),
    }))
}

/// A container without a supervisor whose record says that it lives: the supervisor was killed.
fn put_in_order(store: &Path, path: &Path) -> Result<Option<Record>> {
    let home = match Home::try_take_over(store, path) {
        Ok(Some(home)) => home,
        // removed meanwhile
        Err(_) if !path.exists() => return Ok(None),
        Ok(None) => return home::read(path),
        Err(error) => return Err(error),
    };
    // it may have ended in order just now
    let Some(mut record) = home.record()? else {
        return Ok(None);
    };
    match record.status {
        Status::Exited { .. } => return Ok(Some(record)),
        // nothing ran, and nothing wrote
        Status::Created => {
            home.remove()?;
            return Ok(None);
        }
        Status::Running { started, .. } => {
            record.status = Status::Exited {
                code: KILLED,
                started,
                finished: Moment::now(),
                error: Some("its supervisor was killed".into()),
            };
            record.ports.clear();
        }
    }
    if record.remove {
        home.remove()?;
        return Ok(None);
    }
    home.save(&record)?;
    Ok(Some(record))
}
