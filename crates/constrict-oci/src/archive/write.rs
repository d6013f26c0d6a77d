//! Writing of archives to a stream, in one pass and with the same bytes for the same image. Never seeks.
//!
//! Members are in the order of their names, as containerd writes them: blobs by digest, then the documents.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::docker::{MANIFEST, Saved};
use crate::image::{blobs, copy_blob, index_entries};
use crate::layer::header::{self, BLOCK};
use crate::layer::{NewEntry, NewKind};
use crate::layout::{INDEX, MARKER, MARKER_JSON};
use crate::{BlobOpener, Digest, Error, ImageParts, Index, Reference, Result};

/// Writes an OCI archive; every blob is verified in passing.
pub fn write_oci_archive<W: Write>(
    sink: W,
    image: &ImageParts,
    names: &[Reference],
    open: &mut BlobOpener<'_>,
) -> Result<W> {
    write_archive(sink, image, names, None, open)
}

/// Writes an archive that `docker load` and `podman load` read, as docker since 25 writes them: an OCI archive with a
/// `manifest.json`.
pub fn write_docker_archive<W: Write>(
    sink: W,
    image: &ImageParts,
    names: &[Reference],
    open: &mut BlobOpener<'_>,
) -> Result<W> {
    let saved = Saved {
        config: blob_name(&image.manifest().config.digest),
        repo_tags: match names {
            [] => None,
            names => Some(
                names
                    .iter()
                    .map(|name| name.clone().or_latest().familiar())
                    .collect(),
            ),
        },
        layers: image
            .manifest()
            .layers
            .iter()
            .map(|layer| blob_name(&layer.digest))
            .collect(),
    };
    let saved = serde_json::to_vec(&[saved]).expect("strings serialise");
    write_archive(sink, image, names, Some(&saved), open)
}

fn write_archive<W: Write>(
    sink: W,
    image: &ImageParts,
    names: &[Reference],
    saved: Option<&[u8]>,
    open: &mut BlobOpener<'_>,
) -> Result<W> {
    let mut members = Members(sink);
    let blobs = blobs(image);
    members.directory("blobs")?;
    let mut algorithms = BTreeSet::new();
    for (descriptor, blob) in blobs {
        let algorithm = descriptor.digest.algorithm();
        if algorithms.insert(algorithm) {
            members.directory(&format!("blobs/{}", algorithm.name()))?;
        }
        members.file(
            &blob_name(&descriptor.digest),
            descriptor.size,
            &mut |sink| copy_blob(&descriptor, &blob, open, sink),
        )?;
    }
    members.document(INDEX, &Index::oci(index_entries(image, names)).to_json())?;
    if let Some(saved) = saved {
        members.document(MANIFEST, saved)?;
    }
    members.document(MARKER, MARKER_JSON)?;
    members.0.write_all(&[0; 2 * BLOCK]).map_err(write_failed)?;
    Ok(members.0)
}

fn blob_name(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm().name(), digest.hex())
}

struct Members<W>(W);

impl<W: Write> Members<W> {
    fn directory(&mut self, name: &str) -> Result<()> {
        let header = header::encode(&NewEntry::new(name, NewKind::Directory, 0o755))?;
        self.0.write_all(&header).map_err(write_failed)
    }

    fn document(&mut self, name: &str, content: &[u8]) -> Result<()> {
        self.file(name, content.len() as u64, &mut |sink| {
            sink.write_all(content).map_err(write_failed)
        })
    }

    fn file(
        &mut self,
        name: &str,
        size: u64,
        fill: &mut dyn FnMut(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        let header = header::encode(&NewEntry::new(name, NewKind::File { size }, 0o444))?;
        self.0.write_all(&header).map_err(write_failed)?;
        fill(&mut self.0)?;
        let padding = (size.next_multiple_of(BLOCK as u64) - size) as usize;
        self.0
            .write_all(&[0; BLOCK][..padding])
            .map_err(write_failed)
    }
}

fn write_failed(source: io::Error) -> Error {
    Error::Stream {
        act: "write the image",
        source,
    }
}
