//! Capability sets: names, docker's default set, and giving up what a process must not have.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Names in the order of their numbers (`linux/capability.h`).
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// Docker's default set.
const DEFAULT: [&str; 14] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
];

/// One capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Capability(u8);

impl Capability {
    /// Parses `NET_ADMIN`, `net_admin` or `CAP_NET_ADMIN`.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is no such capability.
    pub fn parse(name: &str) -> Result<Self> {
        let upper = name.to_ascii_uppercase();
        let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
        match NAMES.iter().position(|known| *known == bare) {
            Some(number) => Ok(Capability(u8::try_from(number).expect("41 names fit"))),
            None => Err(Error::Unknown {
                what: "capability",
                value: name.to_owned(),
            }),
        }
    }

    /// Its number in `linux/capability.h`.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CAP_{}", NAMES[usize::from(self.0)])
    }
}

impl From<Capability> for String {
    fn from(capability: Capability) -> String {
        capability.to_string()
    }
}

impl TryFrom<String> for Capability {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        Capability::parse(&name)
    }
}

/// What a set starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapabilityBase {
    /// Docker's default set.
    #[default]
    Default,
    /// Everything this process has (`--security=insecure`, `--privileged`).
    All,
    /// Nothing.
    None,
}

/// A capability set: a base, with some added and then some dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Where it starts.
    pub base: CapabilityBase,
    /// Added to the base.
    pub add: Vec<Capability>,
    /// Taken away, last.
    pub drop: Vec<Capability>,
}

impl Capabilities {
    /// Every capability (`--security=insecure`).
    #[must_use]
    pub fn all() -> Self {
        Capabilities {
            base: CapabilityBase::All,
            add: Vec::new(),
            drop: Vec::new(),
        }
    }

    /// The set that results.
    #[must_use]
    pub fn resolve(&self) -> BTreeSet<Capability> {
        let mut set: BTreeSet<Capability> = match self.base {
            CapabilityBase::Default => DEFAULT
                .iter()
                .map(|name| Capability::parse(name).expect("a name of the table"))
                .collect(),
            CapabilityBase::All => (0..NAMES.len())
                .map(|n| Capability(u8::try_from(n).expect("41 fit")))
                .collect(),
            CapabilityBase::None => BTreeSet::new(),
        };
        set.extend(self.add.iter().copied());
        for capability in &self.drop {
            set.remove(capability);
        }
        set
    }
}
