//! What comparisons know of an image, remembered in the store: the same image gives the same profile.

use std::path::Path;
use std::sync::Arc;

use constrict_build::layers::Layers;
use constrict_build::source::image::{Documents, Images};
use constrict_inspect::compare::{self, Profile};
use constrict_inspect::size::Pushed;
use constrict_inspect::surface::Value;
use constrict_inspect::{Facts, Image, Report, check_facts};
use constrict_oci::{Descriptor, Digest, MediaType, Platform};

use super::{memory, subject};
use crate::failure::Failure;

/// An image that somebody wants to know about.
pub(crate) struct Seen {
    /// Where its layers are.
    pub(crate) layers: Arc<Layers>,
    /// As the user calls it.
    pub(crate) name: String,
    /// What the store has of it; none of a root directory.
    pub(crate) documents: Option<Documents>,
    /// Everything that the report depends on.
    pub(crate) key: Digest,
    /// The image itself, when it has to be looked at.
    pub(crate) image: Box<dyn Fn() -> Result<Image, Failure>>,
}

impl Seen {
    /// The image that `text` means: one of the store or of a registry, an archive, a layout, a root directory.
    pub(crate) fn find(images: &Images, text: &str, platform: &Platform) -> Result<Seen, Failure> {
        let name = text.to_string();
        let layers = Arc::clone(&images.layers);
        if subject::is_root_directory(Path::new(text)) {
            let platform = platform.clone();
            return Ok(Seen {
                layers,
                key: Digest::of(b""),
                documents: None,
                image: Box::new({
                    let name = name.clone();
                    move || subject::directory_image(Path::new(&name), &name, &platform)
                }),
                name,
            });
        }
        let documents = subject::documents(images, text, platform)?;
        let config = documents.config.clone();
        Ok(Seen {
            key: Digest::of(&config.to_json()),
            documents: Some(documents),
            image: Box::new({
                let (layers, name) = (Arc::clone(&layers), name.clone());
                move || {
                    let diff_ids = config.rootfs.diff_ids.clone();
                    super::image(&layers, name.clone(), config.clone(), &diff_ids, None)
                }
            }),
            layers,
            name,
        })
    }

    /// What is known of it; it is looked at only if nothing is.
    pub(crate) fn profile(&self) -> Result<Profile, Failure> {
        let Some(documents) = &self.documents else {
            let image = (self.image)()?;
            let facts = Facts::new(&image);
            let report = check_facts(&facts, &|_| false);
            return Ok(self.measure(&facts, &report));
        };
        let layers = &self.layers;
        let key = memory::profile_key(&self.key, &documents.descriptor.digest);
        let known = layers.store.learned(&key);
        if let Some(known) = known.and_then(|known| serde_json::from_slice(&known).ok()) {
            let name = self.name.clone();
            return Ok(Profile { name, ..known });
        }
        let image = (self.image)()?;
        let facts = Facts::new(&image);
        let report_key = memory::key(&self.key, &[]);
        let report = match memory::recall(layers, &report_key)? {
            Some(report) => report,
            None => check_facts(&facts, &|_| false),
        };
        memory::remember(layers, &report_key, &report)?;
        let profile = self.measure(&facts, &report);
        let text = serde_json::to_vec(&profile).expect("profiles are plain data");
        layers.store.write_learned(&key, &text)?;
        Ok(profile)
    }

    fn measure(&self, facts: &Facts<'_>, report: &Report) -> Profile {
        let digest = self.documents.as_ref();
        let digest = digest.map_or(String::new(), |documents| {
            documents.descriptor.digest.to_string()
        });
        let platform = facts.image.config.platform().to_string();
        let mut profile = compare::profile(facts, report, digest, platform, &self.pushed());
        profile.name.clone_from(&self.name);
        if self.documents.is_none() {
            profile.values.extend(unknown(report));
        }
        profile
    }

    /// The layers as the manifest has them.
    fn pushed(&self) -> Vec<Pushed> {
        let Some(documents) = &self.documents else {
            return Vec::new();
        };
        let diff_ids = documents.config.rootfs.diff_ids.iter();
        let blobs = documents.manifest.layers.iter();
        let pushed = diff_ids.zip(blobs).map(|(diff_id, blob)| Pushed {
            diff_id: diff_id.to_string(),
            compressed: is_compressed(blob).then_some(blob.size),
        });
        pushed.collect()
    }
}

/// What a root directory does not tell: it has no configuration.
fn unknown(report: &Report) -> impl Iterator<Item = (String, Value)> {
    // what breaks is broken whatever is started
    let runs = (!report.breaks()).then_some("runs");
    let rows = ["user", "shell-form", "ports"].into_iter().chain(runs);
    rows.map(|row| {
        let why = "not known: a root directory has no configuration";
        (row.to_string(), Value::missing(why))
    })
}

fn is_compressed(blob: &Descriptor) -> bool {
    !matches!(
        blob.media_type,
        MediaType::OciLayer | MediaType::DockerLayer
    )
}
