//! `PT_DYNAMIC`: the tags that say where everything else is.

use std::cell::Cell;

use super::segments::Image;
use crate::error::{Error, Result};

/// Tags are numbered by the gABI, those from 0x6000_0000 on by GNU and Sun.
pub(crate) mod tag {
    pub(crate) const NEEDED: u64 = 1;
    pub(crate) const PLTRELSZ: u64 = 2;
    pub(crate) const HASH: u64 = 4;
    pub(crate) const STRTAB: u64 = 5;
    pub(crate) const SYMTAB: u64 = 6;
    pub(crate) const RELA: u64 = 7;
    pub(crate) const RELASZ: u64 = 8;
    pub(crate) const STRSZ: u64 = 10;
    pub(crate) const SONAME: u64 = 14;
    pub(crate) const RPATH: u64 = 15;
    pub(crate) const REL: u64 = 17;
    pub(crate) const RELSZ: u64 = 18;
    pub(crate) const PLTREL: u64 = 20;
    pub(crate) const JMPREL: u64 = 23;
    pub(crate) const BIND_NOW: u64 = 24;
    pub(crate) const RUNPATH: u64 = 29;
    pub(crate) const FLAGS: u64 = 30;
    pub(crate) const GNU_HASH: u64 = 0x6fff_fef5;
    pub(crate) const VERSYM: u64 = 0x6fff_fff0;
    pub(crate) const RELACOUNT: u64 = 0x6fff_fff9;
    pub(crate) const RELCOUNT: u64 = 0x6fff_fffa;
    pub(crate) const FLAGS_1: u64 = 0x6fff_fffb;
    pub(crate) const VERDEF: u64 = 0x6fff_fffc;
    pub(crate) const VERDEFNUM: u64 = 0x6fff_fffd;
    pub(crate) const VERNEED: u64 = 0x6fff_fffe;
    pub(crate) const VERNEEDNUM: u64 = 0x6fff_ffff;
}

/// Entries of a dynamic section; honest objects have some thirty, those that need hundreds of libraries some hundreds.
const ENTRY_LIMIT: u64 = 16 << 10;
/// Bytes of all names of libraries, paths and versions of one object together.
const NAMES_LIMIT: usize = 8 << 20;

/// The dynamic section of an object, and the table of strings it speaks of.
pub(crate) struct Dynamic<'a> {
    pub(crate) image: &'a Image<'a>,
    entries: Vec<(u64, u64)>,
    strings: Option<u64>,
    strings_size: u64,
    /// How many bytes of names may still be read.
    budget: Cell<usize>,
}

impl<'a> Dynamic<'a> {
    /// The dynamic section; `None` in static programs and in what a compiler leaves for the linker.
    pub(crate) fn read(image: &'a Image<'a>) -> Result<Option<Self>> {
        let Some(segment) = image.dynamic() else {
            return Ok(None);
        };
        let region = &image.region;
        let size = region.word_size();
        let count = segment.file_size / (2 * size as u64);
        if count > ENTRY_LIMIT {
            return Err(Error::TooMany {
                what: "dynamic section",
                found: count,
                limit: ENTRY_LIMIT,
            });
        }
        let length = count * 2 * size as u64;
        let table = region.bytes("dynamic section", segment.offset, length)?;
        let entries: Vec<(u64, u64)> = table
            .chunks_exact(2 * size)
            .map(|entry| (region.word(entry, 0), region.word(entry, size)))
            .take_while(|&(tag, _)| tag != 0)
            .collect();
        let mut dynamic = Self {
            image,
            entries,
            strings: None,
            strings_size: 0,
            budget: Cell::new(NAMES_LIMIT),
        };
        if let Some(address) = dynamic.value(tag::STRTAB) {
            dynamic.strings = Some(image.offset("string table", address)?);
            dynamic.strings_size = dynamic.value(tag::STRSZ).unwrap_or(0);
        }
        Ok(Some(dynamic))
    }

    /// The value of a tag; of several the last, as in the loaders.
    pub(crate) fn value(&self, tag: u64) -> Option<u64> {
        self.values(tag).last()
    }

    pub(crate) fn values(&self, tag: u64) -> impl Iterator<Item = u64> {
        self.entries
            .iter()
            .filter(move |&&(it, _)| it == tag)
            .map(|&(_, value)| value)
    }

    /// The string at `index` of the table of strings.
    pub(crate) fn string(&self, what: &'static str, index: u64) -> Result<String> {
        let outside = Error::OutOfBounds {
            what,
            offset: index,
        };
        let Some(start) = self.strings.filter(|_| index < self.strings_size) else {
            return Err(outside);
        };
        let string = self
            .image
            .region
            .string(what, start.saturating_add(index))?;
        let rest = self.budget.get().checked_sub(string.len() + 1);
        self.budget.set(rest.ok_or(Error::TooMany {
            what: "bytes of names",
            found: (NAMES_LIMIT + string.len()) as u64,
            limit: NAMES_LIMIT as u64,
        })?);
        Ok(string)
    }

    /// The string that the value of a tag is an index of.
    pub(crate) fn string_of(&self, what: &'static str, tag: u64) -> Result<Option<String>> {
        self.value(tag)
            .map(|index| self.string(what, index))
            .transpose()
    }

    /// Offset and length of the table of strings.
    pub(crate) fn strings(&self) -> Option<(u64, u64)> {
        Some((self.strings?, self.strings_size))
    }
}
