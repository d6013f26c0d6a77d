//! What inspection reads of one layer, kept apart from the layer so that it is decompressed once: texts as they are, of ELF
//! objects what they say of themselves, of bytecode the header.
//!
//! ```text
//! records       each a zstd frame: a file, its beginning, or the postcard of (Object, Symbols)
//! index         a zstd frame: the postcard of path -> (what is kept of its bytes, the place of its facts)
//! footer        8 bytes offset of the index, 8 bytes its length (little endian), 16 bytes MAGIC
//! ```
//!
//! A file that a pack does not have was not worth keeping (images, archives, data): it is read from the layer.

mod keep;
mod object;
mod write;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

use constrict_elf::{Object, Symbols};
use serde::{Deserialize, Serialize};

pub(crate) use object::{OnDisk, elf};
pub use write::{Error, write};

/// Tells a pack, and its version: what it holds changes with what is kept and with what `Object` has.
const MAGIC: &[u8; 16] = b"constrict-pack-4";

/// Where a record lies, and the length of what it holds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Place {
    offset: u64,
    stored: u32,
    length: u32,
}

/// What is kept of a file.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Record {
    /// Its bytes, from the first one.
    bytes: Place,
    /// Whether `bytes` are all of them.
    whole: bool,
    /// What it says of itself, if it is an ELF object.
    facts: Option<Place>,
}

/// The pack of a layer, open for reading.
pub struct Pack {
    file: File,
    records: HashMap<String, Record>,
}

/// What a pack knows of a file's content.
pub enum Found {
    /// The bytes asked for.
    Content(Vec<u8>),
    /// It does not have them.
    Unknown,
}

impl Pack {
    /// Opens a pack; an error of kind `InvalidData` if it is none, or one of another version.
    pub fn open(path: &Path) -> io::Result<Pack> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let damaged = || io::Error::from(io::ErrorKind::InvalidData);
        let mut footer = [0; 32];
        file.seek(SeekFrom::Start(length.checked_sub(32).ok_or_else(damaged)?))?;
        file.read_exact(&mut footer)?;
        if &footer[16..] != MAGIC {
            return Err(damaged());
        }
        let number =
            |at: usize| u64::from_le_bytes(footer[at..at + 8].try_into().expect("eight bytes"));
        let (offset, size) = (number(0), number(8));
        if offset.checked_add(size).is_none_or(|end| end > length) {
            return Err(damaged());
        }
        let mut index = vec![0; usize::try_from(size).map_err(|_| damaged())?];
        file.read_exact_at(&mut index, offset)?;
        let records =
            postcard::from_bytes(&zstd::decode_all(index.as_slice())?).map_err(|_| damaged())?;
        Ok(Pack { file, records })
    }

    fn record(&self, path: &[u8]) -> Option<&Record> {
        self.records.get(&*String::from_utf8_lossy(path))
    }

    fn content(&self, place: &Place) -> io::Result<Vec<u8>> {
        let mut stored = vec![0; place.stored as usize];
        self.file.read_exact_at(&mut stored, place.offset)?;
        decompress(&stored, place.length as usize)
    }

    /// The first `limit` bytes of the file that the layer has at `path`.
    pub fn read(&self, path: &[u8], limit: usize) -> io::Result<Found> {
        match self.record(path) {
            Some(Record { bytes, whole, .. }) if *whole || limit <= bytes.length as usize => {
                let mut content = self.content(bytes)?;
                content.truncate(limit);
                Ok(Found::Content(content))
            }
            _ => Ok(Found::Unknown),
        }
    }

    /// Whether the file that the layer has at `path` is an ELF object.
    pub fn is_object(&self, path: &[u8]) -> bool {
        self.record(path)
            .is_some_and(|record| record.facts.is_some())
    }

    /// What the ELF object that the layer has at `path` says of itself; `None` if it is none.
    pub fn object(&self, path: &[u8]) -> io::Result<Option<(Object, Symbols)>> {
        let Some(facts) = self.record(path).and_then(|record| record.facts) else {
            return Ok(None);
        };
        match postcard::from_bytes(&self.content(&facts)?) {
            Ok(object) => Ok(Some(object)),
            Err(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

thread_local! {
    /// One for all records that a thread reads, as in [`write()`].
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

fn decompress(stored: &[u8], length: usize) -> io::Result<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|decompressor| {
        let decompressor = match decompressor {
            Some(decompressor) => decompressor,
            None => decompressor.insert(zstd::bulk::Decompressor::new()?),
        };
        decompressor.decompress(stored, length)
    })
}

#[cfg(test)]
mod tests;
