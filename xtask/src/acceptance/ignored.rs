//! The one table of differences that are known, with their reasons; `docs/compatibility.md` shows it to users.
//!
//! It applies to the seeds only, whose RUN steps use the network and clocks; a conformance case ignores nothing.

use serde_json::Value;

/// Which known differences a comparison forgives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ignored {
    /// None: the conformance cases.
    Nothing,
    /// Those of [`PATHS`] and [`VARIABLES`]: the seeds.
    Seeds,
}

/// Where a rule applies.
enum At {
    Path(&'static str),
    Below(&'static str),
    Suffix(&'static str),
}

/// Paths whose difference says nothing about the builder, and why.
const PATHS: &[(At, &str)] = &[
    (
        At::Path("/etc/pip.conf"),
        "baked into the peers' bases; constrict brings pip's settings into RUN without a trace",
    ),
    (
        At::Path("/etc/ssl/certs/ca-certificates.crt"),
        "this machine's bundle is baked into the peers' bases",
    ),
    (
        At::Suffix(".pyc"),
        "pip and Python write the source's modification time into it",
    ),
    (At::Below("/var/log/"), "logs carry dates"),
    (
        At::Below("/var/cache/apt/"),
        "apt's binary caches carry dates and addresses",
    ),
    (
        At::Below("/var/cache/debconf/"),
        "written in the order and at the time of the run",
    ),
    (
        At::Path("/var/cache/ldconfig/aux-cache"),
        "carries inode numbers and times",
    ),
    (
        At::Below("/var/lib/apt/lists/"),
        "depends on the moment of the download",
    ),
    (
        At::Below("/root/.cache/"),
        "download caches carry dates and random names",
    ),
];

/// Variables of the peers' bases that the seeds' own bases do not have.
const VARIABLES: [&str; 2] = ["SSL_CERT_FILE=", "REQUESTS_CA_BUNDLE="];

impl Ignored {
    /// Whether a difference at `path` is known. One that is missing on one side is known too.
    pub(crate) fn path(self, path: &str) -> bool {
        self == Self::Seeds
            && PATHS.iter().any(|(at, _)| match at {
                At::Path(whole) => path == *whole,
                At::Below(prefix) => path.starts_with(prefix),
                At::Suffix(suffix) => path.ends_with(suffix),
            })
    }

    /// Whether the two values of configuration `key` differ only in known ways.
    pub(crate) fn config(self, key: &str, our: &Value, their: &Value) -> bool {
        self == Self::Seeds && key == "Env" && variables(our) == variables(their)
    }
}

fn variables(list: &Value) -> Vec<&str> {
    let all = list
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str);
    all.filter(|variable| !VARIABLES.iter().any(|known| variable.starts_with(known)))
        .collect()
}
