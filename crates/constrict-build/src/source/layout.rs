//! Images in OCI layouts, OCI archives and docker archives of the host, brought into the store. Never written to.
//!
//! ```text
//! oci-layout://PATH[:TAG][@DIGEST]
//! oci-archive:PATH[:NAME][@DIGEST]
//! docker-archive:PATH[:NAME][@DIGEST]
//! ```
//!
//! The first is what `docker buildx build --build-context` takes, the others are what skopeo and podman do.

use std::fs::File;
use std::path::{Path, PathBuf};

use constrict_oci::archive::Archive;
use constrict_oci::layout::Layout;
use constrict_oci::{Descriptor, Digest, ImageParts, ImageSource, Platform, Reference};

use super::image::{Documents, Images};
use crate::error::{IoContext, Result};
use crate::store::Store;

/// Where an image of the host's files is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    form: Form,
    path: PathBuf,
    name: Option<String>,
    digest: Option<Digest>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Layout,
    Archive,
}

impl Place {
    /// Reads a place; `None` for anything else, such as a name in a registry.
    pub(crate) fn parse(text: &str) -> Option<Place> {
        let (form, rest) = if let Some(rest) = text.strip_prefix("oci-layout://") {
            (Form::Layout, rest)
        } else {
            let rest = text.strip_prefix("oci-archive:");
            (
                Form::Archive,
                rest.or_else(|| text.strip_prefix("docker-archive:"))?,
            )
        };
        let digest = |text: &str| Digest::parse(text).ok();
        let (rest, digest) = match rest.rsplit_once('@') {
            Some((before, after)) if digest(after).is_some() => (before, digest(after)),
            _ => (rest, None),
        };
        let (path, name) = match rest.split_once(':') {
            Some((path, name)) => (path, Some(name.to_string())),
            None => (rest, None),
        };
        Some(Place {
            form,
            path: path.into(),
            name,
            digest,
        })
    }
}

/// An image of an archive, and its names.
pub type Loaded = (Vec<Reference>, Documents);

/// Brings every image of an archive that serves a platform into the store, with the names that it has there.
pub fn load(images: &Images, path: &Path, platform: &Platform) -> Result<Vec<Loaded>> {
    let store = &images.layers.store;
    let archive = Archive::open(path, &store.root().join("tmp"))?;
    let mut loaded: Vec<Loaded> = Vec::new();
    let names = archive.image_names();
    let wanted = match names.is_empty() {
        true => vec![None],
        false => names.iter().map(|name| Some(name.as_str())).collect(),
    };
    for name in wanted {
        let image = archive.image(name, platform)?;
        let documents = adopt(store, &archive, &image)?;
        images.remember(&documents, None)?;
        store.add_image(&documents.descriptor.digest)?;
        let reference = name.and_then(|name| Reference::parse(name).ok());
        let reference = reference.map(Reference::or_latest);
        if let Some(reference) = &reference {
            store.set_tag(reference, &documents.descriptor.digest)?;
        }
        let digest = documents.descriptor.digest;
        match loaded
            .iter_mut()
            .find(|(_, known)| known.descriptor.digest == digest)
        {
            Some((names, _)) => names.extend(reference),
            None => loaded.push((reference.into_iter().collect(), documents)),
        }
    }
    Ok(loaded)
}

/// Copies the image at `place` that serves a platform into the store, every blob verified.
pub(crate) fn import(store: &Store, place: &Place, platform: &Platform) -> Result<Documents> {
    let source: Box<dyn ImageSource> = match place.form {
        Form::Layout => Box::new(Layout::open(&place.path)?),
        Form::Archive => Box::new(Archive::open(&place.path, &store.root().join("tmp"))?),
    };
    let image = match &place.digest {
        Some(digest) => source.image_by_digest(digest, platform)?,
        None => source.image(place.name.as_deref(), platform)?,
    };
    adopt(store, &*source, &image)
}

/// Copies an image into the store.
fn adopt(store: &Store, source: &dyn ImageSource, image: &ImageParts) -> Result<Documents> {
    for layer in &image.manifest().layers {
        copy(store, source, layer)?;
    }
    store.write_blob(image.config_json())?;
    store.write_blob(image.manifest_json())?;
    Ok(Documents {
        descriptor: Descriptor::of(image.manifest().media_type(), image.manifest_json()),
        manifest: image.manifest().clone(),
        config: image.config().clone(),
    })
}

fn copy(store: &Store, source: &dyn ImageSource, blob: &Descriptor) -> Result<()> {
    if store.has_blob(&blob.digest) {
        return Ok(());
    }
    let temporary = store.temporary("blob");
    let mut file = File::create(&temporary).at("create", &temporary)?;
    if let Err(error) = source.copy_blob(blob, &mut file) {
        std::fs::remove_file(&temporary).at("delete", &temporary)?;
        return Err(error.into());
    }
    store.adopt_blob(&temporary, &blob.digest)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use constrict_oci::archive::write_docker_archive;
    use constrict_oci::layer::{Compression, LayerWriter, NewEntry, NewKind};
    use constrict_oci::layout::write_layout;
    use constrict_oci::{ImageConfig, MediaType};

    use super::*;

    fn place(form: Form, path: &str, name: Option<&str>, digest: Option<Digest>) -> Option<Place> {
        let (path, name) = (path.into(), name.map(str::to_string));
        Some(Place {
            form,
            path,
            name,
            digest,
        })
    }

    #[test]
    fn places_have_a_path_a_name_and_a_digest() {
        let digest = Digest::of(b"");
        for (text, expected) in [
            (
                "oci-layout:///a/b".to_string(),
                place(Form::Layout, "/a/b", None, None),
            ),
            (
                "oci-layout://b:v1".into(),
                place(Form::Layout, "b", Some("v1"), None),
            ),
            (
                format!("oci-layout://b@{digest}"),
                place(Form::Layout, "b", None, Some(digest)),
            ),
            (
                format!("oci-layout://b:v1@{digest}"),
                place(Form::Layout, "b", Some("v1"), Some(digest)),
            ),
            (
                "oci-layout://a@b".into(),
                place(Form::Layout, "a@b", None, None),
            ),
            (
                "oci-archive:b.tar".into(),
                place(Form::Archive, "b.tar", None, None),
            ),
            (
                "docker-archive:b.tar:localhost:5000/x:1".into(),
                place(Form::Archive, "b.tar", Some("localhost:5000/x:1"), None),
            ),
            ("docker.io/library/python:3.11".into(), None),
            ("oci-layout:/a/b".into(), None),
        ] {
            assert_eq!(Place::parse(&text), expected, "{text}");
        }
    }

    fn image() -> (ImageParts, Vec<u8>) {
        let mut layer = LayerWriter::new(Vec::new(), Compression::GZIP).unwrap();
        layer
            .append_empty(NewEntry::new(b"app", NewKind::Directory, 0o755))
            .unwrap();
        let written = layer.finish().unwrap();
        let mut config = ImageConfig::new(&Platform::parse("linux/amd64").unwrap());
        config.rootfs.diff_ids.push(written.diff_id);
        let layer = Descriptor::new(MediaType::OciLayerGzip, written.digest, written.size);
        (ImageParts::new(config, vec![layer]).unwrap(), written.sink)
    }

    /// Blobs that are still being made.
    fn left_behind(store: &Store) -> usize {
        let files = std::fs::read_dir(store.root().join("tmp")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with("-blob")).count()
    }

    #[test]
    fn images_of_layouts_and_archives_come_into_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let (image, blob) = image();
        let name = Reference::parse("app:v1").unwrap();
        let layout = folder.path().join("layout");
        let open =
            &mut |_: &Descriptor| Ok(Box::new(std::io::Cursor::new(blob.clone())) as Box<dyn Read>);
        write_layout(&layout, &image, std::slice::from_ref(&name), open).unwrap();
        let archive = folder.path().join("app.tar");
        write_docker_archive(File::create(&archive).unwrap(), &image, &[name], open).unwrap();
        for text in [
            format!("oci-layout://{}", layout.display()),
            format!("oci-layout://{}:v1", layout.display()),
            format!("docker-archive:{}:app:v1", archive.display()),
            format!(
                "oci-archive:{}@{}",
                archive.display(),
                image.descriptor().digest
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(folder.path(), "root").unwrap();
            let place = Place::parse(&text).unwrap();
            let documents =
                import(&store, &place, &Platform::parse("linux/amd64").unwrap()).unwrap();
            assert_eq!(documents.manifest, *image.manifest(), "{text}");
            assert_eq!(documents.config, *image.config(), "{text}");
            let manifest = store.read_blob(&documents.descriptor.digest).unwrap();
            assert_eq!(manifest, image.manifest_json(), "{text}");
            let layer = &documents.manifest.layers[0].digest;
            assert_eq!(store.read_blob(layer).unwrap(), blob, "{text}");
            assert_eq!(left_behind(&store), 0, "{text}");
        }
    }

    #[test]
    fn a_blob_with_other_bytes_does_not_come_into_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let (image, blob) = image();
        let layout = folder.path().join("layout");
        let open =
            &mut |_: &Descriptor| Ok(Box::new(std::io::Cursor::new(blob.clone())) as Box<dyn Read>);
        write_layout(&layout, &image, &[], open).unwrap();
        let digest = image.manifest().layers[0].digest;
        let mut other = blob.clone();
        other[20] ^= 1;
        std::fs::write(layout.join("blobs/sha256").join(digest.hex()), &other).unwrap();
        let store = Store::open(&folder.path().join("store"), "root").unwrap();
        let place = Place::parse(&format!("oci-layout://{}", layout.display())).unwrap();
        let error = import(&store, &place, &Platform::parse("linux/amd64").unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "expected digest `{digest}` but the content has `{}`",
                Digest::of(&other)
            )
        );
        assert!(!store.has_blob(&digest));
        assert_eq!(left_behind(&store), 0);
    }
}
