//! Reading of archives with random access to their blobs. Never unpacks: a blob is a part of the file.
//!
//! A docker archive without a layout is shown as one: the index and the manifests that it lacks are made from
//! `manifest.json`, layers keep the bytes they have.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::docker::{MANIFEST, Saved};
use crate::image::{DOCUMENT_MAX, index_entries};
use crate::layer::Decompressor;
use crate::layer::decompress::Detected;
use crate::layer::header::BLOCK;
use crate::layer::path::{normalise, split};
use crate::layer::tar::TarReader;
use crate::layout::{INDEX, MARKER, check_marker};
use crate::{
    Algorithm, Descriptor, Digest, Error, HashingReader, ImageConfig, ImageParts, ImageSource,
    Index, MediaType, Reference, Result,
};

/// Members an archive may have: an image has three for each layer at most.
const MEMBERS_MAX: usize = 100_000;
/// Links to follow from one member to another.
const LINKS_MAX: usize = 8;

/// An archive that is open.
#[derive(Debug)]
pub struct Archive {
    file: Arc<File>,
    index: Index,
    blobs: HashMap<Digest, Place>,
    made: BTreeMap<Digest, Vec<u8>>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u64,
    size: u64,
}

enum Member {
    File(Place),
    Link(Vec<u8>),
}

impl Archive {
    /// Opens an archive of either kind. One that is compressed, or no regular file, is first copied to a nameless file in
    /// the directory `scratch`.
    pub fn open(path: &Path, scratch: &Path) -> Result<Archive> {
        let failed = |source| Error::Io {
            act: "read",
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let regular = file.metadata().map_err(failed)?.is_file();
        let mut start = [0; 4];
        let plain = regular && {
            let read = file.read_at(&mut start, 0).map_err(failed)?;
            Detected::of(&start[..read]) == Detected::None
        };
        let file = if plain {
            file
        } else {
            copied(file, path, scratch)?
        };
        let members = members(&file, path)?;
        Archive {
            file: Arc::new(file),
            index: Index::oci(Vec::new()),
            blobs: HashMap::new(),
            made: BTreeMap::new(),
        }
        .with_members(&members, path)
    }

    fn with_members(mut self, members: &BTreeMap<Vec<u8>, Member>, path: &Path) -> Result<Archive> {
        let not = |reason| Error::NotAnImage {
            path: path.to_owned(),
            reason,
        };
        for name in members.keys() {
            let Some(digest) = blob_digest(name) else {
                continue;
            };
            if let Some(place) = place(members, name) {
                self.blobs.insert(digest, place);
            }
        }
        if let (Some(marker), Some(index)) = (
            place(members, MARKER.as_bytes()),
            place(members, INDEX.as_bytes()),
        ) {
            check_marker(&self.document(marker, path)?).map_err(not)?;
            self.index = Index::parse(&self.document(index, path)?)?;
            return Ok(self);
        }
        let saved = place(members, MANIFEST.as_bytes()).ok_or_else(|| {
            not("there is neither `index.json` with `oci-layout` nor `manifest.json` in it")
        })?;
        let saved: Vec<Saved> =
            serde_json::from_slice(&self.document(saved, path)?).map_err(|source| Error::Json {
                what: "`manifest.json` of the archive",
                source,
            })?;
        for image in saved {
            let entries = self.saved_image(&image, members, path)?;
            self.index.manifests.extend(entries);
        }
        Ok(self)
    }

    /// Makes the manifest of an image that has none, and its entries in the index.
    fn saved_image(
        &mut self,
        saved: &Saved,
        members: &BTreeMap<Vec<u8>, Member>,
        path: &Path,
    ) -> Result<Vec<Descriptor>> {
        let not = |reason| Error::NotAnImage {
            path: path.to_owned(),
            reason,
        };
        let find = |name: &str| place(members, name.as_bytes());
        let config_place = find(&saved.config)
            .ok_or_else(|| not("its `manifest.json` names a missing configuration"))?;
        let config_json = self.document(config_place, path)?;
        let config = ImageConfig::parse(&config_json)?;
        if config.rootfs.diff_ids.len() != saved.layers.len() {
            return Err(not(
                "its `manifest.json` and a configuration name different numbers of layers",
            ));
        }
        let mut layers = Vec::new();
        for (name, diff_id) in saved.layers.iter().zip(&config.rootfs.diff_ids) {
            let layer =
                find(name).ok_or_else(|| not("its `manifest.json` names a missing layer"))?;
            layers.push(self.saved_layer(layer, diff_id, path)?);
        }
        let manifest =
            crate::Manifest::oci(Descriptor::of(MediaType::OciConfig, &config_json), layers);
        let image = ImageParts::parse(manifest.to_json(), config_json)?;
        self.blobs
            .insert(image.manifest().config.digest, config_place);
        self.made
            .insert(image.descriptor().digest, image.manifest_json().to_vec());
        let tags = saved.repo_tags.iter().flatten();
        let names: Vec<Reference> = tags
            .map(|tag| Reference::parse(tag))
            .collect::<Result<_>>()?;
        Ok(index_entries(&image, &names))
    }

    /// A layer without compression is known by its diff_id; the digest of any other has to be computed.
    fn saved_layer(&mut self, layer: Place, diff_id: &Digest, path: &Path) -> Result<Descriptor> {
        let failed = |source| Error::Io {
            act: "read",
            path: path.to_owned(),
            source,
        };
        let mut start = Vec::new();
        self.window(layer)
            .take(4)
            .read_to_end(&mut start)
            .map_err(failed)?;
        let compression = Detected::of(&start);
        let digest = match compression {
            Detected::None => *diff_id,
            _ => {
                let mut content = HashingReader::new(self.window(layer), Algorithm::Sha256);
                io::copy(&mut content, &mut io::sink()).map_err(failed)?;
                content.finish().1
            }
        };
        self.blobs.insert(digest, layer);
        Ok(Descriptor::new(
            compression.media_type(),
            digest,
            layer.size,
        ))
    }

    fn document(&self, place: Place, path: &Path) -> Result<Vec<u8>> {
        if place.size > DOCUMENT_MAX {
            let reason = "a document in it is larger than 16 MiB";
            return Err(Error::NotAnImage {
                path: path.to_owned(),
                reason,
            });
        }
        let mut bytes = Vec::new();
        let read = self.window(place).read_to_end(&mut bytes);
        read.map_err(|source| Error::Io {
            act: "read",
            path: path.to_owned(),
            source,
        })?;
        Ok(bytes)
    }

    fn window(&self, place: Place) -> Window {
        Window {
            file: Arc::clone(&self.file),
            place,
        }
    }
}

impl ImageSource for Archive {
    fn index(&self) -> &Index {
        &self.index
    }

    fn open_blob(&self, digest: &Digest) -> Result<Box<dyn Read + Send>> {
        if let Some(made) = self.made.get(digest) {
            return Ok(Box::new(Cursor::new(made.clone())));
        }
        let place = self.blobs.get(digest).ok_or_else(|| Error::BlobMissing {
            digest: Box::new(*digest),
        })?;
        Ok(Box::new(self.window(*place)))
    }
}

/// A part of a file, read without moving the file's position.
struct Window {
    file: Arc<File>,
    place: Place,
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer
            .len()
            .min(usize::try_from(self.place.size).unwrap_or(usize::MAX));
        let read = self
            .file
            .read_at(&mut buffer[..wanted], self.place.offset)?;
        if read == 0 && wanted > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.place.offset += read as u64;
        self.place.size -= read as u64;
        Ok(read)
    }
}

/// The uncompressed archive in a file that has no name.
fn copied(source: File, path: &Path, scratch: &Path) -> Result<File> {
    let mut file = tempfile::tempfile_in(scratch).map_err(|source| Error::Io {
        act: "create a temporary file in",
        path: scratch.to_owned(),
        source,
    })?;
    let copy = Decompressor::new(source).and_then(|mut content| io::copy(&mut content, &mut file));
    copy.map_err(|source| Error::Io {
        act: "decompress",
        path: path.to_owned(),
        source,
    })?;
    Ok(file)
}

/// The members of the tar. Contents are skipped by seeking, so that the cost does not depend on their size.
fn members(file: &File, path: &Path) -> Result<BTreeMap<Vec<u8>, Member>> {
    let failed = |source| Error::Io {
        act: "read",
        path: path.to_owned(),
        source,
    };
    let mut members = BTreeMap::new();
    let end = file.metadata().map_err(failed)?.len();
    let mut position = 0;
    loop {
        let mut input = file;
        input.seek(SeekFrom::Start(position)).map_err(failed)?;
        let mut tar = TarReader::new(BufReader::new(input), u64::MAX);
        let Some(entry) = tar.next()? else {
            return Ok(members);
        };
        let Some(offset) = entry.content_offset else {
            return Err(Error::NotAnImage {
                path: path.to_owned(),
                reason: "a member is a sparse file",
            });
        };
        let place = Place {
            offset: position + offset,
            size: entry.size,
        };
        position = place.offset + place.size.next_multiple_of(BLOCK as u64);
        if place.offset + place.size > end {
            return Err(Error::NotAnImage {
                path: path.to_owned(),
                reason: "it is cut off",
            });
        }
        // names that are no paths in the archive cannot be asked for
        let Ok(name) = normalise(&entry.name) else {
            continue;
        };
        match entry.typeflag {
            b'0' | 0 | b'7' => drop(members.insert(name, Member::File(place))),
            b'1' => drop(members.insert(name, Member::Link(entry.link))),
            b'2' => {
                let target = [split(&name).0, b"/", &entry.link].concat();
                members.insert(name, Member::Link(target));
            }
            _ => {}
        }
        if members.len() > MEMBERS_MAX {
            return Err(Error::NotAnImage {
                path: path.to_owned(),
                reason: "it has too many members",
            });
        }
    }
}

/// Where a member's content is; older dockers write a layer once and links to it.
fn place(members: &BTreeMap<Vec<u8>, Member>, name: &[u8]) -> Option<Place> {
    let mut name = normalise(name).ok()?;
    for _ in 0..LINKS_MAX {
        match members.get(&name)? {
            Member::File(place) => return Some(*place),
            Member::Link(target) => name = normalise(target).ok()?,
        }
    }
    None
}

/// The digest that a member is named by.
fn blob_digest(name: &[u8]) -> Option<Digest> {
    let name = std::str::from_utf8(name).ok()?.strip_prefix("blobs/")?;
    Digest::parse(&name.replacen('/', ":", 1)).ok()
}
