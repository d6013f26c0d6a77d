//! What `constrict check` and `constrict sbom` are given: an image of the store or of a registry, an archive, a layout, or a
//! root directory.

use std::path::Path;

use constrict_build::source::image::{Documents, Images};
use constrict_inspect::{Image, Report, directory};
use constrict_oci::{Digest, ImageConfig, Platform, Reference};

use crate::failure::Failure;

/// Checks what `text` means; its name is as the user wrote it.
pub(crate) fn subject(
    images: &Images,
    text: &str,
    platform: &Platform,
    allowed: &[String],
) -> Result<Report, Failure> {
    let path = Path::new(text);
    if is_root_directory(path) {
        return root_directory(path, text, platform, allowed);
    }
    let config = configuration(images, text, platform)?;
    let key = Digest::of(&config.to_json());
    let diff_ids = config.rootfs.diff_ids.clone();
    let layers = &images.layers;
    super::check(
        layers,
        &key,
        || super::image(layers, text.to_string(), config, &diff_ids, None),
        allowed,
    )
}

/// An image, and what its files do not tell.
pub(crate) struct Subject {
    /// The image.
    pub(crate) image: Image,
    /// Its manifest; none for a root directory.
    pub(crate) digest: Option<Digest>,
    /// Its name, if it was named and not given as a file or directory.
    pub(crate) reference: Option<Reference>,
}

/// Opens what `text` means.
pub(crate) fn open(images: &Images, text: &str, platform: &Platform) -> Result<Subject, Failure> {
    let path = Path::new(text);
    if is_root_directory(path) {
        return Ok(Subject {
            image: directory_image(path, text, platform)?,
            digest: None,
            reference: None,
        });
    }
    let documents = documents(images, text, platform)?;
    let diff_ids = documents.config.rootfs.diff_ids.clone();
    let digest = documents.descriptor.digest;
    // the beginning of a digest looks like a name
    let is_digest = digest.to_string().starts_with(text) || digest.hex().starts_with(text);
    let is_named = !path.exists() && !is_digest && !text.contains("://");
    let reference = Reference::parse(text).ok().filter(|_| is_named);
    let name = text.to_string();
    Ok(Subject {
        image: super::image(&images.layers, name, documents.config, &diff_ids, None)?,
        digest: Some(digest),
        reference: reference.map(Reference::or_latest),
    })
}

/// A directory that is no OCI layout.
pub(super) fn is_root_directory(path: &Path) -> bool {
    path.is_dir() && !path.join("oci-layout").is_file()
}

/// The configuration of the image that `text` means. A root directory has none.
pub(crate) fn configuration(
    images: &Images,
    text: &str,
    platform: &Platform,
) -> Result<ImageConfig, Failure> {
    if is_root_directory(Path::new(text)) {
        return Err(Failure::usage(format!(
            "`{text}` is a root directory, which has no command to start"
        )));
    }
    Ok(documents(images, text, platform)?.config)
}

/// Manifest and configuration of the image that `text` means, which is no root directory.
pub(super) fn documents(
    images: &Images,
    text: &str,
    platform: &Platform,
) -> Result<Documents, Failure> {
    let path = Path::new(text);
    let name = match path {
        path if path.is_dir() => format!("oci-layout://{text}"),
        path if path.is_file() => format!("oci-archive:{text}"),
        _ => text.to_string(),
    };
    let known = constrict_build::container::look_up(&images.layers.store, &name);
    let Some(found) = known.ok().flatten() else {
        return Ok(images.look_at(&name, platform)?);
    };
    let manifest = found.manifest();
    let documents = images.stored(manifest, platform, &format!("image@{manifest}"))?;
    images.remember(&documents, None)?;
    Ok(documents)
}

/// A directory has no configuration: what it would start is not known.
fn root_directory(
    path: &Path,
    text: &str,
    platform: &Platform,
    allowed: &[String],
) -> Result<Report, Failure> {
    let image = directory_image(path, text, platform)?;
    let allowed = |rule: &str| allowed.iter().any(|name| name == rule);
    Ok(constrict_inspect::check(&image, &allowed))
}

/// A root directory as an image without layers.
pub(super) fn directory_image(
    path: &Path,
    text: &str,
    platform: &Platform,
) -> Result<Image, Failure> {
    let files = directory::files(path).map_err(|source| constrict_build::Error::Io {
        act: "read",
        path: path.into(),
        source,
    })?;
    Ok(Image {
        name: text.to_string(),
        config: ImageConfig::new(platform),
        files,
        layers: Vec::new(),
        origin: None,
    })
}
