//! Every key of `constrict.toml`, as people read of it: in `docs/configuration.md` and the manual page. The tests
//! compare it with what is read.

use std::fmt::Write;

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The table that it is in; empty for none.
    pub table: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it may be set to.
    pub kind: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// A value, as TOML.
    pub example: &'static str,
}

const REGISTRY: &str = "registry.\"NAME\"";
const DEBIAN: &str = "debian";
const CHECK: &str = "check";
const VULNERABILITIES: &str = "vulnerabilities";

/// All keys, in the order in which they are told of.
pub const KEYS: &[Key] = &[
    Key {
        table: "",
        name: "bases",
        kind: "`\"registry\"` or `\"debian\"`",
        default: "`\"registry\"`",
        meaning: "whether bases may be assembled from Debian's packages",
        example: "\"debian\"",
    },
    Key {
        table: "",
        name: "ca",
        kind: "path",
        default: "the host's",
        meaning: "certificate authorities (PEM) for downloads and for RUN",
        example: "\"/etc/company/ca.pem\"",
    },
    Key {
        table: REGISTRY,
        name: "mirrors",
        kind: "list of addresses",
        default: "none",
        meaning: "asked in this order, before the registry itself, for all that is pulled",
        example: "[\"mirror.example:5000\"]",
    },
    Key {
        table: REGISTRY,
        name: "http",
        kind: "boolean",
        default: "`false`, `true` for loopback",
        meaning: "spoken to without TLS",
        example: "false",
    },
    Key {
        table: REGISTRY,
        name: "insecure",
        kind: "boolean",
        default: "`false`",
        meaning: "its certificate is taken unseen",
        example: "false",
    },
    Key {
        table: DEBIAN,
        name: "mirror",
        kind: "address",
        default: "that of the host's apt",
        meaning: "Debian's archive",
        example: "\"https://deb.example/debian\"",
    },
    Key {
        table: DEBIAN,
        name: "security",
        kind: "address",
        default: "the host's, else `mirror` with `-security` appended",
        meaning: "Debian's archive of security updates",
        example: "\"https://deb.example/debian-security\"",
    },
    Key {
        table: DEBIAN,
        name: "keyring",
        kind: "path",
        default: "the host's `debian-archive-keyring`",
        meaning: "the keys that sign the archives' Release files",
        example: "\"/etc/company/debian.gpg\"",
    },
    Key {
        table: DEBIAN,
        name: "snapshot",
        kind: "boolean",
        default: "`false`",
        meaning: "the mirror is a snapshot: its Release files may be out of date",
        example: "true",
    },
    Key {
        table: CHECK,
        name: "allow",
        kind: "list of rules",
        default: "none",
        meaning: "rules of the check that are left out",
        example: "[\"installer-in-image\"]",
    },
    Key {
        table: VULNERABILITIES,
        name: "sources",
        kind: "list of paths, addresses and `\"debian-security\"`",
        default: "none: nothing is checked",
        meaning: "where known vulnerabilities are looked up; the project's list takes the place of the user's",
        example: "[\"debian-security\", \"https://osv.example/PyPI/all.zip\"]",
    },
];

/// A file that sets every key.
pub fn sample() -> String {
    let mut text = String::new();
    let mut table = "";
    for key in KEYS {
        if key.table != table {
            table = key.table;
            let _ = writeln!(text, "\n[{}]", table.replace("NAME", "docker.io"));
        }
        let _ = writeln!(text, "{} = {}", key.name, key.example);
    }
    text
}

#[cfg(test)]
mod tests;
