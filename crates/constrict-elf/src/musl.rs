//! What musl's loader has of its own: the path file, and the names by which libc is asked for.
//!
//! Format of `/etc/ld-musl-ARCH.path`: directories, separated by line ends or colons.

/// Names that musl's loader answers itself, between `lib` and the rest.
const OWN: [&[u8]; 7] = [
    b"c.",
    b"pthread.",
    b"rt.",
    b"m.",
    b"dl.",
    b"util.",
    b"xnet.",
];

/// The directories in a path file, or in `LD_LIBRARY_PATH`. As in the loader, an empty file has none.
pub fn path_file(text: &[u8]) -> Vec<Vec<u8>> {
    text.split(|byte| b":\n".contains(byte))
        .filter(|directory| !directory.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

/// The directories that are searched where there is no path file.
pub fn default_path() -> Vec<Vec<u8>> {
    path_file(b"/lib:/usr/local/lib:/usr/lib")
}

/// The path file of the loader at `loader`, such as `/etc/ld-musl-x86_64.path` for `/lib/ld-musl-x86_64.so.1`; `None`
/// for other names. A loader below a prefix has its file there too.
pub fn path_file_of(loader: &[u8]) -> Option<Vec<u8>> {
    let mut parts = loader.rsplitn(3, |&byte| byte == b'/');
    let name = parts.next()?;
    let _directory = parts.next()?;
    let arch = name.strip_prefix(b"ld-musl-")?.strip_suffix(b".so.1")?;
    let prefix = parts.next().unwrap_or_default();
    Some([prefix, b"/etc/ld-musl-", arch, b".path"].concat())
}

/// Whether musl's loader takes a library of this name for itself: `libc.musl-x86_64.so.1`, but `libc.so.6` too.
pub fn is_libc(name: &[u8]) -> bool {
    name.strip_prefix(b"lib")
        .is_some_and(|rest| OWN.iter().any(|own| rest.starts_with(own)))
}
