//! One line an event: `#3 [builder 2/4] RUN …`, `#3 0.52 output`, `#3 DONE 1.2s`, `#3 CACHED`.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use constrict_build::Observer;
use constrict_build::export::image::Image;
use constrict_dockerfile::Span;
use constrict_oci::{Reference, registry};

use super::tally::Tally;
use super::{Show, bytes};

/// Lines on standard error.
pub(crate) struct Plain {
    quiet: bool,
    tally: Tally,
    /// When each vertex started.
    started: Mutex<HashMap<usize, Instant>>,
}

impl Plain {
    /// `quiet` shows warnings and nothing else.
    pub(crate) fn new(quiet: bool) -> Self {
        Plain {
            quiet,
            tally: Tally::start(),
            started: Mutex::default(),
        }
    }

    /// A whole line at once, so that lines of parallel steps do not mix.
    fn line(&self, text: &str) {
        if !self.quiet && !super::is_silent() {
            // nobody reads it: then there is nobody to tell
            let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
        }
    }
}

impl Observer for Plain {
    fn started(&self, vertex: usize, name: &str) {
        self.started
            .lock()
            .expect("no panic while held")
            .insert(vertex, Instant::now());
        self.line(&format!("#{vertex} {name}"));
    }

    fn cached(&self, vertex: usize, name: &str) {
        self.tally.cached(name);
        self.line(&format!("#{vertex} {name}\n#{vertex} CACHED"));
    }

    fn finished(&self, vertex: usize, name: &str, took: Duration) {
        self.tally.finished(name);
        self.line(&format!("#{vertex} DONE {:.1}s", took.as_secs_f64()));
    }

    fn failed(&self, vertex: usize, _name: &str) {
        self.line(&format!("#{vertex} ERROR"));
    }

    fn cancelled(&self, vertex: usize, _name: &str) {
        self.line(&format!("#{vertex} CANCELED"));
    }

    fn output(&self, vertex: usize, line: &[u8]) {
        let started = self.started.lock().expect("no panic while held");
        let elapsed = match started.get(&vertex) {
            Some(started) => started.elapsed(),
            None => self.tally.elapsed(),
        };
        self.line(&format!(
            "#{vertex} {:.3} {}",
            elapsed.as_secs_f64(),
            String::from_utf8_lossy(line)
        ));
    }

    fn explain(&self, vertex: usize, name: &str, reasons: &[String]) {
        self.line(&format!(
            "#{vertex} not cached: {name}: {}",
            reasons.join(", ")
        ));
    }

    fn notice(&self, message: &str, span: Option<Span>) {
        if let Some(message) = self.tally.notice(message, span) {
            let _ = std::io::stderr().write_all(format!("warning: {message}\n").as_bytes());
        }
    }

    fn phase(&self, _what: &str) {}

    fn download(&self, what: &str, size: u64) -> Box<dyn registry::Progress> {
        match what.strip_prefix("push ") {
            Some(what) => self.line(&format!("pushing {what} ({})", bytes(size))),
            None => self.line(&format!("downloading {what} ({})", bytes(size))),
        }
        Box::new(())
    }
}

impl Show for Plain {
    fn begin(&self, file: &str, text: &[u8]) {
        self.tally.begin(file, text);
    }

    fn findings(&self, text: &str) {
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    fn summary(&self, image: &Image, tags: &[Reference]) {
        self.line(&self.tally.summary(image, tags).line());
    }
}
