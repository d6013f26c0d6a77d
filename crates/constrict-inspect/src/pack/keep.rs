//! What is worth keeping of a layer's files.

use crate::files::file_name;

/// A text larger than this is kept only if it is Python's or a zip.
const SMALL: u64 = 256 << 10;
/// The largest file that is kept at all.
const LARGE: u64 = 8 << 20;
/// Keys and certificates are searched for secrets up to this size.
const KEY: u64 = 1 << 20;
/// A larger interpreter or loader is not kept whole.
const PROGRAM: u64 = 16 << 20;

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

/// What is worth keeping of a file.
pub(super) enum Kept {
    /// Everything.
    Whole,
    /// The first bytes, enough to tell what it is.
    Head,
    /// What it says of itself; its bytes too if it `is_searched`.
    Elf {
        /// For what stands in it: a loader for its directories, an interpreter for its modules.
        is_searched: bool,
    },
}

fn is_searched(name: &[u8], size: u64) -> bool {
    let begins = [
        b"ld-".as_slice(),
        b"ld.so",
        b"libc.musl-",
        b"libpython",
        b"python",
    ];
    size <= PROGRAM && begins.iter().any(|begin| name.starts_with(begin))
}

/// What to keep of the file at `path`, whose first bytes are `head`; `None` if nobody will read it.
pub(super) fn keep(path: &[u8], size: u64, head: &[u8]) -> Option<Kept> {
    if head.starts_with(b"\x7fELF") {
        return Some(Kept::Elf {
            is_searched: is_searched(file_name(path), size),
        });
    }
    if size == 0 {
        return None;
    }
    let name = String::from_utf8_lossy(file_name(path)).to_ascii_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending {
        "pyc" => return Some(Kept::Head),
        "py" | "pyz" | "zip" | "egg" | "whl" if size <= LARGE => return Some(Kept::Whole),
        "pem" | "key" if size <= KEY => return Some(Kept::Whole),
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
    // an SBOM's licences, and the version of a Python
    let is_copyright = path.starts_with(b"usr/share/doc/") && name == "copyright";
    match (unread && !is_copyright && name != "patchlevel.h") || size > SMALL {
        true => Some(Kept::Head),
        false => Some(Kept::Whole),
    }
}
