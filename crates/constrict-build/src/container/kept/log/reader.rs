//! Reading the log, also while it is written.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;

use super::{Entry, Place, Written};
use crate::container::kept::moment::Moment;
use crate::error::{IoContext, Result};

/// Reads entries one after the other. At the end there may be more later.
#[derive(Debug)]
pub struct Reader {
    place: Place,
    /// The file that is read, and those that come after it.
    files: Vec<File>,
    pending: Vec<u8>,
    /// How much of that has been read.
    at: usize,
}

impl Place {
    /// From the beginning.
    ///
    /// # Errors
    /// A log that cannot be opened; one that is not there is empty.
    pub fn read(&self) -> Result<Reader> {
        // the younger first: if it is renamed in between, it is opened twice, and not missed
        let current = self.open(&self.current())?;
        let previous = self.open(&self.previous())?;
        let is_twice = match (&current, &previous) {
            (Some(current), Some(previous)) => same(current, previous),
            _ => false,
        };
        let current = current.filter(|_| !is_twice);
        Ok(Reader {
            place: self.clone(),
            files: current.into_iter().chain(previous).collect(),
            pending: Vec::new(),
            at: 0,
        })
    }

    fn open(&self, path: &std::path::Path) -> Result<Option<File>> {
        match File::open(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).at("read", path),
        }
    }
}

impl Reader {
    /// The next entry; `None` if there is none now.
    ///
    /// # Errors
    /// A log that cannot be read.
    pub fn next_entry(&mut self) -> Result<Option<Entry>> {
        loop {
            if let Some(line) = self.line() {
                // what is not understood was cut by a full disk
                match parse(&line) {
                    Some(entry) => return Ok(Some(entry)),
                    None => continue,
                }
            }
            if !self.fill()? && !self.go_on()? {
                return Ok(None);
            }
        }
    }

    fn line(&mut self) -> Option<Vec<u8>> {
        let rest = &self.pending[self.at..];
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = rest[..end].to_vec();
        self.at += end + 1;
        Some(line)
    }

    /// Reads more of the file; whether there was more.
    fn fill(&mut self) -> Result<bool> {
        let Some(file) = self.files.last_mut() else {
            return Ok(false);
        };
        self.pending.drain(..self.at);
        self.at = 0;
        let mut buffer = vec![0; 64 << 10];
        let length = file.read(&mut buffer).at("read", self.place.current())?;
        self.pending.extend_from_slice(&buffer[..length]);
        Ok(length > 0)
    }

    /// Goes on with the next file, if there is one.
    fn go_on(&mut self) -> Result<bool> {
        if self.files.len() > 1 {
            self.files.pop();
            return Ok(true);
        }
        let next = self.place.open(&self.place.current())?;
        let is_other = match (&next, self.files.last()) {
            (Some(next), Some(read)) => !same(next, read),
            (next, _) => next.is_some(),
        };
        if is_other {
            // what was written before it was renamed
            if self.fill()? {
                return Ok(true);
            }
            self.files = next.into_iter().collect();
        }
        Ok(is_other)
    }
}

fn same(one: &File, other: &File) -> bool {
    match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

fn parse(line: &[u8]) -> Option<Entry> {
    let written: Written = serde_json::from_slice(line).ok()?;
    Some(Entry {
        text: written.log,
        stream: written.stream,
        time: Moment::parse(&written.time)?,
    })
}
