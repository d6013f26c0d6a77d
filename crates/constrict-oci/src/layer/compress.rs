//! Compression of layers on every core, with the same bytes whatever the number of cores. Never decompresses.

use std::io::{self, Write};
use std::num::NonZeroUsize;

use zstd::zstd_safe::CParameter;

use super::gzip::ParallelGzip;
use crate::MediaType;

/// How a layer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, one member; level 0 to 9.
    Gzip {
        /// The level.
        level: u32,
    },
    /// zstd, one frame; level 1 to 22.
    Zstd {
        /// The level.
        level: i32,
    },
}

impl Compression {
    /// gzip at level 6, which every registry and runtime reads.
    pub const GZIP: Compression = Compression::Gzip { level: 6 };
    /// zstd at level 3.
    pub const ZSTD: Compression = Compression::Zstd { level: 3 };

    /// OCI's media type of a layer that is compressed so.
    pub fn media_type(self) -> MediaType {
        match self {
            Compression::None => MediaType::OciLayer,
            Compression::Gzip { .. } => MediaType::OciLayerGzip,
            Compression::Zstd { .. } => MediaType::OciLayerZstd,
        }
    }
}

impl Default for Compression {
    fn default() -> Compression {
        Compression::GZIP
    }
}

/// Bytes that a zstd job compresses. Part of the output format: another value gives other bytes.
const ZSTD_JOB: u32 = 2 << 20;
/// How much of the job before a zstd job sees, as zstd's `overlapLog`; part of the output format as well.
const ZSTD_OVERLAP: u32 = 6;

/// How many threads compress unless the caller says otherwise: one for each core.
pub(crate) fn default_threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// A writer that compresses what is written to it.
pub struct Compressor<W: Write>(Method<W>);

enum Method<W: Write> {
    None(W),
    Gzip(ParallelGzip<W>),
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Compressor<W> {
    /// Compresses into `sink` with a thread for each core.
    pub fn new(sink: W, compression: Compression) -> io::Result<Compressor<W>> {
        Compressor::with_threads(sink, compression, default_threads())
    }

    /// Compresses into `sink` with so many threads beside the caller's.
    pub fn with_threads(
        sink: W,
        compression: Compression,
        threads: NonZeroUsize,
    ) -> io::Result<Compressor<W>> {
        Ok(Compressor(match compression {
            Compression::None => Method::None(sink),
            Compression::Gzip { level } => Method::Gzip(ParallelGzip::new(sink, level, threads)?),
            Compression::Zstd { level } => {
                let mut encoder = zstd::Encoder::new(sink, level)?;
                // one worker at least: without any, zstd cuts no jobs and the bytes differ
                let workers = u32::try_from(threads.get()).unwrap_or(u32::MAX).min(200);
                encoder.set_parameter(CParameter::NbWorkers(workers))?;
                encoder.set_parameter(CParameter::JobSize(ZSTD_JOB))?;
                encoder.set_parameter(CParameter::OverlapSizeLog(ZSTD_OVERLAP))?;
                Method::Zstd(encoder)
            }
        }))
    }

    /// Ends the compressed stream; the sink is not flushed.
    pub fn finish(self) -> io::Result<W> {
        match self.0 {
            Method::None(sink) => Ok(sink),
            Method::Gzip(gzip) => gzip.finish(),
            Method::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Method::None(sink) => sink.write(bytes),
            Method::Gzip(gzip) => gzip.write(bytes),
            Method::Zstd(encoder) => encoder.write(bytes),
        }
    }

    /// Does nothing: a flush would make the bytes depend on when it was called.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
