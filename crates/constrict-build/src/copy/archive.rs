//! A tar archive that ADD unpacks, plain or compressed with gzip, bzip2, xz or zstd, as a [`View`].
//!
//! Contents are spooled once to an unlinked file of the store; nothing of the archive is ever made on the host.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use constrict_oci::{Digest, Hasher};

use crate::error::{Error, IoContext, Result};
use crate::view::{FileKind, Meta, View, clean};

/// A member: its path, what it is, and the path that it is another name for.
type Member = (Vec<u8>, Meta, Option<Vec<u8>>);

/// An archive that was read.
pub(crate) struct ArchiveView {
    members: Vec<Member>,
    /// For each file: offset and size in the spool, and the digest.
    contents: BTreeMap<Vec<u8>, (u64, u64, Digest)>,
    spool: File,
}

impl ArchiveView {
    /// Reads `content` if it is an archive; anything else is `None`. `spool` is a name for a temporary file.
    pub(crate) fn read(content: Box<dyn Read + '_>, spool: &Path) -> Result<Option<Self>> {
        let mut content = BufReader::new(content);
        let mut magic = Vec::new();
        (&mut content)
            .take(6)
            .read_to_end(&mut magic)
            .at("read", spool)?;
        let content = std::io::Cursor::new(magic.clone()).chain(content);
        let Some(plain) = decompress(&magic, content) else {
            return Ok(None);
        };
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(spool)
            .at("create", spool)?;
        std::fs::remove_file(spool).at("delete", spool)?;
        let mut view = ArchiveView {
            members: Vec::new(),
            contents: BTreeMap::new(),
            spool: file,
        };
        let mut archive = tar::Archive::new(plain);
        let Ok(mut entries) = archive.entries() else {
            return Ok(None);
        };
        match entries.next() {
            Some(Ok(first)) => view.add(first)?,
            _ => return Ok(None),
        }
        for entry in entries {
            view.add(entry.map_err(broken)?)?;
        }
        Ok(Some(view))
    }

    /// The members in their order.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    fn add(&mut self, mut entry: tar::Entry<'_, impl Read>) -> Result<()> {
        let kind = entry.header().entry_type();
        let raw = entry.path_bytes().into_owned();
        if raw.split(|byte| *byte == b'/').any(|part| part == b"..") {
            return Err(Error::Invalid(format!(
                "archive member `{}` leaves the archive",
                String::from_utf8_lossy(&raw)
            )));
        }
        let path = clean(&raw);
        let link = entry
            .link_name_bytes()
            .map(std::borrow::Cow::into_owned)
            .unwrap_or_default();
        let header = entry.header();
        let (major, minor) = (
            header.device_major().ok().flatten().unwrap_or_default(),
            header.device_minor().ok().flatten().unwrap_or_default(),
        );
        let mut hard_link = None;
        let file_kind = match kind {
            tar::EntryType::Directory => FileKind::Directory,
            tar::EntryType::Symlink => FileKind::Symlink { target: link },
            tar::EntryType::Link => {
                hard_link = Some(clean(&link));
                FileKind::Regular { size: 0 }
            }
            tar::EntryType::Char => FileKind::CharDevice { major, minor },
            tar::EntryType::Block => FileKind::BlockDevice { major, minor },
            tar::EntryType::Fifo => FileKind::Fifo,
            tar::EntryType::XGlobalHeader => return Ok(()),
            _ => FileKind::Regular { size: 0 },
        };
        let mut meta = Meta {
            kind: file_kind,
            mode: header.mode().map_err(broken)? & 0o7777,
            uid: header.uid().map_err(broken)? as u32,
            gid: header.gid().map_err(broken)? as u32,
            mtime: header.mtime().map_err(broken)? as i64,
            xattrs: BTreeMap::new(),
            link_group: None,
        };
        if let (FileKind::Regular { size }, None) = (&mut meta.kind, &hard_link) {
            *size = self.spool_content(&path, &mut entry)?;
        }
        self.members.push((path, meta, hard_link));
        Ok(())
    }

    fn spool_content(&mut self, path: &[u8], content: &mut impl Read) -> Result<u64> {
        let offset = self
            .spool
            .seek(SeekFrom::End(0))
            .at("seek in", "a temporary file")?;
        let mut hasher = Hasher::sha256();
        let mut size = 0;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let n = content.read(&mut buffer).map_err(broken)?;
            if n == 0 {
                break;
            }
            hasher.update(&buffer[..n]);
            self.spool
                .write_all(&buffer[..n])
                .at("write", "a temporary file")?;
            size += n as u64;
        }
        self.contents
            .insert(path.to_vec(), (offset, size, hasher.finish()));
        Ok(size)
    }
}

fn broken(error: std::io::Error) -> Error {
    Error::Invalid(format!("the archive is damaged: {error}"))
}

/// The plain bytes, by the compression that the first bytes tell.
fn decompress<'r>(magic: &[u8], content: impl Read + 'r) -> Option<Box<dyn Read + 'r>> {
    Some(match magic {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(content)),
        [b'B', b'Z', b'h', ..] => Box::new(bzip2::read::MultiBzDecoder::new(content)),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => Box::new(lzma_rust2::XzReader::new(content, true)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::new(content).ok()?),
        _ => Box::new(content),
    })
}

/// A part of the spool.
struct Part<'a> {
    spool: &'a File,
    offset: u64,
    left: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let limit = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let n = self.spool.read_at(&mut buffer[..limit], self.offset)?;
        self.offset += n as u64;
        self.left -= n as u64;
        Ok(n)
    }
}

impl View for ArchiveView {
    fn meta(&self, path: &[u8]) -> Result<Option<Meta>> {
        Ok(self
            .members
            .iter()
            .rev()
            .find(|(member, ..)| member == path)
            .map(|(_, meta, _)| meta.clone()))
    }

    fn list(&self, _path: &[u8]) -> Result<Vec<Vec<u8>>> {
        Ok(Vec::new())
    }

    fn digest(&self, path: &[u8]) -> Result<Digest> {
        match self.contents.get(path) {
            Some((_, _, digest)) => Ok(*digest),
            None => Ok(Digest::of(b"")),
        }
    }

    fn open(&self, path: &[u8]) -> Result<Box<dyn Read + '_>> {
        let (offset, left) = self
            .contents
            .get(path)
            .map_or((0, 0), |(offset, size, _)| (*offset, *size));
        Ok(Box::new(Part {
            spool: &self.spool,
            offset,
            left,
        }))
    }

    fn name(&self) -> String {
        "the archive".into()
    }
}
