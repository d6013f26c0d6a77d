//! Images by name: from the store, an OCI layout or archive, a docker archive, a registry, Debian's packages.
//!
//! Only manifests and configurations are read here; layers come when they are needed (`layers.rs`).

use std::sync::Arc;

use constrict_oci::{
    Descriptor, Digest, ImageConfig, Index, Manifest, MediaType, Platform, Reference, registry,
};
use serde::{Deserialize, Serialize};

use super::debian::{self, Answer, Debian};
use super::layout::{self, Place};
use crate::error::{Error, Result};
use crate::frontend::dockerfile::Resolve;
use crate::graph::Image;
use crate::layers::Layers;
use crate::store::LayerRecord;

/// Looks images up by name.
pub struct Images {
    /// The store and the registries.
    pub layers: Arc<Layers>,
    /// Do not take images of the store for bases (`--pull`).
    pub pull: bool,
    /// Makes bases of Debian's packages, if that was asked for.
    pub debian: Option<Debian>,
}

/// What a name of a registry stood for the last time that it was asked.
#[derive(Serialize, Deserialize)]
struct Remembered {
    manifest: Digest,
}

/// An image's documents.
#[derive(Clone, Debug)]
pub struct Documents {
    /// The manifest, and what it is.
    pub descriptor: Descriptor,
    /// The manifest, read.
    pub manifest: Manifest,
    /// The configuration.
    pub config: ImageConfig,
}

impl Resolve for Images {
    fn image(&self, name: &str, platform: &Platform) -> Result<(Image, ImageConfig)> {
        let (documents, layers) = self.remembered(name, platform)?;
        Ok((
            Image {
                name: name.into(),
                manifest: Some(documents.descriptor.digest),
                layers,
            },
            documents.config,
        ))
    }
}

impl Images {
    /// The documents of the image `name`, whose layers can be got afterwards.
    pub fn look_at(&self, name: &str, platform: &Platform) -> Result<Documents> {
        Ok(self.remembered(name, platform)?.0)
    }

    fn remembered(&self, name: &str, platform: &Platform) -> Result<(Documents, Vec<LayerRecord>)> {
        let (documents, origin) = self.documents(name, platform)?;
        let layers = self.remember(&documents, origin)?;
        Ok((documents, layers))
    }

    /// The documents of the image `name`, and the repository that has its layers.
    fn documents(&self, name: &str, platform: &Platform) -> Result<(Documents, Option<String>)> {
        if let Some(place) = Place::parse(name) {
            return Ok((layout::import(&self.layers.store, &place, platform)?, None));
        }
        let reference = Reference::parse(name)?.or_latest();
        let mut asked = Vec::new();
        if !self.pull {
            if let Some(tag) = self.layers.store.tag(&reference)? {
                return Ok((self.stored(&tag.manifest, platform, name)?, None));
            }
            asked.push(("the store".to_string(), "has no such image".to_string()));
        }
        if let Some(debian) = &self.debian {
            match debian.image(&reference, platform, &self.layers)? {
                Answer::Image(manifest) => {
                    return Ok((self.stored(&manifest, platform, name)?, None));
                }
                Answer::No(reason) => asked.push(("Debian's packages".to_string(), reason)),
            }
        }
        match self.pull_documents(&reference, platform) {
            Ok(documents) => Ok((documents, Some(reference.name()))),
            Err(Error::Registry(error)) if !error.asked().is_empty() => {
                asked.extend(
                    error
                        .asked()
                        .iter()
                        .map(|asked| (asked.endpoint.clone(), asked.answer.to_string())),
                );
                let could_make = self.debian.is_none() && debian::could_make(&reference);
                let hint = could_make.then(|| {
                    "constrict build --bases debian … assembles it from Debian's packages"
                        .to_string()
                });
                Err(Error::NoSuchBase {
                    reference: reference.familiar(),
                    asked,
                    hint,
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Asks the registry for the manifest and the configuration, and keeps both.
    pub fn pull_documents(&self, reference: &Reference, platform: &Platform) -> Result<Documents> {
        let key = Digest::of(format!("{reference} {platform}").as_bytes());
        let memory = self
            .layers
            .store
            .root()
            .join("slots")
            .join(format!("name-{}", key.hex()));
        // a digest never stands for anything else
        if reference.digest().is_some()
            && let Some(known) = self.layers.store.read_json::<Remembered>(&memory)?
            && self.layers.store.has_blob(&known.manifest)
        {
            return self.stored(&known.manifest, platform, &reference.familiar());
        }
        let resolved = match self.layers.registry.resolve(reference) {
            Ok(resolved) => resolved,
            Err(error) => {
                let offline = !matches!(error, registry::Error::NotFound { .. });
                let known = self
                    .layers
                    .store
                    .read_json::<Remembered>(&memory)?
                    .filter(|_| offline);
                let Some(known) = known.filter(|known| self.layers.store.has_blob(&known.manifest))
                else {
                    return Err(error.into());
                };
                let name = reference.familiar();
                self.layers.observer.notice(
                    &format!("{error}: taking `{name}` as it was the last time"),
                    None,
                );
                return self.stored(&known.manifest, platform, &name);
            }
        };
        let mut descriptor = resolved.descriptor.clone();
        let mut bytes = resolved.bytes;
        if descriptor.media_type.is_index() {
            descriptor = select(&bytes, platform, reference)?;
            bytes = match self.layers.store.has_blob(&descriptor.digest) {
                true => self.layers.store.read_blob(&descriptor.digest)?,
                false => self
                    .layers
                    .registry
                    .manifest(reference, &descriptor.digest)?,
            };
        }
        let manifest = Manifest::parse(&bytes)?;
        self.layers.store.write_blob(&bytes)?;
        if !self.layers.store.has_blob(&manifest.config.digest) {
            self.layers.pull(reference, &manifest.config)?;
        }
        let remembered = Remembered {
            manifest: descriptor.digest,
        };
        self.layers.store.keep_json(&memory, &remembered)?;
        let config = ImageConfig::parse(&self.layers.store.read_blob(&manifest.config.digest)?)?;
        Ok(Documents {
            descriptor,
            manifest,
            config,
        })
    }

    /// The documents of an image of the store.
    pub fn stored(&self, digest: &Digest, platform: &Platform, name: &str) -> Result<Documents> {
        let bytes = self.layers.store.read_blob(digest)?;
        let mut descriptor = Descriptor::of(MediaType::OciManifest, &bytes);
        let manifest = if Index::parse(&bytes).is_ok_and(|index| !index.manifests.is_empty()) {
            descriptor = select(&bytes, platform, &Reference::parse(name)?)?;
            Manifest::parse(&self.layers.store.read_blob(&descriptor.digest)?)?
        } else {
            Manifest::parse(&bytes)?
        };
        descriptor.media_type = manifest.media_type();
        let config = ImageConfig::parse(&self.layers.store.read_blob(&manifest.config.digest)?)?;
        Ok(Documents {
            descriptor,
            manifest,
            config,
        })
    }

    /// Writes the records of an image's layers; the layers, lowest first.
    pub fn remember(
        &self,
        documents: &Documents,
        origin: Option<String>,
    ) -> Result<Vec<LayerRecord>> {
        let diff_ids = &documents.config.rootfs.diff_ids;
        if diff_ids.len() != documents.manifest.layers.len() {
            return Err(Error::Invalid(format!(
                "image `{}` has {} layers and {} diff_ids",
                documents.descriptor.digest,
                documents.manifest.layers.len(),
                diff_ids.len()
            )));
        }
        let mut layers = Vec::new();
        for (diff_id, blob) in diff_ids.iter().zip(&documents.manifest.layers) {
            let record = LayerRecord {
                diff_id: *diff_id,
                blobs: vec![blob.clone()],
                origin: origin.clone(),
            };
            let known = self.layers.store.layer_record(diff_id)?;
            if known.is_none_or(|known| {
                !known.blobs.contains(blob) || (known.origin.is_none() && origin.is_some())
            }) {
                self.layers.store.write_layer_record(&record)?;
            }
            layers.push(record);
        }
        Ok(layers)
    }
}

/// The manifest that an index has for a platform.
fn select(index: &[u8], platform: &Platform, reference: &Reference) -> Result<Descriptor> {
    let index = Index::parse(index)?;
    index
        .select(platform)
        .cloned()
        .ok_or_else(|| Error::NoSuchPlatform {
            reference: reference.clone(),
            platform: platform.to_string(),
        })
}
