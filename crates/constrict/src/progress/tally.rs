//! What came of a build, counted while it runs and said in one line at its end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use constrict_build::export::image::Image;
use constrict_dockerfile::Span;
use constrict_oci::Reference;

use super::attempts::Attempts;
use super::bytes;
use super::text::width;

/// Counts the steps of a build.
pub(super) struct Tally {
    start: Instant,
    steps: AtomicUsize,
    cached: AtomicUsize,
    attempts: Attempts,
}

/// What a build came to.
pub(super) struct Summary {
    /// The image's names.
    pub(super) names: Vec<String>,
    /// Its digest.
    pub(super) digest: String,
    /// How many layers it has.
    pub(super) layers: usize,
    /// Their size, compressed.
    pub(super) size: u64,
    /// How long the build took.
    pub(super) took: Duration,
    /// How many steps there were.
    pub(super) steps: usize,
    /// How many of them were done before.
    pub(super) cached: usize,
}

/// Whether a vertex is a step: bases and contexts are found, not done.
pub(crate) fn is_step(name: &str) -> bool {
    let (place, what) = name.split_once("] ").unwrap_or(("", name));
    place != "[internal" && !what.starts_with("FROM ")
}

impl Tally {
    /// Starts the clock.
    pub(super) fn start() -> Self {
        Tally {
            start: Instant::now(),
            steps: AtomicUsize::new(0),
            cached: AtomicUsize::new(0),
            attempts: Attempts::default(),
        }
    }

    /// An attempt with this Dockerfile begins; the steps of those before do not count.
    pub(super) fn begin(&self, file: &str, text: &[u8]) {
        self.steps.store(0, Ordering::Relaxed);
        self.cached.store(0, Ordering::Relaxed);
        self.attempts.begin(file, text);
    }

    /// A notice with its place, unless it was said before.
    pub(super) fn notice(&self, message: &str, span: Option<Span>) -> Option<String> {
        self.attempts.notice(message, span)
    }

    /// How long ago that was.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// A vertex is done.
    pub(super) fn finished(&self, name: &str) {
        self.steps
            .fetch_add(usize::from(is_step(name)), Ordering::Relaxed);
    }

    /// A vertex was done before.
    pub(super) fn cached(&self, name: &str) {
        self.finished(name);
        self.cached
            .fetch_add(usize::from(is_step(name)), Ordering::Relaxed);
    }

    /// What it all came to.
    pub(super) fn summary(&self, image: &Image, tags: &[Reference]) -> Summary {
        Summary {
            names: tags.iter().map(Reference::familiar).collect(),
            digest: image.descriptor.digest.to_string(),
            layers: image.manifest.layers.len(),
            size: image.manifest.layers.iter().map(|layer| layer.size).sum(),
            took: self.elapsed(),
            steps: self.steps.load(Ordering::Relaxed),
            cached: self.cached.load(Ordering::Relaxed),
        }
    }
}

impl Summary {
    /// `5 layers, 48.2MB, 12.3s, 7 of 9 steps cached`.
    fn facts(&self) -> String {
        let layers = match self.layers {
            1 => "1 layer".into(),
            count => format!("{count} layers"),
        };
        let took = self.took.as_secs_f64();
        let mut facts = format!("{layers}, {}, {took:.1}s", bytes(self.size));
        if self.steps > 0 {
            facts.push_str(&format!(", {} of {} steps cached", self.cached, self.steps));
        }
        facts
    }

    /// All on one line.
    pub(super) fn line(&self) -> String {
        let words: Vec<String> = [self.names.join(", "), self.digest.clone()]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect();
        format!("built {} ({})", words.join(" "), self.facts())
    }

    /// On one line if the terminal is wide enough, else the names, the digest and the facts on one each.
    pub(super) fn lines(&self, columns: usize) -> Vec<String> {
        let line = self.line();
        if width(&line) <= columns {
            return vec![line];
        }
        let mut words = vec![self.digest.clone(), self.facts()];
        if !self.names.is_empty() {
            words.insert(0, self.names.join(", "));
        }
        let heads = ["built "].into_iter().chain(std::iter::repeat("      "));
        heads
            .zip(words)
            .map(|(head, word)| head.to_string() + &word)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Summary, is_step};

    fn summary(names: &[&str]) -> Summary {
        Summary {
            names: names.iter().map(ToString::to_string).collect(),
            digest: format!("sha256:{}", "0123456789abcdef".repeat(4)),
            layers: 5,
            size: 48_200_000,
            took: Duration::from_millis(12_340),
            steps: 9,
            cached: 7,
        }
    }

    #[test]
    fn a_summary_is_one_line_where_it_fits() {
        let digest = summary(&[]).digest;
        let facts = "5 layers, 48.2MB, 12.3s, 7 of 9 steps cached";
        let named = summary(&["app:1", "app:latest"]);
        assert_eq!(
            named.lines(200),
            [format!("built app:1, app:latest {digest} ({facts})")]
        );
        assert_eq!(
            named.lines(79),
            [
                "built app:1, app:latest".to_string(),
                format!("      {digest}"),
                format!("      {facts}")
            ]
        );
        assert_eq!(
            summary(&[]).lines(79),
            [format!("built {digest}"), format!("      {facts}")]
        );
    }

    #[test]
    fn a_build_without_steps_has_nothing_cached() {
        let mut nothing = summary(&[]);
        (nothing.steps, nothing.cached, nothing.layers) = (0, 0, 1);
        assert_eq!(nothing.facts(), "1 layer, 48.2MB, 12.3s");
    }

    #[test]
    fn bases_and_contexts_are_no_steps() {
        for name in [
            "[internal] load build context",
            "[builder 1/3] FROM debian",
            "[context web] FROM web",
        ] {
            assert!(!is_step(name), "{name}");
        }
        for name in ["[builder 2/3] RUN make", "[stage-1 2/2] COPY . /"] {
            assert!(is_step(name), "{name}");
        }
    }
}
