//! What inspection reads of one layer, kept apart from the layer so that it is decompressed once: texts as they are, of ELF
//! objects what they say of themselves, of bytecode the header.
//!
//! ```text
//! records       each a zstd frame: a text, the beginning of a file, or 64 bytes and the postcard of (Object, Symbols)
//! index         a zstd frame: the postcard of path -> place
//! footer        8 bytes offset of the index, 8 bytes its length (little endian), 16 bytes MAGIC
//! ```
//!
//! A file that a pack does not have was not worth keeping (images, archives, data): it is read from the layer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use constrict_elf::{Object, ReadAt, Symbols};
use constrict_oci::layer::{FoundEntry, Limits, NewKind, read_layer};
use serde::{Deserialize, Serialize};

use crate::files::{Elf, file_name};

/// Tells a pack, and its version: what it holds changes with what is kept and with what `Object` has.
const MAGIC: &[u8; 16] = b"constrict-pack-2";
/// A text larger than this is kept only if it is Python's or a zip.
const SMALL: u64 = 256 << 10;
/// The largest file that is kept at all.
const LARGE: u64 = 8 << 20;
/// Of a file that is kept for its beginning only.
const HEAD: usize = 64;
/// An ELF object larger than this is read from a temporary file instead of from memory.
const SPOOL: u64 = 32 << 20;

/// Endings of files that no rule reads.
const UNREAD: &[&str] = &[
    "a", "bmp", "c", "cc", "cpp", "css", "csv", "gif", "h", "hpp", "htm", "html", "ico", "jpeg",
    "jpg", "js", "map", "md", "mo", "npy", "npz", "o", "otf", "pdf", "pkl", "pl", "pm", "png",
    "po", "pxd", "pyi", "pyx", "rst", "svg", "tif", "tiff", "ts", "ttf", "woff", "woff2", "xml",
    "bz2", "gz", "xz", "zst", "jsonl", "parquet",
];
/// Directories below which nothing is read.
const UNREAD_BELOW: &[&str] = &[
    "usr/share/doc/",
    "usr/share/man/",
    "usr/share/locale/",
    "usr/share/zoneinfo/",
    "usr/share/terminfo/",
    "usr/share/perl",
    "lib/terminfo/",
    "usr/lib/terminfo/",
    "usr/share/i18n/",
    "usr/share/info/",
    "usr/share/icons/",
    "usr/share/fonts/",
];

/// What is kept of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kept {
    Whole,
    Head,
    Elf,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Place {
    kept: Kept,
    offset: u64,
    stored: u32,
    length: u32,
}

/// The pack of a layer, open for reading.
pub struct Pack {
    file: File,
    places: HashMap<String, Place>,
}

/// What a pack knows of a file's content.
pub enum Found {
    /// The bytes asked for.
    Content(Vec<u8>),
    /// It does not have them.
    Unknown,
}

impl Pack {
    /// Opens a pack; an error of kind `InvalidData` if it is none, or one of another version.
    pub fn open(path: &Path) -> io::Result<Pack> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let damaged = || io::Error::from(io::ErrorKind::InvalidData);
        let mut footer = [0; 32];
        file.seek(SeekFrom::Start(length.checked_sub(32).ok_or_else(damaged)?))?;
        file.read_exact(&mut footer)?;
        if &footer[16..] != MAGIC {
            return Err(damaged());
        }
        let number =
            |at: usize| u64::from_le_bytes(footer[at..at + 8].try_into().expect("eight bytes"));
        let (offset, size) = (number(0), number(8));
        if offset.checked_add(size).is_none_or(|end| end > length) {
            return Err(damaged());
        }
        let mut index = vec![0; usize::try_from(size).map_err(|_| damaged())?];
        file.read_exact_at(&mut index, offset)?;
        let places =
            postcard::from_bytes(&zstd::decode_all(index.as_slice())?).map_err(|_| damaged())?;
        Ok(Pack { file, places })
    }

    fn record(&self, path: &[u8]) -> Option<(Kept, io::Result<Vec<u8>>)> {
        let place = self.places.get(&*String::from_utf8_lossy(path))?;
        let read = || {
            let mut stored = vec![0; place.stored as usize];
            self.file.read_exact_at(&mut stored, place.offset)?;
            decompress(&stored, place.length as usize)
        };
        Some((place.kept, read()))
    }

    /// The first `limit` bytes of the file that the layer has at `path`.
    pub fn read(&self, path: &[u8], limit: usize) -> io::Result<Found> {
        match self.record(path) {
            Some((Kept::Whole, content)) => {
                let mut content = content?;
                content.truncate(limit);
                Ok(Found::Content(content))
            }
            Some((Kept::Head | Kept::Elf, content)) if limit <= HEAD => {
                let mut content = content?;
                content.truncate(limit);
                Ok(Found::Content(content))
            }
            _ => Ok(Found::Unknown),
        }
    }

    /// What the ELF object that the layer has at `path` says of itself; `None` if it is none.
    pub fn object(&self, path: &[u8]) -> io::Result<Option<(Object, Symbols)>> {
        match self.record(path) {
            Some((Kept::Elf, bytes)) => {
                let bytes = bytes?;
                let facts = bytes.get(HEAD..).unwrap_or_default();
                match postcard::from_bytes(facts) {
                    Ok(object) => Ok(Some(object)),
                    Err(_) => Err(io::ErrorKind::InvalidData.into()),
                }
            }
            _ => Ok(None),
        }
    }
}

thread_local! {
    /// One for all records that a thread reads, as in [`write`].
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

fn decompress(stored: &[u8], length: usize) -> io::Result<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|decompressor| {
        let decompressor = match decompressor {
            Some(decompressor) => decompressor,
            None => decompressor.insert(zstd::bulk::Decompressor::new()?),
        };
        decompressor.decompress(stored, length)
    })
}

/// Writes the pack of a layer, compressed or not, to `out`; `spool` is where large objects are kept for a moment.
pub fn write(layer: impl Read, out: &mut (impl Write + ?Sized), spool: &Path) -> Result<(), Error> {
    let mut places: HashMap<String, Place> = HashMap::new();
    let mut offset = 0;
    // one for all: to set one up costs more than to compress a small file
    let mut compressor = zstd::bulk::Compressor::new(1)?;
    let mut visit = |found: FoundEntry, content: &mut dyn Read| -> Result<(), Error> {
        let NewKind::File { size } = found.entry.kind else {
            return Ok(());
        };
        let path = &found.entry.path;
        let mut head = Vec::new();
        content.take(HEAD as u64).read_to_end(&mut head)?;
        let Some(kept) = keep(path, size, &head) else {
            return Ok(());
        };
        let record = match kept {
            Kept::Head => head,
            Kept::Whole => {
                content.read_to_end(&mut head)?;
                head
            }
            Kept::Elf => {
                let mut record = head.clone();
                record.resize(HEAD, 0);
                match object(head, size, content, spool)? {
                    Some(object) => {
                        postcard::to_extend(&object, record).map_err(io::Error::other)?
                    }
                    None => return Ok(()),
                }
            }
        };
        let stored = compressor.compress(&record)?;
        let lengths = (u32::try_from(stored.len()), u32::try_from(record.len()));
        let (Ok(stored_length), Ok(length)) = lengths else {
            return Ok(());
        };
        out.write_all(&stored)?;
        let place = Place {
            kept,
            offset,
            stored: stored_length,
            length,
        };
        places.insert(String::from_utf8_lossy(path).into_owned(), place);
        offset += stored.len() as u64;
        Ok(())
    };
    read_layer(layer, &Limits::default(), &mut visit)?;
    let index = zstd::bulk::compress(&postcard::to_stdvec(&places).map_err(io::Error::other)?, 1)?;
    out.write_all(&index)?;
    out.write_all(&offset.to_le_bytes())?;
    out.write_all(&(index.len() as u64).to_le_bytes())?;
    out.write_all(MAGIC)?;
    Ok(())
}

/// Why no pack could be made of a layer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The layer is damaged.
    #[error(transparent)]
    Layer(#[from] constrict_oci::Error),
    /// It cannot be read, or the pack not be written.
    #[error("cannot write what inspection reads of a layer")]
    Io(#[from] io::Error),
}

/// What is worth keeping of a file.
fn keep(path: &[u8], size: u64, head: &[u8]) -> Option<Kept> {
    if head.starts_with(b"\x7fELF") {
        return Some(Kept::Elf);
    }
    if size == 0 {
        return None;
    }
    let name = String::from_utf8_lossy(file_name(path)).to_ascii_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending {
        "pyc" => return Some(Kept::Head),
        "py" | "pyz" | "zip" | "egg" | "whl" if size <= LARGE => return Some(Kept::Whole),
        _ => {}
    }
    let in_metadata = path.windows(11).any(|part| part == b".dist-info/")
        || path.windows(10).any(|part| part == b".egg-info/");
    if (head.starts_with(b"#!") || in_metadata || path.starts_with(b"etc/")) && size <= LARGE {
        return Some(Kept::Whole);
    }
    let unread = UNREAD.contains(&ending)
        || UNREAD_BELOW
            .iter()
            .any(|below| path.starts_with(below.as_bytes()));
    if path.starts_with(b"var/lib/dpkg/") || path.starts_with(b"lib/apk/db/") {
        let wanted = [b"status".as_slice(), b"installed"].contains(&file_name(path))
            || ending == "list"
            || path.windows(9).any(|part| part == b"status.d/");
        return (wanted && size <= 4 * LARGE).then_some(Kept::Whole);
    }
    match unread || size > SMALL {
        // enough to tell what it is
        true => Some(Kept::Head),
        false => Some(Kept::Whole),
    }
}

/// Reads an object whose first bytes are `head`.
fn object(
    mut head: Vec<u8>,
    size: u64,
    content: &mut dyn Read,
    spool: &Path,
) -> io::Result<Option<(Object, Symbols)>> {
    if size <= SPOOL {
        content.read_to_end(&mut head)?;
        return Ok(elf(&head));
    }
    let mut file = tempfile::tempfile_in(spool)?;
    file.write_all(&head)?;
    io::copy(content, &mut file)?;
    Ok(elf(&OnDisk::new(file)?))
}

/// The facts of an ELF object; `None` if it is none, or damaged.
pub(crate) fn elf(source: &dyn ReadAt) -> Option<Elf> {
    let object = Object::read(source).ok()?;
    let symbols = Symbols::read(source).unwrap_or_default();
    Some((object, symbols))
}

/// A file of the host that objects are read from.
pub(crate) struct OnDisk(File, u64);

impl OnDisk {
    pub(crate) fn new(file: File) -> io::Result<OnDisk> {
        let length = file.metadata()?.len();
        Ok(OnDisk(file, length))
    }
}

impl ReadAt for OnDisk {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        FileExt::read_at(&self.0, buffer, offset)
    }

    fn len(&self) -> u64 {
        self.1
    }
}
