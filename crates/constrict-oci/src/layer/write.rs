//! Writing of layers: entries and contents become a tar that is hashed, indexed and compressed in one pass. Never reads a
//! file system, never reorders: the same calls give the same bytes on every machine.

use std::io::{self, Read, Write};
use std::num::NonZeroUsize;

use super::compress::{Compression, Compressor, default_threads};
use super::header::{self, BLOCK};
use super::path::shown;
use super::{IndexedEntry, NewEntry, NewKind};
use crate::{Digest, DigestWriter, Error, Hasher, Result};

/// Bytes of content that are read at once.
const READ: usize = 256 << 10;

/// A layer in the making.
pub struct LayerWriter<W: Write> {
    tar: DigestWriter<Compressor<DigestWriter<W>>>,
    index: Vec<IndexedEntry>,
    buffer: Vec<u8>,
}

/// What became of a layer.
#[derive(Debug)]
pub struct Written<W> {
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
    /// Bytes of the uncompressed tar.
    pub uncompressed_size: u64,
    /// The digest of what the sink got.
    pub digest: Digest,
    /// Bytes that the sink got.
    pub size: u64,
    /// What is in it.
    pub index: Vec<IndexedEntry>,
    /// The sink, not flushed.
    pub sink: W,
}

impl<W: Write> LayerWriter<W> {
    /// Writes a layer to `sink`, compressing with a thread for each core.
    pub fn new(sink: W, compression: Compression) -> Result<LayerWriter<W>> {
        LayerWriter::with_threads(sink, compression, default_threads())
    }

    /// Writes a layer to `sink`, compressing with so many threads; their number does not change the bytes.
    pub fn with_threads(
        sink: W,
        compression: Compression,
        threads: NonZeroUsize,
    ) -> Result<LayerWriter<W>> {
        let compressor = Compressor::with_threads(DigestWriter::new(sink), compression, threads)
            .map_err(write_failed)?;
        Ok(LayerWriter {
            tar: DigestWriter::new(compressor),
            index: Vec::new(),
            buffer: vec![0; READ],
        })
    }

    /// Adds an entry. `content` is read to its end, which must come after exactly the file's size; for other kinds it is
    /// not read.
    pub fn append(&mut self, entry: NewEntry, content: &mut dyn Read) -> Result<()> {
        let header = header::encode(&entry)?;
        self.tar.write_all(&header).map_err(write_failed)?;
        let content_offset = matches!(entry.kind, NewKind::File { .. }).then(|| self.tar.size());
        let digest = match entry.kind {
            NewKind::File { size } => self.append_content(&entry.path, size, content)?,
            _ => Digest::of(b""),
        };
        self.index.push(IndexedEntry {
            entry: entry.with_digest(digest),
            content_offset,
        });
        Ok(())
    }

    /// Adds an entry that has no content: any kind but a file, or an empty file.
    pub fn append_empty(&mut self, entry: NewEntry) -> Result<()> {
        self.append(entry, &mut io::empty())
    }

    fn append_content(&mut self, path: &[u8], size: u64, content: &mut dyn Read) -> Result<Digest> {
        let mut hasher = Hasher::sha256();
        let mut left = size;
        loop {
            // one byte more than announced is asked for, to notice a file that grew
            let wanted = usize::try_from(left)
                .unwrap_or(READ)
                .saturating_add(1)
                .min(READ);
            let read = match content.read(&mut self.buffer[..wanted]) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => {
                    return Err(Error::Content {
                        entry: shown(path),
                        source,
                    });
                }
            };
            let mismatch = |found| Error::ContentSize {
                entry: shown(path),
                expected: size,
                found,
            };
            if read == 0 {
                if left > 0 {
                    return Err(mismatch(Some(size - left)));
                }
                break;
            }
            left = left
                .checked_sub(read as u64)
                .ok_or_else(|| mismatch(None))?;
            hasher.update(&self.buffer[..read]);
            self.tar
                .write_all(&self.buffer[..read])
                .map_err(write_failed)?;
        }
        let padding = (size.next_multiple_of(BLOCK as u64) - size) as usize;
        self.tar
            .write_all(&[0; BLOCK][..padding])
            .map_err(write_failed)?;
        Ok(hasher.finish())
    }

    /// Ends the archive and the compressed stream. Without it the layer is incomplete.
    pub fn finish(mut self) -> Result<Written<W>> {
        self.tar.write_all(&[0; 2 * BLOCK]).map_err(write_failed)?;
        let (compressor, diff_id, uncompressed_size) = self.tar.finish();
        let (sink, digest, size) = compressor.finish().map_err(write_failed)?.finish();
        Ok(Written {
            diff_id,
            uncompressed_size,
            digest,
            size,
            index: self.index,
            sink,
        })
    }
}

fn write_failed(source: io::Error) -> Error {
    Error::Stream {
        act: "write the layer",
        source,
    }
}
