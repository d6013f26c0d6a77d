//! The bytes of a source → text: byte order mark, coding cookie, and the encodings that real packages use.
//!
//! Format: PEP 263. Encodings whose ASCII half is ASCII are read byte by byte: what is outside ASCII stands in
//! comments and strings, which facts don't come from.

use std::borrow::Cow;

use crate::{Error, Result};

/// A decoded source.
pub(super) struct Decoded<'a> {
    /// The text, without a byte order mark.
    pub(super) text: Cow<'a, str>,
    /// Every character is the one that Python sees; else a syntax error may be this decoder's doing.
    pub(super) exact: bool,
    /// The name of the encoding.
    pub(super) encoding: String,
}

/// Decodes a source as the interpreter would.
pub(super) fn decode(source: &[u8]) -> Result<Decoded<'_>> {
    let (body, marked) = match source.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (source, false),
    };
    let encoding = match cookie(body) {
        Some(name) if !marked => name,
        _ => "utf-8".to_owned(),
    };
    let decoded = |text, exact| Decoded {
        text,
        exact,
        encoding: encoding.clone(),
    };
    match encoding.as_str() {
        "utf-8" | "utf8" | "utf" | "u8" | "utf-8-sig" | "ascii" | "us-ascii" | "646" => {
            match std::str::from_utf8(body) {
                Ok(text) => Ok(decoded(Cow::Borrowed(text), true)),
                Err(error) => Err(Error::Syntax {
                    line: line_of(body, error.valid_up_to()),
                    fact: "not valid UTF-8, and no encoding declared".to_owned(),
                }),
            }
        }
        "latin-1" | "iso-8859-1" | "latin1" | "iso8859-1" | "l1" | "8859" | "cp819" => {
            Ok(decoded(byte_by_byte(body), true))
        }
        "utf-16" | "utf-32" | "utf-7" | "utf-16-le" | "utf-16-be" | "punycode" | "rot13" => {
            Err(Error::Encoding(encoding))
        }
        _ => Ok(decoded(byte_by_byte(body), false)),
    }
}

fn byte_by_byte(body: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(body) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(body.iter().map(|byte| char::from(*byte)).collect()),
    }
}

fn line_of(body: &[u8], offset: usize) -> u32 {
    let before = body[..offset].iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(before + 1).unwrap_or(u32::MAX)
}

/// The encoding that a comment in one of the first two lines declares; in the second only after a blank or comment.
fn cookie(body: &[u8]) -> Option<String> {
    let mut lines = body.split(|byte| *byte == b'\n' || *byte == b'\r');
    let first = lines.next()?;
    let mut second = lines.next();
    if second.is_some_and(<[u8]>::is_empty) && body.get(first.len()) == Some(&b'\r') {
        second = lines.next();
    }
    for line in [Some(first), second].into_iter().flatten() {
        let trimmed = line.trim_ascii_start();
        if let Some(name) = trimmed.strip_prefix(b"#").and_then(declared) {
            return Some(name);
        }
        if !(trimmed.is_empty() || trimmed.starts_with(b"#")) {
            return None;
        }
    }
    None
}

/// `coding[:=]\s*([-\w.]+)` in a comment.
fn declared(comment: &[u8]) -> Option<String> {
    let mut rest = comment;
    loop {
        let at = rest.windows(6).position(|window| window == b"coding")?;
        rest = &rest[at + 6..];
        let Some(value) = rest.strip_prefix(b":").or_else(|| rest.strip_prefix(b"=")) else {
            continue;
        };
        let value = value.trim_ascii_start();
        let named = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let length = value.iter().take_while(|byte| named(byte)).count();
        if length > 0 {
            let name = String::from_utf8_lossy(&value[..length]).to_ascii_lowercase();
            return Some(name.replace('_', "-"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_where_python_looks() {
        for (source, expected) in [
            (&b"# -*- coding: latin-1 -*-\n"[..], Some("latin-1")),
            (
                b"#!/usr/bin/python\n# vim: set fileencoding=UTF_8 :\n",
                Some("utf-8"),
            ),
            (b"\n# coding=cp1252\n", Some("cp1252")),
            (b"#!/x\r\n# coding=cp1252\r\n", Some("cp1252")),
            (b"x = 1\n# coding: latin-1\n", None),
            (b"\n\n# coding: latin-1\n", None),
            (b"# encoding\n", None),
            (b"# coding : x\n", None),
            (b"x = '# coding: latin-1'\n", None),
        ] {
            assert_eq!(cookie(source).as_deref(), expected, "{source:?}");
        }
    }

    #[test]
    fn bytes_become_the_text_that_python_sees() {
        assert_eq!(decode(b"\xef\xbb\xbfx = 1").unwrap().text, "x = 1");
        assert_eq!(
            decode(b"# coding: latin-1\n'\xe9'").unwrap().text,
            "# coding: latin-1\n'é'"
        );
        assert!(!decode(b"# coding: euc-jp\n'\xe9'").unwrap().exact);
        let refused = decode(b"x = 1\n'\xe9'").err().unwrap();
        assert!(matches!(refused, Error::Syntax { line: 2, .. }));
        let refused = decode(b"# coding: utf-16\n").err().unwrap();
        assert_eq!(refused, Error::Encoding("utf-16".to_owned()));
    }
}
