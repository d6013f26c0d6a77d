//! SHA-256 checksums as Release and Packages files state them. Never opens a file.

use std::fmt;

use sha2::Digest as _;

use crate::{Error, Result};

/// A SHA-256 checksum; printed as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The checksum of some bytes.
    pub fn of(bytes: &[u8]) -> Sha256 {
        Sha256(sha2::Sha256::digest(bytes).into())
    }

    /// A checksum whose value is known.
    pub fn from_bytes(value: [u8; 32]) -> Sha256 {
        Sha256(value)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 hex digits.
    pub fn parse(text: &str) -> Result<Sha256> {
        let wrong = || Error::value("checksum", text, "is not 64 hex digits");
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(wrong());
        }
        let mut value = [0; 32];
        for (byte, pair) in value.iter_mut().zip(digits.chunks_exact(2)) {
            let (Some(high), Some(low)) = (nibble(pair[0]), nibble(pair[1])) else {
                return Err(wrong());
            };
            *byte = high << 4 | low;
        }
        Ok(Sha256(value))
    }

    /// Refuses bytes that are not those an index promised: their length first, then the checksum.
    pub fn check(&self, path: &str, size: u64, bytes: &[u8]) -> Result<()> {
        let found = bytes.len() as u64;
        if found != size {
            return Err(Error::SizeMismatch {
                path: path.to_owned(),
                expected: size,
                found,
            });
        }
        let found = Sha256::of(bytes);
        if found != *self {
            return Err(Error::ChecksumMismatch {
                path: path.to_owned(),
                expected: *self,
                found,
            });
        }
        Ok(())
    }
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}
