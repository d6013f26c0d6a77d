//! What says something about an image of the store: bills of materials, provenance. Each is an artifact of the OCI specification
//! 1.1, as it is pushed: a manifest with its subject, and one blob.
//!
//! ```text
//! attached/<manifest>   JSON: the descriptors of the artifacts' manifests, with `artifactType`
//! ```

use constrict_oci::{Descriptor, Digest, EMPTY, Manifest, MediaType};

use super::Store;
use crate::error::{IoContext, Result};

/// An artifact about an image.
#[derive(Clone, Debug)]
pub struct Attached {
    /// What kind of document it is: `application/spdx+json`.
    pub artifact_type: String,
    /// The name of its file: `sbom.spdx.json`.
    pub title: String,
    /// The document.
    pub content: Vec<u8>,
}

/// The annotation that says how a blob is called as a file.
const TITLE: &str = "org.opencontainers.image.title";

/// The member of a descriptor that says what kind of artifact it is.
const KIND: &str = "artifactType";

impl Store {
    fn attached_path(&self, subject: &Digest) -> std::path::PathBuf {
        self.root.join("attached").join(subject.hex())
    }

    /// Keeps what says something about an image, in the place of what was kept of the same kinds.
    pub fn attach(&self, subject: &Descriptor, artifacts: &[Attached]) -> Result<()> {
        if artifacts.is_empty() {
            return Ok(());
        }
        let path = self.attached_path(&subject.digest);
        let mut kept: Vec<Descriptor> = self.read_json(&path)?.unwrap_or_default();
        kept.retain(|known| {
            let kind = known.extra.get(KIND).and_then(serde_json::Value::as_str);
            let mut anew = artifacts.iter();
            !anew.any(|artifact| Some(&*artifact.artifact_type) == kind)
        });
        for artifact in artifacts {
            let media_type = MediaType::parse(&artifact.artifact_type);
            let mut blob = Descriptor::of(media_type, &artifact.content);
            let title = (TITLE.to_string(), artifact.title.clone());
            blob.annotations.extend([title]);
            self.write_blob(&artifact.content)?;
            self.write_blob(EMPTY)?;
            let manifest = Manifest::artifact(&artifact.artifact_type, blob, subject);
            let json = manifest.to_json();
            self.write_blob(&json)?;
            let mut descriptor = Descriptor::of(manifest.media_type(), &json);
            let kind = artifact.artifact_type.clone().into();
            descriptor.extra.insert(KIND.into(), kind);
            kept.push(descriptor);
        }
        let folder = self.root.join("attached");
        if !folder.is_dir() {
            super::create_private(&folder)?;
        }
        self.write_json(&path, &kept)
    }

    /// Forgets what says something about an image.
    pub fn detach(&self, subject: &Digest) -> Result<()> {
        let path = self.attached_path(subject);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).at("delete", &path)
            }
            _ => Ok(()),
        }
    }

    /// The manifests of what says something about an image.
    pub fn attached(&self, subject: &Digest) -> Result<Vec<Manifest>> {
        let path = self.attached_path(subject);
        let known: Option<Vec<Descriptor>> = self.read_json(&path)?;
        let known = known.unwrap_or_default();
        let manifests = known.iter().map(|descriptor| {
            let json = self.read_blob(&descriptor.digest)?;
            Ok(Manifest::parse(&json)?)
        });
        manifests.collect()
    }

    /// The blobs that artifacts about an image consist of.
    pub(super) fn attached_blobs(&self, subject: &Digest) -> Result<Vec<Digest>> {
        let known: Option<Vec<Descriptor>> = self.read_json(&self.attached_path(subject))?;
        let mut blobs = Vec::new();
        for descriptor in known.unwrap_or_default() {
            blobs.push(descriptor.digest);
            if self.has_blob(&descriptor.digest) {
                let manifest = Manifest::parse(&self.read_blob(&descriptor.digest)?)?;
                blobs.push(manifest.config.digest);
                blobs.extend(manifest.layers.iter().map(|layer| layer.digest));
            }
        }
        Ok(blobs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::prune::Scope;

    fn document(content: &str) -> Attached {
        Attached {
            artifact_type: "application/spdx+json".into(),
            title: "sbom.spdx.json".into(),
            content: content.into(),
        }
    }

    #[test]
    fn what_is_attached_stays_as_long_as_its_image() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "root").unwrap();
        let manifest = br#"{"schemaVersion":2,"config":{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0},"layers":[]}"#;
        let subject = Descriptor::of(MediaType::OciManifest, manifest);
        store.write_blob(manifest).unwrap();
        store.add_image(&subject.digest).unwrap();
        let name = constrict_oci::Reference::parse("a:1").unwrap();
        store.set_tag(&name, &subject.digest).unwrap();
        store.attach(&subject, &[document("old")]).unwrap();
        store.attach(&subject, &[document("new")]).unwrap();
        let all = Scope {
            containers: true,
            images: true,
            named: false,
            cache: true,
            before: None,
        };
        store.prune(&all, false).unwrap();
        let attached = store.attached(&subject.digest).unwrap();
        assert_eq!(attached.len(), 1);
        assert_eq!(attached[0].subject().unwrap(), subject);
        assert_eq!(attached[0].artifact_type(), Some("application/spdx+json"));
        let blob = &attached[0].layers[0];
        assert_eq!(blob.annotations[TITLE], "sbom.spdx.json");
        assert_eq!(store.read_blob(&blob.digest).unwrap(), b"new");
        assert!(!store.has_blob(&Digest::of(b"old")));

        store.remove_tag(&name).unwrap();
        store.prune(&all, false).unwrap();
        assert!(store.attached(&subject.digest).unwrap().is_empty());
        assert!(!store.has_blob(&Digest::of(b"new")));
    }
}
