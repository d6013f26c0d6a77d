//! OpenPGP signatures of archives: keyrings, and clearsigned documents checked against them.
//!
//! Never signs, encrypts or trusts by web; never reads the clock. Read: RFC 9580 with version 4 keys and signatures,
//! RSA of 2048 to 8192 bits and Ed25519 (algorithms 22 and 27) over SHA-256, SHA-384, SHA-512.

use std::fmt;

use time::OffsetDateTime;

use crate::Result;

/// A version 4 fingerprint; printed as 40 upper-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 20]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// Keys that may sign.
#[derive(Clone, Debug, Default)]
pub struct Keyring {}

impl Keyring {
    /// Reads a keyring, binary or armored; several armored blocks may follow one another.
    pub fn parse(bytes: &[u8]) -> Result<Keyring> {
        let _ = bytes;
        unimplemented!()
    }

    /// Adds another keyring's keys.
    pub fn extend(&mut self, other: Keyring) {
        let _ = other;
        unimplemented!()
    }

    /// The fingerprints of its primary keys, in the keyring's order.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        unimplemented!()
    }
}

/// A signature that doesn't count, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The signing key as the signature names it: fingerprint or key id, hex; empty where it names none.
    pub issuer: String,
    /// The fact, such as `the key expired`.
    pub fact: &'static str,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.issuer.as_str() {
            "" => f.write_str(self.fact),
            issuer => write!(f, "{issuer}: {}", self.fact),
        }
    }
}

/// A document at least one trusted key has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The signed text, dash-escaping undone, lines ending in `\n`.
    pub text: Vec<u8>,
    /// Who signed it, by the fingerprint of the primary key; not empty.
    pub signers: Vec<Fingerprint>,
}

/// Checks a clearsigned document (`InRelease`): one good signature by a trusted key is enough, as for apt.
pub fn verify_clearsigned(document: &[u8], keyring: &Keyring, now: OffsetDateTime) -> Result<Verified> {
    let _ = (document, keyring, now);
    unimplemented!()
}
