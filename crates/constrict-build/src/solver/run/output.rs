//! What a RUN writes: lines as they come, and the last of them for the error message.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::sync::Mutex;

/// How many lines an error message shows.
const TAIL: usize = 20;

/// Longer lines are cut into pieces of this many bytes, so that a process cannot fill our memory.
const LINE: u64 = 64 << 10;

/// The last lines.
#[derive(Default)]
pub(super) struct Tail(Mutex<VecDeque<String>>);

impl Tail {
    /// Adds a line.
    pub(super) fn add(&self, line: &[u8]) {
        let mut lines = self.0.lock().expect("no panic while the tail is held");
        if lines.len() == TAIL {
            lines.pop_front();
        }
        lines.push_back(String::from_utf8_lossy(line).into_owned());
    }

    /// The lines.
    pub(super) fn take(&self) -> Vec<String> {
        self.0
            .lock()
            .expect("no panic while the tail is held")
            .drain(..)
            .collect()
    }
}

/// Reads lines until the last writer is gone.
pub(super) fn lines(stream: OwnedFd, each: &mut dyn FnMut(&[u8])) {
    let mut stream = BufReader::new(std::fs::File::from(stream));
    let mut line = Vec::new();
    loop {
        line.clear();
        match std::io::Read::take(&mut stream, LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let end = line
                    .iter()
                    .rposition(|byte| !b"\r\n".contains(byte))
                    .map_or(0, |at| at + 1);
                each(&line[..end]);
            }
        }
    }
}
