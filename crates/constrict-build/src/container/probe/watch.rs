//! The trial run itself: starts the container, looks again and again, asks who listens, and ends everything.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use constrict_oci::ImageConfig;
use constrict_sandbox::net::Namespace;
use constrict_sandbox::{Exit, Options, Outcome};
use rustix::process::Signal;

use super::conversation::{Answer, Conversation};
use super::judge::{Asked, Look, candidate, doubts, judge};
use super::listener::{Listener, listeners};
use super::output::{Output, cause, exception, tail};
use super::{How, Observation, Trial, work};
use crate::container::prepare::{Prepared, prepare};
use crate::container::request::{Network, Request};
use crate::error::{Error, Result};
use crate::layers::Layers;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// Over so much time it is measured how much a container works.
const WINDOW: Duration = Duration::from_secs(1);
/// Whoever works less of it, in clock ticks (100 a second), is idle.
const IDLE: u64 = 10;
/// Before a port that closed the connection is asked again.
const AGAIN: Duration = Duration::from_millis(500);
/// A port that closes so many connections without a word does so each time.
const CLOSED: u32 = 4;

/// Runs the image that has this configuration as it would run, in a network without a way out, with nothing on its
/// standard input; what it writes to its files is thrown away.
///
/// # Errors
/// What keeps this machine from running it; what keeps the image from running is [`How::NotStarted`].
pub fn try_out(layers: &Arc<Layers>, config: &ImageConfig, trial: &Trial) -> Result<Observation> {
    let request = Request {
        network: Network::Closed,
        read_only: trial.read_only,
        ..Request::default()
    };
    let prepared = match prepare(layers, config, &request) {
        Ok(prepared) => prepared,
        Err(Error::Invalid(why)) => return Ok(not_started(vec![why])),
        Err(error) => return Err(error),
    };
    let (output, stdio) = Output::capture()?;
    let child = match constrict_sandbox::spawn(prepared.spec(), stdio, &Options::default()) {
        Ok(child) => child,
        Err(error) if is_of_image(&error) => return Ok(not_started(chain(&error))),
        Err(error) => return Err(error.into()),
    };
    let killer = child.killer();
    let first = child.pid();
    let (tell, ended) = mpsc::channel();
    // nobody listens any more if the watch failed
    let waiter = thread::spawn(move || drop(tell.send(child.wait())));
    let seen = watch(trial, &prepared, first, &ended);
    killer.kill(Signal::KILL.as_raw());
    // a panic of that thread has been reported where it happened
    let _ = waiter.join();
    let text = output.finish();
    let Seen { how, after, last } = seen?;
    let exception = exception(&text);
    let why = match &how {
        How::Ended(_) => cause(&text),
        how if how.lives() => None,
        _ => exception.clone(),
    };
    let doubts = doubts(trial, &how, &last, exception);
    Ok(Observation {
        cause: why,
        how,
        after,
        doubts,
        output: tail(&text),
    })
}

/// Whether it is the image's fault that nothing was started.
pub(super) fn is_of_image(error: &constrict_sandbox::Error) -> bool {
    use constrict_sandbox::Error as E;
    matches!(
        error,
        E::ProgramNotFound { .. }
            | E::ProgramNotExecutable { .. }
            | E::InterpreterNotFound { .. }
            | E::WorkingDirectory { .. }
    )
}

fn chain(error: &dyn std::error::Error) -> Vec<String> {
    let mut next = Some(error);
    let mut lines = Vec::new();
    while let Some(error) = next {
        lines.push(error.to_string());
        next = error.source();
    }
    lines
}

fn not_started(why: Vec<String>) -> Observation {
    Observation {
        how: How::NotStarted(why),
        after: Duration::ZERO,
        doubts: Vec::new(),
        output: Vec::new(),
        cause: None,
    }
}

/// What came of a watch.
struct Seen {
    how: How,
    after: Duration,
    last: Vec<Listener>,
}

fn watch(
    trial: &Trial,
    prepared: &Prepared,
    first: u32,
    ended: &Receiver<constrict_sandbox::Result<Outcome>>,
) -> Result<Seen> {
    let start = Instant::now();
    let mut load = Load::new(first);
    let mut asking = Asking::default();
    let mut look = Look::default();
    let mut changed = start;
    let seen = |how, last| {
        let after = start.elapsed();
        Ok(Seen { how, after, last })
    };
    loop {
        match ended.recv_timeout(PAUSE) {
            Ok(outcome) => return seen(how_ended(outcome?.exit), Vec::new()),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(constrict_sandbox::Error::HelperLost.into());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        look.elapsed = start.elapsed();
        look.idle = load.is_idle();
        if let Some(namespace) = prepared.namespace() {
            let listeners = namespace.inside(listeners)?;
            if !same(&listeners, &look.listeners) {
                changed = Instant::now();
            }
            look.listeners = listeners;
            look.steady = changed.elapsed();
            look.asked = asking.go_on(trial, &look, namespace)?;
        }
        if let Some(how) = judge(trial, &look) {
            return seen(how, look.listeners);
        }
    }
}

fn how_ended(exit: Exit) -> How {
    match exit.success() {
        true => How::Done,
        false => How::Ended(exit),
    }
}

/// Whether the same sockets listen.
fn same(one: &[Listener], other: &[Listener]) -> bool {
    let addresses =
        |all: &[Listener]| -> Vec<_> { all.iter().map(|found| found.address).collect() };
    addresses(one) == addresses(other)
}

/// How much a container works, measured from time to time.
struct Load {
    first: u32,
    ticks: u64,
    since: Instant,
    idle: bool,
}

impl Load {
    fn new(first: u32) -> Self {
        Load {
            first,
            ticks: 0,
            since: Instant::now(),
            idle: false,
        }
    }

    fn is_idle(&mut self) -> bool {
        if self.since.elapsed() >= WINDOW {
            let ticks = work::ticks(self.first);
            self.idle = ticks.saturating_sub(self.ticks) < IDLE;
            (self.ticks, self.since) = (ticks, Instant::now());
        }
        self.idle
    }
}

/// The conversation with a port.
#[derive(Default)]
struct Asking {
    now: Option<(u16, Conversation)>,
    closed: u32,
    /// Not before this is asked again.
    rest: Option<Instant>,
}

impl Asking {
    /// Listens to what is said, or asks somebody.
    fn go_on(
        &mut self,
        trial: &Trial,
        look: &Look,
        namespace: &Namespace,
    ) -> Result<Option<Asked>> {
        let candidate = candidate(trial, look);
        // an exposed port that appears is asked instead of another
        if let (Some((port, _)), Some(address)) = (&self.now, candidate)
            && address.port() != *port
            && trial.exposed.contains(&address.port())
        {
            self.now = None;
        }
        if self.now.is_none() && self.rest.is_none_or(|rest| Instant::now() >= rest) {
            let opened = match candidate {
                Some(address) => Conversation::open(namespace, address)?,
                None => None,
            };
            self.now = candidate
                .zip(opened)
                .map(|(address, opened)| (address.port(), opened));
        }
        let Some((port, conversation)) = &mut self.now else {
            return Ok(None);
        };
        let mut asked = Asked {
            port: *port,
            since: conversation.since.elapsed(),
            answer: conversation.answer(),
        };
        if asked.answer == Some(Answer::Closed) {
            self.closed += 1;
            (self.now, self.rest) = (None, Some(Instant::now() + AGAIN));
            if self.closed < CLOSED {
                asked.answer = None;
                asked.since = Duration::ZERO;
            }
        }
        Ok(Some(asked))
    }
}
