//! The relocations of an object, of which one thing is wanted: which symbols they refer to, and how.
//!
//! The tables are read in pieces, since a large library has millions of relocations; the relative ones among them,
//! which refer to nothing, are not read at all.

use super::Reference;
use crate::error::{Error, Result};
use crate::object::{Class, Dynamic, Machine, tag};

/// How much of a table is read at a time: a multiple of every size of an entry.
const PIECE: u64 = 24 * 4096;

/// How each symbol is referred to, by its number in the table of symbols.
pub(super) struct References {
    by_symbol: Vec<Reference>,
}

/// A table of relocations.
struct Table {
    address: u64,
    size: u64,
    entry: u64,
    reference: Reference,
}

impl References {
    /// The references of an object. A symbol whose number is `limit` or more is an error.
    pub(super) fn read(dynamic: &Dynamic<'_>, limit: usize) -> Result<Self> {
        let mut references = Self {
            by_symbol: Vec::new(),
        };
        for table in tables(dynamic) {
            references.read_table(dynamic, &table, limit)?;
        }
        Ok(references)
    }

    pub(super) fn get(&self, symbol: usize) -> Reference {
        self.by_symbol
            .get(symbol)
            .copied()
            .unwrap_or(Reference::None)
    }

    /// How many symbols there are at least.
    pub(super) fn count(&self) -> usize {
        self.by_symbol.len()
    }

    fn read_table(&mut self, dynamic: &Dynamic<'_>, table: &Table, limit: usize) -> Result<()> {
        let region = &dynamic.image.region;
        let start = dynamic.image.offset("relocations", table.address)?;
        let mut done = 0;
        while done < table.size {
            let length = (table.size - done).min(PIECE);
            let piece = region.bytes("relocations", start.saturating_add(done), length)?;
            for entry in piece.chunks_exact(table.entry as usize) {
                let info = region.word(entry, region.word_size());
                let symbol = match region.class {
                    Class::Elf32 => info >> 8,
                    Class::Elf64 => info >> 32,
                };
                // below 2^32: fits
                self.set(symbol as usize, table.reference, limit)?;
            }
            done += length;
        }
        Ok(())
    }

    fn set(&mut self, symbol: usize, reference: Reference, limit: usize) -> Result<()> {
        if symbol == 0 {
            return Ok(());
        }
        if symbol >= limit {
            return Err(Error::TooMany {
                what: "symbols",
                found: symbol as u64 + 1,
                limit: limit as u64,
            });
        }
        if self.by_symbol.len() <= symbol {
            self.by_symbol.resize(symbol + 1, Reference::None);
        }
        let known = &mut self.by_symbol[symbol];
        *known = reference.max(*known);
        Ok(())
    }
}

/// The tables of an object, without their relative entries.
fn tables(dynamic: &Dynamic<'_>) -> Vec<Table> {
    let region = &dynamic.image.region;
    let rel = region.by_class(8, 16);
    let rela = region.by_class(12, 24);
    let calls = dynamic.value(tag::JMPREL).map(|address| Table {
        address,
        size: dynamic.value(tag::PLTRELSZ).unwrap_or(0),
        entry: if dynamic.value(tag::PLTREL) == Some(tag::REL) {
            rel
        } else {
            rela
        },
        reference: Reference::Call,
    });
    let data = [
        (tag::RELA, tag::RELASZ, tag::RELACOUNT, rela),
        (tag::REL, tag::RELSZ, tag::RELCOUNT, rel),
    ];
    let mut tables = Vec::new();
    for (start, size, relative, entry) in data {
        let Some(address) = dynamic.value(start) else {
            continue;
        };
        let skipped = dynamic.value(relative).unwrap_or(0).saturating_mul(entry);
        let mut table = Table {
            address: address.saturating_add(skipped),
            size: dynamic.value(size).unwrap_or(0).saturating_sub(skipped),
            entry,
            reference: Reference::Data,
        };
        // on some machines this table's size covers the calls too, which end it
        if let Some(calls) = calls.as_ref().filter(|calls| {
            (table.address..table.address.saturating_add(table.size)).contains(&calls.address)
        }) {
            table.size = calls.address - table.address;
        }
        if table.size > 0 {
            tables.push(table);
        }
    }
    tables.extend(calls.filter(|calls| calls.size > 0));
    tables
}

/// Whether relocations tell which symbols are needed: on MIPS most are in the global offset table alone.
pub(super) fn are_complete(machine: Machine) -> bool {
    machine != Machine::MIPS
}
