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

/// Whether one of these programs and libraries has the name in the list of modules that are compiled in; `None` if that list
/// is in none of them.
pub(super) fn is_listed(objects: &[Vec<u8>], name: &str) -> Option<bool> {
    // linkers keep one string for all that end alike
    let ends = |text: &[u8], name: &str| text.ends_with(name.as_bytes());
    let has = |name: &str| {
        let texts = objects
            .iter()
            .flat_map(|object| object.split(|byte| *byte == 0));
        texts.into_iter().any(|text| ends(text, name))
    };
    // every interpreter has these
    (has("marshal") && has("_imp")).then(|| has(name))
}
