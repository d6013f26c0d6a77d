//! A tar archive as a sequence of raw entries: v7, ustar, star, pax and GNU. Never judges names; never holds more in
//! memory than one header with its extensions, 1 MiB each.

use std::io::{self, Read};

use super::header::BLOCK;
use super::pax::Pax;
use super::sparse::{MapReader, PARTS_MAX, Part, PaxSparse, Sparse, parts};
use crate::{Error, Result};

/// The most that a pax header or a long name may have; Go's limit.
const EXTENSION_MAX: u64 = 1 << 20;

/// The fields of one entry, extensions applied.
#[derive(Debug)]
pub(crate) struct RawEntry {
    pub(crate) name: Vec<u8>,
    pub(crate) link: Vec<u8>,
    pub(crate) typeflag: u8,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mtime: i64,
    pub(crate) major: u32,
    pub(crate) minor: u32,
    /// Bytes of the content as a reader sees it.
    pub(crate) size: u64,
    /// Where the content starts, unless the file is sparse.
    pub(crate) content_offset: Option<u64>,
    pub(crate) pax: Pax,
}

/// A reader of archives.
pub(crate) struct TarReader<R> {
    input: R,
    position: u64,
    /// Where the last header may start.
    limit: u64,
    /// Stored bytes of the current entry that were not read.
    left: u64,
    padding: u64,
    sparse: Option<Sparse>,
    /// Where the reader of the current content is.
    content_at: u64,
    content_size: u64,
}

impl<R: Read> TarReader<R> {
    pub(crate) fn new(input: R, limit: u64) -> TarReader<R> {
        TarReader {
            input,
            position: 0,
            limit,
            left: 0,
            padding: 0,
            sparse: None,
            content_at: 0,
            content_size: 0,
        }
    }

    pub(crate) fn into_inner(self) -> R {
        self.input
    }

    /// Where the reader is in the archive.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The next entry; what was not read of the one before is skipped. `None` at the end of the archive.
    pub(crate) fn next(&mut self) -> Result<Option<RawEntry>> {
        self.skip(self.left + self.padding)?;
        (self.left, self.padding) = (0, 0);
        let mut pax = Pax::default();
        let (mut long_name, mut long_link) = (None, None);
        loop {
            let Some(block) = self.header()? else {
                return Ok(None);
            };
            match block[156] {
                b'x' | b'X' => {
                    let records = self.extension(&block)?;
                    pax = Pax::parse(&records).map_err(|reason| self.fault(reason))?;
                }
                b'g' => {
                    self.extension(&block)?;
                }
                b'L' => long_name = Some(until_nul(&self.extension(&block)?).to_vec()),
                b'K' => long_link = Some(until_nul(&self.extension(&block)?).to_vec()),
                _ => return self.entry(&block, pax, long_name, long_link).map(Some),
            }
        }
    }

    fn entry(
        &mut self,
        block: &[u8; BLOCK],
        pax: Pax,
        long_name: Option<Vec<u8>>,
        long_link: Option<Vec<u8>>,
    ) -> Result<RawEntry> {
        let header = Header(block);
        let fault = |reason| Error::Tar {
            reason,
            offset: self.position,
        };
        let pax_name = pax
            .get("GNU.sparse.name")
            .or_else(|| pax.get("path"))
            .map(<[u8]>::to_vec);
        let name = pax_name.or(long_name).unwrap_or_else(|| header.name());
        let link = pax.get("linkpath").map(<[u8]>::to_vec).or(long_link);
        let link = link.unwrap_or_else(|| until_nul(&block[157..257]).to_vec());
        let id = |key, field| -> Result<u32, &'static str> {
            let value = pax
                .number(key)?
                .map_or_else(|| header.number(field), |value| Ok(i128::from(value)))?;
            u32::try_from(value).map_err(|_| "an owner is not a number of 32 bits")
        };
        let uid = id("uid", 108..116).map_err(fault)?;
        let gid = id("gid", 116..124).map_err(fault)?;
        let mtime = match pax.seconds("mtime").map_err(fault)? {
            Some(seconds) => seconds,
            None => header
                .number(136..148)
                .and_then(|n| i64::try_from(n).map_err(|_| "a time is out of range"))
                .map_err(fault)?,
        };
        let mode = (header.number(100..108).map_err(fault)? & 0o7777) as u32;
        let (major, minor) = header.device().map_err(fault)?;
        let mut typeflag = block[156];
        if matches!(typeflag, b'0' | 0) && name.ends_with(b"/") {
            typeflag = b'5';
        }
        self.begin_content(&header, &pax)?;
        let size = self.content_size;
        let content_offset = self.sparse.is_none().then_some(self.position);
        Ok(RawEntry {
            name,
            link,
            typeflag,
            mode,
            uid,
            gid,
            mtime,
            major,
            minor,
            size,
            content_offset,
            pax,
        })
    }

    /// Finds out how much is stored, and reads the map of a sparse file.
    fn begin_content(&mut self, header: &Header<'_>, pax: &Pax) -> Result<()> {
        let size = pax.number("size").map_err(|reason| self.fault(reason))?;
        // links, devices, directories and pipes have no content, whatever their size says: so Go reads them
        let stored = match header.0[156] {
            b'1'..=b'6' => 0,
            _ => match size {
                Some(size) => size,
                None => header.size(124..136).map_err(|reason| self.fault(reason))?,
            },
        };
        self.left = stored;
        self.padding = padding(stored).ok_or_else(|| self.fault("a size is out of range"))?;
        self.content_at = 0;
        self.content_size = stored;
        self.sparse = match header.0[156] {
            b'S' => Some(self.old_sparse(header)?),
            b'0' | 0 => self.pax_sparse(pax)?,
            _ => None,
        };
        if let Some(sparse) = &self.sparse {
            self.content_size = sparse.real_size;
        }
        Ok(())
    }

    fn old_sparse(&mut self, header: &Header<'_>) -> Result<Sparse> {
        let real_size = header.size(483..495).map_err(|reason| self.fault(reason))?;
        let mut list = Vec::new();
        old_parts(&header.0[386..482], &mut list).map_err(|reason| self.fault(reason))?;
        let mut extended = header.0[482] != 0;
        while extended {
            let block = self
                .block()?
                .ok_or_else(|| self.fault("it ends within a sparse file's map"))?;
            old_parts(&block[..504], &mut list).map_err(|reason| self.fault(reason))?;
            extended = block[504] != 0;
            if list.len() > PARTS_MAX {
                return Err(self.fault("a sparse file has too many parts"));
            }
        }
        Sparse::new(real_size, list, self.left).map_err(|reason| self.fault(reason))
    }

    fn pax_sparse(&mut self, pax: &Pax) -> Result<Option<Sparse>> {
        let (real_size, list) = match PaxSparse::of(pax).map_err(|reason| self.fault(reason))? {
            None => return Ok(None),
            Some(PaxSparse::Map { real_size, parts }) => (real_size, parts),
            Some(PaxSparse::InContent { real_size }) => (real_size, self.map_in_content()?),
        };
        Sparse::new(real_size, list, self.left)
            .map(Some)
            .map_err(|reason| self.fault(reason))
    }

    fn map_in_content(&mut self) -> Result<Vec<Part>> {
        let mut map = MapReader::default();
        loop {
            let block = match self.left.checked_sub(BLOCK as u64) {
                Some(left) => {
                    self.left = left;
                    self.block()?
                }
                None => None,
            };
            let block = block.ok_or_else(|| self.fault("it ends within a sparse file's map"))?;
            if let Some(parts) = map.push(&block).map_err(|reason| self.fault(reason))? {
                return Ok(parts);
            }
        }
    }

    /// The next header block, its checksum verified; `None` at the end, which is two blocks of zeros or no more bytes.
    fn header(&mut self) -> Result<Option<[u8; BLOCK]>> {
        if self.position > self.limit {
            return Err(Error::Limit {
                limit: self.limit,
                unit: "bytes",
            });
        }
        let Some(block) = self.block()? else {
            return Ok(None);
        };
        if block == [0; BLOCK] {
            return match self.block()? {
                None => Ok(None),
                Some(second) if second == [0; BLOCK] => Ok(None),
                Some(_) => Err(self.fault("an entry follows a block of zeros")),
            };
        }
        if Header(&block).checksum_holds() {
            Ok(Some(block))
        } else {
            Err(self.fault("a header's checksum does not match"))
        }
    }

    fn block(&mut self) -> Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.input.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(self.fault("it ends within a block")),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(Error::Stream {
                        act: "read the layer",
                        source,
                    });
                }
            }
        }
        self.position += BLOCK as u64;
        Ok(Some(block))
    }

    /// The content of a header that extends the next one.
    fn extension(&mut self, block: &[u8; BLOCK]) -> Result<Vec<u8>> {
        let size = Header(block)
            .size(124..136)
            .map_err(|reason| self.fault(reason))?;
        if size > EXTENSION_MAX {
            return Err(self.fault("a header extension is larger than 1 MiB"));
        }
        let mut content = Vec::new();
        let padded = size.next_multiple_of(BLOCK as u64);
        let read = self.input.by_ref().take(padded).read_to_end(&mut content);
        let read = read.map_err(|source| Error::Stream {
            act: "read the layer",
            source,
        })? as u64;
        self.position += read;
        if read < padded {
            return Err(self.fault("it ends within a header extension"));
        }
        content.truncate(size as usize);
        Ok(content)
    }

    fn skip(&mut self, count: u64) -> Result<()> {
        let skipped =
            io::copy(&mut self.input.by_ref().take(count), &mut io::sink()).map_err(|source| {
                Error::Stream {
                    act: "read the layer",
                    source,
                }
            })?;
        self.position += skipped;
        if skipped < count {
            Err(self.fault("it ends within an entry's content"))
        } else {
            Ok(())
        }
    }

    fn fault(&self, reason: &'static str) -> Error {
        Error::Tar {
            reason,
            offset: self.position,
        }
    }
}

/// Reads the content of the current entry, holes as zeros.
impl<R: Read> Read for TarReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.content_size - self.content_at;
        if rest == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let (run, stored) = self
            .sparse
            .as_ref()
            .map_or((rest, true), |sparse| sparse.run(self.content_at));
        let wanted = buffer.len().min(usize::try_from(run).unwrap_or(usize::MAX));
        let read = if stored {
            let read = self.input.read(&mut buffer[..wanted])?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.position += read as u64;
            self.left -= read as u64;
            read
        } else {
            buffer[..wanted].fill(0);
            wanted
        };
        self.content_at += read as u64;
        Ok(read)
    }
}

fn padding(size: u64) -> Option<u64> {
    // far below the limit of u64, so that positions cannot overflow
    (size < 1 << 62).then(|| size.next_multiple_of(BLOCK as u64) - size)
}

fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The pairs of the old GNU format; an empty one ends the list.
fn old_parts(fields: &[u8], list: &mut Vec<Part>) -> Result<(), &'static str> {
    for pair in fields.chunks_exact(24) {
        if pair[0] == 0 || pair[12] == 0 {
            break;
        }
        let number =
            |field| u64::try_from(number(field)?).map_err(|_| "a sparse file's map is malformed");
        list.extend(parts(&[number(&pair[..12])?, number(&pair[12..])?])?);
    }
    Ok(())
}

/// A header block.
struct Header<'a>(&'a [u8; BLOCK]);

impl Header<'_> {
    fn checksum_holds(&self) -> bool {
        let field = |at: usize| (148..156).contains(&at);
        let bytes = || {
            self.0
                .iter()
                .enumerate()
                .map(|(at, byte)| if field(at) { b' ' } else { *byte })
        };
        let unsigned: i128 = bytes().map(i128::from).sum();
        let signed: i128 = bytes().map(|byte| i128::from(byte.cast_signed())).sum();
        number(&self.0[148..156]).is_ok_and(|sum| sum == unsigned || sum == signed)
    }

    /// The name with its prefix, which only ustar and star have.
    fn name(&self) -> Vec<u8> {
        let name = until_nul(&self.0[..100]);
        let prefix = match (&self.0[257..265], &self.0[508..]) {
            (b"ustar\x0000", b"tar\0") => until_nul(&self.0[345..476]),
            (b"ustar\x0000", _) => until_nul(&self.0[345..500]),
            _ => b"",
        };
        if prefix.is_empty() {
            name.to_vec()
        } else {
            [prefix, b"/", name].concat()
        }
    }

    fn device(&self) -> Result<(u32, u32), &'static str> {
        if !matches!(self.0[156], b'3' | b'4') {
            return Ok((0, 0));
        }
        let half = |field| {
            u32::try_from(self.number(field)?).map_err(|_| "a device is not a number of 32 bits")
        };
        Ok((half(329..337)?, half(337..345)?))
    }

    fn size(&self, field: std::ops::Range<usize>) -> Result<u64, &'static str> {
        u64::try_from(self.number(field)?).map_err(|_| "a size is out of range")
    }

    fn number(&self, field: std::ops::Range<usize>) -> Result<i128, &'static str> {
        number(&self.0[field])
    }
}

/// Octal between spaces and NULs, or base 256 where the first bit is set.
fn number(field: &[u8]) -> Result<i128, &'static str> {
    if field[0] & 0x80 != 0 {
        // two's complement without the mark
        let first = i128::from(field[0] & 0x7f);
        let start = if first & 0x40 != 0 {
            first - 0x80
        } else {
            first
        };
        return Ok(field[1..]
            .iter()
            .fold(start, |value, byte| value << 8 | i128::from(*byte)));
    }
    let blank = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field
        .iter()
        .position(|byte| !blank(byte))
        .unwrap_or(field.len());
    let digits = field[start..].split(blank).next().unwrap_or_default();
    digits.iter().try_fold(0, |value, byte| match byte {
        b'0'..=b'7' => Ok(value * 8 + i128::from(byte - b'0')),
        _ => Err("a field is not an octal number"),
    })
}
