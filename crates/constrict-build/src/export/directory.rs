//! The merged files of an image as a tar stream or a directory (`--output type=tar`, `type=local`).

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use constrict_oci::Digest;
use constrict_oci::layer::{Compression, LayerWriter, NewKind};
use constrict_sandbox::Mode;

use crate::error::{Error, IoContext, Result};
use crate::layers::Layers;
use crate::source::StateView;
use crate::view::View;

/// Writes the files as one plain tar.
pub fn write_tar(layers: &Arc<Layers>, diff_ids: &[Digest], sink: impl Write) -> Result<()> {
    let tree = layers.tree(diff_ids)?;
    layers.snapshots(diff_ids)?;
    let view = StateView::new(tree.clone(), layers.clone(), "the image".into());
    let mut links: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
    let mut tar = LayerWriter::new(sink, Compression::None)?;
    for (path, _) in tree.walk() {
        let Some(meta) = view.meta(&path)? else {
            continue;
        };
        let first = meta
            .link_group
            .as_ref()
            .and_then(|group| links.get(group).cloned());
        if let Some(group) = &meta.link_group {
            links.entry(group.clone()).or_insert_with(|| path.clone());
        }
        let entry = meta.entry(&path, first.as_deref());
        match entry.kind {
            NewKind::File { .. } => tar.append(entry, &mut view.open(&path)?)?,
            _ => tar.append_empty(entry)?,
        }
    }
    tar.finish()?.sink.flush().at("write", "the archive")
}

/// Writes the files below `target`, which is made when missing. Owners are set where this user may.
pub fn write_directory(
    layers: &Arc<Layers>,
    diff_ids: &[Digest],
    target: &Path,
    mode: Mode,
) -> Result<()> {
    let tree = layers.tree(diff_ids)?;
    layers.snapshots(diff_ids)?;
    std::fs::create_dir_all(target).at("create", target)?;
    let view = StateView::new(tree.clone(), layers.clone(), "the image".into());
    let mut entries = Vec::new();
    for (path, _) in tree.walk() {
        if let Some(mut meta) = view.meta(&path)? {
            if mode != Mode::Root {
                // the files are the user's own, as with every builder that is not root
                (meta.uid, meta.gid) = (0, 0);
            }
            entries.push((path, meta));
        }
    }
    crate::snapshot::write_files(target, mode, entries, &view)
}

/// Refuses a target that is a file.
pub fn check_target(target: &Path) -> Result<()> {
    match target.symlink_metadata() {
        Ok(meta) if !meta.is_dir() => Err(Error::Invalid(format!(
            "`{}` is no directory",
            target.display()
        ))),
        _ => Ok(()),
    }
}
