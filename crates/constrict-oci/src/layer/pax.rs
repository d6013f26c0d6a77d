//! Extended headers of pax: `<length> <key>=<value>\n`, repeated. Never interprets a value but for its number form.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

const SCHILY: &[u8] = b"SCHILY.xattr.";
const LIBARCHIVE: &[u8] = b"LIBARCHIVE.xattr.";

/// The records of one extended header.
#[derive(Debug, Default)]
pub(crate) struct Pax {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Values of `GNU.sparse.offset` and `GNU.sparse.numbytes` in turn, which repeat.
    pub(crate) sparse_pairs: Vec<Vec<u8>>,
}

impl Pax {
    /// Reads the content of an extended header.
    pub(crate) fn parse(mut bytes: &[u8]) -> Result<Pax, &'static str> {
        const FAULT: &str = "a pax record is malformed";
        let mut pax = Pax::default();
        while !bytes.is_empty() {
            let space = bytes.iter().position(|byte| *byte == b' ').ok_or(FAULT)?;
            let length = decimal(&bytes[..space])
                .and_then(|length| usize::try_from(length).ok())
                .ok_or(FAULT)?;
            let (record, rest) = bytes.split_at_checked(length).ok_or(FAULT)?;
            let record = record
                .get(space + 1..)
                .and_then(|record| record.strip_suffix(b"\n"))
                .ok_or(FAULT)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or(FAULT)?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            if key.is_empty() || key.contains(&0) {
                return Err(FAULT);
            }
            match key {
                b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                    pax.sparse_pairs.push(value.to_vec())
                }
                _ => drop(pax.records.insert(key.to_vec(), value.to_vec())),
            }
            bytes = rest;
        }
        Ok(pax)
    }

    /// The value of a key; an empty value takes the record back.
    pub(crate) fn get(&self, key: &str) -> Option<&[u8]> {
        self.records
            .get(key.as_bytes())
            .map(Vec::as_slice)
            .filter(|value| !value.is_empty())
    }

    /// A number that is not negative.
    pub(crate) fn number(&self, key: &str) -> Result<Option<u64>, &'static str> {
        self.get(key)
            .map(|value| decimal(value).ok_or("a pax record is not a number in its range"))
            .transpose()
    }

    /// Seconds, rounded down.
    pub(crate) fn seconds(&self, key: &str) -> Result<Option<i64>, &'static str> {
        self.get(key)
            .map(|value| seconds(value).ok_or("a pax record is not a time"))
            .transpose()
    }

    /// Extended attributes, in the notation of star and GNU tar or in libarchive's.
    pub(crate) fn xattrs(&self) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, &'static str> {
        let mut xattrs = BTreeMap::new();
        for (key, value) in &self.records {
            if let Some(name) = key.strip_prefix(LIBARCHIVE) {
                let unpadded: &[u8] = value.trim_ascii_end();
                let decoded = STANDARD
                    .decode(unpadded)
                    .or_else(|_| STANDARD_NO_PAD.decode(unpadded));
                let value = decoded.map_err(|_| "an extended attribute is not base64")?;
                xattrs.entry(percent_decoded(name)).or_insert(value);
            } else if let Some(name) = key.strip_prefix(SCHILY) {
                xattrs.insert(name.to_vec(), value.clone());
            }
        }
        match xattrs
            .keys()
            .any(|name| name.is_empty() || name.contains(&0))
        {
            true => Err("an extended attribute has no proper name"),
            false => Ok(xattrs),
        }
    }
}

/// A decimal number without sign.
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits
        .then(|| std::str::from_utf8(text).ok()?.parse().ok())
        .flatten()
}

fn seconds(text: &[u8]) -> Option<i64> {
    let (negative, text) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let dot = text
        .iter()
        .position(|byte| *byte == b'.')
        .unwrap_or(text.len());
    let whole = i64::try_from(decimal(&text[..dot])?).ok()?;
    let fraction = text.get(dot + 1..).unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let partial = fraction.iter().any(|digit| *digit != b'0');
    Some(if negative {
        -whole - i64::from(partial)
    } else {
        whole
    })
}

/// Undoes `%41`; a `%` that two hex digits do not follow stays.
fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match (text[at], digit(text.get(at + 1)), digit(text.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_down() {
        for (text, expected) in [
            ("12", Some(12)),
            ("12.999", Some(12)),
            ("-12", Some(-12)),
            ("-12.000", Some(-12)),
            ("-12.5", Some(-13)),
            ("1e3", None),
            ("", None),
            ("-", None),
            (".5", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(seconds(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn libarchive_names_are_percent_decoded() {
        assert_eq!(percent_decoded(b"user.a%3db%%4"), b"user.a=b%%4");
    }

    #[test]
    fn malformed_records_are_errors() {
        for bytes in [
            &b"x"[..],
            b"5 a=b",
            b"99 a=b\n",
            b"3 =\n",
            b"0 a=b\n",
            b"6 a=b\nrest",
            b"+6 a=b\n",
            b"5 ab\n",
            b"99999999999999999999 a=b\n",
        ] {
            assert!(
                Pax::parse(bytes).is_err(),
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
    }
}
