//! Package versions, `[epoch:]upstream[-revision]`, and their order. Never knows which package a version is of.
//!
//! Source: Debian policy 5.6.12. Every upload follows it, but archives hold exceptions in the upstream part, so
//! parsing checks what the order needs (a numeric epoch, the permitted characters) and no more.

use std::cmp::Ordering;
use std::fmt;

use crate::{Error, Result};

/// A version, kept as it was written; compared as policy says (`1.0` equals `0:1.0-0`).
#[derive(Clone, Debug)]
pub struct Version {
    text: Box<str>,
}

impl Version {
    /// Reads a version; surrounding white space is not allowed.
    pub fn parse(text: &str) -> Result<Version> {
        let wrong = |fact| Err(Error::value("version", text, fact));
        let rest = match text.split_once(':') {
            Some((epoch, _)) if epoch.is_empty() || !epoch.bytes().all(|b| b.is_ascii_digit()) => {
                return wrong("the epoch is no number");
            }
            Some((epoch, _)) if epoch.parse::<u32>().is_err() => {
                return wrong("the epoch is too large");
            }
            Some((_, rest)) => rest,
            None => text,
        };
        if rest.is_empty() || rest.starts_with('-') {
            return wrong("has no upstream version");
        }
        if rest.ends_with('-') {
            return wrong("has an empty revision");
        }
        if !rest
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-+.~:".contains(&b))
        {
            return wrong("has a character that versions can't have");
        }
        Ok(Version { text: text.into() })
    }

    /// The version as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part before the colon, zero where there is none.
    pub fn epoch(&self) -> u32 {
        self.text
            .split_once(':')
            .and_then(|(epoch, _)| epoch.parse().ok())
            .unwrap_or(0)
    }

    /// The part between the colon and the last hyphen.
    pub fn upstream(&self) -> &str {
        let rest = self.without_epoch();
        rest.rsplit_once('-').map_or(rest, |(upstream, _)| upstream)
    }

    /// The part behind the last hyphen, empty where there is none.
    pub fn revision(&self) -> &str {
        self.without_epoch()
            .rsplit_once('-')
            .map_or("", |(_, revision)| revision)
    }

    fn without_epoch(&self) -> &str {
        self.text
            .split_once(':')
            .map_or(&self.text, |(_, rest)| rest)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        let by_epoch = self.epoch().cmp(&other.epoch());
        by_epoch
            .then_with(|| compare_part(self.upstream().as_bytes(), other.upstream().as_bytes()))
            .then_with(|| compare_part(self.revision().as_bytes(), other.revision().as_bytes()))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Version) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Alternates between a run of non-digits, compared by [`weight`], and a run of digits, compared as a number.
fn compare_part(mut left: &[u8], mut right: &[u8]) -> Ordering {
    while !left.is_empty() || !right.is_empty() {
        let (left_word, left_rest) = split_run(left, |b| !b.is_ascii_digit());
        let (right_word, right_rest) = split_run(right, |b| !b.is_ascii_digit());
        for index in 0..left_word.len().max(right_word.len()) {
            let order = weight(left_word.get(index)).cmp(&weight(right_word.get(index)));
            if order.is_ne() {
                return order;
            }
        }
        let (left_number, left_rest) = split_run(left_rest, |b| b.is_ascii_digit());
        let (right_number, right_rest) = split_run(right_rest, |b| b.is_ascii_digit());
        let order = compare_number(left_number, right_number);
        if order.is_ne() {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
    Ordering::Equal
}

fn split_run(text: &[u8], belongs: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = text.iter().position(|&b| !belongs(b)).unwrap_or(text.len());
    text.split_at(end)
}

/// `~` before the end, the end before letters, letters before everything else.
fn weight(byte: Option<&u8>) -> u16 {
    match byte {
        Some(b'~') => 0,
        None => 1,
        Some(byte) if byte.is_ascii_alphabetic() => 2 + u16::from(*byte),
        Some(byte) => 2 + 256 + u16::from(*byte),
    }
}

/// Numbers of any length: without leading zeros the longer one is the greater.
fn compare_number(left: &[u8], right: &[u8]) -> Ordering {
    let (_, left) = split_run(left, |b| b == b'0');
    let (_, right) = split_run(right, |b| b == b'0');
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(left: &str, right: &str) -> Ordering {
        Version::parse(left)
            .unwrap()
            .cmp(&Version::parse(right).unwrap())
    }

    #[test]
    fn order_follows_policy() {
        let table = [
            ("1.0", "1.0", Ordering::Equal),
            ("1.0", "0:1.0", Ordering::Equal),
            ("1.0", "1.0-0", Ordering::Equal),
            ("1.0-0", "1.0-00", Ordering::Equal),
            ("1.01", "1.1", Ordering::Equal),
            ("1:0.1", "9.9", Ordering::Greater),
            ("1.0~rc1", "1.0", Ordering::Less),
            ("1.0~~", "1.0~", Ordering::Less),
            ("1.0~~a", "1.0~", Ordering::Less),
            ("1.0", "1.0a", Ordering::Less),
            ("1.0a", "1.0+", Ordering::Less),
            ("1.0+b1", "1.0.1", Ordering::Less),
            ("1.9", "1.10", Ordering::Less),
            ("2.30-1", "2.30-1+b1", Ordering::Less),
            ("2.36-9+deb12u9", "2.36-9+deb12u10", Ordering::Less),
            ("1.2-3-4", "1.2-3-5", Ordering::Less),
            ("1.2-3", "1.2", Ordering::Greater),
            ("1.2-3~bpo12+1", "1.2-3", Ordering::Less),
            ("20240203", "20230311+deb12u1", Ordering::Greater),
            (
                "1.0-99999999999999999999999",
                "1.0-100000000000000000000000",
                Ordering::Less,
            ),
        ];
        for (left, right, expected) in table {
            assert_eq!(compare(left, right), expected, "{left} and {right}");
            assert_eq!(
                compare(right, left),
                expected.reverse(),
                "{right} and {left}"
            );
        }
    }

    #[test]
    fn parts_are_split_at_first_colon_and_last_hyphen() {
        let version = Version::parse("2:1:3-4-5").unwrap();
        assert_eq!(
            (version.epoch(), version.upstream(), version.revision()),
            (2, "1:3-4", "5")
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "a:1",
            ":1",
            "1:",
            "-1",
            "1.0-",
            "1 0",
            "1_0",
            "4294967296:1",
            "1.0\n",
        ] {
            assert!(Version::parse(text).is_err(), "{text:?}");
        }
    }
}
