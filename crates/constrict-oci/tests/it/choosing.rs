//! Which image of a layout is meant: by name, by digest, or the only one.

// clippy.toml exempts test functions only, not what they call
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Read;
use std::path::Path;

use constrict_oci::layout::{Layout, write_layout};
use constrict_oci::{
    Descriptor, Digest, ImageConfig, ImageParts, ImageSource, Index, MediaType, Platform, Reference,
};

fn amd64() -> Platform {
    Platform::of("linux", "amd64", "")
}

/// An image without layers.
fn image(architecture: &str, author: &str) -> ImageParts {
    let mut config = ImageConfig::new(&Platform::of("linux", architecture, ""));
    config.author = author.into();
    ImageParts::new(config, Vec::new()).unwrap()
}

fn add(root: &Path, image: &ImageParts, names: &[&str]) {
    let names: Vec<Reference> = names
        .iter()
        .map(|name| Reference::parse(name).unwrap())
        .collect();
    let open = &mut |_: &Descriptor| Ok(Box::new(std::io::empty()) as Box<dyn Read>);
    write_layout(root, image, &names, open).unwrap();
}

#[test]
fn without_a_name_the_only_image_is_meant() {
    let scratch = tempfile::tempdir().unwrap();
    let only = image("amd64", "a");
    add(scratch.path(), &only, &["app:1", "app:2"]);
    let layout = Layout::open(scratch.path()).unwrap();
    assert_eq!(layout.image(None, &amd64()).unwrap(), only);
}

#[test]
fn without_a_name_one_of_several_platforms_is_chosen() {
    let scratch = tempfile::tempdir().unwrap();
    let wanted = image("amd64", "a");
    add(scratch.path(), &image("arm64", "a"), &[]);
    add(scratch.path(), &wanted, &[]);
    let layout = Layout::open(scratch.path()).unwrap();
    assert_eq!(layout.image(None, &amd64()).unwrap(), wanted);
}

#[test]
fn without_a_name_the_latest_of_several_images_is_meant() {
    let scratch = tempfile::tempdir().unwrap();
    add(scratch.path(), &image("amd64", "a"), &["app:1"]);
    add(scratch.path(), &image("amd64", "b"), &["app:2"]);
    let layout = Layout::open(scratch.path()).unwrap();
    assert_eq!(
        layout.image(None, &amd64()).unwrap_err().to_string(),
        "there is no image `latest`; there are: docker.io/library/app:1, docker.io/library/app:2"
    );
    let latest = image("amd64", "c");
    add(scratch.path(), &latest, &["app"]);
    let layout = Layout::open(scratch.path()).unwrap();
    assert_eq!(layout.image(None, &amd64()).unwrap(), latest);
}

#[test]
fn a_digest_means_a_manifest_or_an_index() {
    let scratch = tempfile::tempdir().unwrap();
    let (one, two) = (image("amd64", "a"), image("arm64", "a"));
    add(scratch.path(), &one, &["app:1"]);
    add(scratch.path(), &two, &["app:2"]);
    let index = Index::oci(vec![two.descriptor(), one.descriptor()]).to_json();
    let digest = Digest::of(&index);
    fs::write(
        scratch.path().join("blobs/sha256").join(digest.hex()),
        &index,
    )
    .unwrap();
    let layout = Layout::open(scratch.path()).unwrap();
    let by = |digest: &Digest| layout.image_by_digest(digest, &amd64());
    assert_eq!(by(&one.descriptor().digest).unwrap(), one);
    // asked for by what it is, whatever its platform
    assert_eq!(by(&two.descriptor().digest).unwrap(), two);
    assert_eq!(by(&digest).unwrap(), one);
    let missing = Digest::of(b"missing");
    assert_eq!(
        by(&missing).unwrap_err().to_string(),
        format!("the blob `{missing}` is missing")
    );
}

#[test]
fn a_manifest_with_other_bytes_is_not_what_its_digest_means() {
    let scratch = tempfile::tempdir().unwrap();
    let (one, two) = (image("amd64", "a"), image("amd64", "b"));
    add(scratch.path(), &one, &[]);
    let digest = one.descriptor().digest;
    let path = scratch.path().join("blobs/sha256").join(digest.hex());
    fs::write(path, two.manifest_json()).unwrap();
    let layout = Layout::open(scratch.path()).unwrap();
    assert_eq!(
        layout
            .image_by_digest(&digest, &amd64())
            .unwrap_err()
            .to_string(),
        format!(
            "expected digest `{digest}` but the content has `{}`",
            Digest::of(two.manifest_json())
        )
    );
}

#[test]
fn what_would_be_read_for_ever_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    fs::write(root.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    std::os::unix::fs::symlink("/dev/zero", root.join("index.json")).unwrap();
    let index = root.join("index.json");
    assert_eq!(
        Layout::open(root).unwrap_err().to_string(),
        format!(
            "`{}` holds no image: it is no regular file",
            index.display()
        )
    );
    fs::remove_file(&index).unwrap();
    fs::File::create(&index)
        .unwrap()
        .set_len((16 << 20) + 1)
        .unwrap();
    assert_eq!(
        Layout::open(root).unwrap_err().to_string(),
        format!(
            "`{}` holds no image: it is larger than 16 MiB",
            index.display()
        )
    );
    let digest = Digest::of(b"pipe");
    let entry = Descriptor::new(MediaType::OciManifest, digest, 4);
    fs::write(&index, Index::oci(vec![entry]).to_json()).unwrap();
    fs::create_dir_all(root.join("blobs/sha256")).unwrap();
    let blob = root.join("blobs/sha256").join(digest.hex());
    std::os::unix::fs::symlink("/dev/zero", &blob).unwrap();
    let layout = Layout::open(root).unwrap();
    assert_eq!(
        layout.image(None, &amd64()).unwrap_err().to_string(),
        format!("`{}` holds no image: it is no regular file", blob.display())
    );
}
