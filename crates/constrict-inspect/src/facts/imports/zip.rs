//! Zip files on the search path, as `zipimport` reads them: the names in the central directory, and members on demand.
//!
//! Never trusts a length: members are read up to a limit.
//!
//! Format: PKWARE APPNOTE 6.3, without ZIP64 and encryption; a program may stand before the first member (zipapp, PEX).

use std::collections::BTreeMap;
use std::io::Read;

use crate::files::Files;

/// The largest archive that is read.
const ARCHIVE_LIMIT: usize = 64 << 20;
/// The largest member that is read.
const MEMBER_LIMIT: u64 = 8 << 20;
/// The end record with the longest comment.
const END_LENGTH: usize = 22;
const COMMENT_LIMIT: usize = 65_535;

/// Whether a regular file is a zip: told by its beginning or, for a program before it, by its end.
pub(crate) fn is_zip(files: &Files, path: &[u8]) -> bool {
    if !files.is_file(path) {
        return false;
    }
    match files.read(path, 4).as_deref() {
        Some(b"PK\x03\x04" | b"PK\x05\x06") => true,
        Some([b'#', b'!', ..]) => Archive::read(files, path).is_some(),
        _ => false,
    }
}

/// An archive.
#[derive(Debug)]
pub struct Archive {
    bytes: Vec<u8>,
    /// Where the first member's header is, less where the directory says that it is.
    shift: usize,
    members: BTreeMap<String, Member>,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    offset: usize,
    stored: usize,
    method: u16,
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let word = u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?);
    usize::try_from(word).ok()
}

impl Archive {
    /// Reads the directory of the archive at `path`; `None` if it is none.
    pub(super) fn read(files: &Files, path: &[u8]) -> Option<Archive> {
        Archive::parse(files.read(path, ARCHIVE_LIMIT)?)
    }

    /// Reads the directory of an archive; `None` if it is none.
    pub fn parse(bytes: Vec<u8>) -> Option<Archive> {
        let first = bytes.len().checked_sub(END_LENGTH)?;
        let last = first.saturating_sub(COMMENT_LIMIT);
        let end = (last..=first)
            .rev()
            .find(|at| bytes[*at..].starts_with(b"PK\x05\x06"))?;
        let (size, offset) = (word(&bytes, end + 12)?, word(&bytes, end + 16)?);
        let start = end.checked_sub(size)?;
        let shift = start.checked_sub(offset)?;
        let mut members = BTreeMap::new();
        let mut at = start;
        while at < end && bytes[at..].starts_with(b"PK\x01\x02") {
            let lengths = [
                half(&bytes, at + 28)?,
                half(&bytes, at + 30)?,
                half(&bytes, at + 32)?,
            ]
            .map(usize::from);
            let name = bytes.get(at + 46..at + 46 + lengths[0])?;
            let member = Member {
                offset: word(&bytes, at + 42)?,
                stored: word(&bytes, at + 20)?,
                method: half(&bytes, at + 10)?,
            };
            members.insert(String::from_utf8_lossy(name).into_owned(), member);
            at += 46 + lengths.iter().sum::<usize>();
        }
        Some(Archive {
            bytes,
            shift,
            members,
        })
    }

    /// The names of its members.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// Whether it has this member.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Whether it has members below this directory, whose name ends with `/`.
    pub(super) fn has_directory(&self, name: &str) -> bool {
        self.members
            .range(name.to_string()..)
            .next()
            .is_some_and(|(found, _)| found.starts_with(name))
    }

    /// The content of a member, up to a limit.
    pub fn member(&self, name: &str) -> Option<Vec<u8>> {
        let member = self.members.get(name)?;
        let at = member.offset.checked_add(self.shift)?;
        let header = self.bytes.get(at..)?;
        if !header.starts_with(b"PK\x03\x04") {
            return None;
        }
        let start = 30 + usize::from(half(header, 26)?) + usize::from(half(header, 28)?);
        let stored = header.get(start..start.checked_add(member.stored)?)?;
        let mut content = Vec::new();
        match member.method {
            0 => stored.take(MEMBER_LIMIT).read_to_end(&mut content).ok()?,
            8 => flate2::read::DeflateDecoder::new(stored)
                .take(MEMBER_LIMIT)
                .read_to_end(&mut content)
                .ok()?,
            _ => return None,
        };
        Some(content)
    }
}
