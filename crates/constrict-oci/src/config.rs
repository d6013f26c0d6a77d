//! Image configurations: what runs, as whom, and which layers make the root file system. Never reads a layer.
//!
//! Source: OCI image specification `config.md` and Docker's additions (`Healthcheck`, `OnBuild`, `Shell`). `null` and
//! absence read the same; empty members are not written; unknown members are kept. Members at the top are written in
//! alphabetical order, those of `config` in the specification's order, both as BuildKit writes them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::nullable;
use crate::{Digest, Error, Platform, Result};

/// The configuration document of an image; its digest is the image id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// The processor, `amd64`.
    #[serde(default, deserialize_with = "nullable::or_default")]
    pub architecture: String,
    /// Who made it.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub author: String,
    /// What runs.
    #[serde(default, deserialize_with = "nullable::or_default")]
    pub config: RunConfig,
    /// When it was made, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The steps that made it, first to last.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub history: Vec<History>,
    /// The operating system, `linux`.
    #[serde(default, deserialize_with = "nullable::or_default")]
    pub os: String,
    /// Of Windows: features it needs.
    #[serde(
        rename = "os.features",
        default,
        deserialize_with = "nullable::or_default"
    )]
    #[serde(skip_serializing_if = "nullable::is_default")]
    pub os_features: Vec<String>,
    /// Of Windows: the build it needs.
    #[serde(
        rename = "os.version",
        default,
        deserialize_with = "nullable::or_default"
    )]
    #[serde(skip_serializing_if = "nullable::is_default")]
    pub os_version: String,
    /// The layers.
    #[serde(default, deserialize_with = "nullable::or_default")]
    pub rootfs: RootFs,
    /// The variant of the processor.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub variant: String,
    /// Every other member (`docker_version`, `container_config`, ...).
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

impl ImageConfig {
    /// The configuration of an empty image.
    pub fn new(platform: &Platform) -> ImageConfig {
        ImageConfig {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            os_version: platform.os_version.clone(),
            os_features: platform.os_features.clone(),
            variant: platform.variant.clone(),
            ..ImageConfig::default()
        }
    }

    /// Reads a configuration.
    pub fn parse(json: &[u8]) -> Result<ImageConfig> {
        serde_json::from_slice(json).map_err(|source| Error::Json {
            what: "image configuration",
            source,
        })
    }

    /// The bytes that the configuration's digest is of; always the same for the same configuration.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("maps have string keys and no value fails to serialise")
    }

    /// The platform it is for.
    pub fn platform(&self) -> Platform {
        let platform = Platform {
            architecture: self.architecture.clone(),
            os: self.os.clone(),
            os_version: self.os_version.clone(),
            os_features: self.os_features.clone(),
            variant: self.variant.clone(),
        };
        platform.normalised()
    }
}

/// The defaults of a container that runs the image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RunConfig {
    /// `user[:group]`, names or numbers; empty is root.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub user: String,
    /// `8000/tcp`.
    #[serde(
        default,
        deserialize_with = "nullable::set",
        serialize_with = "nullable::write_set"
    )]
    #[serde(skip_serializing_if = "nullable::is_default")]
    pub exposed_ports: BTreeSet<String>,
    /// `NAME=value`, in the order of definition.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub env: Vec<String>,
    /// The command's fixed first part.
    #[serde(
        default,
        deserialize_with = "nullable::strings",
        skip_serializing_if = "nullable::is_default"
    )]
    pub entrypoint: Vec<String>,
    /// The command, or the entry point's default arguments.
    #[serde(
        default,
        deserialize_with = "nullable::strings",
        skip_serializing_if = "nullable::is_default"
    )]
    pub cmd: Vec<String>,
    /// Directories that are volumes.
    #[serde(
        default,
        deserialize_with = "nullable::set",
        serialize_with = "nullable::write_set"
    )]
    #[serde(skip_serializing_if = "nullable::is_default")]
    pub volumes: BTreeSet<String>,
    /// The working directory.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub working_dir: String,
    /// Labels.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub labels: BTreeMap<String, String>,
    /// The signal that asks the process to end, `SIGTERM` or a number.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub stop_signal: String,
    /// Of Windows: the command is escaped already.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub args_escaped: bool,
    /// The check that tells whether the container is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Healthcheck>,
    /// Instructions for an image that is built on this one.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub on_build: Vec<String>,
    /// Seconds between the stop signal and SIGKILL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_timeout: Option<i64>,
    /// The shell of instructions in shell form; empty is the platform's.
    #[serde(
        default,
        deserialize_with = "nullable::strings",
        skip_serializing_if = "nullable::is_default"
    )]
    pub shell: Vec<String>,
    /// Every other member (`Hostname`, `Tty`, `Image`, ...).
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

/// How a container's health is checked. Durations are nanoseconds; 0 is inherited or the default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Healthcheck {
    /// Empty: inherited; `["NONE"]`; `["CMD", args...]`; `["CMD-SHELL", command]`.
    #[serde(
        default,
        deserialize_with = "nullable::strings",
        skip_serializing_if = "nullable::is_default"
    )]
    pub test: Vec<String>,
    /// Between two checks.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub interval: i64,
    /// Until a check counts as hung.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub timeout: i64,
    /// In which failures do not count.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub start_period: i64,
    /// Between two checks in the start period.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub start_interval: i64,
    /// Failures in a row that make the container unhealthy.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub retries: i64,
    /// Every other member.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

/// The layers of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RootFs {
    /// Always `layers`.
    #[serde(rename = "type", default = "layers")]
    pub kind: String,
    /// Digests of the uncompressed layers, lowest first.
    #[serde(default, deserialize_with = "nullable::or_default")]
    pub diff_ids: Vec<Digest>,
}

impl Default for RootFs {
    fn default() -> RootFs {
        RootFs {
            kind: layers(),
            diff_ids: Vec::new(),
        }
    }
}

fn layers() -> String {
    "layers".to_owned()
}

/// One step that made the image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// When, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The instruction.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub created_by: String,
    /// By whom.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub author: String,
    /// `buildkit.dockerfile.v0` and the like.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub comment: String,
    /// Whether the step added no layer.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub empty_layer: bool,
    /// Every other member.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}
