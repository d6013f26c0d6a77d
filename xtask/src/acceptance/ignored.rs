//! The one table of differences that are known, with their reasons; `docs/compatibility.md` shows it to users.
//!
//! It applies to the seeds only, whose RUN steps use the network and clocks; a conformance case ignores nothing.

use serde_json::Value;

use super::tree::Entry;

/// Which known differences a comparison forgives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ignored {
    /// None: the conformance cases.
    Nothing,
    /// Those of the tables below: the seeds.
    Seeds,
}

/// Where a rule applies.
enum At {
    Path(&'static str),
    Below(&'static str),
    Suffix(&'static str),
}

/// Files of the peers' bases that the seeds' own bases have otherwise or not at all.
const BAKED: &[(At, &str)] = &[
    (
        At::Path("/etc/pip.conf"),
        "constrict brings pip's settings into RUN without a trace",
    ),
    (
        At::Path("/etc/ssl/certs/ca-certificates.crt"),
        "this machine's bundle; constrict mounts it during RUN",
    ),
    (
        At::Path("/etc/ssl"),
        "made for the bundle in the peers' bases",
    ),
    (
        At::Path("/etc/ssl/certs"),
        "made for the bundle in the peers' bases",
    ),
];

/// Files whose content two docker builds of the same seed do not share either; all else about them must agree.
const CONTENT: &[(At, &str)] = &[
    (At::Suffix(".pyc"), "carries its source's modification time"),
    (At::Path("/var/log/alternatives.log"), "carries dates"),
    (At::Path("/var/log/dpkg.log"), "carries dates"),
    (At::Below("/var/log/apt/"), "carries dates"),
    (
        At::Path("/var/cache/apt/pkgcache.bin"),
        "carries dates and addresses",
    ),
    (
        At::Path("/var/cache/apt/srcpkgcache.bin"),
        "carries dates and addresses",
    ),
    (
        At::Path("/var/cache/ldconfig/aux-cache"),
        "carries inode numbers and times",
    ),
    (
        At::Below("/root/.cache/pip/selfcheck/"),
        "carries the time of the check",
    ),
    (
        At::Suffix("/pip-26.3.dist-info/RECORD"),
        "virtualenv writes its lines in no order",
    ),
];

/// Files whose write bits for group and others two docker builds of the same seed may not share either; all else about them must agree.
const UMASK: &[(At, &str)] = &[(
    At::Below("/workspaces/modern-dev/.venv/"),
    "Poetry installs in threads, and `installer` reads the umask by setting it to 0 for a moment: a file made by another thread meanwhile is 0666",
)];

/// Variables of the peers' bases that the seeds' own bases do not have.
const VARIABLES: [&str; 2] = ["SSL_CERT_FILE=", "REQUESTS_CA_BUNDLE="];

impl Ignored {
    /// Whether the difference at `path` is known.
    pub(crate) fn path(self, path: &str, our: Option<&Entry>, their: Option<&Entry>) -> bool {
        if self == Self::Nothing {
            return false;
        }
        let both = |same: fn(&Entry, &Entry) -> bool| {
            our.zip(their).is_some_and(|(our, their)| same(our, their))
        };
        listed(BAKED, path)
            || (listed(CONTENT, path) && both(Entry::same_but_content))
            || (listed(UMASK, path) && both(Entry::same_but_umask))
    }

    /// Whether the two values of configuration `key` differ only in known ways.
    pub(crate) fn config(self, key: &str, our: &Value, their: &Value) -> bool {
        self == Self::Seeds && key == "Env" && variables(our) == variables(their)
    }
}

fn listed(table: &[(At, &str)], path: &str) -> bool {
    table.iter().any(|(at, _)| match at {
        At::Path(whole) => path == *whole,
        At::Below(prefix) => path.starts_with(prefix),
        At::Suffix(suffix) => path.ends_with(suffix),
    })
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
