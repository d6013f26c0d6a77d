//! Zips with a hundred thousand small members, as OSV's `all.zip`: the directory is kept, members are read one at a time.
//!
//! Never trusts a length, and never holds more than the directory and one member. Sources may be files or bytes.
//!
//! Format: PKWARE APPNOTE 6.3 with ZIP64, stored and deflated members, without encryption.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use constrict_elf::ReadAt;

/// Longest directory, bytes: seven hundred thousand members.
const DIRECTORY_LIMIT: u64 = 64 << 20;
/// The end record with the longest comment, and the locator of ZIP64 before it.
const END_LIMIT: u64 = 22 + 65_535 + 20;
/// What the header of a member has before its name.
const HEADER: usize = 30;
/// Room for the name and the extra fields, so that a member is read at once.
const SLACK: usize = 512;
/// What stands for a number that does not fit.
const TOO_LARGE: u64 = 0xffff_ffff;

/// An archive.
pub struct Archive {
    source: Box<dyn ReadAt + Send + Sync>,
    members: Vec<Member>,
}

/// A file in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path.
    pub name: Box<str>,
    offset: u64,
    stored: u64,
    method: u16,
}

/// A file that is read at offsets.
struct Positioned {
    file: File,
    length: u64,
}

impl ReadAt for Positioned {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn len(&self) -> u64 {
        self.length
    }
}

fn broken(fact: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, fact)
}

fn half(bytes: &[u8], at: usize) -> io::Result<u64> {
    let field = bytes
        .get(at..at + 2)
        .ok_or_else(|| broken("the zip ends early"))?;
    Ok(u64::from(field[0]) | u64::from(field[1]) << 8)
}

fn word(bytes: &[u8], at: usize) -> io::Result<u64> {
    Ok(half(bytes, at)? | half(bytes, at + 2)? << 16)
}

fn double(bytes: &[u8], at: usize) -> io::Result<u64> {
    Ok(word(bytes, at)? | word(bytes, at + 4)? << 32)
}

/// Reads up to `length` bytes; fewer at the end.
fn read(source: &dyn ReadAt, offset: u64, length: usize, into: &mut Vec<u8>) -> io::Result<()> {
    into.clear();
    into.resize(length, 0);
    let mut filled = 0;
    while filled < length {
        match source.read_at(offset + filled as u64, &mut into[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    into.truncate(filled);
    Ok(())
}

impl Archive {
    /// Reads the directory of a file.
    pub fn of_file(file: File) -> io::Result<Archive> {
        let length = file.metadata()?.len();
        Archive::read(Box::new(Positioned { file, length }))
    }

    /// Reads the directory of bytes.
    pub fn of_bytes(bytes: Vec<u8>) -> io::Result<Archive> {
        Archive::read(Box::new(bytes))
    }

    fn read(source: Box<dyn ReadAt + Send + Sync>) -> io::Result<Archive> {
        let (offset, size) = directory(&*source)?;
        if size > DIRECTORY_LIMIT {
            return Err(broken("the zip has too many members"));
        }
        let mut bytes = Vec::new();
        read(&*source, offset, size as usize, &mut bytes)?;
        let mut members = Vec::new();
        let mut at = 0;
        while bytes[at.min(bytes.len())..].starts_with(b"PK\x01\x02") {
            let lengths = [28, 30, 32].map(|field| half(&bytes, at + field));
            let [name, extra, comment] = lengths;
            let (name, extra, comment) = (name? as usize, extra? as usize, comment? as usize);
            let field = |from: usize, length| {
                let field = bytes.get(from..from + length);
                field.ok_or_else(|| broken("the zip's directory ends early"))
            };
            let text = String::from_utf8_lossy(field(at + 46, name)?).into();
            let mut numbers = [
                word(&bytes, at + 24)?,
                word(&bytes, at + 20)?,
                word(&bytes, at + 42)?,
            ];
            enlarge(&mut numbers, field(at + 46 + name, extra)?)?;
            let [_, stored, offset] = numbers;
            members.push(Member {
                name: text,
                offset,
                stored,
                method: half(&bytes, at + 10)? as u16,
            });
            at += 46 + name + extra + comment;
        }
        // in the order in which they lie
        members.sort_by_key(|member| member.offset);
        Ok(Archive { source, members })
    }

    /// Its members.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The content of a member into `content`; longer than `limit` bytes is an error. `raw` is kept for the next one.
    pub fn content(
        &self,
        member: &Member,
        limit: usize,
        raw: &mut Vec<u8>,
        content: &mut Vec<u8>,
    ) -> io::Result<()> {
        content.clear();
        let stored = usize::try_from(member.stored).unwrap_or(usize::MAX);
        if stored > limit {
            return Err(broken("it is too long"));
        }
        read(&*self.source, member.offset, HEADER + SLACK + stored, raw)?;
        if !raw.starts_with(b"PK\x03\x04") {
            return Err(broken("the zip's directory points beside it"));
        }
        let start = HEADER + half(raw, 26)? as usize + half(raw, 28)? as usize;
        if start > HEADER + SLACK {
            read(&*self.source, member.offset, start + stored, raw)?;
        }
        let stored = raw.get(start..start + stored);
        let stored = stored.ok_or_else(|| broken("the zip ends early"))?;
        let bound = limit as u64 + 1;
        match member.method {
            0 => stored.take(bound).read_to_end(content)?,
            8 => flate2::read::DeflateDecoder::new(stored)
                .take(bound)
                .read_to_end(content)?,
            _ => return Err(broken("it is compressed in an unknown way")),
        };
        match content.len() > limit {
            true => Err(broken("it is too long")),
            false => Ok(()),
        }
    }
}

/// Where the directory is, and its length.
fn directory(source: &dyn ReadAt) -> io::Result<(u64, u64)> {
    let length = source.len();
    let tail_at = length.saturating_sub(END_LIMIT);
    let mut tail = Vec::new();
    read(source, tail_at, (length - tail_at) as usize, &mut tail)?;
    let at = tail
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")
        .filter(|at| at + 22 <= tail.len())
        .ok_or_else(|| broken("it is no zip"))?;
    let (size, offset) = (word(&tail, at + 12)?, word(&tail, at + 16)?);
    let is_large = size == TOO_LARGE || offset == TOO_LARGE || half(&tail, at + 10)? == 0xffff;
    let locator = at.checked_sub(20).filter(|_| is_large);
    let Some(locator) = locator.filter(|at| tail[*at..].starts_with(b"PK\x06\x07")) else {
        return Ok((offset, size));
    };
    let mut end = Vec::new();
    read(source, double(&tail, locator + 8)?, 56, &mut end)?;
    if !end.starts_with(b"PK\x06\x06") {
        return Err(broken("the zip's end points beside its directory"));
    }
    Ok((double(&end, 48)?, double(&end, 40)?))
}

/// Takes the numbers that did not fit from the extra field of ZIP64.
fn enlarge(numbers: &mut [u64; 3], mut extra: &[u8]) -> io::Result<()> {
    while extra.len() >= 4 {
        let (kind, length) = (half(extra, 0)?, half(extra, 2)? as usize);
        let Some(field) = extra.get(4..4 + length) else {
            return Ok(());
        };
        if kind == 1 {
            let mut at = 0;
            for number in numbers.iter_mut().filter(|number| **number == TOO_LARGE) {
                *number = double(field, at)?;
                at += 8;
            }
        }
        extra = &extra[4 + length..];
    }
    Ok(())
}

#[cfg(test)]
mod tests;
