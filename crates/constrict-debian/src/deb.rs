//! `.deb` archives: control files and the tar entries of the data. Never writes a file.
//!
//! Format: deb(5). An ar archive of `debian-binary` (`2.0`), `control.tar[.gz|.xz|.zst]`, `data.tar[.gz|.xz|.zst]`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read};

use crate::compression::Compression;
use crate::paragraph::Paragraph;
use crate::{Error, Result};

/// What the control member holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// The `control` file.
    pub paragraph: Paragraph,
    /// All other files by name (`md5sums`, `conffiles`, `preinst`, `triggers` ...).
    pub files: BTreeMap<String, ControlFile>,
}

/// A file of the control member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlFile {
    /// Permission bits.
    pub mode: u32,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// What an entry of the data member is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file; its bytes are read from the entry.
    File,
    /// A directory.
    Directory,
    /// A symbolic link and its target, as written.
    Symlink(String),
    /// Another name of an entry that came earlier: its path.
    Hardlink(String),
    /// A named pipe.
    Fifo,
    /// A character device.
    Character {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A block device.
    Block {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
}

/// One entry of the data member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Path below the root: no leading slash, no `.` or `..`; empty for the root itself.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Permission bits with set-id and sticky bits.
    pub mode: u32,
    /// Owner.
    pub uid: u64,
    /// Group.
    pub gid: u64,
    /// Seconds since the epoch.
    pub mtime: u64,
    /// Length of a file, bytes; 0 for everything else.
    pub size: u64,
}

/// Most bytes that a control member unfolds to.
const CONTROL_LIMIT: u64 = 64 << 20;

/// Most bytes that a data member unfolds to; the largest packages of the archive have 4 GiB.
const DATA_LIMIT: u64 = 32 << 30;

/// Most files in a control member; real ones have about ten.
const CONTROL_FILES: usize = 1000;

/// Reads only the control member.
pub fn read_control(mut deb: impl Read) -> Result<Control> {
    check_magic(&mut deb)?;
    let member = next_member(&mut deb, "control.tar")?;
    let bounded = (&mut deb).take(member.size);
    read_control_tar(
        member
            .compression
            .decoder(bounded, CONTROL_LIMIT)
            .map_err(Error::io(READ))?,
    )
}

/// Reads a package in one pass: the control member is returned, every data entry is handed to `visit` with its bytes.
///
/// `visit` need not read an entry to its end.
pub fn read_deb<E: From<Error>>(
    mut deb: impl Read,
    mut visit: impl FnMut(&Control, &Entry, &mut dyn Read) -> Result<(), E>,
) -> Result<Control, E> {
    check_magic(&mut deb)?;
    let member = next_member(&mut deb, "control.tar")?;
    let mut bounded = (&mut deb).take(member.size);
    let control = read_control_tar(
        member
            .compression
            .decoder(&mut bounded, CONTROL_LIMIT)
            .map_err(Error::io(READ))?,
    )?;
    io::copy(&mut bounded, &mut io::sink()).map_err(Error::io(READ))?;
    if member.size % 2 == 1 {
        io::copy(&mut (&mut deb).take(1), &mut io::sink()).map_err(Error::io(READ))?;
    }
    let member = next_member(&mut deb, "data.tar")?;
    let bounded = (&mut deb).take(member.size);
    let mut archive = tar::Archive::new(
        member
            .compression
            .decoder(bounded, DATA_LIMIT)
            .map_err(Error::io(READ))?,
    );
    for found in archive.entries().map_err(Error::io(READ))? {
        let mut found = found.map_err(Error::io(READ))?;
        let Some(entry) = read_entry(&mut found)? else {
            continue;
        };
        visit(&control, &entry, &mut found)?;
    }
    Ok(control)
}

const READ: &str = "read a package";

fn malformed(fact: &'static str) -> Error {
    Error::Format {
        format: "package",
        fact,
    }
}

/// A tar member of the ar archive.
struct Member {
    size: u64,
    compression: Compression,
}

fn check_magic(deb: &mut impl Read) -> Result<()> {
    let mut magic = [0; 8];
    deb.read_exact(&mut magic).map_err(Error::io(READ))?;
    if &magic != b"!<arch>\n" {
        return Err(malformed("is no ar archive"));
    }
    let (name, size) = read_header(deb)?;
    let mut version = [0; 4];
    if name != "debian-binary" || !(4..1024).contains(&size) {
        return Err(malformed("doesn't start with `debian-binary`"));
    }
    deb.read_exact(&mut version).map_err(Error::io(READ))?;
    if !version.starts_with(b"2.") {
        return Err(malformed("has a format other than 2"));
    }
    let rest = size - 4 + size % 2;
    io::copy(&mut deb.take(rest), &mut io::sink()).map_err(Error::io(READ))?;
    Ok(())
}

/// The next member, which has to be this one; members whose names start with `_` may stand before it.
fn next_member(deb: &mut impl Read, name: &str) -> Result<Member> {
    loop {
        let (found, size) = read_header(deb)?;
        if found.starts_with('_') {
            io::copy(&mut deb.take(size + size % 2), &mut io::sink()).map_err(Error::io(READ))?;
            continue;
        }
        let compression = match found.strip_prefix(name) {
            Some("") => Compression::None,
            Some(".gz") => Compression::Gzip,
            Some(".xz") => Compression::Xz,
            Some(".zst") => Compression::Zstd,
            _ => {
                return Err(malformed(
                    "has members in another order, or another compression",
                ));
            }
        };
        return Ok(Member { size, compression });
    }
}

/// An ar header: name and size.
fn read_header(deb: &mut impl Read) -> Result<(String, u64)> {
    let mut header = [0; 60];
    deb.read_exact(&mut header).map_err(Error::io(READ))?;
    let text = std::str::from_utf8(&header).map_err(|_| malformed("has a broken member header"))?;
    if !text.is_ascii() || !text.ends_with("`\n") {
        return Err(malformed("has a broken member header"));
    }
    let size = text[48..58]
        .trim()
        .parse()
        .map_err(|_| malformed("has a broken member size"))?;
    Ok((text[..16].trim_end().trim_end_matches('/').to_owned(), size))
}

fn read_control_tar(tar: impl Read) -> Result<Control> {
    let mut archive = tar::Archive::new(tar);
    let mut files = BTreeMap::new();
    for found in archive.entries().map_err(Error::io(READ))? {
        let mut found = found.map_err(Error::io(READ))?;
        let Some(entry) = read_entry(&mut found)? else {
            continue;
        };
        match entry.kind {
            Kind::Directory if entry.path.is_empty() => continue,
            Kind::File if !entry.path.contains('/') && files.len() < CONTROL_FILES => {}
            _ => return Err(malformed("has something other than files as control")),
        }
        let mut content = Vec::new();
        found.read_to_end(&mut content).map_err(Error::io(READ))?;
        files.insert(
            entry.path,
            ControlFile {
                mode: entry.mode,
                content,
            },
        );
    }
    let file = files
        .remove("control")
        .ok_or_else(|| malformed("has no control file"))?;
    Ok(Control {
        paragraph: Paragraph::parse_one("control", &file.content)?,
        files,
    })
}

/// The entry as this crate hands it on; none for the extension headers that say nothing about a file.
fn read_entry(found: &mut tar::Entry<'_, impl Read>) -> Result<Option<Entry>> {
    let raw = found.path_bytes().into_owned();
    let path = entry_path(&raw)?;
    let target = found.link_name_bytes().map(Cow::into_owned);
    let header = found.header();
    let device = |part: io::Result<Option<u32>>| {
        part.ok()
            .flatten()
            .ok_or_else(|| malformed("a device without number"))
    };
    let kind = match header.entry_type() {
        tar::EntryType::Regular | tar::EntryType::Continuous if raw.ends_with(b"/") => {
            Kind::Directory
        }
        tar::EntryType::Regular | tar::EntryType::Continuous => Kind::File,
        tar::EntryType::Directory => Kind::Directory,
        tar::EntryType::Symlink => Kind::Symlink(link_target(target)?),
        tar::EntryType::Link => Kind::Hardlink(entry_path(link_target(target)?.as_bytes())?),
        tar::EntryType::Fifo => Kind::Fifo,
        tar::EntryType::Char => Kind::Character {
            major: device(header.device_major())?,
            minor: device(header.device_minor())?,
        },
        tar::EntryType::Block => Kind::Block {
            major: device(header.device_major())?,
            minor: device(header.device_minor())?,
        },
        tar::EntryType::XGlobalHeader => return Ok(None),
        _ => return Err(malformed("has an entry of an unknown type")),
    };
    if path.is_empty() && kind != Kind::Directory {
        return Err(malformed("has an entry without a name"));
    }
    let number =
        |value: io::Result<u64>| value.map_err(|_| malformed("has a broken number in an entry"));
    Ok(Some(Entry {
        size: if kind == Kind::File { found.size() } else { 0 },
        path,
        kind,
        mode: header
            .mode()
            .map_err(|_| malformed("has a broken mode in an entry"))?
            & 0o7777,
        uid: number(header.uid())?,
        gid: number(header.gid())?,
        mtime: number(header.mtime())?,
    }))
}

/// `./usr/bin/x` → `usr/bin/x`; what leaves the root, or is no UTF-8, is refused.
fn entry_path(raw: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(raw).map_err(|_| malformed("has a path that is not UTF-8"))?;
    let parts: Vec<&str> = text
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    if parts.contains(&"..") || text.contains('\0') || text.contains('\n') {
        return Err(malformed("has a path that leaves its root"));
    }
    Ok(parts.join("/"))
}

fn link_target(target: Option<Vec<u8>>) -> Result<String> {
    let target = target.filter(|target| !target.is_empty() && !target.contains(&0));
    let target = target.ok_or_else(|| malformed("has a link without target"))?;
    String::from_utf8(target).map_err(|_| malformed("has a link target that is not UTF-8"))
}
