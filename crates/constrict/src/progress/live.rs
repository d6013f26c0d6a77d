//! The live display: what has ended scrolls up, what is in work stays at the bottom and is drawn again ten times a second.
//!
//! The cursor is never hidden and always stands below what was drawn, so that whatever ends the program leaves the
//! terminal as it was.

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

use super::frame::{self, End};
use super::text::visible;
use super::{Show, bytes, without_numbers};

/// How often the terminal is written to at most.
const INTERVAL: Duration = Duration::from_millis(100);
/// What is not over before this is not shown in work: a cached build draws nothing twice.
const PATIENCE: Duration = Duration::from_millis(150);
/// The size of a terminal that does not say.
const DEFAULT_SIZE: (usize, usize) = (80, 24);

/// The display.
pub(crate) struct Live {
    start: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By vertex.
    steps: BTreeMap<usize, Step>,
    transfers: Vec<Weak<Transfer>>,
    /// Lines to scroll up with the next draw.
    pending: Vec<String>,
    /// The widths of the lines at the bottom.
    drawn: Vec<usize>,
    closed: bool,
}

struct Step {
    name: String,
    start: Instant,
    last_line: String,
}

struct Transfer {
    name: String,
    size: u64,
    is_upload: bool,
    done: AtomicU64,
    start: Instant,
}

/// What the registry's client is given: the transfer ends with it.
struct Handle(Arc<Transfer>);

impl registry::Progress for Handle {
    fn bytes(&self, done: u64) {
        self.0.done.store(done, Ordering::Relaxed);
    }
}

impl Live {
    /// Starts to draw.
    pub(super) fn start() -> Arc<Self> {
        let live = Arc::new(Live {
            start: Instant::now(),
            state: Mutex::default(),
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
            state.draw();
            state.closed = true;
        }
    }

    fn scroll(&self, line: String) {
        if super::is_silent() {
            return;
        }
        let mut state = self.state();
        state.pending.push(line);
        if state.closed {
            state.draw();
        }
    }

    fn end(&self, vertex: usize, name: &str, end: End) {
        self.state().steps.remove(&vertex);
        self.scroll(frame::ended(&visible(name.as_bytes()), end, size().0));
    }
}

/// Columns and rows of the terminal, now.
fn size() -> (usize, usize) {
    match rustix::termios::tcgetwinsize(std::io::stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        _ => DEFAULT_SIZE,
    }
}

impl State {
    /// Writes once: over what was drawn, what has ended, and below it what is in work.
    fn draw(&mut self) {
        let (columns, rows) = size();
        // the last column stays free: terminals differ in what they do after it
        let lines = self.working(columns.saturating_sub(1), rows.saturating_sub(2).max(1));
        let widths: Vec<usize> = lines
            .iter()
            .map(|line| frame::painted_width(line))
            .collect();
        if self.pending.is_empty() && lines.is_empty() && self.drawn.is_empty() {
            return;
        }
        let mut text = String::new();
        let up = frame::rows(&self.drawn, columns);
        if up > 0 {
            text.push_str(&format!("\x1b[{up}A\r"));
        }
        text.push_str("\x1b[J");
        for line in self.pending.drain(..).chain(lines) {
            text.push_str(&line);
            text.push('\n');
        }
        self.drawn = widths;
        // nobody reads it: then there is nobody to tell
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    fn working(&mut self, columns: usize, rows: usize) -> Vec<String> {
        let steps: Vec<frame::Step> = self
            .steps
            .values()
            .filter(|step| step.start.elapsed() > PATIENCE)
            .map(|step| frame::Step {
                name: step.name.clone(),
                elapsed: step.start.elapsed(),
                last_line: step.last_line.clone(),
            })
            .collect();
        self.transfers
            .retain(|transfer| transfer.strong_count() > 0);
        let transfers: Vec<frame::Transfer> = self
            .transfers
            .iter()
            .filter_map(Weak::upgrade)
            .filter(|transfer| transfer.start.elapsed() > PATIENCE)
            .map(|transfer| frame::Transfer {
                name: transfer.name.clone(),
                done: transfer.done.load(Ordering::Relaxed),
                size: transfer.size,
                is_upload: transfer.is_upload,
            })
            .collect();
        frame::working(&steps, &transfers, columns, rows)
    }
}

impl Observer for Live {
    fn started(&self, vertex: usize, name: &str) {
        let step = Step {
            name: visible(name.as_bytes()),
            start: Instant::now(),
            last_line: String::new(),
        };
        self.state().steps.insert(vertex, step);
    }

    fn cached(&self, vertex: usize, name: &str) {
        self.end(vertex, name, End::Cached);
    }

    fn finished(&self, vertex: usize, name: &str, took: Duration) {
        self.end(vertex, name, End::Done(took));
    }

    fn failed(&self, vertex: usize, name: &str) {
        self.end(vertex, name, End::Failed);
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
        self.scroll(format!("   not cached: {name}: {}", reasons.join(", ")));
    }

    fn notice(&self, message: &str, _span: Option<Span>) {
        self.scroll(format!(
            "\x1b[33mwarning:\x1b[m {}",
            without_numbers(message)
        ));
    }

    fn download(&self, what: &str, size: u64) -> Box<dyn registry::Progress> {
        let pushed = what.strip_prefix("push ");
        let transfer = Arc::new(Transfer {
            name: pushed.unwrap_or(what).into(),
            size,
            is_upload: pushed.is_some(),
            done: AtomicU64::new(0),
            start: Instant::now(),
        });
        self.state().transfers.push(Arc::downgrade(&transfer));
        Box::new(Handle(transfer))
    }
}

impl Show for Live {
    fn findings(&self, text: &str) {
        for line in text.lines() {
            self.scroll(line.to_string());
        }
    }

    fn summary(&self, image: &Image, tags: &[Reference]) {
        let size: u64 = image.manifest.layers.iter().map(|layer| layer.size).sum();
        self.scroll(format!(
            "built {} ({} layers, {} compressed) in {:.1}s",
            image.descriptor.digest,
            image.manifest.layers.len(),
            bytes(size),
            self.start.elapsed().as_secs_f64()
        ));
        for tag in tags {
            self.scroll(format!("tagged {}", tag.familiar()));
        }
        self.close();
    }
}
