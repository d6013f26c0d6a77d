//! What a container wrote: its last lines, and the one among them that says why it ended.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use constrict_sandbox::Stdio;
use rustix::pipe::{PipeFlags, pipe_with};

use crate::error::Result;

/// So much is kept, from the end.
const KEPT: usize = 64 << 10;
/// So many lines are shown.
const LINES: usize = 12;
/// A line is cut here.
const WIDTH: usize = 400;

/// The end of what is written, as it comes.
pub(super) struct Output {
    kept: Arc<Mutex<VecDeque<u8>>>,
    reader: JoinHandle<()>,
}

impl Output {
    /// Standard streams of a container, without input, and what reads them.
    pub(super) fn capture() -> Result<(Output, Stdio)> {
        let refused = |error: rustix::io::Errno| constrict_sandbox::Error::Call {
            act: "make a pipe".into(),
            source: error.into(),
        };
        let (read, write) = pipe_with(PipeFlags::CLOEXEC).map_err(refused)?;
        let second = rustix::io::fcntl_dupfd_cloexec(&write, 0).map_err(refused)?;
        let kept = Arc::default();
        let into = Arc::clone(&kept);
        let reader = thread::spawn(move || keep(read, &into));
        let stdio = Stdio {
            stdin: None,
            stdout: Some(write),
            stderr: Some(second),
        };
        Ok((Output { kept, reader }, stdio))
    }

    /// Waits for the end; to be called when everything in the container is dead.
    pub(super) fn finish(self) -> String {
        let kept = Arc::clone(&self.kept);
        // a panic of that thread has been reported where it happened
        let _ = self.reader.join();
        let kept = lock(&kept);
        let (front, back) = kept.as_slices();
        String::from_utf8_lossy(&[front, back].concat()).into_owned()
    }
}

fn lock(kept: &Mutex<VecDeque<u8>>) -> MutexGuard<'_, VecDeque<u8>> {
    // bytes are whole at every point
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(from: OwnedFd, into: &Mutex<VecDeque<u8>>) {
    let mut from = File::from(from);
    let mut buffer = [0; 8 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => {
                let mut kept = lock(into);
                kept.extend(&buffer[..length]);
                let more = kept.len().saturating_sub(KEPT);
                kept.drain(..more);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// The last lines, without control characters.
pub(super) fn tail(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let first = lines.len().saturating_sub(LINES);
    lines[first..].iter().map(|line| clean(line)).collect()
}

/// A line that a terminal shows as it stands.
fn clean(line: &str) -> String {
    let mut shown = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            // colours: `ESC [ … letter`
            '\u{1b}' => drop(characters.by_ref().find(char::is_ascii_alphabetic)),
            '\t' => shown.push_str("    "),
            character if character.is_control() => {}
            character => shown.push(character),
        }
    }
    match shown.char_indices().nth(WIDTH) {
        Some((at, _)) => format!("{}…", &shown[..at]),
        None => shown.trim_end().to_string(),
    }
}

/// The line that says why: of the last Python exception, else the last one.
pub(super) fn cause(text: &str) -> Option<String> {
    exception(text).or_else(|| tail(text).pop())
}

/// The last line of the last traceback, or of an error that Python reports without one.
pub(super) fn exception(text: &str) -> Option<String> {
    let lines: Vec<String> = text.lines().map(clean).collect();
    let start = lines.iter().rposition(|line| {
        line.trim_start()
            .ends_with("Traceback (most recent call last):")
    });
    let of_traceback = start.and_then(|start| {
        let indent = indent(&lines[start]);
        let mut rest = lines[start + 1..].iter();
        let line = rest.find(|line| !line.trim().is_empty() && self::indent(line) <= indent)?;
        Some(match line.trim().strip_suffix(':') {
            // a message of several lines that begins with an empty one; the point is at its end
            Some(name) => {
                let last = rest.rfind(|line| !line.trim().is_empty());
                last.map_or(name.to_string(), |last| format!("{name}: {}", last.trim()))
            }
            None => line.trim().to_string(),
        })
    });
    of_traceback.or_else(|| {
        let line = lines.iter().rfind(|line| is_error(line))?;
        Some(line.trim().to_string())
    })
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// `SyntaxError: invalid syntax`, `pkg.errors.ConfigError: …`.
fn is_error(line: &str) -> bool {
    let Some((name, _)) = line.split_once(": ") else {
        return false;
    };
    let is_name = !name.is_empty()
        && name
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'));
    is_name && (name.ends_with("Error") || name.ends_with("Exception")) && name != "Error"
}

#[cfg(test)]
mod tests {
    use super::{cause, exception, tail};

    #[test]
    fn the_last_traceback_ends_with_the_cause() {
        let text = "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    import b\n\
                    ImportError: no b\n\nDuring handling of the above exception, another exception occurred:\n\n\
                    Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    import c\n\
                    ModuleNotFoundError: No module named 'c'\n[2026-01-01] [1] [INFO] Shutting down: Master\n\
                    [2026-01-01] [1] [INFO] Reason: Worker failed to boot.\n";
        assert_eq!(
            cause(text).as_deref(),
            Some("ModuleNotFoundError: No module named 'c'")
        );
    }

    #[test]
    fn a_message_of_several_lines_ends_with_the_point() {
        let text = "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    import numpy\n\
                    ImportError: \n\nPLEASE READ THIS\n\nOriginal error was: no ld-linux\n\n";
        assert_eq!(
            cause(text).as_deref(),
            Some("ImportError: Original error was: no ld-linux")
        );
    }

    #[test]
    fn a_syntax_error_has_no_traceback() {
        let text = "  File \"/app.py\", line 1\n    def\n       ^\nSyntaxError: invalid syntax\n";
        assert_eq!(cause(text).as_deref(), Some("SyntaxError: invalid syntax"));
    }

    #[test]
    fn without_python_the_last_line_counts() {
        let text = "starting\n/bin/x: error while loading shared libraries: liba.so.1: cannot open shared object \
                    file: No such file or directory\n\n";
        assert_eq!(exception(text), None);
        assert_eq!(
            cause(text).as_deref(),
            Some(
                "/bin/x: error while loading shared libraries: liba.so.1: cannot open shared object file: No such \
                 file or directory"
            )
        );
        assert_eq!(cause(""), None);
    }

    #[test]
    fn the_last_lines_are_shown_without_what_terminals_obey() {
        let text: String = (0..20)
            .map(|n| format!("\u{1b}[31mline\u{1b}[0m\t{n}\u{7}\n"))
            .collect();
        let shown = tail(&text);
        assert_eq!(shown.len(), 12);
        assert_eq!(shown[0], "line    8");
        assert_eq!(shown[11], "line    19");
    }
}
