//! Bounded reading: numbers in an object's own order of bytes, at offsets that may say anything.

use super::{Class, Endianness};
use crate::error::{Error, Result};
use crate::read_at::ReadAt;

/// Most bytes of a name or search path: an honest search path is far below it.
const STRING_LIMIT: usize = 64 << 10;
/// How much of a string is read at a time.
const STRING_PIECE: usize = 256;

/// The bytes of an object, with the two facts that say how numbers are written.
pub(crate) struct Region<'a> {
    source: &'a dyn ReadAt,
    pub(crate) class: Class,
    pub(crate) endianness: Endianness,
}

impl<'a> Region<'a> {
    pub(crate) fn new(source: &'a dyn ReadAt, class: Class, endianness: Endianness) -> Self {
        Self {
            source,
            class,
            endianness,
        }
    }

    /// Bytes of the whole file.
    pub(crate) fn len(&self) -> u64 {
        self.source.len()
    }

    /// Exactly `length` bytes. Nothing is allocated before it is clear that the file has them.
    pub(crate) fn bytes(&self, what: &'static str, offset: u64, length: u64) -> Result<Vec<u8>> {
        let outside = Error::OutOfBounds { what, offset };
        let end = offset.checked_add(length);
        if end.is_none_or(|end| end > self.source.len()) {
            return Err(outside);
        }
        let Ok(length) = usize::try_from(length) else {
            return Err(outside);
        };
        let mut bytes = vec![0; length];
        if self.fill(what, offset, &mut bytes)? < length {
            return Err(outside);
        }
        Ok(bytes)
    }

    /// The string at `offset` that ends with a zero byte, at most [`STRING_LIMIT`] long.
    pub(crate) fn string(&self, what: &'static str, offset: u64) -> Result<String> {
        let mut string = Vec::new();
        while string.len() < STRING_LIMIT {
            let mut piece = [0; STRING_PIECE];
            let at = offset.saturating_add(string.len() as u64);
            let count = self.fill(what, at, &mut piece)?;
            if let Some(end) = piece[..count].iter().position(|&byte| byte == 0) {
                string.extend_from_slice(&piece[..end]);
                return Ok(String::from_utf8_lossy(&string).into_owned());
            }
            if count < STRING_PIECE {
                break;
            }
            string.extend_from_slice(&piece);
        }
        Err(Error::OutOfBounds { what, offset })
    }

    fn fill(&self, what: &'static str, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            let at = offset.saturating_add(done as u64);
            let count = self
                .source
                .read_at(at, &mut buffer[done..])
                .map_err(|source| Error::Read {
                    what,
                    offset: at,
                    source,
                })?;
            if count == 0 {
                break;
            }
            done += count.min(buffer.len() - done);
        }
        Ok(done)
    }

    /// The 16-bit number at `at`; 0 beyond the end of `bytes`, which callers cut to the size of a record.
    pub(crate) fn u16(&self, bytes: &[u8], at: usize) -> u16 {
        let bytes = array(bytes, at);
        match self.endianness {
            Endianness::Little => u16::from_le_bytes(bytes),
            Endianness::Big => u16::from_be_bytes(bytes),
        }
    }

    pub(crate) fn u32(&self, bytes: &[u8], at: usize) -> u32 {
        let bytes = array(bytes, at);
        match self.endianness {
            Endianness::Little => u32::from_le_bytes(bytes),
            Endianness::Big => u32::from_be_bytes(bytes),
        }
    }

    pub(crate) fn u64(&self, bytes: &[u8], at: usize) -> u64 {
        let bytes = array(bytes, at);
        match self.endianness {
            Endianness::Little => u64::from_le_bytes(bytes),
            Endianness::Big => u64::from_be_bytes(bytes),
        }
    }

    /// An address, offset or size: as wide as the class says.
    pub(crate) fn word(&self, bytes: &[u8], at: usize) -> u64 {
        match self.class {
            Class::Elf32 => u64::from(self.u32(bytes, at)),
            Class::Elf64 => self.u64(bytes, at),
        }
    }

    /// How wide a [`Self::word`] is.
    pub(crate) fn word_size(&self) -> usize {
        match self.class {
            Class::Elf32 => 4,
            Class::Elf64 => 8,
        }
    }

    /// The value for this class.
    pub(crate) fn by_class<T>(&self, elf32: T, elf64: T) -> T {
        match self.class {
            Class::Elf32 => elf32,
            Class::Elf64 => elf64,
        }
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .copied()
        .unwrap_or([0; N])
}
