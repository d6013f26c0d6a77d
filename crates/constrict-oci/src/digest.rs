//! Content digests, `sha256:<64 hex>` and `sha512:<128 hex>`: parsing, printing, computing. Never opens a file.
//!
//! Source: OCI image specification, `descriptor.md`, "Digests". What this crate computes is always sha256; sha512 is
//! read and verified.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::{Error, Result};

/// The hash function of a [`Digest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl Algorithm {
    /// The name in front of the colon.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
        }
    }
}

/// The digest of some content: its identity wherever it is stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(Value);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Value {
    Sha256([u8; 32]),
    Sha512([u8; 64]),
}

impl Digest {
    /// The sha256 digest of some bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Value::Sha256(sha2::Sha256::digest(bytes).into()))
    }

    /// The digest whose sha256 value is known.
    pub fn from_sha256(value: [u8; 32]) -> Digest {
        Digest(Value::Sha256(value))
    }

    /// The digest whose sha512 value is known.
    pub fn from_sha512(value: [u8; 64]) -> Digest {
        Digest(Value::Sha512(value))
    }

    /// Reads `algorithm:hex`; the hex digits must be lower case, as the specification asks.
    pub fn parse(text: &str) -> Result<Digest> {
        let fault = |reason| Error::Digest {
            text: text.to_owned(),
            reason,
        };
        let (algorithm, hex) = text
            .split_once(':')
            .ok_or_else(|| fault("there is no `:`"))?;
        let value = match algorithm {
            "sha256" => decode(hex)
                .map(Value::Sha256)
                .map_err(|()| fault("sha256 has 64 lower-case hex digits"))?,
            "sha512" => decode(hex)
                .map(Value::Sha512)
                .map_err(|()| fault("sha512 has 128 lower-case hex digits"))?,
            _ => return Err(fault("the algorithm is neither sha256 nor sha512")),
        };
        Ok(Digest(value))
    }

    /// The hash function.
    pub fn algorithm(&self) -> Algorithm {
        match self.0 {
            Value::Sha256(_) => Algorithm::Sha256,
            Value::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// The value as lower-case hex digits, the name of the blob in a layout.
    pub fn hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let bytes = self.bytes();
        let mut hex = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
            hex.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        hex
    }

    /// The value itself: 32 or 64 bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Value::Sha256(value) => value,
            Value::Sha512(value) => value,
        }
    }

    /// Fails unless `bytes` have this digest.
    pub fn verify(&self, bytes: &[u8]) -> Result<()> {
        let mut hasher = Hasher::new(self.algorithm());
        hasher.update(bytes);
        self.expect(hasher.finish())
    }

    /// Fails unless `found` is this digest.
    pub fn expect(&self, found: Digest) -> Result<()> {
        if *self == found {
            Ok(())
        } else {
            Err(Error::DigestMismatch {
                expected: Box::new(*self),
                found: Box::new(found),
            })
        }
    }
}

fn decode<const N: usize>(hex: &str) -> Result<[u8; N], ()> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(()),
    };
    if hex.len() != N * 2 {
        return Err(());
    }
    let mut value = [0; N];
    for (byte, pair) in value.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok(value)
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm().name(), self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = Error;
    fn from_str(text: &str) -> Result<Digest> {
        Digest::parse(text)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        let text = String::deserialize(deserializer)?;
        Digest::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A digest in the making.
#[derive(Clone, Debug)]
pub struct Hasher(State);

#[derive(Clone, Debug)]
enum State {
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
}

impl Hasher {
    /// Starts a digest.
    pub fn new(algorithm: Algorithm) -> Hasher {
        Hasher(match algorithm {
            Algorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            Algorithm::Sha512 => State::Sha512(sha2::Sha512::new()),
        })
    }

    /// Starts a sha256 digest.
    pub fn sha256() -> Hasher {
        Hasher::new(Algorithm::Sha256)
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
        }
    }

    /// The digest of all bytes added.
    pub fn finish(self) -> Digest {
        Digest(match self.0 {
            State::Sha256(state) => Value::Sha256(state.finalize().into()),
            State::Sha512(state) => Value::Sha512(state.finalize().into()),
        })
    }
}

impl Default for Hasher {
    fn default() -> Hasher {
        Hasher::sha256()
    }
}

/// A writer that hashes and counts what passes through it.
#[derive(Debug)]
pub struct DigestWriter<W> {
    inner: W,
    hasher: Hasher,
    size: u64,
}

impl<W: Write> DigestWriter<W> {
    /// Hashes with sha256 what is written to `inner`.
    pub fn new(inner: W) -> DigestWriter<W> {
        DigestWriter {
            inner,
            hasher: Hasher::sha256(),
            size: 0,
        }
    }

    /// Bytes written so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The writer, the digest and the number of bytes.
    pub fn finish(self) -> (W, Digest, u64) {
        (self.inner, self.hasher.finish(), self.size)
    }
}

impl<W: Write> Write for DigestWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A reader that hashes and counts what is read through it; the way to verify a blob or a diff_id in passing.
#[derive(Debug)]
pub struct HashingReader<R> {
    inner: R,
    hasher: Hasher,
    size: u64,
}

impl<R: Read> HashingReader<R> {
    /// Hashes with `algorithm` what is read from `inner`.
    pub fn new(inner: R, algorithm: Algorithm) -> HashingReader<R> {
        HashingReader {
            inner,
            hasher: Hasher::new(algorithm),
            size: 0,
        }
    }

    /// Bytes read so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The reader, the digest and the number of bytes read so far. Bytes not read yet are not part of it.
    pub fn finish(self) -> (R, Digest, u64) {
        (self.inner, self.hasher.finish(), self.size)
    }

    /// Reads what is left and fails unless all of it has the digest `expected`.
    pub fn verify(mut self, expected: &Digest) -> Result<R> {
        io::copy(&mut self, &mut io::sink()).map_err(|source| Error::Stream {
            act: "read to the end to verify the digest",
            source,
        })?;
        expected.expect(self.hasher.finish())?;
        Ok(self.inner)
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.size += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn digest_of_nothing_is_known() {
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
        assert_eq!(Digest::parse(EMPTY).unwrap(), Digest::of(b""));
    }

    #[test]
    fn sha512_is_read_and_verified() {
        let mut hasher = Hasher::new(Algorithm::Sha512);
        hasher.update(b"abc");
        let digest = Digest::parse(&hasher.finish().to_string()).unwrap();
        assert_eq!(digest.algorithm(), Algorithm::Sha512);
        assert!(digest.verify(b"abc").is_ok());
        assert!(matches!(
            digest.verify(b"abd"),
            Err(Error::DigestMismatch { .. })
        ));
    }

    #[test]
    fn malformed_digests_are_named() {
        let upper = EMPTY.to_uppercase().replace("SHA", "sha");
        for (text, reason) in [
            ("e3b0", "there is no `:`"),
            ("md5:e3b0", "the algorithm is neither sha256 nor sha512"),
            ("sha256:e3b0", "sha256 has 64 lower-case hex digits"),
            (upper.as_str(), "sha256 has 64 lower-case hex digits"),
            (
                "sha256:../../../../../../../../../../../../../../../../../../../../etc/x",
                "sha256 has 64 lower-case hex digits",
            ),
        ] {
            assert_eq!(
                Digest::parse(text).unwrap_err().to_string(),
                format!("`{text}` is not a digest: {reason}")
            );
        }
    }

    #[test]
    fn hashing_reader_verifies_to_the_end() {
        let reader = HashingReader::new(&b"abc"[..], Algorithm::Sha256);
        assert!(reader.verify(&Digest::of(b"abc")).is_ok());
        let reader = HashingReader::new(&b"abcd"[..], Algorithm::Sha256);
        assert!(reader.verify(&Digest::of(b"abc")).is_err());
    }
}
