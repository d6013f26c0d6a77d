//! Control paragraphs: fields `Name: value` with continuation lines (deb822). Knows no field's meaning.
//!
//! Source: Debian policy 5.1. Names compare without case; a value keeps its line breaks, each continuation line
//! without its first blank. A line starting with `#` is a comment; an empty line ends the paragraph.

use std::io::BufRead;

use crate::{Error, Result};

/// Longest paragraph taken, in bytes: the longest real ones (`Provides` of Rust crates, `Conffiles`) have 100 KiB.
const PARAGRAPH_LIMIT: u64 = 16 << 20;

/// One paragraph: its fields in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paragraph {
    fields: Vec<(String, String)>,
}

impl Paragraph {
    /// A field's value; names compare without case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// A field's value or the error that it is missing.
    pub fn require(&self, document: &'static str, field: &'static str) -> Result<&str> {
        self.get(field)
            .ok_or(Error::MissingField { document, field })
    }

    /// The fields in their order: name and value.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Adds a field, or gives it another value where it stands.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self
            .fields
            .iter_mut()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
        {
            Some((_, old)) => *old = value,
            None => self.fields.push((name.to_owned(), value)),
        }
    }

    /// Reads the paragraphs of a text; `document` names its kind in errors.
    pub fn parse_all(document: &'static str, text: &[u8]) -> Result<Vec<Paragraph>> {
        let mut reader = Paragraphs::new(document, text);
        let mut list = Vec::new();
        while let Some(paragraph) = reader.next_paragraph()? {
            list.push(paragraph);
        }
        Ok(list)
    }

    /// Reads a text of exactly one paragraph.
    pub fn parse_one(document: &'static str, text: &[u8]) -> Result<Paragraph> {
        let mut reader = Paragraphs::new(document, text);
        let found = reader.next_paragraph()?;
        let paragraph = found.ok_or(Error::Line {
            document,
            line: 1,
            fact: "no paragraph",
        })?;
        match reader.next_paragraph()? {
            Some(_) => Err(Error::Line {
                document,
                line: reader.line,
                fact: "more than one paragraph",
            }),
            None => Ok(paragraph),
        }
    }

    /// The paragraph as text, with the empty line that ends it.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.fields {
            text.push_str(name);
            text.push(':');
            for (index, line) in value.split('\n').enumerate() {
                match index {
                    0 if line.is_empty() => {}
                    0 => text.push(' '),
                    _ => text.push_str("\n "),
                }
                text.push_str(line);
            }
            text.push('\n');
        }
        text.push('\n');
        text
    }
}

/// Reads paragraphs one after the other.
pub struct Paragraphs<R> {
    document: &'static str,
    reader: R,
    line: u64,
}

impl<R: BufRead> Paragraphs<R> {
    /// A reader over a text; `document` names its kind in errors.
    pub fn new(document: &'static str, reader: R) -> Paragraphs<R> {
        Paragraphs {
            document,
            reader,
            line: 0,
        }
    }

    /// The next paragraph, none at the end of the text.
    pub fn next_paragraph(&mut self) -> Result<Option<Paragraph>> {
        let mut paragraph = Paragraph::default();
        let mut raw = Vec::new();
        let mut size = 0;
        while let Some(line) = self.next_line(&mut raw)? {
            size += line.len() as u64 + 1;
            if size > PARAGRAPH_LIMIT {
                return Err(Error::TooLarge {
                    what: "a control paragraph",
                    limit: PARAGRAPH_LIMIT,
                });
            }
            if line.trim().is_empty() {
                if paragraph.fields.is_empty() {
                    continue;
                }
                return Ok(Some(paragraph));
            }
            if line.starts_with('#') {
                continue;
            }
            add_line(&mut paragraph, line).map_err(|fact| self.error(fact))?;
        }
        Ok((!paragraph.fields.is_empty()).then_some(paragraph))
    }

    fn next_line<'a>(&mut self, raw: &'a mut Vec<u8>) -> Result<Option<&'a str>> {
        raw.clear();
        self.line += 1;
        let mut bounded = std::io::Read::take(&mut self.reader, PARAGRAPH_LIMIT + 1);
        let count = bounded
            .read_until(b'\n', raw)
            .map_err(Error::io("read a control paragraph"))?;
        if count == 0 {
            return Ok(None);
        }
        let line = raw.strip_suffix(b"\n").unwrap_or(raw);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        std::str::from_utf8(line)
            .map(Some)
            .map_err(|_| self.error("is not UTF-8"))
    }

    fn error(&self, fact: &'static str) -> Error {
        Error::Line {
            document: self.document,
            line: self.line,
            fact,
        }
    }
}

fn add_line(paragraph: &mut Paragraph, line: &str) -> Result<(), &'static str> {
    if let Some(more) = line.strip_prefix([' ', '\t']) {
        let (_, value) = paragraph
            .fields
            .last_mut()
            .ok_or("a continuation line before any field")?;
        value.push('\n');
        value.push_str(more.trim_end());
        return Ok(());
    }
    let (name, value) = line.split_once(':').ok_or("no colon in a field")?;
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) || name.starts_with('-') {
        return Err("a field name that names can't be");
    }
    if paragraph.get(name).is_some() {
        return Err("a field given twice");
    }
    paragraph
        .fields
        .push((name.to_owned(), value.trim().to_owned()));
    Ok(())
}
