//! The header of a `.pyc`: for which X.Y it is and how it is checked against its source.
//!
//! Format (PEP 552, little endian): magic number (2 bytes) and CR LF, flags (4), then the source's modification time
//! (4) and size (4), or its hash (8). Before 3.7 there were no flags.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The magic number.
    pub magic: u16,
    /// X and Y that it stands for; [`None`] for one that this crate doesn't know.
    pub python: Option<(u8, u8)>,
    /// How the file is checked.
    pub validation: Validation,
}

/// How a `.pyc` is checked against its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Validation {
    /// By time and size.
    Timestamp {
        /// The source's modification time, seconds since 1970, the lower 32 bits.
        mtime: u32,
        /// The source's size in bytes, the lower 32 bits.
        size: u32,
    },
    /// By a hash of the source.
    Hash {
        /// SipHash of the source.
        hash: u64,
        /// Whether the interpreter compares it at all.
        checked: bool,
    },
    /// Flags that no released interpreter writes: the interpreter refuses the file.
    Invalid {
        /// As found.
        flags: u32,
    },
}

/// First and last magic number of each 3.Y, development releases included. Each release's numbers lie between those
/// of its neighbours; the last is open until the next one begins.
const MAGICS: [(u8, u16, u16); 9] = [
    (6, 3360, 3379),
    (7, 3390, 3399),
    (8, 3400, 3419),
    (9, 3420, 3429),
    (10, 3430, 3449),
    (11, 3450, 3499),
    (12, 3500, 3549),
    (13, 3550, 3599),
    (14, 3600, 3649),
];

impl Header {
    /// Reads the first 16 bytes of a `.pyc`.
    ///
    /// # Errors
    ///
    /// [`Error::Short`] for fewer, [`Error::Line`] if CR LF don't follow the magic number.
    pub fn parse(bytes: &[u8]) -> Result<Header> {
        let short = || Error::Short {
            document: "pyc",
            size: bytes.len(),
        };
        let word = |at: usize| -> Result<u32> {
            let four = bytes.get(at..at + 4).ok_or_else(short)?;
            Ok(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
        };
        let first = word(0)?;
        if first >> 16 != 0x0a0d {
            return Err(Error::Line {
                document: "pyc",
                line: 1,
                fact: "no magic number",
            });
        }
        let magic = u16::try_from(first & 0xffff).unwrap_or_default();
        let python = python_of(magic);
        let validation = if python.is_some_and(|python| python < (3, 7)) {
            Validation::Timestamp {
                mtime: word(4)?,
                size: word(8)?,
            }
        } else {
            let (flags, one, two) = (word(4)?, word(8)?, word(12)?);
            match flags {
                0 => Validation::Timestamp {
                    mtime: one,
                    size: two,
                },
                1 | 3 => Validation::Hash {
                    hash: u64::from(two) << 32 | u64::from(one),
                    checked: flags == 3,
                },
                _ => Validation::Invalid { flags },
            }
        };
        Ok(Header {
            magic,
            python,
            validation,
        })
    }
}

/// The X.Y that writes and reads a magic number.
pub fn python_of(magic: u16) -> Option<(u8, u8)> {
    let row = MAGICS
        .iter()
        .find(|(_, first, last)| (first..=last).contains(&&magic));
    row.map(|(minor, _, _)| (3, *minor))
}

/// The X.Y in the name of a cached file: `__pycache__/a.cpython-311.opt-1.pyc` → 3.11.
pub fn python_of_name(file: &str) -> Option<(u8, u8)> {
    let stem = file.strip_suffix(".pyc")?;
    let tag = stem
        .split('.')
        .rev()
        .find_map(|part| part.strip_prefix("cpython-"))?;
    let digits = tag.trim_end_matches('t');
    let (major, minor) = digits.split_at_checked(1)?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(magic: u16, words: &[u32]) -> Vec<u8> {
        let mut bytes = magic.to_le_bytes().to_vec();
        bytes.extend(b"\r\n");
        words
            .iter()
            .for_each(|word| bytes.extend(word.to_le_bytes()));
        bytes
    }

    #[test]
    fn headers_of_every_kind() {
        let parse = |magic, words: &[u32]| Header::parse(&header(magic, words)).unwrap();
        let found = parse(3495, &[0, 7, 9]);
        assert_eq!(
            (found.python, found.validation),
            (Some((3, 11)), Validation::Timestamp { mtime: 7, size: 9 })
        );
        let found = parse(3531, &[1, 2, 3]);
        assert_eq!(
            (found.python, found.validation),
            (
                Some((3, 12)),
                Validation::Hash {
                    hash: 3 << 32 | 2,
                    checked: false
                }
            )
        );
        assert_eq!(
            parse(3571, &[3, 0, 0]).validation,
            Validation::Hash {
                hash: 0,
                checked: true
            }
        );
        assert_eq!(
            parse(3413, &[4, 0, 0]).validation,
            Validation::Invalid { flags: 4 }
        );
        assert_eq!(
            parse(3379, &[7, 9]).validation,
            Validation::Timestamp { mtime: 7, size: 9 }
        );
        assert_eq!(parse(3000, &[0, 0, 0]).python, None);
    }

    #[test]
    fn broken_headers_are_refused() {
        assert_eq!(
            Header::parse(b"\xa7\r"),
            Err(Error::Short {
                document: "pyc",
                size: 2
            })
        );
        assert_eq!(
            Header::parse(&header(3495, &[0, 1])),
            Err(Error::Short {
                document: "pyc",
                size: 12
            })
        );
        assert!(matches!(
            Header::parse(b"\xa7\x0d\x0d\x0d0000"),
            Err(Error::Line { .. })
        ));
    }

    #[test]
    fn released_magic_numbers_and_names() {
        let released = [
            (3379, 6),
            (3394, 7),
            (3413, 8),
            (3425, 9),
            (3439, 10),
            (3495, 11),
            (3531, 12),
            (3571, 13),
            (3627, 14),
        ];
        for (magic, minor) in released {
            assert_eq!(python_of(magic), Some((3, minor)));
        }
        assert_eq!(python_of_name("a.cpython-311.opt-1.pyc"), Some((3, 11)));
        assert_eq!(python_of_name("a.cpython-39.pyc"), Some((3, 9)));
        assert_eq!(python_of_name("a.pyc"), None);
    }
}
