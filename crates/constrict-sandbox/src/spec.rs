//! The description of one sandboxed process, as plain data. It carries nothing out.
//!
//! Serialised as JSON on its way to the helper; unknown fields and unknown values are refused there, so that no
//! protection is dropped by a name that this version does not know.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Capabilities;

/// One isolated process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// What the process sees as `/`.
    pub root: Root,
    /// Mounts in this order, after `/proc`, `/sys` and `/dev`.
    pub mounts: Vec<Mount>,
    /// Program and arguments. The program is searched for in the container, in the `PATH` of `env`.
    pub args: Vec<String>,
    /// The whole environment, as `NAME=value`.
    pub env: Vec<String>,
    /// Working directory inside the root. It must exist.
    pub cwd: PathBuf,
    /// Who the process is.
    pub user: User,
    /// Host name inside.
    pub hostname: String,
    /// Which network it sees.
    pub network: Network,
    /// Its capabilities, if it is root; another user has none but keeps the bounding set.
    pub capabilities: Capabilities,
    /// The system call filter.
    pub seccomp: Seccomp,
    /// Forbid set-uid programs and file capabilities to give anything.
    pub no_new_privileges: bool,
    /// The root is read-only; mounts are not.
    pub read_only_root: bool,
    /// A terminal of its own as standard input, output and error, and `/dev/console`.
    pub terminal: bool,
    /// The first process is one of ours, which starts the program, passes signals on to it and waits for orphans.
    pub init: bool,
    /// Size of `/dev/shm` in bytes.
    pub shm_size: u64,
    /// Resource limits; those not named are the caller's.
    pub rlimits: Vec<Rlimit>,
}

impl Spec {
    /// A specification with docker's defaults: root user, host network, default capabilities and filter, 64 MiB of
    /// `/dev/shm`, `/` as working directory, empty environment.
    #[must_use]
    pub fn new(root: Root, args: Vec<String>) -> Self {
        Spec {
            root,
            mounts: Vec::new(),
            args,
            env: Vec::new(),
            cwd: PathBuf::from("/"),
            user: User::default(),
            hostname: "localhost".to_owned(),
            network: Network::Host,
            capabilities: Capabilities::default(),
            seccomp: Seccomp::Default,
            no_new_privileges: false,
            read_only_root: false,
            terminal: false,
            init: false,
            shm_size: 64 << 20,
            rlimits: Vec::new(),
        }
    }
}

/// Directories on the host that make up a file system. Layers are in the form of overlayfs for the current
/// [`Mode`](crate::Mode): whiteouts are 0/0 character devices, opaque directories carry
/// [`Mode::opaque_xattr`](crate::Mode::opaque_xattr).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Root {
    /// Changes go to `upper`. With no `lower`, `upper` is the root itself and `work` is not used.
    Writable {
        /// Layers below, top first.
        lower: Vec<PathBuf>,
        /// Directory that receives the changes.
        upper: PathBuf,
        /// Empty directory on the same file system as `upper`.
        work: PathBuf,
    },
    /// The process can write, and what it writes is in memory and lost.
    Discard {
        /// Layers, top first; at least one.
        lower: Vec<PathBuf>,
    },
    /// Nothing can be written.
    ReadOnly {
        /// Layers, top first; at least one.
        lower: Vec<PathBuf>,
    },
}

/// Something mounted inside the root. Targets are resolved inside the root: no link leads out of it. Missing mount
/// points are created, and removed from `upper` again afterwards if they are still empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Mount {
    /// A file, socket or directory of the host.
    Bind {
        /// What is mounted.
        source: Source,
        /// Where, inside the root.
        target: PathBuf,
        /// Whether writing fails with `EROFS`.
        readonly: bool,
        /// Whether mounts below the source come along.
        recursive: bool,
    },
    /// A path in the merged view of layers, such as another stage's file system.
    Layers {
        /// The layers; with [`Root::Discard`] the mount is writable and forgets.
        root: Root,
        /// The path inside them, resolved inside them.
        path: PathBuf,
        /// Where, inside the root.
        target: PathBuf,
    },
    /// Memory.
    Tmpfs {
        /// Where, inside the root.
        target: PathBuf,
        /// Limit in bytes; the kernel's default if not given.
        size: Option<u64>,
        /// Permissions of the directory, such as `0o1777`.
        mode: u32,
    },
    /// A file that exists in memory only: a secret, `/etc/hosts`.
    Data {
        /// Where, inside the root.
        target: PathBuf,
        /// Its bytes.
        #[serde(with = "latin")]
        contents: Vec<u8>,
        /// Its permissions.
        mode: u32,
        /// Its owner inside.
        uid: u32,
        /// Its group inside.
        gid: u32,
        /// Whether writing fails with `EROFS`.
        readonly: bool,
    },
}

impl Mount {
    /// The mount point inside the root.
    #[must_use]
    pub fn target(&self) -> &PathBuf {
        match self {
            Mount::Bind { target, .. }
            | Mount::Layers { target, .. }
            | Mount::Tmpfs { target, .. }
            | Mount::Data { target, .. } => target,
        }
    }
}

/// What a bind mount shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Source {
    /// A path of the host that the caller vouches for.
    Host(PathBuf),
    /// A path that is resolved inside a directory: links cannot lead out of it.
    Within {
        /// A path of the host that the caller vouches for.
        directory: PathBuf,
        /// The path in it.
        path: PathBuf,
    },
}

/// Ids of the process inside the container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Supplementary group ids.
    pub groups: Vec<u32>,
}

/// What the process sees of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// The host's network.
    #[default]
    Host,
    /// Its own, with nothing but the loopback device.
    None,
    /// An existing namespace: `/proc/<pid>/ns/net`, `/proc/<pid>/fd/<n>` or
    /// [`net::Namespace::path`](crate::net::Namespace::path).
    Namespace(PathBuf),
}

/// The system call filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seccomp {
    /// Docker's default profile for the granted capabilities.
    #[default]
    Default,
    /// None (`--security=insecure`).
    Off,
}

/// One resource limit, as setrlimit(2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rlimit {
    /// Its name in docker's spelling: `nofile`, `nproc`, `core`, …
    pub name: String,
    /// Soft limit; `u64::MAX` is none.
    pub soft: u64,
    /// Hard limit; `u64::MAX` is none.
    pub hard: u64,
}

/// Bytes as a string of the characters U+0000 to U+00FF: an eighth of the size of a list of numbers.
mod latin {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(
            &bytes
                .iter()
                .map(|byte| char::from(*byte))
                .collect::<String>(),
        )
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.chars()
            .map(|c| u8::try_from(c).map_err(D::Error::custom))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn unknown_names_and_values_are_refused() {
        let root = Root::ReadOnly {
            lower: vec!["/".into()],
        };
        let good = serde_json::to_value(Spec::new(root, vec!["true".to_owned()])).unwrap();
        let read = |change: &dyn Fn(&mut Value)| {
            let mut value = good.clone();
            change(&mut value);
            serde_json::from_value::<Spec>(value)
                .map(drop)
                .map_err(|error| error.to_string())
        };
        assert_eq!(read(&|_| {}), Ok(()));
        for (field, value) in [
            ("seccomp", json!("unconfined")),
            ("seccomp", Value::Null),
            ("network", json!("bridge")),
            (
                "capabilities",
                json!({ "base": "most", "add": [], "drop": [] }),
            ),
            (
                "capabilities",
                json!({ "base": "none", "add": ["CAP_EVERYTHING"], "drop": [] }),
            ),
            ("no_new_privileges", json!("yes")),
            ("read_only_root", json!(1)),
            ("root", json!({ "shared": {} })),
            (
                "mounts",
                json!([{ "bind": { "source": { "host": "/" }, "target": "/x", "readonly": true, "recursive": true, "propagation": "shared" } }]),
            ),
            ("no_such_field", json!(true)),
        ] {
            assert!(
                read(&|spec| spec[field] = value.clone()).is_err(),
                "{field}: {value}"
            );
        }
        for field in [
            "seccomp",
            "capabilities",
            "network",
            "user",
            "no_new_privileges",
            "read_only_root",
        ] {
            let missing = read(&|spec| drop(spec.as_object_mut().unwrap().remove(field)));
            assert_eq!(missing, Err(format!("missing field `{field}`")));
        }
    }
}
