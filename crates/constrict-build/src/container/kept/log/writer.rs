//! Writing the log: bytes of two streams become lines of one file.

use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::{LIMIT, LINE, Place, Stream, Written};
use crate::container::kept::moment::Moment;
use crate::error::{IoContext, Result};

/// The log of a container that runs.
#[derive(Debug)]
pub struct Log {
    place: Place,
    limit: u64,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    size: u64,
}

impl Log {
    /// Goes on with the log at a place.
    pub(in crate::container::kept) fn open(place: Place) -> Result<Arc<Self>> {
        Self::with_limit(place, LIMIT)
    }

    pub(super) fn with_limit(place: Place, limit: u64) -> Result<Arc<Self>> {
        let path = place.current();
        let file = append(&place).at("open", &path)?;
        let size = file.metadata().at("examine", &path)?.len();
        let open = Mutex::new(Open { file, size });
        Ok(Arc::new(Log { place, limit, open }))
    }

    /// Takes the bytes of one stream.
    pub fn lines(self: &Arc<Self>, stream: Stream) -> Lines {
        Lines {
            log: Arc::clone(self),
            stream,
            pending: Vec::new(),
        }
    }

    fn add(&self, stream: Stream, bytes: &[u8]) {
        let written = Written {
            log: String::from_utf8_lossy(bytes).into_owned(),
            stream,
            time: Moment::now().rfc3339(),
        };
        let mut line = serde_json::to_vec(&written).expect("text is plain data");
        line.push(b'\n');
        // a file is whole at every point, even if a thread panicked while it held the lock
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.size + line.len() as u64 > self.limit {
            let _ = self.begin_again(&mut open);
        }
        // a full disk must not end the container
        if open.file.write_all(&line).is_ok() {
            open.size += line.len() as u64;
        }
    }

    fn begin_again(&self, open: &mut Open) -> std::io::Result<()> {
        std::fs::rename(self.place.current(), self.place.previous())?;
        *open = Open {
            file: append(&self.place)?,
            size: 0,
        };
        Ok(())
    }
}

fn append(place: &Place) -> std::io::Result<File> {
    File::options()
        .create(true)
        .append(true)
        .open(place.current())
}

/// One stream on its way into the log. What has no line end yet is written when this is dropped.
#[derive(Debug)]
pub struct Lines {
    log: Arc<Log>,
    stream: Stream,
    pending: Vec<u8>,
}

impl Lines {
    /// Takes bytes as they come.
    pub fn take(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        let mut from = 0;
        loop {
            let rest = &self.pending[from..];
            let length = match rest.iter().position(|byte| *byte == b'\n') {
                Some(end) if end < LINE => end + 1,
                None if rest.len() < LINE => break,
                _ => whole_characters(&rest[..LINE]),
            };
            self.log.add(self.stream, &rest[..length]);
            from += length;
        }
        self.pending.drain(..from);
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if !self.pending.is_empty() {
            self.log.add(self.stream, &self.pending);
        }
    }
}

/// How many bytes there are without a last character that is cut.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => error.valid_up_to(),
        _ => bytes.len(),
    }
}
