//! Contents of layers: from what inspection keeps of each (`constrict_inspect::pack`), else from the layer itself.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use constrict_build::layers::Layers;
use constrict_inspect::files::{Contents, Elf};
use constrict_inspect::pack::{self, Found, Pack};
use constrict_oci::Digest;
use constrict_oci::layer::{FoundEntry, Limits, NewKind, read_verified_layer};

use super::learned::Learned;
use super::memory;

/// The contents of some layers, lowest first.
pub(super) struct LayerContents {
    layers: Arc<Layers>,
    packs: Vec<(Digest, OnceLock<Option<Pack>>)>,
    /// What was read of layers themselves: each time a whole layer is decompressed.
    read: Mutex<HashMap<(usize, Vec<u8>), Part>>,
    /// What is known of the layers' files, by layer, as soon as somebody asks.
    learned: Mutex<HashMap<usize, Learned>>,
}

/// The beginning of a file.
struct Part {
    bytes: Vec<u8>,
    /// How much was asked for.
    limit: usize,
}

/// A larger part is not kept.
const KEPT: usize = 8 << 20;

impl LayerContents {
    /// Nothing is read yet.
    pub(super) fn new(layers: Arc<Layers>, digests: Vec<Digest>) -> LayerContents {
        let packs = digests
            .into_iter()
            .map(|digest| (digest, OnceLock::new()))
            .collect();
        LayerContents {
            layers,
            packs,
            read: Mutex::default(),
            learned: Mutex::default(),
        }
    }

    /// Does something with what is known of a layer's files.
    fn with_learned<T>(&self, layer: usize, act: impl FnOnce(&mut Learned) -> T) -> T {
        let mut all = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        act(all.entry(layer).or_insert_with(|| self.read_learned(layer)))
    }

    fn read_learned(&self, layer: usize) -> Learned {
        let (digest, _) = &self.packs[layer];
        let known = self.layers.store.learned(&memory::learned_key(digest));
        known.map_or_else(Learned::default, |known| Learned::parse(&known))
    }

    /// The pack of a layer. The first question makes those of all layers, in parallel.
    fn pack(&self, layer: usize) -> io::Result<&Pack> {
        let (digest, known) = self.packs.get(layer).ok_or(io::ErrorKind::NotFound)?;
        if let Some(pack) = known.get() {
            return pack.as_ref().ok_or_else(|| io::ErrorKind::Other.into());
        }
        let digests: Vec<Digest> = self.packs.iter().map(|(digest, _)| *digest).collect();
        let missing: Vec<Digest> = digests
            .into_iter()
            .filter(|digest| self.open(digest).is_err())
            .collect();
        let made = self.layers.each(&missing, make);
        made.map_err(io::Error::other)?;
        let pack = known.get_or_init(|| self.open(digest).ok());
        pack.as_ref().ok_or_else(|| io::ErrorKind::Other.into())
    }

    fn open(&self, digest: &Digest) -> io::Result<Pack> {
        Pack::open(&self.layers.store.pack_path(digest))
    }

    /// Reads a file that its pack does not have, once.
    fn read_once(&self, layer: usize, path: &[u8], limit: usize) -> io::Result<Vec<u8>> {
        let key = (layer, path.to_vec());
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = known.get(&key)
            && (part.limit >= limit || part.bytes.len() < part.limit)
        {
            return Ok(part.bytes[..limit.min(part.bytes.len())].to_vec());
        }
        let bytes = self.read_from_layer(layer, path, limit)?;
        if bytes.len() <= KEPT {
            let bytes = bytes.clone();
            known.insert(key, Part { bytes, limit });
        }
        Ok(bytes)
    }

    /// Reads a file that its pack does not have.
    fn read_from_layer(&self, layer: usize, path: &[u8], limit: usize) -> io::Result<Vec<u8>> {
        let blob = open_blob(&self.layers, &self.packs[layer].0).map_err(io::Error::other)?;
        let mut content = None;
        let mut visit =
            |found: FoundEntry, reader: &mut dyn Read| -> Result<(), constrict_build::Error> {
                if found.entry.path == path && matches!(found.entry.kind, NewKind::File { .. }) {
                    let mut bytes = Vec::new();
                    // what cannot be read to its end is met again at the end of the layer
                    let _ = reader.take(limit as u64).read_to_end(&mut bytes);
                    content = Some(bytes);
                }
                Ok(())
            };
        read_verified_layer(blob, &Limits::default(), &mut visit).map_err(io::Error::other)?;
        content.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn open_blob(layers: &Layers, digest: &Digest) -> Result<File, constrict_build::Error> {
    let descriptor = layers.blob(digest)?;
    layers.store.open_blob(&descriptor.digest)
}

/// Makes the pack of a layer.
fn make(layers: &Layers, digest: &Digest) -> Result<(), constrict_build::Error> {
    let temporary = layers.store.temporary("pack");
    let written = || -> Result<(), pack::Error> {
        let mut out = BufWriter::with_capacity(1 << 18, File::create(&temporary)?);
        let blob = open_blob(layers, digest).map_err(io::Error::other)?;
        pack::write(blob, &mut out, &layers.store.root().join("tmp"))?;
        Ok(out.flush()?)
    };
    match written() {
        Ok(()) => layers.store.adopt_pack(&temporary, digest),
        Err(pack::Error::Layer(error)) => Err(error.into()),
        Err(pack::Error::Io(source)) => Err(constrict_build::Error::Io {
            act: "write",
            path: temporary,
            source,
        }),
    }
}

impl Drop for LayerContents {
    /// Keeps what was learned; what cannot be kept is learned again.
    fn drop(&mut self) {
        let learned = self.learned.get_mut();
        for (layer, learned) in learned.unwrap_or_else(PoisonError::into_inner) {
            if let Some(bytes) = learned.to_bytes() {
                let key = memory::learned_key(&self.packs[*layer].0);
                let _ = self.layers.store.write_learned(&key, &bytes);
            }
        }
    }
}

impl Contents for LayerContents {
    fn read(&self, layer: usize, path: &[u8], limit: usize) -> io::Result<Vec<u8>> {
        match self.pack(layer)?.read(path, limit)? {
            Found::Content(content) => Ok(content),
            Found::Unknown => self.read_once(layer, path, limit),
        }
    }

    fn object(&self, layer: usize, path: &[u8]) -> io::Result<Option<Elf>> {
        self.pack(layer)?.object(path)
    }

    fn is_object(&self, layer: usize, path: &[u8]) -> bool {
        self.pack(layer).is_ok_and(|pack| pack.is_object(path))
    }

    fn recall(&self, layer: usize, content: &Digest, fact: &str) -> Option<Vec<u8>> {
        self.with_learned(layer, |learned| learned.get(content, fact))
    }

    fn learn(&self, layer: usize, content: &Digest, fact: &str, value: Vec<u8>) {
        self.with_learned(layer, |learned| learned.add(content, fact, value));
    }
}
