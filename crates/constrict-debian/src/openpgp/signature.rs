//! Version 4 signature packets (RFC 9580, section 5.2): types, subpackets, what they hash. Never checks one.

use sha2::Digest as _;

use super::packet::{Cursor, malformed};
use super::{Fingerprint, hex};
use crate::Result;

/// Hash functions that may carry a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HashFunction {
    Sha256,
    Sha384,
    Sha512,
}

impl HashFunction {
    pub(super) fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            HashFunction::Sha256 => sha2::Sha256::digest(message).to_vec(),
            HashFunction::Sha384 => sha2::Sha384::digest(message).to_vec(),
            HashFunction::Sha512 => sha2::Sha512::digest(message).to_vec(),
        }
    }

    pub(super) fn left_two(self, message: &[u8]) -> [u8; 2] {
        let digest = self.digest(message);
        [digest[0], digest[1]]
    }
}

/// The algorithm's part of a signature.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Rsa(Vec<u8>),
    Ed25519([u8; 64]),
}

/// The signature types that are read; others are passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Binary,
    Text,
    Certification,
    SubkeyBinding,
    PrimaryKeyBinding,
    DirectKey,
    KeyRevocation,
    SubkeyRevocation,
    CertificationRevocation,
    Other,
}

impl Kind {
    fn of(value: u8) -> Kind {
        match value {
            0x00 => Kind::Binary,
            0x01 => Kind::Text,
            0x10..=0x13 => Kind::Certification,
            0x18 => Kind::SubkeyBinding,
            0x19 => Kind::PrimaryKeyBinding,
            0x1f => Kind::DirectKey,
            0x20 => Kind::KeyRevocation,
            0x28 => Kind::SubkeyRevocation,
            0x30 => Kind::CertificationRevocation,
            _ => Kind::Other,
        }
    }
}

/// Facts in subpackets.
#[derive(Clone, Debug, Default)]
pub(super) struct Subpackets {
    pub(super) created: Option<u32>,
    /// Seconds after creation; absent or zero means never.
    pub(super) expires_after: Option<u32>,
    /// Seconds after the key's creation.
    pub(super) key_expires_after: Option<u32>,
    pub(super) key_flags: Option<u8>,
    pub(super) issuer_fingerprint: Option<Fingerprint>,
    pub(super) issuer_id: Option<[u8; 8]>,
    pub(super) designated_revoker: Option<Fingerprint>,
    pub(super) embedded: Option<Vec<u8>>,
    unknown_critical: bool,
}

/// A version 4 signature whose algorithms are acceptable.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) kind: Kind,
    pub(super) hash: HashFunction,
    pub(super) facts: Subpackets,
    pub(super) left_two: [u8; 2],
    pub(super) value: Value,
    /// From the version byte through the hashed subpackets.
    hashed_part: Vec<u8>,
}

/// A signature that can't count whatever the key, with what it says of its issuer.
#[derive(Clone, Debug)]
pub(super) struct Unusable {
    pub(super) kind: Kind,
    pub(super) issuer: String,
    pub(super) fact: &'static str,
}

impl Signature {
    /// Reads a signature packet's body: malformed bytes are the outer error, unacceptable ones the inner.
    pub(super) fn parse(body: &[u8]) -> Result<Result<Signature, Unusable>> {
        let mut cursor = Cursor(body);
        if cursor.byte()? != 4 {
            // version 3 has the type behind a length byte
            let kind = if body[0] == 3 {
                Kind::of(body.get(2).copied().unwrap_or(0xff))
            } else {
                Kind::Other
            };
            let issuer = String::new();
            return Ok(Err(Unusable {
                kind,
                issuer,
                fact: "a signature version other than 4",
            }));
        }
        let kind = Kind::of(cursor.byte()?);
        let key_algorithm = cursor.byte()?;
        let hash = cursor.byte()?;
        let hashed_length = cursor.be16()?;
        let hashed = cursor.take(hashed_length)?;
        let hashed_part = body[..6 + hashed_length].to_vec();
        let mut facts = Subpackets::default();
        facts.read(hashed, true)?;
        let unhashed_length = cursor.be16()?;
        facts.read(cursor.take(unhashed_length)?, false)?;
        let unusable = |fact| {
            Ok(Err(Unusable {
                kind,
                issuer: facts.issuer(),
                fact,
            }))
        };
        let hash = match hash {
            8 => HashFunction::Sha256,
            9 => HashFunction::Sha384,
            10 => HashFunction::Sha512,
            1..=3 => return unusable("a hash function that is broken"),
            _ => return unusable("a hash function that is not supported"),
        };
        let left = cursor.take(2)?;
        let value = match key_algorithm {
            1 | 3 => Value::Rsa(cursor.mpi()?.to_vec()),
            22 => Value::Ed25519(legacy_ed25519(&mut cursor)?),
            27 => Value::Ed25519(cursor.take(64)?.try_into().expect("64 bytes were taken")),
            _ => return unusable("a signature algorithm that is not supported"),
        };
        if facts.unknown_critical {
            return unusable("a critical condition that is not known");
        }
        if facts.created.is_none() {
            return unusable("no creation time");
        }
        Ok(Ok(Signature {
            kind,
            hash,
            facts,
            left_two: [left[0], left[1]],
            value,
            hashed_part,
        }))
    }

    /// The bytes that are hashed for this signature over `data`.
    pub(super) fn hashed_message(&self, data: &[u8]) -> Vec<u8> {
        let length = (self.hashed_part.len() as u32).to_be_bytes();
        [data, &self.hashed_part, &[0x04, 0xff], &length].concat()
    }

    /// When it was made, seconds since the epoch.
    pub(super) fn created(&self) -> u32 {
        self.facts.created.unwrap_or(u32::MAX)
    }

    /// Refuses a signature that is not in force at `now`.
    pub(super) fn check_time(&self, now: i64, slack: i64) -> Result<(), &'static str> {
        let created = i64::from(self.created());
        match self.facts.expires_after {
            _ if created > now + slack => Err("the signature is from the future"),
            Some(seconds) if seconds > 0 && created + i64::from(seconds) <= now => {
                Err("the signature expired")
            }
            _ => Ok(()),
        }
    }
}

impl Subpackets {
    /// Reads an area; only issuer names and embedded signatures, which prove themselves, count when unhashed.
    fn read(&mut self, area: &[u8], hashed: bool) -> Result<()> {
        let mut cursor = Cursor(area);
        while !cursor.0.is_empty() {
            let length = cursor.length(255)?;
            let (&kind, body) = cursor
                .take(length)?
                .split_first()
                .ok_or_else(|| malformed("an empty subpacket"))?;
            self.take(kind & 0x7f, kind & 0x80 != 0, body, hashed)?;
        }
        Ok(())
    }

    fn take(&mut self, kind: u8, critical: bool, body: &[u8], hashed: bool) -> Result<()> {
        let mut cursor = Cursor(body);
        match kind {
            16 => self.issuer_id = Some(cursor.take(8)?.try_into().expect("8 bytes were taken")),
            33 if body.first() == Some(&4) && body.len() == 21 => {
                self.issuer_fingerprint = Some(Fingerprint::read(&body[1..])?);
            }
            32 => self.embedded = Some(body.to_vec()),
            _ if !hashed => {}
            2 => self.created = Some(cursor.be32()?),
            3 => self.expires_after = Some(cursor.be32()?),
            9 => self.key_expires_after = Some(cursor.be32()?),
            27 => self.key_flags = Some(body.first().copied().unwrap_or(0)),
            12 => {
                self.designated_revoker =
                    Some(Fingerprint::read(body.get(2..).unwrap_or_default())?)
            }
            // preferences, features, notes and reasons that bind nobody who only verifies
            4 | 7 | 11 | 20..=26 | 28..=31 | 33..=35 | 39 => {}
            _ => self.unknown_critical |= critical,
        }
        Ok(())
    }

    /// The signing key as the signature names it.
    pub(super) fn issuer(&self) -> String {
        match (&self.issuer_fingerprint, &self.issuer_id) {
            (Some(fingerprint), _) => fingerprint.to_string(),
            (None, Some(id)) => hex(id),
            (None, None) => String::new(),
        }
    }
}

fn legacy_ed25519(cursor: &mut Cursor<'_>) -> Result<[u8; 64]> {
    let mut value = [0; 64];
    for half in value.chunks_exact_mut(32) {
        let number = cursor.mpi()?;
        let start = 32usize
            .checked_sub(number.len())
            .ok_or_else(|| malformed("a signature value that is too long"))?;
        half[start..].copy_from_slice(number);
    }
    Ok(value)
}
