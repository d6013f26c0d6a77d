//! What can be deleted: containers that have ended, images without a name, and what neither needs. Never what a name or a
//! container holds, what another process may be using, or a volume.
//!
//! A process that has the store open holds the lock `store` shared (`Store::open`); who prunes takes it alone. While others
//! have it, nothing but the entries of nameless images goes, since any of them may be about to take a layer from the cache.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use constrict_oci::{Digest, ImageConfig, Index, Manifest};

use super::{CacheRecord, LayerRecord, Store};
use crate::container::kept::{self, Id, Kept};
use crate::error::{IoContext, Result};

/// What is to go.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Containers that have ended.
    pub containers: bool,
    /// Images without a name that no container needs.
    pub images: bool,
    /// Images that have a name as well.
    pub named: bool,
    /// Layers, cache records, cache mounts and packages that no image needs.
    pub cache: bool,
    /// Only what was last used before: a container's creation, a tag's day, a cache record's last hit.
    pub before: Option<SystemTime>,
}

/// What went, or would go.
#[derive(Clone, Debug, Default)]
pub struct Freed {
    /// Containers that are gone.
    pub containers: Vec<Id>,
    /// Images that are forgotten.
    pub images: Vec<Digest>,
    /// Names that are forgotten.
    pub names: Vec<String>,
    /// Bytes of files, by the folder of the store that they were in.
    pub bytes: BTreeMap<&'static str, u64>,
    /// Whether others have the store open, so that files stayed.
    pub busy: bool,
}

impl Freed {
    /// All bytes.
    pub fn total(&self) -> u64 {
        self.bytes.values().sum()
    }
}

/// What images, containers and cache records that stay need.
#[derive(Default)]
struct Needed {
    blobs: BTreeSet<String>,
    layers: BTreeSet<Digest>,
}

/// Folders whose files only make builds faster.
const ONLY_CACHE: [&str; 6] = [
    "reports",
    "debian",
    "advisories",
    "mounts",
    "slots",
    "locks",
];

/// How much there is of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Files, or directories that are one thing.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Every folder of the store that grows, with the name that it is shown under.
const FOLDERS: [(&str, &str); 13] = [
    ("blobs/sha256", "blobs"),
    ("layers", "layers"),
    ("indexes", "layers"),
    ("packs", "layers"),
    ("cache", "cache"),
    ("reports", "cache"),
    ("slots", "cache"),
    ("debian", "cache"),
    ("advisories", "cache"),
    ("mounts", "cache"),
    ("snapshots", "snapshots"),
    ("volumes", "volumes"),
    ("containers", "containers"),
];

impl Store {
    /// What the store takes, by what `prune` names it.
    pub fn usage(&self) -> Result<BTreeMap<&'static str, Usage>> {
        let mut all: BTreeMap<&'static str, Usage> = BTreeMap::new();
        for (folder, shown) in FOLDERS {
            for path in listed(&self.root.join(folder))? {
                let usage = all.entry(shown).or_default();
                usage.count += 1;
                usage.bytes += size(&path);
            }
        }
        Ok(all)
    }

    /// Deletes what `scope` says; with `dry`, only says what would go.
    pub fn prune(&self, scope: &Scope, dry: bool) -> Result<Freed> {
        let mut freed = Freed::default();
        // first: a container that begins afterwards has the store open, and nothing of its image goes
        let alone = self.in_use.try_alone();
        let containers = self.remove_containers(scope, dry, &mut freed)?;
        let kept = match scope.images {
            true => self.forget_images(scope, &containers, dry, &mut freed)?,
            false => Vec::new(),
        };
        if (alone || dry) && scope.images {
            self.sweep(&kept, &containers, scope, dry, &mut freed)?;
        }
        freed.busy = !alone;
        self.in_use.share_again().at("lock", self.root())?;
        Ok(freed)
    }

    /// The containers that stay.
    fn remove_containers(&self, scope: &Scope, dry: bool, freed: &mut Freed) -> Result<Vec<Kept>> {
        let mut kept = Vec::new();
        for container in kept::all(self)? {
            let created = container.record.created.system_time();
            let is_old = scope.before.is_none_or(|before| created < before);
            // files of another mode belong to others
            let is_ours = super::folder_of(container.record.mode) == self.mode;
            if !scope.containers || container.is_alive() || !is_old || !is_ours {
                kept.push(container);
                continue;
            }
            *freed.bytes.entry("containers").or_default() += container.size();
            freed.containers.push(container.record.id.clone());
            if !dry {
                container.remove()?;
            }
        }
        Ok(kept)
    }

    /// The manifests that stay.
    fn forget_images(
        &self,
        scope: &Scope,
        containers: &[Kept],
        dry: bool,
        freed: &mut Freed,
    ) -> Result<Vec<Digest>> {
        let used: BTreeSet<Digest> = containers
            .iter()
            .map(|container| container.record.manifest)
            .collect();
        let mut kept = used.clone();
        let old = |seconds: u64| {
            let used = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            scope.before.is_none_or(|before| used < before)
        };
        for tag in self.tags()? {
            if scope.named && old(tag.set_at) && !used.contains(&tag.manifest) {
                freed.names.push(tag.reference.clone());
                if !dry {
                    let path = self
                        .root
                        .join("tags")
                        .join(Digest::of(tag.reference.as_bytes()).hex());
                    std::fs::remove_file(&path).at("delete", &path)?;
                }
            } else {
                kept.insert(tag.manifest);
            }
        }
        for digest in self.images()? {
            if kept.contains(&digest) || !old(self.image_added_at(&digest).unwrap_or(0)) {
                kept.insert(digest);
                continue;
            }
            freed.images.push(digest);
            if !dry {
                self.remove_image(&digest)?;
            }
        }
        Ok(kept.into_iter().collect())
    }

    /// Deletes every file that nothing which stays needs.
    fn sweep(
        &self,
        kept: &[Digest],
        containers: &[Kept],
        scope: &Scope,
        dry: bool,
        freed: &mut Freed,
    ) -> Result<()> {
        let needed = self.needed(kept, containers, scope)?;
        let mut delete = |folder: &'static str, path: &Path| -> Result<()> {
            *freed.bytes.entry(folder).or_default() += size(path);
            match (dry, path.is_dir()) {
                (true, _) => Ok(()),
                (false, true) => Ok(constrict_sandbox::remove_tree(path)?),
                (false, false) => std::fs::remove_file(path).at("delete", path),
            }
        };
        let is_layer = |name: &str| {
            Digest::parse(&format!("sha256:{name}"))
                .is_ok_and(|digest| needed.layers.contains(&digest))
        };
        let snapshots = format!("snapshots/{}", self.mode);
        // records before what they name: what is interrupted here leaves nothing that points nowhere
        for (folder, shown) in [
            ("cache", "cache"),
            ("layers", "layers"),
            ("indexes", "layers"),
            ("packs", "layers"),
            (&*snapshots, "snapshots"),
        ] {
            for path in listed(&self.root.join(folder))? {
                let name = path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                let stays = match folder {
                    "cache" => !scope.cache || !is_old(&path, scope),
                    _ => is_layer(&name) || name == "empty",
                };
                if !stays {
                    delete(shown, &path)?;
                }
            }
        }
        for path in listed(&self.root.join("blobs/sha256"))? {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if !needed.blobs.contains(&name) {
                delete("blobs", &path)?;
            }
        }
        for folder in ONLY_CACHE.into_iter().filter(|_| scope.cache) {
            for path in listed(&self.root.join(folder))? {
                if folder != "locks" && is_old(&path, scope) {
                    delete("cache", &path)?;
                }
            }
        }
        Ok(())
    }

    fn needed(&self, kept: &[Digest], containers: &[Kept], scope: &Scope) -> Result<Needed> {
        let mut needed = Needed::default();
        for container in containers {
            needed.layers.extend(&container.record.layers);
        }
        for manifest in kept {
            self.need_image(manifest, &mut needed)?;
        }
        for path in listed(&self.root.join("cache"))? {
            let stays = !scope.cache || !is_old(&path, scope);
            if let Some(record) = self.read_json::<CacheRecord>(&path)?.filter(|_| stays) {
                needed.layers.insert(record.diff_id);
            }
        }
        if !scope.cache {
            for path in listed(&self.root.join("layers"))? {
                needed.layers.extend(
                    self.read_json::<LayerRecord>(&path)?
                        .map(|record| record.diff_id),
                );
            }
        }
        for diff_id in &needed.layers {
            let record = self.layer_record(diff_id)?;
            let blobs = record.into_iter().flat_map(|record| record.blobs);
            needed
                .blobs
                .extend(blobs.map(|blob| blob.digest.hex().to_string()));
        }
        Ok(needed)
    }

    fn need_image(&self, digest: &Digest, needed: &mut Needed) -> Result<()> {
        needed.blobs.insert(digest.hex().to_string());
        let attached = self.attached_blobs(digest)?;
        needed.blobs.extend(attached.iter().map(Digest::hex));
        if !self.has_blob(digest) {
            return Ok(());
        }
        let bytes = self.read_blob(digest)?;
        if let Some(index) = Index::parse(&bytes)
            .ok()
            .filter(|index| !index.manifests.is_empty())
        {
            return index
                .manifests
                .iter()
                .try_for_each(|each| self.need_image(&each.digest, needed));
        }
        let Ok(manifest) = Manifest::parse(&bytes) else {
            return Ok(());
        };
        needed
            .blobs
            .insert(manifest.config.digest.hex().to_string());
        needed.blobs.extend(
            manifest
                .layers
                .iter()
                .map(|layer| layer.digest.hex().to_string()),
        );
        if self.has_blob(&manifest.config.digest) {
            let config = ImageConfig::parse(&self.read_blob(&manifest.config.digest)?);
            needed.layers.extend(
                config
                    .map(|config| config.rootfs.diff_ids)
                    .unwrap_or_default(),
            );
        }
        Ok(())
    }
}

/// Whether something was last used before the time that `scope` names.
fn is_old(path: &Path, scope: &Scope) -> bool {
    let used = path.symlink_metadata().and_then(|meta| meta.modified());
    scope
        .before
        .is_none_or(|before| used.is_ok_and(|used| used < before))
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| Ok(entry.at("read", folder)?.path()))
            .collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).at("read", folder),
    }
}

/// Bytes of a file, or of all files of a directory.
pub(crate) fn size(path: &Path) -> u64 {
    match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => listed(path)
            .unwrap_or_default()
            .iter()
            .map(|path| size(path))
            .sum(),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use constrict_oci::{Descriptor, MediaType, Platform, Reference};

    use super::*;

    /// An image of one layer.
    fn image(store: &Store, what: &str) -> (Digest, Digest) {
        let layer = store
            .write_blob(format!("{what} layer").as_bytes())
            .unwrap();
        let diff_id = Digest::of(what.as_bytes());
        let blob = Descriptor::new(MediaType::OciLayer, layer, 9);
        let record = LayerRecord {
            diff_id,
            blobs: vec![blob.clone()],
            origin: None,
        };
        store.write_layer_record(&record).unwrap();
        store.write_layer_index(&diff_id, &[]).unwrap();
        let mut config = ImageConfig::new(&Platform::host());
        config.rootfs.diff_ids = vec![diff_id];
        let config = config.to_json();
        store.write_blob(&config).unwrap();
        let manifest =
            Manifest::oci(Descriptor::of(MediaType::OciConfig, &config), vec![blob]).to_json();
        let digest = store.write_blob(&manifest).unwrap();
        store.add_image(&digest).unwrap();
        (digest, diff_id)
    }

    const CACHE: Scope = Scope {
        containers: true,
        images: true,
        named: false,
        cache: true,
        before: None,
    };

    #[test]
    fn what_a_name_holds_stays_and_the_rest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "root").unwrap();
        let (kept, kept_layer) = image(&store, "kept");
        let (lost, lost_layer) = image(&store, "lost");
        store
            .set_tag(&Reference::parse("a:1").unwrap(), &kept)
            .unwrap();
        let key = Digest::of(b"key");
        store
            .write_cache_record(
                &key,
                &CacheRecord {
                    diff_id: lost_layer,
                },
            )
            .unwrap();

        let would = store.prune(&CACHE, true).unwrap();
        assert_eq!((would.images, would.busy), (vec![lost], false));
        assert!(store.has_blob(&lost));

        let freed = store.prune(&CACHE, false).unwrap();
        assert_eq!(freed.bytes, would.bytes);
        assert!(freed.total() > 0);
        assert_eq!(store.images().unwrap(), [kept]);
        assert!(store.has_blob(&kept) && store.layer_record(&kept_layer).unwrap().is_some());
        assert!(!store.has_blob(&lost) && store.layer_record(&lost_layer).unwrap().is_none());
        assert!(store.cache_record(&key).unwrap().is_none());
        assert_eq!(store.prune(&CACHE, false).unwrap().total(), 0);
    }

    #[test]
    fn the_cache_stays_where_only_images_are_asked_for_or_what_is_old() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "root").unwrap();
        let (_, layer) = image(&store, "lost");
        let key = Digest::of(b"key");
        store
            .write_cache_record(&key, &CacheRecord { diff_id: layer })
            .unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1);
        let old = Scope {
            before: Some(long_ago),
            ..CACHE
        };
        assert_eq!(store.prune(&old, false).unwrap().total(), 0);
        store
            .prune(
                &Scope {
                    cache: false,
                    ..CACHE
                },
                false,
            )
            .unwrap();
        assert!(store.images().unwrap().is_empty());
        assert!(store.cache_record(&key).unwrap().is_some());
    }

    #[test]
    fn what_a_container_needs_stays_as_long_as_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "root").unwrap();
        let (digest, layer) = image(&store, "used");
        let name = Reference::parse("used:1").unwrap();
        store.set_tag(&name, &digest).unwrap();
        let supervisor = kept::tests::keep(&store, digest, vec![layer]);
        let all = Scope {
            named: true,
            ..CACHE
        };
        // it runs: its image and the image's name stay
        let freed = store.prune(&all, false).unwrap();
        assert_eq!((freed.containers.len(), freed.total()), (0, 0));
        assert!(store.tag(&name).unwrap().is_some());
        // without its image, its layers stay
        store.remove_tag(&name).unwrap();
        store.remove_image(&digest).unwrap();
        store.prune(&all, false).unwrap();
        assert!(store.has_blob(&digest) && store.layer_record(&layer).unwrap().is_some());
        // it has ended, and may stay
        drop(supervisor);
        let images = Scope {
            containers: false,
            ..all
        };
        assert_eq!(store.prune(&images, false).unwrap().total(), 0);
        let freed = store.prune(&all, false).unwrap();
        assert_eq!(freed.containers.len(), 1);
        assert!(!store.has_blob(&digest) && store.layer_record(&layer).unwrap().is_none());
        assert!(kept::all(&store).unwrap().is_empty());
    }

    #[test]
    fn files_stay_while_others_have_the_store_open() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "root").unwrap();
        let (lost, layer) = image(&store, "lost");
        let other = Store::open(folder.path(), "root").unwrap();
        let freed = store.prune(&CACHE, false).unwrap();
        assert_eq!(
            (freed.busy, freed.images.clone(), freed.total()),
            (true, vec![lost], 0)
        );
        assert!(store.layer_record(&layer).unwrap().is_some());
        drop(other);
        assert!(!store.prune(&CACHE, false).unwrap().busy);
        assert!(store.layer_record(&layer).unwrap().is_none());
    }
}
