//! ELF objects: read from a layer as it passes, or from the host.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use constrict_elf::{Object, ReadAt, Symbols};

use crate::files::Elf;

/// An ELF object larger than this is read from a temporary file instead of from memory.
const SPOOL: u64 = 32 << 20;
/// What is kept of an object's bytes: what readers ask for who look for a `#!` first.
pub(super) const ELF_HEAD: usize = 512;

/// Reads an object whose first bytes are in `bytes`, which has all of a smaller one afterwards.
pub(super) fn object(
    bytes: &mut Vec<u8>,
    size: u64,
    content: &mut dyn Read,
    spool: &Path,
) -> io::Result<Option<Elf>> {
    if size <= SPOOL {
        content.read_to_end(bytes)?;
        return Ok(elf(&bytes.as_slice()));
    }
    content
        .take(ELF_HEAD as u64 - bytes.len() as u64)
        .read_to_end(bytes)?;
    let mut file = tempfile::tempfile_in(spool)?;
    file.write_all(bytes)?;
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
