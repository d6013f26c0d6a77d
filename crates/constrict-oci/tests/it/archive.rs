//! Layouts and archives: written, read back, and as older tools wrote them.

// clippy.toml exempts test functions only, not what they call
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use constrict_oci::archive::{Archive, write_docker_archive, write_oci_archive};
use constrict_oci::layer::{Compression, LayerWriter, NewEntry, NewKind};
use constrict_oci::layout::{Layout, write_layout};
use constrict_oci::{
    Descriptor, Digest, ImageConfig, ImageParts, ImageSource, Platform, Reference,
};
use serde_json::{Value, json};

fn platform() -> Platform {
    Platform::of("linux", "amd64", "")
}

/// A tar with one file.
fn layer(name: &str, compression: Compression) -> (Vec<u8>, Digest) {
    let mut writer = LayerWriter::new(Vec::new(), compression).unwrap();
    let entry = NewEntry::new(name, NewKind::File { size: 1 }, 0o644);
    writer.append(entry, &mut &b"x"[..]).unwrap();
    let written = writer.finish().unwrap();
    (written.sink, written.diff_id)
}

/// An image of two layers, the first of which it has twice.
fn image() -> (ImageParts, Vec<Vec<u8>>) {
    let (first, first_id) = layer("a", Compression::GZIP);
    let (second, second_id) = layer("b", Compression::ZSTD);
    let mut config = ImageConfig::new(&platform());
    config.created = Some("2024-01-01T00:00:00Z".into());
    config.rootfs.diff_ids = vec![first_id, second_id, first_id];
    let of = |compression: Compression, blob: &[u8]| Descriptor::of(compression.media_type(), blob);
    let layers = vec![
        of(Compression::GZIP, &first),
        of(Compression::ZSTD, &second),
        of(Compression::GZIP, &first),
    ];
    (
        ImageParts::new(config, layers).unwrap(),
        vec![first, second],
    )
}

fn opener(blobs: &[Vec<u8>]) -> impl FnMut(&Descriptor) -> io::Result<Box<dyn Read>> {
    let blobs = blobs.to_vec();
    move |wanted| {
        let found = blobs.iter().find(|blob| Digest::of(blob) == wanted.digest);
        Ok(Box::new(io::Cursor::new(
            found.ok_or(io::ErrorKind::NotFound)?.clone(),
        )))
    }
}

fn names(names: &[&str]) -> Vec<Reference> {
    names
        .iter()
        .map(|name| Reference::parse(name).unwrap())
        .collect()
}

fn assert_same(
    source: &dyn ImageSource,
    name: Option<&str>,
    image: &ImageParts,
    blobs: &[Vec<u8>],
) {
    assert_eq!(&source.image(name, &platform()).unwrap(), image);
    for blob in blobs {
        let mut found = Vec::new();
        source
            .open_blob(&Digest::of(blob))
            .unwrap()
            .read_to_end(&mut found)
            .unwrap();
        assert!(found == *blob);
    }
}

fn stored(directory: &Path, bytes: &[u8]) -> Archive {
    let path = directory.join("archive.tar");
    fs::write(&path, bytes).unwrap();
    Archive::open(&path, directory).unwrap()
}

#[test]
fn an_oci_archive_comes_back_and_has_the_members_of_containerd() {
    let scratch = tempfile::tempdir().unwrap();
    let (image, blobs) = image();
    let write = || {
        write_oci_archive(
            Vec::new(),
            &image,
            &names(&["app", "r.example/x:1"]),
            &mut opener(&blobs),
        )
    };
    let bytes = write().unwrap();
    assert!(bytes == write().unwrap());
    let archive = stored(scratch.path(), &bytes);
    for name in [
        None,
        Some("app"),
        Some("docker.io/library/app:latest"),
        Some("latest"),
        Some("r.example/x:1"),
        Some("1"),
    ] {
        assert_same(&archive, name, &image, &blobs);
    }
    let entry = |name: &str, tag: &str| {
        json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": Digest::of(image.manifest_json()).to_string(),
            "size": image.manifest_json().len(),
            "annotations": {
                "io.containerd.image.name": name,
                "org.opencontainers.image.created": "2024-01-01T00:00:00Z",
                "org.opencontainers.image.ref.name": tag,
            },
            "platform": {"architecture": "amd64", "os": "linux"},
        })
    };
    let expected = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [entry("docker.io/library/app:latest", "latest"), entry("r.example/x:1", "1")],
    });
    assert_eq!(serde_json::to_value(archive.index()).unwrap(), expected);
}

#[test]
fn a_docker_archive_is_an_oci_archive_with_a_manifest() {
    let (image, blobs) = image();
    let bytes = write_docker_archive(
        Vec::new(),
        &image,
        &names(&["app", "r.example/x:1"]),
        &mut opener(&blobs),
    )
    .unwrap();
    let mut members = Vec::new();
    let mut saved = Value::Null;
    constrict_oci::layer::read_layer(
        &bytes[..],
        &Default::default(),
        &mut |found, content: &mut dyn Read| {
            if found.entry.path == b"manifest.json" {
                saved = serde_json::from_reader(content).unwrap();
            }
            members.push(String::from_utf8(found.entry.path).unwrap());
            Ok::<(), constrict_oci::Error>(())
        },
    )
    .unwrap();
    let blob = |digest: &Digest| format!("blobs/sha256/{}", digest.hex());
    let [first, second] =
        [Digest::of(&blobs[0]), Digest::of(&blobs[1])].map(|digest| blob(&digest));
    let config = blob(&image.manifest().config.digest);
    let mut expected = vec![
        first.clone(),
        second.clone(),
        config.clone(),
        blob(&Digest::of(image.manifest_json())),
    ];
    expected.extend(
        [
            "blobs",
            "blobs/sha256",
            "index.json",
            "manifest.json",
            "oci-layout",
        ]
        .map(str::to_owned),
    );
    expected.sort();
    assert_eq!(members, expected);
    let expected = json!([{
        "Config": config,
        "RepoTags": ["app:latest", "r.example/x:1"],
        "Layers": [&first, &second, &first],
    }]);
    assert_eq!(saved, expected);
}

#[test]
fn compressed_archives_are_read() {
    let scratch = tempfile::tempdir().unwrap();
    let (image, blobs) = image();
    let bytes = write_oci_archive(Vec::new(), &image, &[], &mut opener(&blobs)).unwrap();
    for compression in [Compression::GZIP, Compression::ZSTD] {
        let mut compressor =
            constrict_oci::layer::Compressor::new(Vec::new(), compression).unwrap();
        compressor.write_all(&bytes).unwrap();
        assert_same(
            &stored(scratch.path(), &compressor.finish().unwrap()),
            None,
            &image,
            &blobs,
        );
    }
}

/// A tar of these files and symbolic links (target after `->`).
fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = LayerWriter::new(Vec::new(), Compression::None).unwrap();
    for (name, content) in members {
        match name.split_once("->") {
            Some((name, target)) => {
                let kind = NewKind::Symlink {
                    target: target.into(),
                };
                writer
                    .append_empty(NewEntry::new(name, kind, 0o777))
                    .unwrap();
            }
            None => {
                let kind = NewKind::File {
                    size: content.len() as u64,
                };
                writer
                    .append(NewEntry::new(*name, kind, 0o644), &mut &content[..])
                    .unwrap();
            }
        }
    }
    writer.finish().unwrap().sink
}

#[test]
fn an_archive_of_an_older_docker_is_shown_as_a_layout() {
    let scratch = tempfile::tempdir().unwrap();
    let (plain, plain_id) = layer("a", Compression::None);
    let (packed, packed_id) = layer("b", Compression::GZIP);
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":["{plain_id}","{packed_id}","{plain_id}"]}}}}"#
    );
    let manifest = br#"[{"Config":"abc.json","RepoTags":["app:1"],"Layers":["1/layer.tar","2/layer.tar","3/layer.tar"]},
        {"Config":"abc.json","RepoTags":null,"Layers":["1/layer.tar","2/layer.tar","3/layer.tar"]}]"#;
    let bytes = tar(&[
        ("1/layer.tar", &plain),
        ("2/layer.tar", &packed),
        ("3/layer.tar->../1/layer.tar", b""),
        ("abc.json", config.as_bytes()),
        ("manifest.json", manifest),
        ("repositories", b"{}"),
    ]);
    let archive = stored(scratch.path(), &bytes);
    let image = archive.image(Some("app:1"), &platform()).unwrap();
    assert_eq!(image.config_json(), config.as_bytes());
    let found: Vec<String> = image
        .manifest()
        .layers
        .iter()
        .map(|layer| layer.media_type.to_string())
        .collect();
    let [tar, gzip] = [Compression::None, Compression::GZIP]
        .map(|compression| compression.media_type().to_string());
    assert_eq!(found, [tar.clone(), gzip, tar]);
    assert_same(&archive, None, &image, &[plain, packed]);
}

#[test]
fn archives_that_are_no_images_say_why() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("a.tar");
    let config = br#"{"rootfs":{"diff_ids":[]}}"#;
    let cut = tar(&[("a", &[0; 4096])]);
    for (bytes, message) in [
        (
            tar(&[("x", b"")]),
            "holds no image: there is neither `index.json` with `oci-layout` nor `manifest.json` in it",
        ),
        (
            Vec::new(),
            "holds no image: there is neither `index.json` with `oci-layout` nor `manifest.json` in it",
        ),
        (
            tar(&[
                ("oci-layout", br#"{"imageLayoutVersion":"2.0"}"#),
                ("index.json", b"{}"),
            ]),
            "holds no image: its `oci-layout` has an unknown version",
        ),
        (
            tar(&[(
                "manifest.json",
                br#"[{"Config":"c","RepoTags":null,"Layers":[]}]"#,
            )]),
            "holds no image: its `manifest.json` names a missing configuration",
        ),
        (
            tar(&[(
                "manifest.json",
                br#"[{"Config":"../../etc/passwd","RepoTags":null,"Layers":[]}]"#,
            )]),
            "holds no image: its `manifest.json` names a missing configuration",
        ),
        (
            tar(&[
                (
                    "manifest.json",
                    br#"[{"Config":"c","RepoTags":null,"Layers":["l"]}]"#,
                ),
                ("c", config),
            ]),
            "holds no image: its `manifest.json` and a configuration name different numbers of layers",
        ),
        (
            tar(&[
                ("c->c", b""),
                (
                    "manifest.json",
                    br#"[{"Config":"c","RepoTags":null,"Layers":[]}]"#,
                ),
            ]),
            "holds no image: its `manifest.json` names a missing configuration",
        ),
        (cut[..1024].to_vec(), "holds no image: it is cut off"),
    ] {
        fs::write(&path, bytes).unwrap();
        let found = Archive::open(&path, scratch.path())
            .expect_err(message)
            .to_string();
        assert_eq!(found, format!("`{}` {message}", path.display()));
    }
}

#[test]
fn a_layout_takes_images_beside_each_other() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("layout");
    let (image, blobs) = image();
    let other = ImageParts::new(
        ImageConfig::new(&Platform::of("linux", "arm64", "")),
        Vec::new(),
    )
    .unwrap();
    write_layout(&root, &image, &names(&["app:1"]), &mut opener(&blobs)).unwrap();
    write_layout(&root, &other, &names(&["app:2"]), &mut opener(&[])).unwrap();
    write_layout(&root, &image, &names(&["app:1"]), &mut opener(&blobs)).unwrap();
    let layout = Layout::open(&root).unwrap();
    assert_eq!(layout.index().manifests.len(), 2);
    assert_same(&layout, Some("app:1"), &image, &blobs);
    let missing = layout
        .image(Some("app:2"), &platform())
        .expect_err("another platform")
        .to_string();
    assert_eq!(
        missing,
        "there is no image for `linux/amd64`; there are: linux/arm64"
    );
    let missing = layout
        .image(Some("app:3"), &platform())
        .expect_err("no such name")
        .to_string();
    let there = "docker.io/library/app:2, docker.io/library/app:1";
    assert_eq!(
        missing,
        format!("there is no image `app:3`; there are: {there}")
    );
    let mut files: Vec<_> = fs::read_dir(root.join("blobs/sha256"))
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    files.retain(|name| name.len() != 64);
    assert!(files.is_empty(), "{files:?}");
}

#[test]
fn damaged_blobs_are_found() {
    let scratch = tempfile::tempdir().unwrap();
    let (image, blobs) = image();
    write_layout(
        scratch.path(),
        &image,
        &names(&["app"]),
        &mut opener(&blobs),
    )
    .unwrap();
    let config = image.manifest().config.digest;
    let path = scratch.path().join("blobs/sha256").join(config.hex());
    let mut content = fs::read(&path).unwrap();
    content[5] ^= 1;
    fs::write(&path, &content).unwrap();
    let layout = Layout::open(scratch.path()).unwrap();
    let found = layout
        .image(None, &platform())
        .expect_err("changed")
        .to_string();
    assert_eq!(
        found,
        format!(
            "expected digest `{config}` but the content has `{}`",
            Digest::of(&content)
        )
    );
    fs::write(&path, &content[1..]).unwrap();
    let found = layout
        .image(None, &platform())
        .expect_err("shorter")
        .to_string();
    let (size, expected) = (content.len() - 1, content.len());
    assert_eq!(
        found,
        format!("`{config}` has {size} bytes where its descriptor says {expected}")
    );
    fs::remove_file(&path).unwrap();
    let found = layout
        .image(None, &platform())
        .expect_err("missing")
        .to_string();
    assert_eq!(found, format!("the blob `{config}` is missing"));
}

#[test]
fn a_blob_that_is_not_what_it_should_be_is_not_written() {
    let (image, blobs) = image();
    let first = Digest::of(&blobs[0]);
    let mut changed = blobs[0].clone();
    changed[20] ^= 1;
    let longer = [&blobs[0][..], b"x"].concat();
    let shorter = blobs[0][1..].to_vec();
    for (blob, message) in [
        (
            changed.clone(),
            format!(
                "expected digest `{first}` but the content has `{}`",
                Digest::of(&changed)
            ),
        ),
        (
            longer,
            format!(
                "`{first}` has {} bytes where its descriptor says {}",
                blobs[0].len() + 1,
                blobs[0].len()
            ),
        ),
        (
            shorter,
            format!(
                "`{first}` has {} bytes where its descriptor says {}",
                blobs[0].len() - 1,
                blobs[0].len()
            ),
        ),
    ] {
        let mut open = |wanted: &Descriptor| -> io::Result<Box<dyn Read>> {
            let blob = if wanted.digest == first {
                blob.clone()
            } else {
                blobs[1].clone()
            };
            Ok(Box::new(io::Cursor::new(blob)))
        };
        let found = write_oci_archive(Vec::new(), &image, &[], &mut open)
            .map(|_| ())
            .expect_err("another blob");
        assert_eq!(found.to_string(), message);
        let scratch = tempfile::tempdir().unwrap();
        assert!(write_layout(scratch.path(), &image, &[], &mut open).is_err());
        let left = scratch.path().join("blobs/sha256").join(first.hex());
        assert!(!left.exists() && !scratch.path().join("index.json").exists());
    }
}

#[test]
fn an_index_that_holds_itself_ends() {
    struct Endless(constrict_oci::Index, Vec<u8>);
    impl ImageSource for Endless {
        fn index(&self) -> &constrict_oci::Index {
            &self.0
        }
        fn open_blob(&self, _: &Digest) -> constrict_oci::Result<Box<dyn Read + Send>> {
            Ok(Box::new(io::Cursor::new(self.1.clone())))
        }
        fn read_document(&self, _: &Descriptor) -> constrict_oci::Result<Vec<u8>> {
            Ok(self.1.clone())
        }
    }
    let entry = Descriptor::of(constrict_oci::MediaType::OciIndex, b"");
    let index = constrict_oci::Index::oci(vec![entry]);
    let json = index.to_json();
    let found = Endless(index, json)
        .image(None, &platform())
        .expect_err("endless")
        .to_string();
    assert_eq!(
        found,
        "there is no image for `linux/amd64`; there are: none"
    );
}

#[test]
fn what_is_no_layout_says_why() {
    let scratch = tempfile::tempdir().unwrap();
    let message = |root: &Path| Layout::open(root).expect_err("no layout").to_string();
    let shown = scratch.path().display();
    assert_eq!(
        message(scratch.path()),
        format!("`{shown}` holds no image: there is no file `oci-layout`")
    );
    fs::write(scratch.path().join("oci-layout"), "{}").unwrap();
    assert_eq!(
        message(scratch.path()),
        format!("`{shown}` holds no image: its `oci-layout` is malformed")
    );
    fs::write(
        scratch.path().join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )
    .unwrap();
    assert_eq!(
        message(scratch.path()),
        format!("`{shown}` holds no image: there is no file `index.json`")
    );
}
