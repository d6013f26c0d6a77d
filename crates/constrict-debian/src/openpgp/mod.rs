//! OpenPGP signatures of archives: keyrings, and clearsigned documents checked against them.
//!
//! Never signs, encrypts or trusts by web; never reads the clock. Read: RFC 9580 with version 4 keys and signatures,
//! RSA of 2048 to 8192 bits and Ed25519 (algorithms 22 and 27) over SHA-256, SHA-384, SHA-512.

mod armor;
mod certificate;
mod key;
mod packet;
mod signature;

use std::fmt;

use time::OffsetDateTime;

use crate::{Error, Result};
use certificate::Certificate;
use packet::{malformed, packets};
use signature::{Kind, Signature};

/// How far a signature may be dated ahead of the clock, seconds: the clocks of two machines differ.
const CLOCK_SLACK: i64 = 300;

/// Most signatures tried on one document; Release files carry up to four.
const SIGNATURE_LIMIT: usize = 32;

/// Largest keyring taken, bytes; Debian's has 56 KiB.
const KEYRING_LIMIT: usize = 16 << 20;

/// Largest document taken, bytes; Debian's largest Release file has 200 KiB.
const DOCUMENT_LIMIT: usize = 64 << 20;

/// A version 4 fingerprint; printed as 40 upper-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 20]);

impl Fingerprint {
    fn read(bytes: &[u8]) -> Result<Fingerprint> {
        bytes
            .try_into()
            .map(Fingerprint)
            .map_err(|_| malformed("a fingerprint of odd size"))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Keys that may sign.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    certificates: Vec<Certificate>,
}

impl Keyring {
    /// Reads a keyring, binary or armored; several armored blocks may follow one another.
    pub fn parse(bytes: &[u8]) -> Result<Keyring> {
        if bytes.len() > KEYRING_LIMIT {
            return Err(Error::TooLarge {
                what: "a keyring",
                limit: KEYRING_LIMIT as u64,
            });
        }
        let certificates = match armor::is_armored(bytes) {
            true => Certificate::parse_all(&armor::decode_blocks(bytes, "PUBLIC KEY BLOCK")?)?,
            false => Certificate::parse_all(bytes)?,
        };
        Ok(Keyring { certificates })
    }

    /// Adds another keyring's keys.
    pub fn extend(&mut self, other: Keyring) {
        self.certificates.extend(other.certificates);
    }

    /// The fingerprints of its primary keys, in the keyring's order.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        self.certificates
            .iter()
            .map(Certificate::fingerprint)
            .collect()
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
pub fn verify_clearsigned(
    document: &[u8],
    keyring: &Keyring,
    now: OffsetDateTime,
) -> Result<Verified> {
    if document.len() > DOCUMENT_LIMIT {
        return Err(Error::TooLarge {
            what: "a signed document",
            limit: DOCUMENT_LIMIT as u64,
        });
    }
    let parts = armor::split_clearsigned(document)?;
    let mut signers = Vec::new();
    let mut refusals = Vec::new();
    for packet in packets(&parts.signatures)?.iter().take(SIGNATURE_LIMIT) {
        if packet.tag != 2 {
            return Err(malformed("a packet that is no signature"));
        }
        let verdict = match Signature::parse(packet.body)? {
            Ok(made) => {
                check(&made, &parts.canonical, keyring, now.unix_timestamp()).map_err(|fact| {
                    Refusal {
                        issuer: made.facts.issuer(),
                        fact,
                    }
                })
            }
            Err(unusable) => Err(Refusal {
                issuer: unusable.issuer,
                fact: unusable.fact,
            }),
        };
        match verdict {
            Ok(signer) if signers.contains(&signer) => {}
            Ok(signer) => signers.push(signer),
            Err(refusal) => refusals.push(refusal),
        }
    }
    match signers.is_empty() {
        true => Err(Error::Untrusted(refusals)),
        false => Ok(Verified {
            text: parts.text,
            signers,
        }),
    }
}

/// Whether a signature over `data` counts; the fingerprint of the primary key behind it.
fn check(
    made: &Signature,
    data: &[u8],
    keyring: &Keyring,
    now: i64,
) -> Result<Fingerprint, &'static str> {
    if !matches!(made.kind, Kind::Text | Kind::Binary) {
        return Err("not a signature of a document");
    }
    let mut fact = "the key is not in the keyring";
    for certificate in &keyring.certificates {
        let Some(key) = certificate.find(made) else {
            continue;
        };
        let verdict = made
            .check_time(now, CLOCK_SLACK)
            .and_then(|()| {
                if made.created() < key.created {
                    Err("the signature is older than its key")
                } else {
                    Ok(())
                }
            })
            .and_then(|()| key.check(made, data))
            .and_then(|()| certificate.check_may_sign(key, now));
        match verdict {
            Ok(()) => return Ok(certificate.fingerprint()),
            Err(found) => fact = found,
        }
    }
    Err(fact)
}
