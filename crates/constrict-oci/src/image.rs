//! One image as its documents, and the places that images are read from. Never reads a layer.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use crate::{
    Algorithm, Descriptor, Digest, Error, HashingReader, ImageConfig, Index, Manifest, MediaType,
    Platform, Reference, Result,
};

/// The most that a manifest, an index or a configuration may have; registries allow 4 MiB.
pub(crate) const DOCUMENT_MAX: u64 = 16 << 20;
/// How deep indexes may be in indexes.
const DEPTH_MAX: u32 = 4;
/// The annotation with an image's full name, containerd's.
pub(crate) const IMAGE_NAME: &str = "io.containerd.image.name";
/// The annotation with an image's tag.
pub(crate) const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The documents of one image, as values and as the bytes that their digests are of.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageParts {
    manifest: Manifest,
    manifest_json: Vec<u8>,
    config: ImageConfig,
    config_json: Vec<u8>,
}

impl ImageParts {
    /// An OCI image of these layers, lowest first; the configuration must name as many diff_ids.
    pub fn new(config: ImageConfig, layers: Vec<Descriptor>) -> Result<ImageParts> {
        let config_json = config.to_json();
        let manifest = Manifest::oci(Descriptor::of(MediaType::OciConfig, &config_json), layers);
        let manifest_json = manifest.to_json();
        ImageParts {
            manifest,
            manifest_json,
            config,
            config_json,
        }
        .checked()
    }

    /// The image of two documents, the second of which must be the configuration that the first one names.
    pub fn parse(manifest_json: Vec<u8>, config_json: Vec<u8>) -> Result<ImageParts> {
        let manifest = Manifest::parse(&manifest_json)?;
        manifest.config.digest.verify(&config_json)?;
        let config = ImageConfig::parse(&config_json)?;
        ImageParts {
            manifest,
            manifest_json,
            config,
            config_json,
        }
        .checked()
    }

    fn checked(self) -> Result<ImageParts> {
        if self.manifest.layers.len() == self.config.rootfs.diff_ids.len() {
            return Ok(self);
        }
        let reason = "the manifest and the configuration name different numbers of layers";
        Err(Error::Inconsistent {
            digest: Box::new(Digest::of(&self.manifest_json)),
            reason,
        })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The manifest as stored.
    pub fn manifest_json(&self) -> &[u8] {
        &self.manifest_json
    }

    /// The configuration.
    pub fn config(&self) -> &ImageConfig {
        &self.config
    }

    /// The configuration as stored.
    pub fn config_json(&self) -> &[u8] {
        &self.config_json
    }

    /// A descriptor of the manifest for an index: with the platform.
    pub fn descriptor(&self) -> Descriptor {
        let mut descriptor = Descriptor::of(self.manifest.media_type(), &self.manifest_json);
        descriptor.platform = Some(self.config.platform());
        descriptor
    }

    /// Layers with their diff_ids, lowest first.
    pub fn layers(&self) -> impl Iterator<Item = (&Descriptor, &Digest)> {
        self.manifest
            .layers
            .iter()
            .zip(&self.config.rootfs.diff_ids)
    }
}

/// Opens the blob of a layer.
pub type BlobOpener<'a> = dyn FnMut(&Descriptor) -> io::Result<Box<dyn Read>> + 'a;

/// A place that has an index and blobs: a layout or an archive.
pub trait ImageSource {
    /// What is there.
    fn index(&self) -> &Index;

    /// A reader of a blob, which verifies nothing.
    fn open_blob(&self, digest: &Digest) -> Result<Box<dyn Read + Send>>;

    /// A manifest, an index or a configuration, verified.
    fn read_document(&self, descriptor: &Descriptor) -> Result<Vec<u8>> {
        let Descriptor { digest, size, .. } = descriptor;
        if *size > DOCUMENT_MAX {
            return Err(too_large(digest, *size));
        }
        let mut bytes = Vec::new();
        self.copy_blob(descriptor, &mut bytes)?;
        Ok(bytes)
    }

    /// Copies a blob; fails unless it is what its descriptor says, when what the sink got is worth nothing.
    fn copy_blob(&self, descriptor: &Descriptor, sink: &mut dyn io::Write) -> Result<()> {
        copy(descriptor, self.open_blob(&descriptor.digest)?, sink)
    }

    /// The image of that name that serves a platform best.
    ///
    /// A name is what an index says in `io.containerd.image.name` or `org.opencontainers.image.ref.name`. With `None` it
    /// is the only image there is, or of several the one named `latest`.
    fn image(&self, name: Option<&str>, platform: &Platform) -> Result<ImageParts> {
        let index = self.index();
        let name = name.or_else(|| has_several(index).then_some("latest"));
        let wanted = |entry: &&Descriptor| name.is_none_or(|name| is_named(entry, name));
        let entries: Vec<Descriptor> = index.manifests.iter().filter(wanted).cloned().collect();
        if let (Some(name), true) = (name, entries.is_empty()) {
            return Err(Error::NoSuchImage {
                name: name.to_owned(),
                found: names(index),
            });
        }
        image_of(self, &Index::oci(entries), platform)
    }

    /// The names of its images, each once.
    fn image_names(&self) -> Vec<String> {
        let names = self.index().manifests.iter().filter_map(name_of);
        let names: std::collections::BTreeSet<&str> = names.collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// The image whose manifest has that digest, or that serves a platform best in the index that has it.
    fn image_by_digest(&self, digest: &Digest, platform: &Platform) -> Result<ImageParts> {
        let mut bytes = Vec::new();
        let mut content = self.open_blob(digest)?.take(DOCUMENT_MAX + 1);
        content
            .read_to_end(&mut bytes)
            .map_err(|source| Error::Blob {
                digest: Box::new(*digest),
                source,
            })?;
        let size = bytes.len() as u64;
        if size > DOCUMENT_MAX {
            return Err(too_large(digest, size));
        }
        let media_type = match Index::parse(&bytes) {
            Ok(index) if !index.manifests.is_empty() => MediaType::OciIndex,
            _ => MediaType::OciManifest,
        };
        let entry = Descriptor::new(media_type, *digest, size);
        image_of(self, &Index::oci(vec![entry]), platform)
    }
}

fn image_of<S: ImageSource + ?Sized>(
    source: &S,
    index: &Index,
    platform: &Platform,
) -> Result<ImageParts> {
    let manifest = manifest_for(source, index, platform, DEPTH_MAX)?;
    let manifest_json = source.read_document(&manifest)?;
    let config = Manifest::parse(&manifest_json)?.config;
    ImageParts::parse(manifest_json, source.read_document(&config)?)
}

fn too_large(digest: &Digest, size: u64) -> Error {
    Error::DocumentTooLarge {
        digest: Box::new(*digest),
        size,
    }
}

/// The manifest in an index, and in indexes in it, that serves a platform best.
fn manifest_for<S: ImageSource + ?Sized>(
    source: &S,
    index: &Index,
    platform: &Platform,
    depth: u32,
) -> Result<Descriptor> {
    let missing = || {
        let found: Vec<String> = index
            .platforms()
            .into_iter()
            .map(Platform::to_string)
            .collect();
        let found = if found.is_empty() {
            "none".to_owned()
        } else {
            found.join(", ")
        };
        Error::NoPlatform {
            platform: Box::new(platform.clone()),
            found,
        }
    };
    let best = index.select(platform).ok_or_else(missing)?;
    if !best.media_type.is_index() {
        return Ok(best.clone());
    }
    let depth = depth.checked_sub(1).ok_or_else(missing)?;
    manifest_for(
        source,
        &Index::parse(&source.read_document(best)?)?,
        platform,
        depth,
    )
}

fn is_named(entry: &Descriptor, name: &str) -> bool {
    let full = Reference::parse(name).map(|reference| reference.or_latest().to_string());
    let annotation = |key| entry.annotations.get(key).map(String::as_str);
    let named = [annotation(IMAGE_NAME), annotation(REF_NAME)];
    named
        .into_iter()
        .flatten()
        .any(|found| found == name || full.as_deref().is_ok_and(|full| full == found))
}

fn name_of(entry: &Descriptor) -> Option<&str> {
    let full = entry.annotations.get(IMAGE_NAME);
    full.or_else(|| entry.annotations.get(REF_NAME))
        .map(String::as_str)
}

/// Whether two names stand for different images. Entries of one name, or of none, are one image for several platforms.
fn has_several(index: &Index) -> bool {
    let mut images: BTreeMap<Option<&str>, BTreeSet<Digest>> = BTreeMap::new();
    for entry in &index.manifests {
        images
            .entry(name_of(entry))
            .or_default()
            .insert(entry.digest);
    }
    images.values().collect::<BTreeSet<_>>().len() > 1
}

fn names(index: &Index) -> String {
    let names: Vec<&str> = index.manifests.iter().filter_map(name_of).collect();
    if names.is_empty() {
        "none with a name".to_owned()
    } else {
        names.join(", ")
    }
}

/// The entries of an index that give an image its names, as containerd writes them; one without a name for no names.
pub(crate) fn index_entries(image: &ImageParts, names: &[Reference]) -> Vec<Descriptor> {
    let mut unnamed = image.descriptor();
    if let Some(created) = &image.config.created {
        unnamed.annotations.insert(
            "org.opencontainers.image.created".to_owned(),
            created.clone(),
        );
    }
    let named = |name: &Reference| {
        let name = name.clone().or_latest();
        let mut entry = unnamed.clone();
        if let Some(tag) = name.tag() {
            entry
                .annotations
                .insert(REF_NAME.to_owned(), tag.to_owned());
        }
        entry
            .annotations
            .insert(IMAGE_NAME.to_owned(), name.to_string());
        entry
    };
    if names.is_empty() {
        vec![unnamed]
    } else {
        names.iter().map(named).collect()
    }
}

/// The blobs of an image, each once, by digest: documents as bytes, layers to be opened.
pub(crate) enum Blob<'a> {
    Document(&'a [u8]),
    Layer,
}

pub(crate) fn blobs(image: &ImageParts) -> Vec<(Descriptor, Blob<'_>)> {
    let config = image.manifest.config.clone();
    let mut blobs = vec![(config, Blob::Document(&image.config_json[..]))];
    blobs.push((image.descriptor(), Blob::Document(&image.manifest_json)));
    blobs.extend(
        image
            .manifest
            .layers
            .iter()
            .map(|layer| (layer.clone(), Blob::Layer)),
    );
    blobs.sort_by_key(|(descriptor, _)| descriptor.digest);
    blobs.dedup_by_key(|(descriptor, _)| descriptor.digest);
    blobs
}

/// Copies a blob to `sink` and fails unless it is what its descriptor says.
pub(crate) fn copy_blob(
    descriptor: &Descriptor,
    blob: &Blob<'_>,
    open: &mut BlobOpener<'_>,
    sink: &mut dyn io::Write,
) -> Result<()> {
    let content: Box<dyn Read + '_> = match blob {
        Blob::Document(bytes) => Box::new(*bytes),
        Blob::Layer => open(descriptor).map_err(|source| Error::Blob {
            digest: Box::new(descriptor.digest),
            source,
        })?,
    };
    copy(descriptor, content, sink)
}

fn copy(descriptor: &Descriptor, content: impl Read, sink: &mut dyn io::Write) -> Result<()> {
    let Descriptor { digest, size, .. } = descriptor;
    let failed = |source| Error::Blob {
        digest: Box::new(*digest),
        source,
    };
    let algorithm: Algorithm = digest.algorithm();
    // one byte more than announced, to notice a blob that is longer
    let mut content = HashingReader::new(content.take(size.saturating_add(1)), algorithm);
    let mut left = *size;
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(failed(source)),
        };
        match left.checked_sub(read as u64) {
            Some(rest) => left = rest,
            None => break,
        }
        sink.write_all(&buffer[..read])
            .map_err(|source| Error::Stream {
                act: "write the image",
                source,
            })?;
    }
    let (_, found, read) = content.finish();
    if read != *size {
        return Err(Error::SizeMismatch {
            digest: Box::new(*digest),
            expected: *size,
            found: read,
        });
    }
    digest.expect(found)
}
