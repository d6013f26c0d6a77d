//! Bytes → [`Symbols`].

use super::references::{self, References};
use super::{DefinedEntry, Name, Reference, SymbolKind, Symbols, UndefinedEntry, count};
use crate::error::{Error, Result};
use crate::object::{Dynamic, Image, definitions, needs, tag};
use crate::read_at::ReadAt;

/// Symbols of one object; the largest libraries that are known have some hundred thousand.
const SYMBOL_LIMIT: usize = 2_000_000;
/// Bytes of the table of names.
const NAMES_LIMIT: u64 = 512 << 20;
/// Symbols that are read at a time.
const PIECE: usize = 4096;
const SHN_UNDEF: u16 = 0;
const SHN_ABS: u16 = 0xfff1;
const STB_GLOBAL: u8 = 1;
const STB_WEAK: u8 = 2;
const STB_GNU_UNIQUE: u8 = 10;
const STV_INTERNAL: u8 = 1;
const STV_HIDDEN: u8 = 2;
const VERSYM_HIDDEN: u16 = 0x8000;

/// A record of the table of symbols.
struct Record {
    name: u32,
    info: u8,
    visibility: u8,
    section: u16,
    value: u64,
}

/// What is needed to turn records into entries.
struct Reader {
    symbols: Symbols,
    /// The number of a version → its place in [`Symbols::versions`].
    versions: Vec<Option<u16>>,
    /// How many bytes of names may still be looked at: names may overlap, and must not cost without bound.
    budget: usize,
}

impl Symbols {
    /// The dynamic symbols of the object whose bytes these are.
    ///
    /// # Errors
    /// As [`crate::Object::parse`].
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        Self::read(&bytes)
    }

    /// The dynamic symbols of an object of which only the tables that matter are read. Static ones have none.
    ///
    /// # Errors
    /// As [`crate::Object::read`].
    pub fn read(source: &dyn ReadAt) -> Result<Self> {
        let image = Image::read(source)?;
        let Some(dynamic) = Dynamic::read(&image)? else {
            return Ok(Self::default());
        };
        let (Some(table), Some((names_at, names_size))) =
            (dynamic.value(tag::SYMTAB), dynamic.strings())
        else {
            return Ok(Self::default());
        };
        if names_size > NAMES_LIMIT {
            return Err(Error::TooMany {
                what: "bytes of names of symbols",
                found: names_size,
                limit: NAMES_LIMIT,
            });
        }
        let names = image.region.bytes("string table", names_at, names_size)?;
        let references = References::read(&dynamic, SYMBOL_LIMIT)?;
        let count = count::by_hash_tables(&dynamic, SYMBOL_LIMIT)?.max(references.count());
        let mut reader = Reader::new(&dynamic, names)?;
        reader.read_table(&dynamic, &references, table, count)?;
        Ok(reader.symbols)
    }
}

impl Reader {
    fn new(dynamic: &Dynamic<'_>, names: Vec<u8>) -> Result<Self> {
        let mut versions = Vec::new();
        let mut by_number = Vec::new();
        let needed = needs(dynamic)?.into_iter().flat_map(|(_, it)| it);
        // the base version is the name of the object itself, and no version of its symbols
        let defined = definitions(dynamic)?.unwrap_or_default();
        let defined = defined.into_iter().filter(|version| !version.flag);
        for version in needed.chain(defined) {
            let number = usize::from(version.index);
            if by_number.len() <= number {
                by_number.resize(number + 1, None);
            }
            by_number[number] = u16::try_from(versions.len()).ok();
            versions.push(version.name);
        }
        Ok(Self {
            // honest names overlap a little at most: one may be the end of another
            budget: names.len().saturating_mul(4).saturating_add(1 << 20),
            symbols: Symbols {
                names,
                versions,
                ..Symbols::default()
            },
            versions: by_number,
        })
    }

    fn read_table(
        &mut self,
        dynamic: &Dynamic<'_>,
        references: &References,
        table: u64,
        count: usize,
    ) -> Result<()> {
        const WHAT: &str = "table of symbols";
        let region = &dynamic.image.region;
        if count == 0 {
            return Ok(());
        }
        let start = dynamic.image.offset(WHAT, table)?;
        let numbers = dynamic
            .value(tag::VERSYM)
            .map(|address| dynamic.image.at(WHAT, address, 2 * count as u64))
            .transpose()?;
        let complete = references::are_complete(dynamic.image.machine);
        let size = region.by_class(16, 24);
        for first in (0..count).step_by(PIECE) {
            let length = (count - first).min(PIECE) * size;
            let at = start.saturating_add((first * size) as u64);
            let piece = region.bytes(WHAT, at, length as u64)?;
            for (index, bytes) in piece.chunks_exact(size).enumerate() {
                let symbol = first + index;
                let number = numbers.as_ref().map(|it| region.u16(it, 2 * symbol));
                let reference = if complete {
                    references.get(symbol)
                } else {
                    Reference::Data
                };
                let record = Record {
                    name: region.u32(bytes, 0),
                    info: bytes[region.by_class(12, 4)],
                    visibility: bytes[region.by_class(13, 5)] & 3,
                    section: region.u16(bytes, region.by_class(14, 6)),
                    value: region.word(bytes, region.by_class(4, 8)),
                };
                self.add(&record, number, reference)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, record: &Record, number: Option<u16>, reference: Reference) -> Result<()> {
        let bind = record.info >> 4;
        let Some(kind) = kind(record.info & 15) else {
            return Ok(());
        };
        // a hidden symbol is its object's own affair, undefined ones too
        let own = matches!(record.visibility, STV_INTERNAL | STV_HIDDEN);
        if own || !matches!(bind, STB_GLOBAL | STB_WEAK | STB_GNU_UNIQUE) {
            return Ok(());
        }
        let undefined = record.section == SHN_UNDEF;
        let zero = record.value == 0 && record.section != SHN_ABS;
        if !undefined && zero && kind != SymbolKind::ThreadLocal {
            return Ok(());
        }
        let Some(name) = self.name(record.name)? else {
            return Ok(());
        };
        let version = number
            .and_then(|number| self.versions.get(usize::from(number & !VERSYM_HIDDEN)))
            .copied()
            .flatten();
        if undefined {
            self.symbols.undefined.push(UndefinedEntry {
                name,
                version,
                weak: bind == STB_WEAK,
                kind,
                reference,
            });
        } else {
            self.symbols.defined.push(DefinedEntry {
                name,
                version,
                hidden: number.is_some_and(|number| number & VERSYM_HIDDEN != 0),
                kind,
            });
        }
        Ok(())
    }

    /// The name at `start`; `None` where it is empty.
    fn name(&mut self, start: u32) -> Result<Option<Name>> {
        const WHAT: &str = "name of a symbol";
        let outside = Error::OutOfBounds {
            what: WHAT,
            offset: u64::from(start),
        };
        let rest = self.symbols.names.get(start as usize..);
        let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
            return Err(outside);
        };
        let window = &rest[..rest.len().min(self.budget)];
        let Some(length) = window.iter().position(|&byte| byte == 0) else {
            return Err(outside);
        };
        self.budget -= length;
        Ok((length > 0).then_some(Name {
            start,
            // no longer than `NAMES_LIMIT`: fits
            length: length as u32,
        }))
    }
}

/// What a symbol of this type names; `None` of types that loaders don't look up.
fn kind(symbol_type: u8) -> Option<SymbolKind> {
    Some(match symbol_type {
        0 => SymbolKind::Unknown,
        1 | 5 => SymbolKind::Object,
        2 | 10 => SymbolKind::Function,
        6 => SymbolKind::ThreadLocal,
        _ => return None,
    })
}
