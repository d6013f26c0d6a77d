//! The supervisor of a container: starts it, watches it, and leaves it in order.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use constrict_sandbox::{Child, Exit, Killer, Options, Stdio};

use super::health::{Check, Health};
use super::home::Home;
use super::inside::{Place, pipe};
use super::log::{self, Lines, Log, Stream};
use super::moment::Moment;
use super::record::{Record, Status};
use super::server::{self, Shared};
use crate::container::prepare::Prepared;
use crate::error::{Error, Result};

/// What becomes of a container's output besides its log.
#[derive(Default)]
pub struct Tee {
    /// Standard output, and everything on a terminal.
    pub stdout: Option<Box<dyn Write + Send>>,
    /// Standard error.
    pub stderr: Option<Box<dyn Write + Send>>,
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
                // what nobody hears is not written: the command is told by its pipe
                if !is_heard {
                    return;
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
    /// Starts a container; what cannot be started gives its directory back.
    pub(super) fn start(
        home: Home,
        prepared: Prepared,
        mut record: Record,
        input: Option<OwnedFd>,
        tee: Tee,
        joined: bool,
    ) -> Result<Self, Box<(Home, Error)>> {
        let started = start(&home, &prepared, &mut record, input, tee, joined);
        let (child, shared, log, output, terminal) = match started {
            Ok(started) => started,
            Err(error) => return Err(Box::new((home, error))),
        };
        let running = Running {
            record: Arc::new(Mutex::new(record)),
            home: Arc::new(home),
            child,
            shared,
            prepared,
            log,
            output,
            terminal,
        };
        Ok(running.watched())
    }

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
