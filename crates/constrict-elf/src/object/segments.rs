//! The ELF header and the program headers: where in the file an address lies.

use super::region::Region;
use super::{Class, Endianness, Machine, ObjectType};
use crate::error::{Error, Result};
use crate::read_at::ReadAt;

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const PT_NOTE: u32 = 4;
const PF_X: u32 = 1;
/// A table of all program headers; honest objects have a dozen.
const SEGMENT_LIMIT: u64 = 4096;

/// A program header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    kind: u32,
    flags: u32,
    pub(crate) offset: u64,
    address: u64,
    pub(crate) file_size: u64,
    pub(crate) align: u64,
}

/// The header of an object and its segments.
pub(crate) struct Image<'a> {
    pub(crate) region: Region<'a>,
    pub(crate) machine: Machine,
    pub(crate) kind: ObjectType,
    segments: Vec<Segment>,
}

impl<'a> Image<'a> {
    pub(crate) fn read(source: &'a dyn ReadAt) -> Result<Self> {
        let probe = Region::new(source, Class::Elf64, Endianness::Little);
        let identity = probe
            .bytes("identification", 0, 16)
            .map_err(|error| match error {
                Error::OutOfBounds { .. } => Error::NotElf,
                other => other,
            })?;
        if !identity.starts_with(b"\x7fELF") {
            return Err(Error::NotElf);
        }
        let refused = |field, value: u8| Error::Header {
            field,
            value: u64::from(value),
        };
        let class = match identity[4] {
            1 => Class::Elf32,
            2 => Class::Elf64,
            other => return Err(refused("class", other)),
        };
        let endianness = match identity[5] {
            1 => Endianness::Little,
            2 => Endianness::Big,
            other => return Err(refused("data encoding", other)),
        };
        let region = Region::new(source, class, endianness);
        let header = region.bytes("ELF header", 0, region.by_class(52, 64))?;
        let kind = match region.u16(&header, 16) {
            1 => ObjectType::Relocatable,
            2 => ObjectType::Executable,
            3 => ObjectType::Dynamic,
            other => ObjectType::Other(other),
        };
        let segments = segments(&region, &header)?;
        Ok(Self {
            machine: Machine(region.u16(&header, 18)),
            kind,
            segments,
            region,
        })
    }

    pub(crate) fn interpreter(&self) -> Option<Segment> {
        self.of_kind(PT_INTERP).next()
    }

    pub(crate) fn dynamic(&self) -> Option<Segment> {
        self.of_kind(PT_DYNAMIC).next()
    }

    pub(crate) fn notes(&self) -> impl Iterator<Item = Segment> {
        self.of_kind(PT_NOTE)
    }

    fn of_kind(&self, kind: u32) -> impl Iterator<Item = Segment> {
        self.segments
            .iter()
            .copied()
            .filter(move |segment| segment.kind == kind)
    }

    /// Bytes of the file in executable `PT_LOAD` segments.
    pub(crate) fn code(&self) -> u64 {
        let executable = self
            .of_kind(PT_LOAD)
            .filter(|segment| segment.flags & PF_X != 0);
        let bytes = executable.fold(0, |sum: u64, segment| sum.saturating_add(segment.file_size));
        bytes.min(self.region.len())
    }

    /// The end of the last `PT_LOAD` segment in the file.
    pub(crate) fn mapped(&self) -> u64 {
        let ends = self
            .of_kind(PT_LOAD)
            .map(|segment| segment.offset.saturating_add(segment.file_size));
        ends.max().unwrap_or(0).min(self.region.len())
    }

    /// Where in the file the byte at `address` is.
    pub(crate) fn offset(&self, what: &'static str, address: u64) -> Result<u64> {
        self.of_kind(PT_LOAD)
            .find_map(|segment| {
                let within = address.checked_sub(segment.address)?;
                if within >= segment.file_size {
                    return None;
                }
                segment.offset.checked_add(within)
            })
            .ok_or(Error::OutOfBounds {
                what,
                offset: address,
            })
    }

    /// `length` bytes at `address`.
    pub(crate) fn at(&self, what: &'static str, address: u64, length: u64) -> Result<Vec<u8>> {
        self.region.bytes(what, self.offset(what, address)?, length)
    }
}

fn segments(region: &Region<'_>, header: &[u8]) -> Result<Vec<Segment>> {
    let start = region.word(header, region.by_class(28, 32));
    let size = u64::from(region.u16(header, region.by_class(42, 54)));
    let count = u64::from(region.u16(header, region.by_class(44, 56)));
    if count == 0 {
        return Ok(Vec::new());
    }
    let expected = region.by_class(32, 56);
    if size != expected {
        return Err(Error::Header {
            field: "size of a program header",
            value: size,
        });
    }
    if count > SEGMENT_LIMIT {
        return Err(Error::TooMany {
            what: "program headers",
            found: count,
            limit: SEGMENT_LIMIT,
        });
    }
    let table = region.bytes("program headers", start, count * size)?;
    let record = region.by_class(32, 56);
    Ok(table
        .chunks_exact(record)
        .map(|it| Segment {
            kind: region.u32(it, 0),
            flags: region.u32(it, region.by_class(24, 4)),
            offset: region.word(it, region.by_class(4, 8)),
            address: region.word(it, region.by_class(8, 16)),
            file_size: region.word(it, region.by_class(16, 32)),
            align: region.word(it, region.by_class(28, 48)),
        })
        .collect())
}
