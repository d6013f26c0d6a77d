//! Decompression of layers, by what the bytes are and not by what a media type says. Never bounds what comes out: the
//! reader of the tar does.
//!
//! gzip may have several members, zstd several frames; what follows and is neither is an error, as in Go's readers.

use std::fmt;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use crate::MediaType;

/// What is read from the source at once.
const BUFFER: usize = 128 << 10;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

type Source<R> = BufReader<Chain<Cursor<Vec<u8>>, R>>;

/// A reader of what gzip, zstd or no compression at all was applied to.
pub struct Decompressor<R: Read>(Method<R>);

enum Method<R: Read> {
    None(Source<R>),
    Gzip(Box<MultiGzDecoder<Source<R>>>),
    Zstd(zstd::Decoder<'static, Source<R>>),
}

impl<R: Read> Decompressor<R> {
    /// Looks at the first bytes of `reader`.
    pub fn new(mut reader: R) -> io::Result<Decompressor<R>> {
        let mut start = Vec::with_capacity(ZSTD.len());
        reader
            .by_ref()
            .take(ZSTD.len() as u64)
            .read_to_end(&mut start)?;
        let method = Detected::of(&start);
        let source = BufReader::with_capacity(BUFFER, Cursor::new(start).chain(reader));
        Ok(Decompressor(match method {
            Detected::None => Method::None(source),
            Detected::Gzip => Method::Gzip(Box::new(MultiGzDecoder::new(source))),
            Detected::Zstd => Method::Zstd(zstd::Decoder::with_buffer(source)?),
        }))
    }

    /// Reads what the source still has after the end of what was decompressed, so that a digest over the source covers
    /// all of it.
    pub fn drain(&mut self) -> io::Result<()> {
        io::copy(self, &mut io::sink())?;
        let source: &mut dyn BufRead = match &mut self.0 {
            Method::None(source) => source,
            Method::Gzip(decoder) => decoder.get_mut(),
            Method::Zstd(decoder) => decoder.get_mut(),
        };
        io::copy(source, &mut io::sink()).map(|_| ())
    }
}

/// The compression that the first bytes of a blob show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detected {
    None,
    Gzip,
    Zstd,
}

impl Detected {
    /// Looks at up to four bytes.
    pub(crate) fn of(start: &[u8]) -> Detected {
        let skippable =
            start.len() == 4 && start[0] & 0xf0 == 0x50 && start[1..] == [0x2a, 0x4d, 0x18];
        if start.starts_with(&GZIP) {
            Detected::Gzip
        } else if start == ZSTD || skippable {
            Detected::Zstd
        } else {
            Detected::None
        }
    }

    /// OCI's media type of a layer that is compressed so.
    pub(crate) fn media_type(self) -> MediaType {
        match self {
            Detected::None => MediaType::OciLayer,
            Detected::Gzip => MediaType::OciLayerGzip,
            Detected::Zstd => MediaType::OciLayerZstd,
        }
    }
}

impl<R: Read> Read for Decompressor<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Method::None(source) => source.read(buffer),
            Method::Gzip(decoder) => decoder.read(buffer),
            Method::Zstd(decoder) => decoder.read(buffer),
        }
    }
}

impl<R: Read> fmt::Debug for Decompressor<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Method::None(_) => "Decompressor(none)",
            Method::Gzip(_) => "Decompressor(gzip)",
            Method::Zstd(_) => "Decompressor(zstd)",
        })
    }
}
