//! Sparse files of GNU tar: which parts of a file are stored, the rest being zeros. Knows the old format's fields and the
//! pax formats 0.0, 0.1 and 1.0. Never reads from the archive itself.

use super::pax::{Pax, decimal};

/// Stored parts a file may have: what 1 MiB of map holds.
pub(crate) const PARTS_MAX: usize = 64 << 10;
const FAULT: &str = "a sparse file's map is malformed";

/// One stored part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Where in the file.
    pub(crate) offset: u64,
    /// Bytes.
    pub(crate) length: u64,
}

/// The map of a sparse file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sparse {
    /// Bytes of the file, holes included.
    pub(crate) real_size: u64,
    /// In ascending order, not overlapping.
    pub(crate) parts: Vec<Part>,
}

impl Sparse {
    /// The map, if the parts are in order, within the file and exactly as long as what is stored.
    pub(crate) fn new(
        real_size: u64,
        mut parts: Vec<Part>,
        stored: u64,
    ) -> Result<Sparse, &'static str> {
        let mut end = 0;
        let mut total = 0_u64;
        for part in &parts {
            if part.offset < end {
                return Err(FAULT);
            }
            end = part
                .offset
                .checked_add(part.length)
                .filter(|end| *end <= real_size)
                .ok_or(FAULT)?;
            total += part.length;
        }
        if total != stored {
            return Err(FAULT);
        }
        parts.retain(|part| part.length > 0);
        Ok(Sparse { real_size, parts })
    }

    /// How many bytes from `at` on are alike, and whether they are stored. `at` is before the end.
    pub(crate) fn run(&self, at: u64) -> (u64, bool) {
        let next = self
            .parts
            .partition_point(|part| part.offset + part.length <= at);
        match self.parts.get(next) {
            Some(part) if part.offset <= at => (part.offset + part.length - at, true),
            Some(part) => (part.offset - at, false),
            None => (self.real_size - at, false),
        }
    }
}

/// What a pax header says about a sparse file.
#[derive(Debug)]
pub(crate) enum PaxSparse {
    /// Formats 0.0 and 0.1: the map is in the header.
    Map {
        /// Bytes of the file.
        real_size: u64,
        /// The map.
        parts: Vec<Part>,
    },
    /// Format 1.0: the map precedes the stored bytes.
    InContent {
        /// Bytes of the file.
        real_size: u64,
    },
}

impl PaxSparse {
    /// `None` for a file that is not sparse.
    pub(crate) fn of(pax: &Pax) -> Result<Option<PaxSparse>, &'static str> {
        match (pax.get("GNU.sparse.major"), pax.get("GNU.sparse.minor")) {
            (Some(b"1"), Some(b"0")) => {
                let real_size = pax.number("GNU.sparse.realsize")?.ok_or(FAULT)?;
                return Ok(Some(PaxSparse::InContent { real_size }));
            }
            (None, None) | (Some(b"0"), Some(b"0" | b"1")) => {}
            _ => return Err("a sparse file has an unknown format"),
        }
        let numbers = match pax.get("GNU.sparse.map") {
            Some(map) => map
                .split(|byte| *byte == b',')
                .map(decimal)
                .collect::<Option<Vec<u64>>>(),
            None if !pax.sparse_pairs.is_empty() => {
                pax.sparse_pairs.iter().map(|text| decimal(text)).collect()
            }
            None => return Ok(None),
        };
        let real_size = pax.number("GNU.sparse.size")?.ok_or(FAULT)?;
        Ok(Some(PaxSparse::Map {
            real_size,
            parts: parts(&numbers.ok_or(FAULT)?)?,
        }))
    }
}

/// Pairs of offset and length.
pub(crate) fn parts(numbers: &[u64]) -> Result<Vec<Part>, &'static str> {
    if !numbers.len().is_multiple_of(2) || numbers.len() / 2 > PARTS_MAX {
        return Err(FAULT);
    }
    Ok(numbers
        .chunks_exact(2)
        .map(|pair| Part {
            offset: pair[0],
            length: pair[1],
        })
        .collect())
}

/// Reads the map that precedes the content in format 1.0, a block at a time: the number of parts, then their offsets and
/// lengths, each on a line.
#[derive(Debug, Default)]
pub(crate) struct MapReader {
    line: Vec<u8>,
    count: Option<u64>,
    numbers: Vec<u64>,
}

impl MapReader {
    /// Takes a block; the map if it is complete, what follows it in the block being padding.
    pub(crate) fn push(&mut self, block: &[u8]) -> Result<Option<Vec<Part>>, &'static str> {
        for byte in block {
            if *byte != b'\n' {
                self.line.push(*byte);
                if self.line.len() > 20 {
                    return Err(FAULT);
                }
                continue;
            }
            let number = decimal(&std::mem::take(&mut self.line)).ok_or(FAULT)?;
            match self.count {
                None if number > PARTS_MAX as u64 => return Err(FAULT),
                None => self.count = Some(number),
                Some(_) => self.numbers.push(number),
            }
            if self
                .count
                .is_some_and(|count| count * 2 == self.numbers.len() as u64)
            {
                return parts(&self.numbers).map(Some);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(offset: u64, length: u64) -> Part {
        Part { offset, length }
    }

    #[test]
    fn runs_alternate_between_holes_and_parts() {
        let sparse = Sparse::new(20, vec![part(5, 5), part(12, 3), part(20, 0)], 8).unwrap();
        let mut runs = Vec::new();
        let mut at = 0;
        while at < 20 {
            let (length, stored) = sparse.run(at);
            runs.push((length, stored));
            at += length;
        }
        assert_eq!(
            runs,
            [(5, false), (5, true), (2, false), (3, true), (5, false)]
        );
    }

    #[test]
    fn maps_that_overlap_overflow_or_exceed_are_errors() {
        for (parts, stored) in [
            (vec![part(5, 5), part(9, 3)], 8),
            (vec![part(18, 5)], 5),
            (vec![part(u64::MAX, 2)], 2),
            (vec![part(0, 5)], 6),
        ] {
            assert_eq!(Sparse::new(20, parts, stored), Err(FAULT));
        }
    }
}
