//! Names of images in the store.

use constrict_oci::{Digest, Reference};
use serde::{Deserialize, Serialize};

use super::Store;
use crate::error::{IoContext, Result};

/// A name and the image that it stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tag {
    /// The full name, with its tag.
    pub reference: String,
    /// The manifest.
    pub manifest: Digest,
    /// When the name was last set, in seconds since 1970.
    pub set_at: u64,
}

impl Store {
    fn tag_path(&self, reference: &str) -> std::path::PathBuf {
        self.root
            .join("tags")
            .join(Digest::of(reference.as_bytes()).hex())
    }

    /// Makes `reference` stand for `manifest`.
    pub fn set_tag(&self, reference: &Reference, manifest: &Digest) -> Result<()> {
        let reference = reference.to_string();
        let set_at = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |d| d.as_secs());
        let tag = Tag {
            reference: reference.clone(),
            manifest: *manifest,
            set_at,
        };
        self.write_json(&self.tag_path(&reference), &tag)
    }

    /// What `reference` stands for.
    pub fn tag(&self, reference: &Reference) -> Result<Option<Tag>> {
        self.read_json(&self.tag_path(&reference.to_string()))
    }

    /// Forgets the name; says whether it was known.
    pub fn remove_tag(&self, reference: &Reference) -> Result<bool> {
        let path = self.tag_path(&reference.to_string());
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).at("delete", &path),
        }
    }

    /// Remembers a manifest as an image of this store, named or not.
    pub fn add_image(&self, manifest: &Digest) -> Result<()> {
        self.write_file(&self.root.join("images").join(manifest.hex()), b"")
    }

    /// Forgets an image, and what says something about it.
    pub fn remove_image(&self, manifest: &Digest) -> Result<()> {
        self.detach(manifest)?;
        let path = self.root.join("images").join(manifest.hex());
        std::fs::remove_file(&path).at("delete", &path)
    }

    /// The manifests of every image of this store, sorted.
    pub fn images(&self) -> Result<Vec<Digest>> {
        let folder = self.root.join("images");
        let mut images = Vec::new();
        for entry in std::fs::read_dir(&folder).at("read", &folder)? {
            let name = entry.at("read", &folder)?.file_name();
            images.extend(Digest::parse(&format!("sha256:{}", name.to_string_lossy())));
        }
        images.sort();
        Ok(images)
    }

    /// Every name, sorted.
    pub fn tags(&self) -> Result<Vec<Tag>> {
        let folder = self.root.join("tags");
        let mut tags: Vec<Tag> = Vec::new();
        for entry in std::fs::read_dir(&folder).at("read", &folder)? {
            let entry = entry.at("read", &folder)?;
            tags.extend(self.read_json::<Tag>(&entry.path())?);
        }
        tags.sort_by(|a, b| a.reference.cmp(&b.reference));
        Ok(tags)
    }
}
