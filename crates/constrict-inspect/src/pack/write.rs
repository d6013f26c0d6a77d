//! The pack of a layer, written while the layer is read once.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::path::Path;

use constrict_oci::layer::{FoundEntry, Limits, NewKind, read_verified_layer};

use super::keep::{Kept, keep};
use super::object::{ELF_HEAD, object};
use super::{MAGIC, Place, Record};

/// Of a file that is kept for its beginning only.
const HEAD: usize = 64;

/// Writes the pack of a layer, compressed or not, to `out`; `spool` is where large objects are kept for a moment.
pub fn write(layer: impl Read, out: &mut (impl Write + ?Sized), spool: &Path) -> Result<(), Error> {
    let mut records: HashMap<String, Record> = HashMap::new();
    let mut frames = Frames::new(out)?;
    let mut visit = |found: FoundEntry, content: &mut dyn Read| -> Result<(), Error> {
        let NewKind::File { size } = found.entry.kind else {
            return Ok(());
        };
        let path = &found.entry.path;
        let mut bytes = Vec::new();
        content.take(HEAD as u64).read_to_end(&mut bytes)?;
        let Some(kept) = keep(path, size, &bytes) else {
            return Ok(());
        };
        let mut facts = None;
        let mut whole = size <= bytes.len() as u64;
        match kept {
            Kept::Head => {}
            Kept::Whole => {
                content.read_to_end(&mut bytes)?;
                whole = true;
            }
            Kept::Elf { is_searched } => {
                let object = object(&mut bytes, size, content, spool)?;
                whole = is_searched || size <= ELF_HEAD as u64;
                if !whole {
                    bytes.truncate(ELF_HEAD);
                }
                if let Some(object) = object {
                    let object = postcard::to_stdvec(&object).map_err(io::Error::other)?;
                    facts = frames.write(&object)?;
                }
            }
        }
        if let Some(bytes) = frames.write(&bytes)? {
            let record = Record {
                bytes,
                whole,
                facts,
            };
            records.insert(String::from_utf8_lossy(path).into_owned(), record);
        }
        Ok(())
    };
    read_verified_layer(layer, &Limits::default(), &mut visit)?;
    let offset = frames.offset;
    let index = postcard::to_stdvec(&records).map_err(io::Error::other)?;
    let index = zstd::bulk::compress(&index, 1)?;
    out.write_all(&index)?;
    out.write_all(&offset.to_le_bytes())?;
    out.write_all(&(index.len() as u64).to_le_bytes())?;
    out.write_all(MAGIC)?;
    Ok(())
}

/// Writes records.
struct Frames<'a, W: Write + ?Sized> {
    out: &'a mut W,
    offset: u64,
    /// One for all: to set one up costs more than to compress a small file.
    compressor: zstd::bulk::Compressor<'static>,
}

impl<'a, W: Write + ?Sized> Frames<'a, W> {
    fn new(out: &'a mut W) -> io::Result<Self> {
        Ok(Frames {
            out,
            offset: 0,
            compressor: zstd::bulk::Compressor::new(1)?,
        })
    }

    /// `None` for what is too large to have a place.
    fn write(&mut self, record: &[u8]) -> io::Result<Option<Place>> {
        let Ok(length) = u32::try_from(record.len()) else {
            return Ok(None);
        };
        let frame = self.compressor.compress(record)?;
        let Ok(stored) = u32::try_from(frame.len()) else {
            return Ok(None);
        };
        self.out.write_all(&frame)?;
        let offset = self.offset;
        self.offset += u64::from(stored);
        Ok(Some(Place {
            offset,
            stored,
            length,
        }))
    }
}

/// Why no pack could be made of a layer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The layer is damaged.
    #[error(transparent)]
    Layer(#[from] constrict_oci::Error),
    /// It cannot be read, or the pack not be written.
    #[error("cannot write what inspection reads of a layer")]
    Io(#[from] io::Error),
}
