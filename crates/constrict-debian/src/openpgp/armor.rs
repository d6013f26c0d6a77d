//! ASCII armor and the cleartext signature framework (RFC 9580, sections 6 and 7). Never checks a signature.
//!
//! Stricter than the RFC where a lax reader has been fooled before: nothing may stand around a clearsigned document,
//! it has no header but `Hash`, and no carriage return inside a line. The obsolete CRC-24 is not read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::packet::malformed;
use crate::{Error, Result};

/// A clearsigned document taken apart.
pub(super) struct Clearsigned {
    /// The lines with `\n` ends, as they are handed on.
    pub(super) text: Vec<u8>,
    /// The bytes the signatures are over.
    pub(super) canonical: Vec<u8>,
    /// The signature packets.
    pub(super) signatures: Vec<u8>,
}

const BEGIN_MESSAGE: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";
const BEGIN_SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";

pub(super) fn is_armored(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"-----BEGIN PGP ")
}

/// The decoded blocks of one kind (`PUBLIC KEY BLOCK`), one after the other; text between blocks is passed over.
pub(super) fn decode_blocks(text: &[u8], kind: &str) -> Result<Vec<u8>> {
    let begin = format!("-----BEGIN PGP {kind}-----");
    let mut lines = text.split(|&b| b == b'\n').map(<[u8]>::trim_ascii_end);
    let mut decoded = Vec::new();
    while let Some(line) = lines.next() {
        if line == begin.as_bytes() {
            decoded.extend(decode_block(&mut lines, kind)?);
        }
    }
    Ok(decoded)
}

/// Reads what follows a block's first line, through its last.
fn decode_block<'a>(lines: &mut impl Iterator<Item = &'a [u8]>, kind: &str) -> Result<Vec<u8>> {
    let end = format!("-----END PGP {kind}-----");
    let mut digits = Vec::new();
    let mut in_headers = true;
    for line in lines {
        if line == end.as_bytes() {
            return STANDARD
                .decode(&digits)
                .map_err(|_| malformed("armor is not base64"));
        }
        match line {
            [] => in_headers = false,
            [b'=', rest @ ..] if rest.len() == 4 && !in_headers => {}
            _ if in_headers && line.contains(&b':') => {}
            _ => {
                in_headers = false;
                digits.extend_from_slice(line);
            }
        }
    }
    Err(malformed("armor without its last line"))
}

/// Takes a clearsigned document apart.
pub(super) fn split_clearsigned(document: &[u8]) -> Result<Clearsigned> {
    let wrong = |fact| Error::Format {
        format: "clearsigned document",
        fact,
    };
    let document = document.strip_suffix(b"\n").unwrap_or(document);
    let mut lines = document
        .split(|&b| b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    if lines.next().map(<[u8]>::trim_ascii_end) != Some(BEGIN_MESSAGE) {
        return Err(wrong("doesn't start as one"));
    }
    for header in lines.by_ref() {
        match header.trim_ascii_end() {
            [] => break,
            header if header.starts_with(b"Hash: ") => {}
            _ => return Err(wrong("has a header other than `Hash`")),
        }
    }
    let mut text = Vec::with_capacity(document.len());
    let mut canonical = Vec::with_capacity(document.len() + document.len() / 40);
    loop {
        let line = lines.next().ok_or_else(|| wrong("has no signature"))?;
        if line.trim_ascii_end() == BEGIN_SIGNATURE {
            break;
        }
        let line = match line.strip_prefix(b"-") {
            Some(escaped) => escaped
                .strip_prefix(b" ")
                .ok_or_else(|| wrong("has an unescaped hyphen"))?,
            None => line,
        };
        if line.contains(&b'\r') {
            return Err(wrong("has a carriage return inside a line"));
        }
        let line = trim_blanks(line);
        if !text.is_empty() {
            canonical.extend_from_slice(b"\r\n");
        }
        canonical.extend_from_slice(line);
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    let signatures = decode_block(&mut lines.by_ref().map(<[u8]>::trim_ascii_end), "SIGNATURE")?;
    match lines.any(|line| !line.trim_ascii().is_empty()) {
        true => Err(wrong("has something behind its signature")),
        false => Ok(Clearsigned {
            text,
            canonical,
            signatures,
        }),
    }
}

/// Without trailing spaces and tabs, which cleartext signatures don't cover.
fn trim_blanks(line: &[u8]) -> &[u8] {
    let end = line
        .iter()
        .rposition(|b| !matches!(b, b' ' | b'\t'))
        .map_or(0, |last| last + 1);
    &line[..end]
}
