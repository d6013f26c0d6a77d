//! `manifest.json` of docker archives: which member of the tar is what. Never reads the members.

use serde::{Deserialize, Serialize};

use crate::nullable;

pub(super) const MANIFEST: &str = "manifest.json";

/// One image of a docker archive.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Saved {
    /// The member with the configuration.
    pub(super) config: String,
    /// Familiar names; `null` for none, as docker writes it.
    pub(super) repo_tags: Option<Vec<String>>,
    /// The members with the layers, lowest first.
    #[serde(default, deserialize_with = "nullable::or_default")]
    pub(super) layers: Vec<String>,
}
