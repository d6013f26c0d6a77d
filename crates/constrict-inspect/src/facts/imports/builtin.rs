//! Modules that are compiled into interpreters: those always are, and those that are where no file has them.
//!
//! Source: CPython's `Modules/config.c.in` and `Modules/Setup*`; Debian and python-build-standalone compile in more.

/// Compiled into every CPython.
const ALWAYS: &[&str] = &[
    "__builtin__",
    "_abc",
    "_ast",
    "_codecs",
    "_collections",
    "_contextvars",
    "_functools",
    "_imp",
    "_io",
    "_locale",
    "_operator",
    "_signal",
    "_sre",
    "_stat",
    "_string",
    "_suggestions",
    "_symtable",
    "_sysconfig",
    "_thread",
    "_tokenize",
    "_tracemalloc",
    "_typing",
    "_warnings",
    "_weakref",
    "atexit",
    "builtins",
    "errno",
    "faulthandler",
    "gc",
    "itertools",
    "marshal",
    "posix",
    "pwd",
    "sys",
    "time",
    "_frozen_importlib",
    "_frozen_importlib_external",
    "zipimport",
];

/// Extension modules that distributions of Python compile in as they like.
const SOMETIMES: &[&str] = &[
    "_asyncio",
    "_bisect",
    "_blake2",
    "_bz2",
    "_codecs_cn",
    "_codecs_hk",
    "_codecs_iso2022",
    "_codecs_jp",
    "_codecs_kr",
    "_codecs_tw",
    "_crypt",
    "_csv",
    "_ctypes",
    "_curses",
    "_curses_panel",
    "_datetime",
    "_dbm",
    "_decimal",
    "_elementtree",
    "_gdbm",
    "_hashlib",
    "_heapq",
    "_hmac",
    "_interpchannels",
    "_interpqueues",
    "_interpreters",
    "_json",
    "_lsprof",
    "_lzma",
    "_md5",
    "_multibytecodec",
    "_multiprocessing",
    "_opcode",
    "_pickle",
    "_posixshmem",
    "_posixsubprocess",
    "_queue",
    "_random",
    "_remote_debugging",
    "_scproxy",
    "_sha1",
    "_sha2",
    "_sha256",
    "_sha3",
    "_sha512",
    "_socket",
    "_sqlite3",
    "_ssl",
    "_statistics",
    "_struct",
    "_testcapi",
    "_tkinter",
    "_types",
    "_uuid",
    "_xxinterpchannels",
    "_xxsubinterpreters",
    "_zoneinfo",
    "_zstd",
    "array",
    "audioop",
    "binascii",
    "cmath",
    "fcntl",
    "grp",
    "math",
    "mmap",
    "nis",
    "ossaudiodev",
    "parser",
    "pyexpat",
    "readline",
    "resource",
    "select",
    "spwd",
    "syslog",
    "termios",
    "unicodedata",
    "xxlimited",
    "xxsubtype",
    "zlib",
];

/// Those of [`SOMETIMES`] that need a library of the system: left out where it was not there, never compiled in alone.
const HEAVY: &[&str] = &[
    "_bz2",
    "_crypt",
    "_ctypes",
    "_curses",
    "_curses_panel",
    "_dbm",
    "_gdbm",
    "_hashlib",
    "_lzma",
    "_sqlite3",
    "_ssl",
    "_tkinter",
    "_uuid",
    "_zstd",
    "nis",
    "ossaudiodev",
    "readline",
];

/// Whether a module is in the interpreter whatever files there are.
pub(super) fn is_always(name: &str) -> bool {
    ALWAYS.contains(&name)
}

/// Whether a module may be in the interpreter if no file has it. `dynamic` are the extension modules that files have,
/// `listed` tells whether the interpreter's own list of modules has a name, if it can be read.
pub(super) fn may_be(
    name: &str,
    dynamic: &[String],
    listed: impl Fn(&str) -> Option<bool>,
) -> bool {
    if !SOMETIMES.contains(&name) {
        return false;
    }
    let heavy_on_disk = || dynamic.iter().any(|found| HEAVY.contains(&found.as_str()));
    !HEAVY.contains(&name) || (!heavy_on_disk() && listed(name) != Some(false))
}

/// What every interpreter has in the list of modules that are compiled in: an object without them has no such list.
const LISTED: [&str; 2] = ["marshal", "_imp"];

/// The texts of a program or library that [`is_listed`] looks for, of the millions of bytes that it has.
pub(super) fn texts(object: &[u8]) -> Vec<u8> {
    let asked: Vec<&[u8]> = HEAVY
        .iter()
        .chain(&LISTED)
        .map(|name| name.as_bytes())
        .collect();
    let shortest = asked.iter().map(|name| name.len()).min().unwrap_or(0);
    let mut texts = Vec::new();
    for text in object.split(|byte| *byte == 0) {
        // most of what lies between two zeros is no text at all
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if text
            .iter()
            .rev()
            .take(shortest)
            .filter(|byte| is_word(byte))
            .count()
            < shortest
        {
            continue;
        }
        if let Some(name) = longest(&asked, text) {
            texts.extend_from_slice(name);
            texts.push(0);
        }
    }
    texts
}

/// The longest of the names that a text ends with; it ends with all that the text ends with.
fn longest<'n>(names: &[&'n [u8]], text: &[u8]) -> Option<&'n [u8]> {
    let ending = names.iter().filter(|name| text.ends_with(name));
    ending.max_by_key(|name| name.len()).copied()
}

/// Whether one of these programs and libraries, of which [`texts`] are left, has the name in the list of modules that are
/// compiled in; `None` if that list is in none of them.
pub(super) fn is_listed(objects: &[Vec<u8>], name: &str) -> Option<bool> {
    // linkers keep one string for all that end alike
    let has = |name: &str| {
        let mut texts = objects
            .iter()
            .flat_map(|texts| texts.split(|byte| *byte == 0));
        texts.any(|text| text.ends_with(name.as_bytes()))
    };
    LISTED.into_iter().all(has).then(|| has(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_object_only_the_names_of_modules_are_kept() {
        let object =
            b"\x7fELF\0\0PyInit__bz2\0_bz2x\0x_imp\0\xff\0marshal\0a nis\0is\0\x01\x02_ssl";
        assert_eq!(texts(object), b"_bz2\0_imp\0marshal\0nis\0_ssl\0");
        assert_eq!(texts(b""), b"");
    }

    #[test]
    fn the_list_tells_only_where_it_is_one() {
        let objects = |object: &[u8]| vec![texts(object), texts(b"else")];
        let listed = objects(b"_imp\0\x90marshal\0_zstd\0");
        let answers = ["_zstd", "_ssl", "marshal"].map(|name| is_listed(&listed, name));
        assert_eq!(answers, [Some(true), Some(false), Some(true)]);
        assert_eq!(is_listed(&objects(b"_imp\0_zstd\0"), "_zstd"), None);
    }
}
