//! What is mounted in a container: volumes that are asked for, those of the image, and memory; each path once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use constrict_oci::ImageConfig;
use constrict_sandbox::{Mount, Source};

use super::request::Request;
use super::volume::{Image, Volume, VolumeSource};
use crate::error::{Error, IoContext, Result};
use crate::view::clean;

/// The mounts, outer ones first. Anonymous volumes are made in `folder`.
pub(super) fn mounts(
    request: &Request,
    config: &ImageConfig,
    image: &Image<'_>,
    folder: &Path,
) -> Result<Vec<Mount>> {
    // before anything is made
    check_targets(request)?;
    let mut mounts: BTreeMap<Vec<u8>, Mount> = BTreeMap::new();
    let mut anonymous = Anonymous { folder, count: 0 };
    for volume in &request.volumes {
        let mount = bind(volume, image, &mut anonymous)?;
        mounts.insert(clean(volume.target.as_bytes()), mount);
    }
    for tmpfs in &request.tmpfs {
        let mount = Mount::Tmpfs {
            target: (&tmpfs.target).into(),
            size: tmpfs.size,
            mode: tmpfs.mode,
        };
        mounts.insert(clean(tmpfs.target.as_bytes()), mount);
    }
    for target in &config.config.volumes {
        let key = clean(target.as_bytes());
        if key.is_empty() || mounts.contains_key(&key) {
            continue;
        }
        let volume = Volume {
            source: VolumeSource::Anonymous,
            target: format!("/{}", String::from_utf8_lossy(&key)),
            readonly: false,
            no_copy: false,
        };
        mounts.insert(key, bind(&volume, image, &mut anonymous)?);
    }
    let mut mounts: Vec<(Vec<u8>, Mount)> = mounts.into_iter().collect();
    mounts.sort_by_key(|(path, _)| path.iter().filter(|byte| **byte == b'/').count());
    Ok(mounts.into_iter().map(|(_, mount)| mount).collect())
}

fn check_targets(request: &Request) -> Result<()> {
    let volumes = request.volumes.iter().map(|volume| &volume.target);
    let mut seen = BTreeSet::new();
    for target in volumes.chain(request.tmpfs.iter().map(|tmpfs| &tmpfs.target)) {
        if !seen.insert(clean(target.as_bytes())) {
            return Err(Error::Invalid(format!("two mounts at `{target}`")));
        }
    }
    Ok(())
}

/// Names for anonymous volumes.
struct Anonymous<'a> {
    folder: &'a Path,
    count: usize,
}

impl Anonymous<'_> {
    fn next(&mut self) -> PathBuf {
        self.count += 1;
        self.folder.join(format!("volume-{}", self.count))
    }
}

fn bind(volume: &Volume, image: &Image<'_>, anonymous: &mut Anonymous<'_>) -> Result<Mount> {
    let path = match &volume.source {
        VolumeSource::Host(path) => {
            // as docker does
            if !path.exists() {
                std::fs::create_dir_all(path).at("create", path)?;
            }
            path.clone()
        }
        VolumeSource::Named(name) => image.named(name, volume)?,
        VolumeSource::Anonymous => {
            let path = anonymous.next();
            // of an earlier start
            if !path.is_dir() {
                image.fill(&path, &volume.target, !volume.no_copy)?;
            }
            path
        }
    };
    Ok(Mount::Bind {
        source: Source::Host(path),
        target: (&volume.target).into(),
        readonly: volume.readonly,
        recursive: true,
    })
}
