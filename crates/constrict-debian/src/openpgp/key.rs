//! Version 4 public keys (RFC 9580, section 5.5) and checking one signature value with them. Never judges whether a
//! key may be used.

use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use sha1_fingerprint::fingerprint;

use super::Fingerprint;
use super::packet::{Cursor, malformed};
use super::signature::{HashFunction, Signature, Value};
use crate::Result;

/// The key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    Ed25519([u8; 32]),
    /// An algorithm this crate can't check (encryption subkeys, DSA, NIST curves).
    Other,
}

/// A primary key or subkey.
#[derive(Clone, Debug)]
pub(super) struct PublicKey {
    pub(super) created: u32,
    pub(super) fingerprint: Fingerprint,
    /// What self-signatures hash of it: the packet body.
    pub(super) body: Vec<u8>,
    material: Material,
}

/// 1.3.6.1.4.1.11591.15.1, the curve name of algorithm 22.
const ED25519_OID: [u8; 9] = [0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01];

impl PublicKey {
    /// Reads a key packet's body; none for versions other than 4.
    pub(super) fn parse(body: &[u8]) -> Result<Option<PublicKey>> {
        let mut cursor = Cursor(body);
        if cursor.byte()? != 4 {
            return Ok(None);
        }
        let created = cursor.be32()?;
        let algorithm = cursor.byte()?;
        if body.len() > usize::from(u16::MAX) {
            return Err(malformed("a key that is too long"));
        }
        let material = match algorithm {
            1 | 3 => Material::Rsa {
                modulus: cursor.mpi()?.to_vec(),
                exponent: cursor.mpi()?.to_vec(),
            },
            22 => legacy_ed25519(&mut cursor)?,
            27 => Material::Ed25519(cursor.take(32)?.try_into().expect("32 bytes were taken")),
            _ => Material::Other,
        };
        Ok(Some(PublicKey {
            created,
            fingerprint: fingerprint(body),
            body: body.to_vec(),
            material,
        }))
    }

    /// Whether a signature's value is this key's over `data`, to which the signature adds its own trailer.
    pub(super) fn check(&self, made: &Signature, data: &[u8]) -> Result<(), &'static str> {
        let message = made.hashed_message(data);
        if made.hash.left_two(&message) != made.left_two {
            return Err("the signature is over other bytes");
        }
        let verdict = match (&self.material, &made.value) {
            (Material::Rsa { modulus, exponent }, Value::Rsa(value)) => {
                let parameters = match made.hash {
                    HashFunction::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                    HashFunction::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    HashFunction::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                };
                let padding = modulus.len().saturating_sub(value.len());
                let value = [vec![0; padding], value.clone()].concat();
                RsaPublicKeyComponents {
                    n: modulus,
                    e: exponent,
                }
                .verify(parameters, &message, &value)
            }
            (Material::Ed25519(key), Value::Ed25519(value)) => {
                UnparsedPublicKey::new(&signature::ED25519, key)
                    .verify(&made.hash.digest(&message), value)
            }
            _ => return Err("key and signature differ in algorithm, or it is not supported"),
        };
        verdict.map_err(|_| "the signature is wrong")
    }

    /// The last eight bytes of the fingerprint.
    pub(super) fn key_id(&self) -> [u8; 8] {
        let mut id = [0; 8];
        id.copy_from_slice(&self.fingerprint.0[12..]);
        id
    }

    /// What a signature about this key hashes first.
    pub(super) fn hashed(&self) -> Vec<u8> {
        framed(&self.body)
    }
}

fn framed(body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16).to_be_bytes();
    [&[0x99][..], &length, body].concat()
}

fn legacy_ed25519(cursor: &mut Cursor<'_>) -> Result<Material> {
    let length = usize::from(cursor.byte()?);
    if cursor.take(length)? != ED25519_OID {
        return Ok(Material::Other);
    }
    match cursor.mpi()?.split_first() {
        Some((0x40, key)) => Ok(Material::Ed25519(
            key.try_into()
                .map_err(|_| malformed("a curve point of odd size"))?,
        )),
        _ => Err(malformed("a curve point in an unknown form")),
    }
}

/// Version 4 fingerprints are SHA-1 by definition: names of keys, not a safeguard.
mod sha1_fingerprint {
    use super::{Fingerprint, framed};

    pub(super) fn fingerprint(body: &[u8]) -> Fingerprint {
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, &framed(body));
        let mut value = [0; 20];
        value.copy_from_slice(digest.as_ref());
        Fingerprint(value)
    }
}
