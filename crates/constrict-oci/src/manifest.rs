//! Image manifests and indexes, OCI's and Docker's (v2 schema 2, manifest list), which have the same members. Never
//! fetches what they point at.
//!
//! Source: OCI image specification `manifest.md`, `image-index.md`. Unknown members are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::nullable;
use crate::{Descriptor, Error, MediaType, Platform, Result};

/// The content of a blob where there is nothing to say: `application/vnd.oci.empty.v1+json`.
pub const EMPTY: &[u8] = b"{}";

/// The manifest of one image: its configuration and its layers, lowest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always 2.
    #[serde(rename = "schemaVersion")]
    pub schema_version: u32,
    /// The document's own type; OCI manifests may lack it.
    #[serde(rename = "mediaType", default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The configuration.
    pub config: Descriptor,
    /// The layers, lowest first.
    #[serde(default, deserialize_with = "nullable::or_default")]
    pub layers: Vec<Descriptor>,
    /// Free-form facts.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub annotations: BTreeMap<String, String>,
    /// Every other member (`subject`, `artifactType`, later additions).
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

impl Manifest {
    /// An OCI manifest.
    pub fn oci(config: Descriptor, layers: Vec<Descriptor>) -> Manifest {
        Manifest {
            schema_version: 2,
            media_type: Some(MediaType::OciManifest),
            config,
            layers,
            annotations: BTreeMap::new(),
            extra: BTreeMap::new(),
        }
    }

    /// An OCI manifest of something that is no image and says something about `subject`: one blob, and nothing to configure.
    pub fn artifact(artifact_type: &str, blob: Descriptor, subject: &Descriptor) -> Manifest {
        let subject = Descriptor::new(subject.media_type.clone(), subject.digest, subject.size);
        let subject = serde_json::to_value(subject).expect("plain data");
        let members = [
            ("artifactType".to_owned(), artifact_type.into()),
            ("subject".to_owned(), subject),
        ];
        Manifest {
            extra: members.into(),
            ..Manifest::oci(Descriptor::of(MediaType::OciEmpty, EMPTY), vec![blob])
        }
    }

    /// What kind of artifact it is, if it is one.
    pub fn artifact_type(&self) -> Option<&str> {
        self.extra.get("artifactType")?.as_str()
    }

    /// What it says something about.
    pub fn subject(&self) -> Option<Descriptor> {
        serde_json::from_value(self.extra.get("subject")?.clone()).ok()
    }

    /// Reads a manifest of either kind.
    pub fn parse(json: &[u8]) -> Result<Manifest> {
        serde_json::from_slice(json).map_err(|source| Error::Json {
            what: "image manifest",
            source,
        })
    }

    /// The bytes that the manifest's digest is of; always the same for the same manifest.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("maps have string keys and no value fails to serialise")
    }

    /// The document's type; an OCI manifest where it does not say.
    pub fn media_type(&self) -> MediaType {
        self.media_type.clone().unwrap_or(MediaType::OciManifest)
    }
}

/// An index (Docker: manifest list): images of one name by platform, and attachments such as attestations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Always 2.
    #[serde(rename = "schemaVersion")]
    pub schema_version: u32,
    /// The document's own type; OCI indexes may lack it.
    #[serde(rename = "mediaType", default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The entries, in the order of preference of who wrote it.
    #[serde(default, deserialize_with = "nullable::or_default")]
    pub manifests: Vec<Descriptor>,
    /// Free-form facts.
    #[serde(
        default,
        deserialize_with = "nullable::or_default",
        skip_serializing_if = "nullable::is_default"
    )]
    pub annotations: BTreeMap<String, String>,
    /// Every other member.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

impl Index {
    /// An OCI index.
    pub fn oci(manifests: Vec<Descriptor>) -> Index {
        Index {
            schema_version: 2,
            media_type: Some(MediaType::OciIndex),
            manifests,
            annotations: BTreeMap::new(),
            extra: BTreeMap::new(),
        }
    }

    /// Reads an index of either kind.
    pub fn parse(json: &[u8]) -> Result<Index> {
        serde_json::from_slice(json).map_err(|source| Error::Json {
            what: "image index",
            source,
        })
    }

    /// The bytes that the index's digest is of; always the same for the same index.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("maps have string keys and no value fails to serialise")
    }

    /// The document's type; an OCI index where it does not say.
    pub fn media_type(&self) -> MediaType {
        self.media_type.clone().unwrap_or(MediaType::OciIndex)
    }

    /// The entry that serves a platform best, the first of equals; an entry that names no platform serves any, last.
    pub fn select(&self, platform: &Platform) -> Option<&Descriptor> {
        let rank = |entry: &&Descriptor| match &entry.platform {
            Some(offered) => platform.rank(offered),
            None => Some(usize::MAX),
        };
        let ranked = self
            .manifests
            .iter()
            .filter_map(|entry| Some((rank(&entry)?, entry)));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, entry)| entry)
    }

    /// The platforms that the entries name, for a message; attestations (`unknown/unknown`) are left out.
    pub fn platforms(&self) -> Vec<&Platform> {
        let named = self
            .manifests
            .iter()
            .filter_map(|entry| entry.platform.as_ref());
        named.filter(|platform| platform.os != "unknown").collect()
    }
}
