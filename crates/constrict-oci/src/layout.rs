//! OCI layouts: directories of blobs with an index. Never deletes anything.
//!
//! ```text
//! oci-layout              {"imageLayoutVersion":"1.0.0"}
//! index.json              the index
//! blobs/<algorithm>/<hex> the blobs
//! ```
//!
//! Source: OCI image specification `image-layout.md`.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::image::{DOCUMENT_MAX, IMAGE_NAME, blobs, copy_blob, index_entries};
use crate::{BlobOpener, Digest, Error, ImageParts, ImageSource, Index, Reference, Result};

pub(crate) const MARKER: &str = "oci-layout";
pub(crate) const MARKER_JSON: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
pub(crate) const INDEX: &str = "index.json";

/// The content of the file `oci-layout`.
#[derive(Deserialize)]
struct Marker {
    #[serde(rename = "imageLayoutVersion")]
    version: String,
}

/// A layout that is there.
#[derive(Debug)]
pub struct Layout {
    root: PathBuf,
    index: Index,
}

impl Layout {
    /// Opens a layout.
    pub fn open(root: impl Into<PathBuf>) -> Result<Layout> {
        let root = root.into();
        let not = |reason| Error::NotAnImage {
            path: root.clone(),
            reason,
        };
        let marker = read(&root.join(MARKER), || not("there is no file `oci-layout`"))?;
        check_marker(&marker).map_err(not)?;
        let index = Index::parse(&read(&root.join(INDEX), || {
            not("there is no file `index.json`")
        })?)?;
        Ok(Layout { root, index })
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        blob_path(&self.root, digest)
    }
}

impl ImageSource for Layout {
    fn index(&self) -> &Index {
        &self.index
    }

    fn open_blob(&self, digest: &Digest) -> Result<Box<dyn Read + Send>> {
        let missing = || Error::BlobMissing {
            digest: Box::new(*digest),
        };
        Ok(Box::new(open(&self.blob_path(digest), missing)?))
    }
}

/// Fails unless `oci-layout` has a version that this program reads.
pub(crate) fn check_marker(json: &[u8]) -> Result<(), &'static str> {
    let marker: Marker =
        serde_json::from_slice(json).map_err(|_| "its `oci-layout` is malformed")?;
    if marker.version.starts_with("1.") {
        Ok(())
    } else {
        Err("its `oci-layout` has an unknown version")
    }
}

/// Writes an image to a layout, which is made if it is not there. Other images in it stay; an entry of the same name, or
/// of the same image without a name, is replaced.
///
/// Blobs come first, each under a temporary name, the index last: a reader never sees half an image.
pub fn write_layout(
    root: &Path,
    image: &ImageParts,
    names: &[Reference],
    open: &mut BlobOpener<'_>,
) -> Result<()> {
    for (descriptor, blob) in blobs(image) {
        let path = blob_path(root, &descriptor.digest);
        let directory = path.parent().expect("a blob's path has a directory");
        fs::create_dir_all(directory).map_err(|source| Error::Io {
            act: "create",
            path: directory.to_owned(),
            source,
        })?;
        if fs::metadata(&path).is_ok_and(|found| found.is_file() && found.len() == descriptor.size)
        {
            continue;
        }
        replace(&path, &mut |file| copy_blob(&descriptor, &blob, open, file))?;
    }
    let index_path = root.join(INDEX);
    let mut index = match fs::read(&index_path) {
        Ok(json) => Index::parse(&json)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Index::oci(Vec::new()),
        Err(source) => {
            return Err(Error::Io {
                act: "read",
                path: index_path,
                source,
            });
        }
    };
    for entry in index_entries(image, names) {
        let name = entry.annotations.get(IMAGE_NAME);
        index
            .manifests
            .retain(|old| match (old.annotations.get(IMAGE_NAME), name) {
                (None, None) => old.digest != entry.digest,
                (old, new) => old != new,
            });
        index.manifests.push(entry);
    }
    write(&root.join(MARKER), MARKER_JSON)?;
    write(&index_path, &index.to_json())
}

fn blob_path(root: &Path, digest: &Digest) -> PathBuf {
    root.join("blobs")
        .join(digest.algorithm().name())
        .join(digest.hex())
}

/// Opens a regular file: a pipe or a device would be read for ever.
fn open(path: &Path, missing: impl Fn() -> Error) -> Result<File> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => missing(),
        _ => Error::Io {
            act: "open",
            path: path.to_owned(),
            source,
        },
    };
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Error::NotAnImage {
            path: path.to_owned(),
            reason: "it is no regular file",
        });
    }
    File::open(path).map_err(failed)
}

/// Reads a small document.
fn read(path: &Path, missing: impl Fn() -> Error) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut content = open(path, missing)?.take(DOCUMENT_MAX + 1);
    content
        .read_to_end(&mut bytes)
        .map_err(|source| Error::Io {
            act: "read",
            path: path.to_owned(),
            source,
        })?;
    if bytes.len() as u64 > DOCUMENT_MAX {
        return Err(Error::NotAnImage {
            path: path.to_owned(),
            reason: "it is larger than 16 MiB",
        });
    }
    Ok(bytes)
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    replace(path, &mut |file| {
        file.write_all(content).map_err(|source| Error::Io {
            act: "write",
            path: path.to_owned(),
            source,
        })
    })
}

/// Makes a file under a temporary name of this process and renames it.
fn replace(path: &Path, fill: &mut dyn FnMut(&mut File) -> Result<()>) -> Result<()> {
    let failed = |act| {
        move |source| Error::Io {
            act,
            path: path.to_owned(),
            source,
        }
    };
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let mut file = File::create(&temporary).map_err(failed("create"))?;
    let filled =
        fill(&mut file).and_then(|()| fs::rename(&temporary, path).map_err(failed("rename to")));
    if filled.is_err() {
        // what stays behind would be an orphan that nobody reads; the first error is the one to tell
        let _ = fs::remove_file(&temporary);
    }
    filled
}
