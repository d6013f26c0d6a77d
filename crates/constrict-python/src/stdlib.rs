//! What the standard library of each X.Y brings along, and what went out of it or came later.
//!
//! Knows names only: whether an image's cut-down interpreter has the files is the caller's to see. Covers CPython 3.6
//! to 3.14; a later version is taken for 3.14.

mod attributes;
mod later;
mod modules;

use attributes::ATTRIBUTES;
use later::LATER;
use modules::MODULES;

pub use later::LaterName;

/// Something that left the standard library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removal {
    /// The module, or the dotted path of the attribute.
    pub path: &'static str,
    /// The first version without it.
    pub removed: (u8, u8),
    /// What takes its place: a name or a sentence.
    pub replacement: &'static str,
    /// A distribution that still provides it under the same name.
    pub distribution: Option<&'static str>,
}

/// A module that came to the standard library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addition {
    /// The module.
    pub module: &'static str,
    /// The first version with it.
    pub added: (u8, u8),
    /// The distribution, and its module, that serve older versions.
    pub backport: Option<(&'static str, &'static str)>,
}

/// Whether the X.Y has a top-level module of that name, on any system.
pub fn is_module(name: &str, python: (u8, u8)) -> bool {
    let minor = minor(python);
    python.0 == 3
        && row(name).is_some_and(|(first, end)| first <= minor && end.is_none_or(|end| minor < end))
}

/// Whether any 3.Y up to this crate's knowledge has or had a top-level module of that name.
pub fn was_ever_module(name: &str) -> bool {
    row(name).is_some()
}

/// The names of the X.Y's top-level modules, sorted.
pub fn modules(python: (u8, u8)) -> impl Iterator<Item = &'static str> {
    let names = MODULES.iter().map(|(name, _, _)| *name);
    names.filter(move |name| is_module(name, python))
}

/// Whether some usual build of CPython has the module compiled in, so that no file need be there for it.
pub fn may_be_builtin(name: &str) -> bool {
    BUILTIN.binary_search(&name).is_ok()
}

/// The removal that a dotted module name meets in X.Y: of itself or of a package above it.
pub fn removed_module(module: &str, python: (u8, u8)) -> Option<&'static Removal> {
    let within = |path: &str| {
        module
            .strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    REMOVED
        .iter()
        .find(|removal| within(removal.path) && removal.removed <= python)
}

/// The addition that a dotted module name would need a later version than X.Y for.
pub fn later_module(module: &str, python: (u8, u8)) -> Option<&'static Addition> {
    let within = |path: &str| {
        module
            .strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    ADDED
        .iter()
        .find(|addition| within(addition.module) && addition.added > python)
}

/// The removal that an attribute path such as `collections.Mapping` meets in X.Y, also for a longer path.
pub fn removed_attribute(path: &str, python: (u8, u8)) -> Option<&'static Removal> {
    let mut rest = path;
    loop {
        let found = ATTRIBUTES.binary_search_by(|removal| removal.path.cmp(rest));
        if let Ok(index) = found {
            return Some(&ATTRIBUTES[index]).filter(|removal| removal.removed <= python);
        }
        let (shorter, _) = rest.rsplit_once('.')?;
        rest = shorter;
    }
}

/// The name that X.Y is too old for: `datetime.UTC`, the module included.
pub fn later_name(path: &str, python: (u8, u8)) -> Option<&'static LaterName> {
    let index = LATER.binary_search_by(|later| later.path.cmp(path)).ok()?;
    Some(&LATER[index]).filter(|later| later.added > python)
}

fn minor(python: (u8, u8)) -> u8 {
    python.1.clamp(6, 14)
}

fn row(name: &str) -> Option<(u8, Option<u8>)> {
    let index = MODULES
        .binary_search_by(|(known, _, _)| (*known).cmp(name))
        .ok()?;
    let (_, first, end) = MODULES[index];
    Some((first, end))
}

/// Compiled into the interpreters of Docker's, Debian's and Alpine's images or into static builds; sorted.
const BUILTIN: [&str; 76] = [
    "_abc",
    "_ast",
    "_bisect",
    "_blake2",
    "_codecs",
    "_codecs_cn",
    "_collections",
    "_contextvars",
    "_csv",
    "_datetime",
    "_elementtree",
    "_frozen_importlib",
    "_frozen_importlib_external",
    "_functools",
    "_heapq",
    "_hmac",
    "_imp",
    "_io",
    "_json",
    "_locale",
    "_md5",
    "_multibytecodec",
    "_opcode",
    "_operator",
    "_peg_parser",
    "_pickle",
    "_posixsubprocess",
    "_queue",
    "_random",
    "_sha1",
    "_sha2",
    "_sha256",
    "_sha3",
    "_sha512",
    "_signal",
    "_socket",
    "_sre",
    "_stat",
    "_statistics",
    "_string",
    "_struct",
    "_suggestions",
    "_symtable",
    "_sysconfig",
    "_thread",
    "_tokenize",
    "_tracemalloc",
    "_types",
    "_typing",
    "_warnings",
    "_weakref",
    "array",
    "atexit",
    "binascii",
    "builtins",
    "cmath",
    "errno",
    "faulthandler",
    "fcntl",
    "gc",
    "grp",
    "itertools",
    "marshal",
    "math",
    "posix",
    "pwd",
    "pyexpat",
    "select",
    "spwd",
    "sys",
    "syslog",
    "time",
    "unicodedata",
    "xxsubtype",
    "zipimport",
    "zlib",
];

const fn module(path: &'static str, minor: u8, replacement: &'static str) -> Removal {
    Removal {
        path,
        removed: (3, minor),
        replacement,
        distribution: None,
    }
}

const fn provided(
    path: &'static str,
    minor: u8,
    replacement: &'static str,
    distribution: &'static str,
) -> Removal {
    Removal {
        path,
        removed: (3, minor),
        replacement,
        distribution: Some(distribution),
    }
}

/// Modules that left, PEP 594 and others.
const REMOVED: [Removal; 42] = [
    provided("aifc", 13, "`standard-aifc`", "standard-aifc"),
    provided("asynchat", 12, "asyncio", "pyasynchat"),
    provided("asyncore", 12, "asyncio", "pyasyncore"),
    module("asyncio.compat", 7, "nothing: it was internal"),
    provided("audioop", 13, "`audioop-lts`", "audioop-lts"),
    module("binhex", 11, "nothing"),
    provided(
        "cgi",
        13,
        "`legacy-cgi`, `email.message`, `urllib.parse`",
        "legacy-cgi",
    ),
    provided("cgitb", 13, "`legacy-cgi`", "legacy-cgi"),
    provided("chunk", 13, "`standard-chunk`", "standard-chunk"),
    provided(
        "crypt",
        13,
        "`bcrypt`, `passlib`, `hashlib`",
        "standard-crypt",
    ),
    module("distutils.command.bdist_msi", 11, "`bdist_wheel`"),
    module("distutils.command.bdist_wininst", 10, "`bdist_wheel`"),
    provided(
        "distutils",
        12,
        "`setuptools`, `packaging`, `shutil`, `sysconfig`",
        "setuptools",
    ),
    module("dummy_threading", 9, "threading"),
    module("_dummy_thread", 9, "_thread"),
    module("_bootlocale", 10, "locale"),
    module("formatter", 10, "nothing"),
    provided(
        "imghdr",
        13,
        "`filetype`, `puremagic`, `python-magic`",
        "standard-imghdr",
    ),
    module("imp", 12, "importlib"),
    module("lib2to3", 13, "`libcst`, `parso`"),
    module("macpath", 8, "os.path"),
    module("macurl2path", 7, "urllib.request"),
    provided("mailcap", 13, "mimetypes", "standard-mailcap"),
    module("msilib", 13, "nothing"),
    module("nis", 13, "nothing"),
    provided("nntplib", 13, "`standard-nntplib`", "standard-nntplib"),
    module("ossaudiodev", 13, "`pygame`"),
    module("parser", 10, "ast"),
    provided("pipes", 13, "subprocess, `shlex.quote`", "standard-pipes"),
    module("smtpd", 12, "`aiosmtpd`"),
    provided(
        "sndhdr",
        13,
        "`filetype`, `puremagic`, `python-magic`",
        "standard-sndhdr",
    ),
    module("spwd", 13, "`python-pam`"),
    provided("sunau", 13, "`standard-sunau`", "standard-sunau"),
    module("symbol", 10, "ast"),
    provided(
        "telnetlib",
        13,
        "`telnetlib3`, `Exscript`",
        "standard-telnetlib",
    ),
    module("typing.io", 13, "typing"),
    module("typing.re", 13, "typing"),
    provided("uu", 13, "base64, binascii", "standard-uu"),
    provided("xdrlib", 13, "`standard-xdrlib`", "standard-xdrlib"),
    module("xml.etree.cElementTree", 9, "xml.etree.ElementTree"),
    module("_crypt", 13, "nothing"),
    module("_peg_parser", 10, "ast"),
];

const fn added(
    module: &'static str,
    minor: u8,
    backport: Option<(&'static str, &'static str)>,
) -> Addition {
    Addition {
        module,
        added: (3, minor),
        backport,
    }
}

/// Modules that came after 3.6.
const ADDED: [Addition; 16] = [
    added("annotationlib", 14, None),
    added("asyncio.runners", 7, None),
    added("asyncio.taskgroups", 11, Some(("taskgroup", "taskgroup"))),
    added(
        "asyncio.timeouts",
        11,
        Some(("async-timeout", "async_timeout")),
    ),
    added("compression", 14, None),
    added(
        "compression.zstd",
        14,
        Some(("backports.zstd", "backports.zstd")),
    ),
    added("concurrent.interpreters", 14, None),
    added("contextvars", 7, Some(("contextvars", "contextvars"))),
    added("dataclasses", 7, Some(("dataclasses", "dataclasses"))),
    added("graphlib", 9, Some(("graphlib-backport", "graphlib"))),
    added(
        "importlib.metadata",
        8,
        Some(("importlib-metadata", "importlib_metadata")),
    ),
    added(
        "importlib.resources",
        7,
        Some(("importlib-resources", "importlib_resources")),
    ),
    added(
        "multiprocessing.shared_memory",
        8,
        Some(("shared-memory38", "shared_memory")),
    ),
    added("string.templatelib", 14, None),
    added("tomllib", 11, Some(("tomli", "tomli"))),
    added(
        "zoneinfo",
        9,
        Some(("backports.zoneinfo", "backports.zoneinfo")),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_names_are_sorted_and_told_by_version() {
        assert!(LATER.windows(2).all(|pair| pair[0].path < pair[1].path));
        let added = later_name("datetime.UTC", (3, 9)).map(|later| later.added);
        assert_eq!(added, Some((3, 11)));
        assert_eq!(later_name("datetime.UTC", (3, 11)), None);
        assert_eq!(later_name("datetime.datetime", (3, 6)), None);
    }

    #[test]
    fn tables_are_sorted() {
        assert!(MODULES.is_sorted_by(|one, next| one.0 < next.0));
        assert!(BUILTIN.is_sorted_by(|one, next| one < next));
        assert!(ATTRIBUTES.is_sorted_by(|one, next| one.path < next.path));
        assert!(ADDED.is_sorted_by(|one, next| one.module < next.module));
    }

    #[test]
    fn modules_come_and_go() {
        for (name, python, expected) in [
            ("distutils", (3, 11), true),
            ("distutils", (3, 12), false),
            ("cgi", (3, 12), true),
            ("cgi", (3, 13), false),
            ("tomllib", (3, 10), false),
            ("tomllib", (3, 11), true),
            ("dataclasses", (3, 6), false),
            ("os", (3, 14), true),
            ("annotationlib", (3, 14), true),
            ("flask", (3, 12), false),
            ("os", (2, 7), false),
        ] {
            assert_eq!(is_module(name, python), expected, "{name} {python:?}");
        }
        assert!(modules((3, 12)).any(|name| name == "json"));
        assert!(was_ever_module("asyncore") && !was_ever_module("numpy"));
        assert!(may_be_builtin("sys") && !may_be_builtin("ssl"));
    }

    #[test]
    fn removals_name_their_replacement() {
        let removal = removed_module("distutils.version", (3, 12)).unwrap();
        assert_eq!(
            (removal.path, removal.distribution),
            ("distutils", Some("setuptools"))
        );
        assert!(removed_module("distutils.version", (3, 11)).is_none());
        assert!(removed_module("impala", (3, 12)).is_none());
        assert_eq!(
            removed_module("xml.etree.cElementTree", (3, 9))
                .unwrap()
                .replacement,
            "xml.etree.ElementTree"
        );
        let removal = removed_attribute("collections.Mapping.register", (3, 10)).unwrap();
        assert_eq!(
            (removal.path, removal.replacement),
            ("collections.Mapping", "collections.abc.Mapping")
        );
        assert!(removed_attribute("collections.Mapping", (3, 9)).is_none());
        assert!(removed_attribute("collections.OrderedDict", (3, 14)).is_none());
        let later = later_module("zoneinfo", (3, 8)).unwrap();
        assert_eq!(
            (later.added, later.backport.unwrap().0),
            ((3, 9), "backports.zoneinfo")
        );
        assert!(later_module("zoneinfo", (3, 9)).is_none());
    }
}
