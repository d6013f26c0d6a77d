//! Making a container: its name, its directory, its record, and what its process is given.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use constrict_oci::{Healthcheck, ImageConfig};
use constrict_sandbox::Mode;

use super::catalogue::{self, Kept};
use super::health::merged;
use super::home::Home;
use super::id::Id;
use super::moment::Moment;
use super::name;
use super::record::{Published, Record, Status, VERSION};
use super::signal::signal_number;
use super::supervisor::{Running, Tee};
use crate::container::prepare::{Prepared, command, prepare_in};
use crate::container::request::{Network, Request};
use crate::error::{Error, Result};
use crate::layers::Layers;
use crate::source::image::Documents;

/// docker's time from the stop signal to SIGKILL, in seconds.
const STOP_TIMEOUT: i64 = 10;
const SIGTERM: i32 = 15;

/// What is asked of a container besides what its process gets.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Its name; else one is made up.
    pub name: Option<String>,
    /// The image as it was typed.
    pub image: String,
    /// Whether it goes when it ends.
    pub remove: bool,
    /// Labels over those of the image.
    pub labels: BTreeMap<String, String>,
    /// In place of the image's.
    pub stop_signal: Option<i32>,
    /// In place of the image's: seconds; less than 0 for ever.
    pub stop_timeout: Option<i64>,
    /// Over the image's: what is empty or 0 is as the image has it.
    pub healthcheck: Healthcheck,
}

/// A container that is made and can be started; it is gone when this is dropped.
pub struct Created {
    home: Option<Home>,
    record: Record,
    prepared: Option<Prepared>,
    /// It has been started before, and stays.
    is_old: bool,
}

/// Makes a container of an image. Missing layers are pulled.
///
/// # Errors
/// [`Error::NameTaken`]; what [`prepare`](crate::container::prepare) fails with.
pub fn create(
    layers: &Arc<Layers>,
    image: &Documents,
    request: &Request,
    asked: &Asked,
) -> Result<Created> {
    let config = &image.config.config;
    if let Some(name) = &asked.name {
        name::check(name)?;
    }
    let id = Id::random()?;
    let mut request = request.clone();
    if request.network != Network::Host && request.hostname.is_none() {
        request.hostname = Some(id.short().into());
    }
    let mut labels = config.labels.clone();
    labels.extend(asked.labels.clone());
    let stop_signal = match (asked.stop_signal, config.stop_signal.as_str()) {
        (Some(signal), _) => signal,
        (None, "") => SIGTERM,
        (None, text) => signal_number(text).ok_or_else(|| {
            Error::Invalid(format!("the image's STOPSIGNAL `{text}` is no signal"))
        })?,
    };
    let record = Record {
        version: VERSION,
        name: asked.name.clone().unwrap_or_default(),
        image: asked.image.clone(),
        manifest: image.descriptor.digest,
        layers: image.config.rootfs.diff_ids.clone(),
        mode: layers.mode,
        created: Moment::now(),
        command: command(&image.config, &request)?,
        hostname: request.hostname.clone().unwrap_or_default(),
        labels,
        remove: asked.remove,
        stop_signal,
        stop_timeout: asked
            .stop_timeout
            .or(config.stop_timeout)
            .unwrap_or(STOP_TIMEOUT),
        healthcheck: merged(config.healthcheck.as_ref(), &asked.healthcheck),
        config: config.clone(),
        request,
        ports: Vec::new(),
        status: Status::Created,
        health: None,
        id,
    };
    let home = register(layers, record)?;
    let record = home.record()?.ok_or(Error::Interrupted)?;
    Created {
        home: Some(home),
        record,
        prepared: None,
        is_old: false,
    }
    .prepared(layers)
}

/// Makes the directory of a container under a name that no other has.
fn register(layers: &Layers, mut record: Record) -> Result<Home> {
    let store = &layers.store;
    let _lock = store.lock("containers")?;
    let others = catalogue::all(store)?;
    let holder = |name: &str| others.iter().find(|kept| kept.record.name == name);
    if record.name.is_empty() {
        let seed = u64::from_str_radix(&record.id.to_string()[..15], 16).unwrap_or(0);
        record.name = name::choose(seed, &|name| holder(name).is_some());
    } else if let Some(other) = holder(&record.name) {
        return Err(Error::NameTaken {
            name: record.name,
            id: other.record.id.short().into(),
        });
    }
    Home::make(store, &record)
}

/// Takes up a container that has ended.
///
/// # Errors
/// As [`create`].
pub fn resume(layers: &Arc<Layers>, kept: &Kept) -> Result<Created> {
    let home = Home::take_over(layers.store.root(), &kept.path)?;
    let gone = || Error::NoSuchContainer(kept.record.name.clone());
    let mut record = home.record()?.ok_or_else(gone)?;
    if record.mode != layers.mode {
        return Err(Error::Invalid(format!(
            "container `{}` was made as {}, and owners of files are otherwise now",
            record.name,
            mode_name(record.mode)
        )));
    }
    record.health = None;
    Created {
        home: Some(home),
        record,
        prepared: None,
        is_old: true,
    }
    .prepared(layers)
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Root => "root",
        Mode::SubIds => "a user with sub-ids",
        Mode::SingleId => "a user with a single id",
    }
}

impl Created {
    fn prepared(mut self, layers: &Arc<Layers>) -> Result<Self> {
        let mut config = ImageConfig::default();
        config.config = self.record.config.clone();
        config.rootfs.diff_ids = self.record.layers.clone();
        let prepared = prepare_in(layers, &config, &self.record.request, self.folder())?;
        let ports = prepared.published().into_iter();
        self.record.ports = ports.map(|(host, port)| Published { host, port }).collect();
        self.prepared = Some(prepared);
        Ok(self)
    }

    fn folder(&self) -> &Path {
        self.home.as_ref().map_or(Path::new(""), Home::path)
    }

    /// What is known of it.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Starts it. Without `input` its standard input is empty. With a terminal of its own that is read here only
    /// without `joined`: else whoever asked takes it from [`Running`].
    ///
    /// # Errors
    /// Why it could not be started; it is gone then.
    pub fn start(mut self, input: Option<OwnedFd>, tee: Tee, joined: bool) -> Result<Running> {
        let (Some(home), Some(prepared)) = (self.home.take(), self.prepared.take()) else {
            return Err(Error::Interrupted);
        };
        match Running::start(home, prepared, self.record.clone(), input, tee, joined) {
            Ok(running) => Ok(running),
            Err(failed) => {
                let (home, error) = *failed;
                self.home = Some(home);
                Err(error)
            }
        }
    }
}

impl Drop for Created {
    fn drop(&mut self) {
        if let Some(home) = self.home.take()
            && !self.is_old
        {
            // what cannot be deleted now is found by the next session
            let _ = home.remove();
        }
    }
}
