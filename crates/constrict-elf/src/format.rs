//! What kind of program a file is, by its first bytes.
//!
//! Never looks further than the bytes handed in; 512 are enough for every answer but that on an unusual PE file.

use serde::{Deserialize, Serialize};

/// A format of programs and libraries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Format {
    /// Linux and most Unix systems.
    Elf,
    /// macOS: a `.so` or `.dylib` from a Mac's virtual environment; one architecture or several ("fat").
    MachO,
    /// Windows: `.dll`, `.pyd`, `.exe`.
    Pe,
}

impl Format {
    /// The format that `bytes`, the beginning of a file, show.
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| {
            let word = bytes.get(at..at + 4)?;
            Some(u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
        };
        match word(0)? {
            0x7f45_4c46 => Some(Self::Elf),
            0xfeed_face | 0xfeed_facf | 0xcefa_edfe | 0xcffa_edfe => Some(Self::MachO),
            // Java's classes have the same magic, with a version of 45 or more where Mach-O counts architectures
            0xcafe_babe | 0xcafe_babf => (1..40).contains(&word(4)?).then_some(Self::MachO),
            _ if bytes.starts_with(b"MZ") => {
                let header = usize::try_from(word(0x3c)?.swap_bytes()).ok()?;
                let signature = bytes.get(header..header.checked_add(4)?);
                // the signature may lie beyond the bytes handed in: an old DOS program is not expected here
                signature
                    .is_none_or(|it| it == b"PE\0\0")
                    .then_some(Self::Pe)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_by_their_first_bytes() {
        let mut pe = vec![0; 0x80];
        pe[..2].copy_from_slice(b"MZ");
        pe[0x3c] = 0x40;
        pe[0x40..0x44].copy_from_slice(b"PE\0\0");
        let mut dos = pe.clone();
        dos[0x40] = b'N';
        let cases: [(&[u8], Option<Format>); 10] = [
            (b"\x7fELF\x02", Some(Format::Elf)),
            (b"\xcf\xfa\xed\xfe\x07", Some(Format::MachO)),
            (b"\xca\xfe\xba\xbe\0\0\0\x02", Some(Format::MachO)),
            (b"\xca\xfe\xba\xbe\0\0\0\x41", None),
            (&pe, Some(Format::Pe)),
            (&pe[..0x40], Some(Format::Pe)),
            (&dos, None),
            (b"#!/bin/sh\n", None),
            (b"\x7fEL", None),
            (b"", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(Format::detect(bytes), expected, "{bytes:?}");
        }
    }
}
