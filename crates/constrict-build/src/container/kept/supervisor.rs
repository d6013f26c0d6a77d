//! The supervisor of a container: makes it, starts it, watches it, and leaves it in order.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use constrict_oci::{Healthcheck, ImageConfig};
use constrict_sandbox::{Child, Exit, Killer, Mode, Options, Stdio};

use super::catalogue::{self, Kept};
use super::health::{Check, Health, merged};
use super::home::Home;
use super::id::Id;
use super::inside::{Place, pipe};
use super::log::{self, Lines, Log, Stream};
use super::moment::Moment;
use super::name;
use super::record::{Published, Record, Status, VERSION};
use super::server::{self, Shared};
use super::signal::signal_number;
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

/// What becomes of a container's output besides its log.
#[derive(Default)]
pub struct Tee {
    /// Standard output, and everything on a terminal.
    pub stdout: Option<Box<dyn Write + Send>>,
    /// Standard error.
    pub stderr: Option<Box<dyn Write + Send>>,
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
        match start(&home, &prepared, &mut self.record, input, tee, joined) {
            Ok((child, shared, log, output, terminal)) => Ok(Running {
                record: Arc::new(Mutex::new(self.record.clone())),
                home: Arc::new(home),
                child,
                shared,
                prepared,
                log,
                output,
                terminal,
            }
            .watched()),
            Err(error) => {
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

type Started = (
    Child,
    Arc<Shared>,
    Arc<Log>,
    Vec<JoinHandle<()>>,
    Option<OwnedFd>,
);

fn start(
    home: &Home,
    prepared: &Prepared,
    record: &mut Record,
    input: Option<OwnedFd>,
    mut tee: Tee,
    joined: bool,
) -> Result<Started> {
    let spec = prepared.spec();
    let log = Log::open(log::Place::of(home.path()))?;
    let (mut stdio, mut outputs) = (Stdio::default(), Vec::new());
    if !spec.terminal {
        let ((out, stdout), (err, stderr)) = (pipe()?, pipe()?);
        outputs.push((out, Stream::Stdout, tee.stdout.take()));
        outputs.push((err, Stream::Stderr, tee.stderr.take()));
        stdio = Stdio {
            stdin: input,
            stdout: Some(stdout),
            stderr: Some(stderr),
        };
    }
    let mut child = constrict_sandbox::spawn(spec, stdio, &Options::default())?;
    let mut terminal = child.take_terminal();
    if !joined && let Some(master) = terminal.take() {
        outputs.push((master, Stream::Stdout, tee.stdout));
    }
    let place = Place {
        entrance: child.entrance()?,
        pid: child.pid(),
        spec: spec.clone(),
        env: record.config.env.clone(),
        user: record
            .request
            .user
            .clone()
            .unwrap_or_else(|| record.config.user.clone()),
        request: record.request.clone(),
    };
    let shared = Shared::new(place, child.killer());
    record.status = Status::Running {
        pid: child.pid(),
        started: Moment::now(),
    };
    let check = check_of(record);
    record.health = check.is_some().then(Health::default);
    server::listen(home.path(), &shared)?;
    home.save(record)?;
    let copies = outputs.into_iter().map(|(from, stream, to)| {
        let lines = log.lines(stream);
        thread::spawn(move || copy(File::from(from), lines, to))
    });
    let output = copies.collect();
    Ok((child, shared, log, output, terminal))
}

fn check_of(record: &Record) -> Option<Check> {
    Check::of(record.healthcheck.as_ref()?, &record.config.shell)
}

/// Copies until nobody can write any more.
fn copy(mut from: impl Read, mut lines: Lines, mut to: Option<Box<dyn Write + Send>>) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => {
                let bytes = &buffer[..length];
                lines.take(bytes);
                let is_heard = to
                    .as_mut()
                    .is_none_or(|to| to.write_all(bytes).and_then(|()| to.flush()).is_ok());
                if !is_heard {
                    to = None;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            // the end of a terminal reads as an error
            Err(_) => return,
        }
    }
}

/// A container that runs, and that this process is the supervisor of.
pub struct Running {
    record: Arc<Mutex<Record>>,
    home: Arc<Home>,
    child: Child,
    shared: Arc<Shared>,
    prepared: Prepared,
    log: Arc<Log>,
    output: Vec<JoinHandle<()>>,
    terminal: Option<OwnedFd>,
}

impl Running {
    /// Begins with the health check.
    fn watched(self) -> Self {
        let Some(check) = check_of(&lock(&self.record)) else {
            return self;
        };
        let (shared, record, home) = (
            Arc::clone(&self.shared),
            Arc::clone(&self.record),
            Arc::clone(&self.home),
        );
        thread::spawn(move || watch_health(&check, &shared, &record, &home));
        self
    }

    /// Sends signals to it, from any thread.
    pub fn killer(&self) -> Killer {
        self.child.killer()
    }

    /// The master side of its terminal, if it was started with `joined`; once.
    pub fn take_terminal(&mut self) -> Option<OwnedFd> {
        self.terminal.take()
    }

    /// For what is read from that terminal.
    pub fn lines(&self) -> Lines {
        self.log.lines(Stream::Stdout)
    }

    /// Waits for its end, leaves everything in order, and says how it ended.
    ///
    /// # Errors
    /// What could not be put in order.
    pub fn wait(self) -> Result<Exit> {
        let outcome = self.child.wait();
        let (exit, error) = match &outcome {
            Ok(outcome) => (outcome.exit, None),
            Err(error) => (Exit::Code(137), Some(error.to_string())),
        };
        self.shared.end(exit);
        for thread in self.output {
            // a panic of that thread has been reported where it happened
            let _ = thread.join();
        }
        // ports are free before anybody hears of the end
        drop(self.prepared);
        let put = put_away(&self.home, &mut lock(&self.record), exit, error);
        self.shared.finish();
        put?;
        Ok(outcome?.exit)
    }
}

fn put_away(home: &Home, record: &mut Record, exit: Exit, error: Option<String>) -> Result<()> {
    let started = match record.status {
        Status::Running { started, .. } | Status::Exited { started, .. } => started,
        Status::Created => Moment::now(),
    };
    record.status = Status::Exited {
        code: exit.status(),
        started,
        finished: Moment::now(),
        error,
    };
    record.ports.clear();
    match record.remove {
        true => home.remove(),
        false => home.save(record),
    }
}

fn lock(record: &Mutex<Record>) -> std::sync::MutexGuard<'_, Record> {
    // a record is whole at every point, even if a thread panicked while it held the lock
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Checks again and again, until the container has ended.
fn watch_health(check: &Check, shared: &Shared, record: &Mutex<Record>, home: &Home) {
    let start = Instant::now();
    let mut health = Health::default();
    while !shared.rest(check.pause(&health, start.elapsed())) {
        let began = start.elapsed();
        let probe = shared.place.probe(check);
        health.count(probe, check, began);
        let mut record = lock(record);
        if !record.is_running() {
            return;
        }
        record.health = Some(health.clone());
        // the next one may be written again
        let _ = home.save(&record);
    }
}
