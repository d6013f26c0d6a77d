//! An image read from an archive: its configuration and its merged files.
//!
//! Format: the OCI image layout in a tar, as `docker save` and `--output type=oci` write it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::tree::Tree;
use crate::error::{Error, Result, io, json};

/// An image as far as it is compared.
#[derive(Serialize, Deserialize)]
pub(crate) struct Image {
    pub(crate) config: Value,
    pub(crate) tree: Tree,
    pub(crate) layers: usize,
}

/// Reads the first image of the archive at `path`.
pub(crate) fn read(path: &Path) -> Result<Image> {
    let mut archive = Archive::open(path)?;
    let mut descriptor = archive.member_json("index.json")?["manifests"][0].take();
    let mut manifest = archive.blob_json(&descriptor)?;
    while manifest["manifests"].is_array() {
        descriptor = manifest["manifests"][0].take();
        manifest = archive.blob_json(&descriptor)?;
    }
    let config = archive.blob_json(&manifest["config"])?;
    let mut tree = Tree::default();
    let layers = manifest["layers"].as_array().cloned().unwrap_or_default();
    for layer in &layers {
        let name = archive.blob_name(layer)?;
        let content = archive.member(&name)?;
        tree.apply(uncompressed(content).map_err(io("read a layer of", path))?)
            .map_err(io("read a layer of", path))?;
    }
    Ok(Image {
        config,
        tree,
        layers: layers.len(),
    })
}

struct Archive<'a> {
    path: &'a Path,
    file: File,
    /// Name → offset and length.
    members: BTreeMap<String, (u64, u64)>,
}

impl<'a> Archive<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        let file = File::open(path).map_err(io("open", path))?;
        let mut members = BTreeMap::new();
        let mut tar = tar::Archive::new(&file);
        for entry in tar.entries_with_seek().map_err(io("read", path))? {
            let entry = entry.map_err(io("read", path))?;
            let name = String::from_utf8_lossy(&entry.path_bytes())
                .trim_start_matches("./")
                .to_owned();
            members.insert(name, (entry.raw_file_position(), entry.size()));
        }
        Ok(Self {
            path,
            file,
            members,
        })
    }

    fn member(&mut self, name: &str) -> Result<impl Read + use<>> {
        let &(offset, length) = self.members.get(name).ok_or_else(|| Error::Archive {
            path: self.path.to_owned(),
            what: format!("member `{name}`"),
        })?;
        let mut file = self.file.try_clone().map_err(io("open", self.path))?;
        file.seek(SeekFrom::Start(offset))
            .map_err(io("seek in", self.path))?;
        Ok(BufReader::with_capacity(1 << 16, file).take(length))
    }

    fn member_json(&mut self, name: &str) -> Result<Value> {
        serde_json::from_reader(self.member(name)?).map_err(json(name))
    }

    fn blob_name(&self, descriptor: &Value) -> Result<String> {
        let digest = descriptor["digest"].as_str();
        let name = digest
            .and_then(|digest| digest.split_once(':'))
            .map(|(kind, hash)| format!("blobs/{kind}/{hash}"));
        name.ok_or_else(|| Error::Archive {
            path: self.path.to_owned(),
            what: "digest where one belongs".to_owned(),
        })
    }

    fn blob_json(&mut self, descriptor: &Value) -> Result<Value> {
        let name = self.blob_name(descriptor)?;
        self.member_json(&name)
    }
}

/// Removes a layer's compression, told by its first bytes.
fn uncompressed(mut content: impl Read + 'static) -> std::io::Result<Box<dyn Read>> {
    let mut magic = [0; 4];
    let mut filled = 0;
    while filled < magic.len() {
        match content.read(&mut magic[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    let whole = std::io::Cursor::new(magic[..filled].to_vec()).chain(content);
    Ok(match magic {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(whole)),
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(zstd::Decoder::new(whole)?),
        _ => Box::new(whole),
    })
}
