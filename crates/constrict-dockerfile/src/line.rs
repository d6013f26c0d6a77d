//! Lines: physical ones, and the logical ones that continuations join.
//!
//! Never looks into a line: what is in it is [`node`](crate::node)'s.

use std::borrow::Cow;

use crate::Span;

/// A line of the file, its end included.
pub(crate) struct Physical<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Physical<'_> {
    /// The line without its end.
    pub(crate) fn body(&self) -> &str {
        self.text.trim_end_matches(['\r', '\n'])
    }

    /// The bytes without the line's end.
    pub(crate) fn span(&self) -> Span {
        let line_end = self.text.len() - self.body().len();
        Span::new(self.start, self.end - line_end.min(self.end - self.start))
    }
}

/// The physical lines of a text.
pub(crate) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
}

const BOM: &[u8] = &[0xEF, 0xBB, 0xBF];

impl<'a> Lines<'a> {
    /// The lines after a byte order mark, if there is one.
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: if text.starts_with(BOM) { BOM.len() } else { 0 },
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Physical<'a>;

    fn next(&mut self) -> Option<Physical<'a>> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let length = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(rest.len(), |at| at + 1);
        let start = self.at;
        self.at += length;
        Some(Physical {
            text: String::from_utf8_lossy(&rest[..length]),
            start,
            end: self.at,
        })
    }
}

/// A part of a logical line: from `at` on, its text comes from `source` up to `source_end`.
struct Piece {
    at: usize,
    source: usize,
    source_end: usize,
}

/// A line with its continuations joined, comments and empty lines among them gone.
pub(crate) struct Logical {
    pub(crate) text: String,
    pub(crate) span: Span,
    pieces: Vec<Piece>,
}

impl Logical {
    /// The place in the source of a range of the joined text.
    pub(crate) fn locate(&self, range: std::ops::Range<usize>) -> Span {
        let start = self.source_of(range.start);
        let end = if range.is_empty() {
            start
        } else {
            self.source_of(range.end - 1) + 1
        };
        // where bytes that are no text were replaced, the joined text is longer than its source
        Span::new(start.min(self.span.end), end.max(start).min(self.span.end))
    }

    fn source_of(&self, offset: usize) -> usize {
        let after = self.pieces.partition_point(|piece| piece.at <= offset);
        match after.checked_sub(1).map(|index| &self.pieces[index]) {
            Some(piece) => (piece.source + (offset - piece.at)).min(piece.source_end),
            None => self.span.start,
        }
    }

    /// The place of a part of this line's own text.
    pub(crate) fn locate_part(&self, part: &str) -> Span {
        let start = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        if start
            .checked_add(part.len())
            .is_some_and(|end| end <= self.text.len())
        {
            self.locate(start..start + part.len())
        } else {
            self.span
        }
    }
}

/// Whether the line is a comment, which it is even where it continues another.
pub(crate) fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// The line without its continuation mark, if it has one: an escape character that no other precedes, then only blanks.
pub(crate) fn continued(line: &str, escape: char) -> Option<&str> {
    let before = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!before.ends_with(escape)).then_some(before)
}

/// Joins `first` with the lines that continue it. If there are empty ones among those, the second value is the place of
/// the last line read, which is where BuildKit reports them.
pub(crate) fn join(
    first: &Physical<'_>,
    lines: &mut Lines<'_>,
    escape: char,
) -> (Logical, Option<Span>) {
    let body = first.body().trim_start();
    let indent = first.body().len() - body.len();
    let start = (first.start + indent).min(first.end);
    let mut joined = Logical {
        text: String::new(),
        span: Span::new(start, first.span().end.max(start)),
        pieces: Vec::new(),
    };
    let mut open = push(&mut joined, body, start, first.span().end, escape);
    let (mut last, mut has_empty) = (joined.span, false);
    while open {
        let Some(line) = lines.next() else { break };
        let text = line.body();
        last = line.span();
        if is_comment(text) {
            continue;
        }
        if text.trim().is_empty() {
            has_empty = true;
            continue;
        }
        open = push(&mut joined, text, line.start, line.span().end, escape);
        joined.span.end = line.span().end;
    }
    (joined, has_empty.then_some(last))
}

fn push(joined: &mut Logical, text: &str, source: usize, source_end: usize, escape: char) -> bool {
    let before = continued(text, escape);
    joined.pieces.push(Piece {
        at: joined.text.len(),
        source,
        source_end,
    });
    joined.text.push_str(before.unwrap_or(text));
    before.is_some()
}
