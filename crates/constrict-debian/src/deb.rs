//! `.deb` archives: control files and the tar entries of the data. Never writes a file.
//!
//! Format: deb(5). An ar archive of `debian-binary` (`2.0`), `control.tar[.gz|.xz|.zst]`, `data.tar[.gz|.xz|.zst]`.

use std::collections::BTreeMap;
use std::io::Read;

use crate::Result;
use crate::paragraph::Paragraph;

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

/// Reads only the control member.
pub fn read_control(deb: impl Read) -> Result<Control> {
    let _ = deb;
    unimplemented!()
}

/// Reads a package in one pass: the control member is returned, every data entry is handed to `visit` with its bytes.
///
/// `visit` need not read an entry to its end.
pub fn read_deb<E: From<crate::Error>>(
    deb: impl Read,
    visit: impl FnMut(&Control, &Entry, &mut dyn Read) -> Result<(), E>,
) -> Result<Control, E> {
    let _ = (deb, visit);
    unimplemented!()
}
