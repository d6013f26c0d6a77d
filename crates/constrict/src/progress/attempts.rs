//! The Dockerfile that is being built: where notices point to, and what was said of an earlier version of it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use constrict_dockerfile::{Span, line_of};

use super::without_numbers;

/// The versions of a Dockerfile that a build tried; one without `--fix`.
#[derive(Default)]
pub(super) struct Attempts(Mutex<State>);

#[derive(Default)]
struct State {
    /// The name and the text of the version in work.
    version: Option<(String, Vec<u8>)>,
    /// What was said of this version.
    said: BTreeSet<String>,
    /// What was said of those before.
    said_before: BTreeSet<String>,
}

impl Attempts {
    /// Another one begins.
    pub(super) fn begin(&self, file: &str, text: &[u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.version = Some((file.into(), text.into()));
        let mut said = std::mem::take(&mut state.said);
        state.said_before.append(&mut said);
    }

    /// `Dockerfile:3: message`; `None` for what was said of a version before this one.
    pub(super) fn notice(&self, message: &str, span: Option<Span>) -> Option<String> {
        let message = without_numbers(message);
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.said_before.contains(&message) {
            return None;
        }
        state.said.insert(message.clone());
        match (&state.version, span) {
            (Some((file, text)), Some(span)) => {
                let line = line_of(text, span.start).line;
                Some(format!("{file}:{line}: {message}"))
            }
            _ => Some(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use constrict_dockerfile::Span;

    use super::Attempts;

    #[test]
    fn notices_say_where_and_are_not_repeated_of_a_mended_version() {
        let span = Some(Span { start: 7, end: 9 });
        let attempts = Attempts::default();
        let said = |message| attempts.notice(message, span);
        assert_eq!(said("before").as_deref(), Some("before"));
        attempts.begin("Dockerfile", b"FROM a\nRUN b\n");
        assert_eq!(said("a").as_deref(), Some("Dockerfile:2: a"));
        // of two lines
        assert_eq!(said("a").as_deref(), Some("Dockerfile:2: a"));
        assert_eq!(attempts.notice("b", None).as_deref(), Some("b"));
        attempts.begin("Dockerfile", b"FROM c\nRUN b\n");
        assert_eq!((said("a"), said("b")), (None, None));
        assert_eq!(said("c").as_deref(), Some("Dockerfile:2: c"));
    }
}
