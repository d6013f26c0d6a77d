//! Progress for programs: one JSON object a line on standard error. `docs/progress.md` describes them; a field or a type
//! may be added, none is taken away or changed.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use constrict_build::Observer;
use constrict_build::export::image::Image;
use constrict_dockerfile::Span;
use constrict_oci::{Reference, registry};
use serde_json::{Value, json};

use super::tally::Tally;
use super::text::visible;
use super::{Show, without_numbers};

/// How often the bytes of a transfer are told at most.
const INTERVAL: Duration = Duration::from_millis(100);

/// Lines on standard error.
pub(crate) struct Raw {
    clock: Clock,
    tally: Tally,
    transfers: AtomicU64,
}

/// Writes lines with the time since the start.
#[derive(Clone, Copy)]
struct Clock(Instant);

impl Clock {
    fn write(self, mut event: Value) {
        if super::is_silent() && event["type"] != "error" {
            return;
        }
        event["time"] = seconds(self.0.elapsed());
        // a whole line at once, so that lines of parallel steps do not mix; nobody reads it: then there is nobody to tell
        let _ = std::io::stderr().write_all(format!("{event}\n").as_bytes());
    }
}

/// Seconds, to the millisecond.
fn seconds(time: Duration) -> Value {
    json!(time.as_millis() as f64 / 1000.0)
}

/// A transfer; it ends when it is dropped.
struct Transfer {
    clock: Clock,
    id: u64,
    name: String,
    direction: &'static str,
    size: u64,
    done: AtomicU64,
    told: Mutex<Instant>,
}

impl Transfer {
    fn tell(&self, state: &str) {
        self.clock.write(json!({
            "type": "transfer",
            "id": self.id,
            "name": self.name,
            "direction": self.direction,
            "state": state,
            "done": self.done.load(Ordering::Relaxed),
            "size": self.size,
        }));
    }
}

impl registry::Progress for Transfer {
    fn bytes(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
        let mut told = self.told.lock().expect("no panic while held");
        if told.elapsed() >= INTERVAL {
            *told = Instant::now();
            drop(told);
            self.tell("running");
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.tell("ended");
    }
}

impl Raw {
    /// Starts the clock.
    pub(super) fn start() -> Arc<Self> {
        Arc::new(Raw {
            clock: Clock(Instant::now()),
            tally: Tally::start(),
            transfers: AtomicU64::new(0),
        })
    }

    fn vertex(&self, kind: &str, vertex: usize, name: &str) {
        self.clock
            .write(json!({"type": kind, "vertex": vertex, "name": name}));
    }

    /// Why the program fails.
    pub(super) fn error(&self, text: &str, status: u8) {
        self.clock
            .write(json!({"type": "error", "status": status, "text": text.trim_end()}));
    }
}

impl Observer for Raw {
    fn started(&self, vertex: usize, name: &str) {
        self.vertex("started", vertex, name);
    }

    fn cached(&self, vertex: usize, name: &str) {
        self.tally.cached(name);
        self.vertex("cached", vertex, name);
    }

    fn finished(&self, vertex: usize, name: &str, took: Duration) {
        self.tally.finished(name);
        self.clock.write(json!({
            "type": "finished",
            "vertex": vertex,
            "name": name,
            "seconds": seconds(took),
        }));
    }

    fn failed(&self, vertex: usize, name: &str) {
        self.vertex("failed", vertex, name);
    }

    fn cancelled(&self, vertex: usize, name: &str) {
        self.vertex("cancelled", vertex, name);
    }

    fn output(&self, vertex: usize, line: &[u8]) {
        self.clock.write(json!({
            "type": "log",
            "vertex": vertex,
            "line": String::from_utf8_lossy(line),
        }));
    }

    fn explain(&self, vertex: usize, name: &str, reasons: &[String]) {
        self.clock.write(json!({
            "type": "not-cached",
            "vertex": vertex,
            "name": name,
            "reasons": reasons,
        }));
    }

    fn notice(&self, message: &str, span: Option<Span>) {
        if self.tally.notice(message, span).is_none() {
            return;
        }
        let mut event = json!({"type": "warning", "message": without_numbers(message)});
        if let Some(span) = span {
            event["span"] = json!([span.start, span.end]);
        }
        self.clock.write(event);
    }

    fn phase(&self, what: &str) {
        if !what.is_empty() {
            self.clock.write(json!({"type": "phase", "name": what}));
        }
    }

    fn download(&self, what: &str, size: u64) -> Box<dyn registry::Progress> {
        let pushed = what.strip_prefix("push ");
        let transfer = Transfer {
            clock: self.clock,
            id: self.transfers.fetch_add(1, Ordering::Relaxed),
            name: pushed.unwrap_or(what).into(),
            direction: if pushed.is_some() {
                "upload"
            } else {
                "download"
            },
            size,
            done: AtomicU64::new(0),
            told: Mutex::new(Instant::now()),
        };
        transfer.tell("started");
        Box::new(transfer)
    }
}

impl Show for Raw {
    fn begin(&self, file: &str, text: &[u8]) {
        self.tally.begin(file, text);
    }

    fn findings(&self, text: &str) {
        let lines: Vec<String> = text.lines().map(|line| visible(line.as_bytes())).collect();
        self.clock
            .write(json!({"type": "message", "text": lines.join("\n")}));
    }

    fn summary(&self, image: &Image, tags: &[Reference]) {
        let summary = self.tally.summary(image, tags);
        self.clock.write(json!({
            "type": "result",
            "names": tags.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "digest": summary.digest,
            "layers": summary.layers,
            "size": summary.size,
            "seconds": seconds(summary.took),
            "steps": summary.steps,
            "cached": summary.cached,
        }));
    }
}
