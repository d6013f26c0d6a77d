//! The live display: what has ended scrolls up, what is in work stays at the bottom and is drawn again ten times a second.
//!
//! The size of the terminal is asked for at each picture. The cursor is never hidden and always stands below what was
//! drawn, so that whatever ends the program leaves the terminal as it was.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use constrict_build::Observer;
use constrict_build::export::image::Image;
use constrict_dockerfile::Span;
use constrict_oci::{Reference, registry};

use super::Show;
use super::frame::{self, End};
use super::tally::Tally;
use super::text::{visible, wrap};
use crate::render::style::Style;

/// How often the terminal is written to at most.
const INTERVAL: Duration = Duration::from_millis(100);
/// What is not over before this is not shown in work: a cached build draws nothing twice.
const PATIENCE: Duration = Duration::from_millis(150);
/// The size of a terminal that does not say.
const DEFAULT_SIZE: (usize, usize) = (80, 24);

/// The display.
pub(crate) struct Live {
    tally: Tally,
    style: Style,
    state: Mutex<State>,
}

struct State {
    style: Style,
    /// By vertex.
    steps: BTreeMap<usize, Step>,
    /// What is being done between the steps.
    phase: Option<Step>,
    transfers: Vec<Transfers>,
    /// Lines to scroll up with the next draw.
    pending: Vec<String>,
    /// The lines at the bottom.
    drawn: Vec<String>,
    /// The columns that they were drawn for.
    columns: usize,
    closed: bool,
}

struct Step {
    name: String,
    start: Instant,
    last_line: String,
}

impl Step {
    fn start(name: &str) -> Self {
        Step {
            name: visible(name.as_bytes()),
            start: Instant::now(),
            last_line: String::new(),
        }
    }

    fn frame(&self) -> frame::Step {
        frame::Step {
            name: self.name.clone(),
            elapsed: self.start.elapsed(),
            last_line: self.last_line.clone(),
        }
    }
}

/// The blobs of one thing: they share a bar, which lasts until none of them is in work.
struct Transfers {
    name: String,
    is_upload: bool,
    start: Instant,
    blobs: Vec<Blob>,
}

struct Blob {
    size: u64,
    /// How many bytes are there, as long as it is in work.
    done: Weak<AtomicU64>,
}

/// What the registry's client is given: the transfer ends with it.
struct Handle(Arc<AtomicU64>);

impl registry::Progress for Handle {
    fn bytes(&self, done: u64) {
        self.0.store(done, Ordering::Relaxed);
    }
}

impl Transfers {
    fn is_over(&self) -> bool {
        self.blobs.iter().all(|blob| blob.done.strong_count() == 0)
    }

    fn frame(&self) -> frame::Transfer {
        // what is over is there
        let done = |blob: &Blob| match blob.done.upgrade() {
            Some(done) => done.load(Ordering::Relaxed),
            None => blob.size,
        };
        frame::Transfer {
            name: self.name.clone(),
            done: self.blobs.iter().map(done).sum(),
            size: self.blobs.iter().map(|blob| blob.size).sum(),
            is_upload: self.is_upload,
        }
    }
}

impl Live {
    /// Starts to draw.
    pub(super) fn start(style: Style) -> Arc<Self> {
        let live = Arc::new(Live {
            tally: Tally::start(),
            style,
            state: Mutex::new(State {
                style,
                steps: BTreeMap::new(),
                phase: None,
                transfers: Vec::new(),
                pending: Vec::new(),
                drawn: Vec::new(),
                columns: 0,
                closed: false,
            }),
        });
        let drawn = live.clone();
        thread::spawn(move || {
            loop {
                thread::sleep(INTERVAL);
                let mut state = drawn.state();
                if state.closed {
                    return;
                }
                state.draw();
            }
        });
        live
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // a state that is half changed draws a wrong line at worst
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws for the last time: nothing is left in work.
    pub(super) fn close(&self) {
        let mut state = self.state();
        if !state.closed {
            state.steps.clear();
            state.transfers.clear();
            state.phase = None;
            state.draw();
            state.closed = true;
        }
    }

    fn scroll(&self, lines: impl IntoIterator<Item = String>) {
        if super::is_silent() {
            return;
        }
        let mut state = self.state();
        state.pending.extend(lines);
        if state.closed {
            state.draw();
        }
    }

    fn end(&self, vertex: usize, name: &str, end: End) {
        self.state().steps.remove(&vertex);
        let name = visible(name.as_bytes());
        self.scroll([frame::ended(&name, end, columns(), self.style)]);
    }
}

/// Columns and rows of the terminal, now.
fn size() -> (usize, usize) {
    match rustix::termios::tcgetwinsize(std::io::stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        _ => DEFAULT_SIZE,
    }
}

/// The columns for our lines. The last one stays free: terminals differ in what they do after it.
pub(super) fn columns() -> usize {
    size().0.saturating_sub(1)
}

impl State {
    /// Writes once: over what was drawn, what has ended, and below it what is in work.
    fn draw(&mut self) {
        let (columns, rows) = size();
        let lines = self.working(columns.saturating_sub(1), rows.saturating_sub(2).max(1));
        let is_same = lines == self.drawn && columns == self.columns;
        if self.pending.is_empty() && (is_same || lines.is_empty() && self.drawn.is_empty()) {
            return;
        }
        let pending = std::mem::take(&mut self.pending);
        let text = frame::update(&self.drawn, &pending, &lines, columns);
        (self.drawn, self.columns) = (lines, columns);
        // nobody reads it: then there is nobody to tell
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    fn working(&mut self, columns: usize, rows: usize) -> Vec<String> {
        let is_shown = |start: Instant| start.elapsed() > PATIENCE;
        let steps = self.steps.values().filter(|step| is_shown(step.start));
        let mut steps: Vec<frame::Step> = steps.map(Step::frame).collect();
        self.transfers.retain(|transfers| !transfers.is_over());
        let transfers = self.transfers.iter();
        let transfers: Vec<frame::Transfer> = transfers
            .filter(|transfers| is_shown(transfers.start))
            .map(Transfers::frame)
            .collect();
        if steps.is_empty() && transfers.is_empty() && self.steps.is_empty() {
            let phase = self.phase.iter().filter(|phase| is_shown(phase.start));
            steps.extend(phase.map(Step::frame));
        }
        frame::working(&steps, &transfers, (columns, rows), self.style)
    }
}

impl Observer for Live {
    fn started(&self, vertex: usize, name: &str) {
        self.state().steps.insert(vertex, Step::start(name));
    }

    fn cached(&self, vertex: usize, name: &str) {
        self.tally.cached(name);
        self.end(vertex, name, End::Cached);
    }

    fn finished(&self, vertex: usize, name: &str, took: Duration) {
        self.tally.finished(name);
        self.end(vertex, name, End::Done(took));
    }

    fn failed(&self, vertex: usize, name: &str) {
        self.end(vertex, name, End::Failed);
    }

    fn cancelled(&self, vertex: usize, name: &str) {
        self.end(vertex, name, End::Cancelled);
    }

    fn output(&self, vertex: usize, line: &[u8]) {
        let line = visible(line);
        if let Some(step) = self.state().steps.get_mut(&vertex)
            && !line.is_empty()
        {
            step.last_line = line;
        }
    }

    fn explain(&self, _vertex: usize, name: &str, reasons: &[String]) {
        let text = format!("   not cached: {name}: {}", reasons.join(", "));
        self.scroll(wrap(&visible(text.as_bytes()), columns(), "     "));
    }

    fn notice(&self, message: &str, span: Option<Span>) {
        let Some(message) = self.tally.notice(message, span) else {
            return;
        };
        let text = format!("warning: {message}");
        let mut lines = wrap(&visible(text.as_bytes()), columns(), "  ");
        let warning = self.style.yellow("warning:");
        if let Some(first) = lines.first_mut() {
            *first = first.replacen("warning:", &warning, 1);
        }
        self.scroll(lines);
    }

    fn phase(&self, what: &str) {
        self.state().phase = (!what.is_empty()).then(|| Step::start(what));
    }

    fn download(&self, what: &str, size: u64) -> Box<dyn registry::Progress> {
        let pushed = what.strip_prefix("push ");
        let (name, is_upload) = (pushed.unwrap_or(what), pushed.is_some());
        let done = Arc::new(AtomicU64::new(0));
        let blob = Blob {
            size,
            done: Arc::downgrade(&done),
        };
        let mut state = self.state();
        state.transfers.retain(|transfers| !transfers.is_over());
        let known = state
            .transfers
            .iter_mut()
            .find(|transfers| transfers.name == name && transfers.is_upload == is_upload);
        match known {
            Some(transfers) => transfers.blobs.push(blob),
            None => state.transfers.push(Transfers {
                name: name.into(),
                is_upload,
                start: Instant::now(),
                blobs: vec![blob],
            }),
        }
        Box::new(Handle(done))
    }
}

impl Show for Live {
    fn begin(&self, file: &str, text: &[u8]) {
        self.tally.begin(file, text);
    }

    fn findings(&self, text: &str) {
        self.scroll(text.lines().map(ToString::to_string));
    }

    fn summary(&self, image: &Image, tags: &[Reference]) {
        self.scroll(self.tally.summary(image, tags).lines(columns()));
        self.close();
    }
}
