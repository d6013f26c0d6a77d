//! The compressions of Debian indices and packages: which suffix means which, and a decoder with a limit.
//!
//! Never buffers a whole stream. What comes out is bounded: an archive that unfolds past the limit is an error.

use std::io::{self, BufRead, BufReader, Read};

/// How a file of the archive is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compression {
    /// Stored as it is.
    None,
    /// `.gz`
    Gzip,
    /// `.xz`
    Xz,
    /// `.zst`
    Zstd,
}

impl Compression {
    /// All, the quickest to download and unpack first.
    pub const BY_PREFERENCE: [Compression; 4] = [
        Compression::Zstd,
        Compression::Xz,
        Compression::Gzip,
        Compression::None,
    ];

    /// The file name suffix with its dot, empty for uncompressed files.
    pub fn suffix(self) -> &'static str {
        match self {
            Compression::None => "",
            Compression::Gzip => ".gz",
            Compression::Xz => ".xz",
            Compression::Zstd => ".zst",
        }
    }

    /// The compression that a file name's suffix tells; uncompressed where it tells none.
    pub fn of_path(path: &str) -> Compression {
        let named = [Compression::Gzip, Compression::Xz, Compression::Zstd];
        named
            .into_iter()
            .find(|kind| path.ends_with(kind.suffix()))
            .unwrap_or(Compression::None)
    }

    /// A reader of the decompressed bytes that fails after `limit` of them.
    pub fn decoder<'a>(
        self,
        compressed: impl Read + 'a,
        limit: u64,
    ) -> io::Result<Box<dyn Read + 'a>> {
        let inner: Box<dyn Read + 'a> = match self {
            Compression::None => Box::new(compressed),
            Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(compressed)),
            Compression::Xz => Box::new(lzma_rust2::XzReader::new(
                BufReader::with_capacity(1 << 16, compressed),
                true,
            )),
            Compression::Zstd => Box::new(zstd_decoder(compressed)?),
        };
        Ok(Box::new(Limited { inner, left: limit }))
    }

    /// As [`Compression::decoder`], buffered, for readers of lines.
    pub fn line_decoder<'a>(
        self,
        compressed: impl Read + 'a,
        limit: u64,
    ) -> io::Result<Box<dyn BufRead + 'a>> {
        Ok(Box::new(BufReader::with_capacity(
            1 << 18,
            self.decoder(compressed, limit)?,
        )))
    }
}

/// Largest zstd window taken: 128 MiB, what `zstd -19 --long=27` writes; dpkg itself never asks for more.
const ZSTD_WINDOW_LOG: u32 = 27;

fn zstd_decoder<'a, R: Read + 'a>(compressed: R) -> io::Result<zstd::Decoder<'a, BufReader<R>>> {
    let mut decoder = zstd::Decoder::new(compressed)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(decoder)
}

struct Limited<'a> {
    inner: Box<dyn Read + 'a>,
    left: u64,
}

impl Read for Limited<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let Some(left) = self.left.checked_sub(count as u64) else {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "decompressed data exceeds its limit",
            ));
        };
        self.left = left;
        Ok(count)
    }
}
