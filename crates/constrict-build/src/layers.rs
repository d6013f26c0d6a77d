//! Layers on demand: a blob is pulled, indexed or unpacked when somebody needs it, and never before.

use std::collections::HashSet;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use constrict_oci::layer::{
    Compression, FoundEntry, LayerWriter, Limits, NewEntry, NewKind, index_layer, read_layer,
};
use constrict_oci::{Descriptor, Digest, Reference, registry};
use constrict_sandbox::Mode;
use serde::{Deserialize, Serialize};

use crate::copy::{Content, Plan};
use crate::error::{Error, IoContext, Result};
use crate::observer::Observer;
use crate::placement::{self, Standing, Step};
use crate::snapshot::{Change, unpack_while};
use crate::store::{LayerIndex, LayerRecord, Store};
use crate::tree::Tree;

/// How many blobs are pulled at once.
const PULLS: usize = 4;

/// What stands for a layer on certain layers.
#[derive(Serialize, Deserialize)]
struct Placed {
    diff_id: Digest,
}

/// The layers of a store, and where missing ones come from.
pub struct Layers {
    /// Where they are kept.
    pub store: Arc<Store>,
    /// Where blobs of base images are pulled from.
    pub registry: registry::Client,
    /// How snapshots own their files.
    pub mode: Mode,
    /// Who is told.
    pub observer: Arc<dyn Observer>,
}

impl Layers {
    fn record(&self, diff_id: &Digest) -> Result<LayerRecord> {
        match self.store.layer_record(diff_id)? {
            Some(record) => Ok(record),
            None => Err(Error::Invalid(format!(
                "layer `{diff_id}` is not in the store any more"
            ))),
        }
    }

    /// Makes sure that a blob of the layer is in the store, and returns its descriptor.
    pub fn blob(&self, diff_id: &Digest) -> Result<Descriptor> {
        let record = self.record(diff_id)?;
        let here = record
            .blobs
            .iter()
            .find(|blob| self.store.has_blob(&blob.digest));
        let descriptor = here
            .or(record.blobs.first())
            .expect("a record has a blob")
            .clone();
        self.ensure(&descriptor, diff_id)?;
        Ok(descriptor)
    }

    /// Makes sure that the blob `descriptor` of the layer `diff_id` is in the store.
    pub fn ensure(&self, descriptor: &Descriptor, diff_id: &Digest) -> Result<()> {
        if self.store.has_blob(&descriptor.digest) {
            return Ok(());
        }
        match self.origin(diff_id)? {
            Some(origin) => self.pull(&origin, descriptor),
            None => Err(Error::Invalid(format!(
                "layer `{diff_id}` is not in the store any more"
            ))),
        }
    }

    /// The repository that a layer of a base image is from.
    pub fn origin(&self, diff_id: &Digest) -> Result<Option<Reference>> {
        Ok(self
            .record(diff_id)?
            .origin
            .map(|origin| Reference::parse(&origin))
            .transpose()?)
    }

    /// Downloads a blob; what an interrupted download left is continued.
    pub fn pull(&self, reference: &Reference, descriptor: &Descriptor) -> Result<()> {
        let _lock = self
            .store
            .lock(&format!("blob-{}", descriptor.digest.hex()))?;
        // another process may have pulled it while this one waited
        if self.store.has_blob(&descriptor.digest) {
            return Ok(());
        }
        let partial = self.store.partial(&descriptor.digest);
        let progress = self
            .observer
            .download(&reference.familiar(), descriptor.size);
        let mut file = std::fs::File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&partial)
            .at("open", &partial)?;
        let had = registry::Partial::read(&descriptor.digest, &mut file).at("read", &partial)?;
        self.registry
            .fetch_blob(reference, descriptor, &mut file, had, &*progress)?;
        self.store.adopt_blob(&partial, &descriptor.digest)
    }

    /// The indexes of layers, lowest first, as one tree. Missing blobs are pulled in parallel.
    pub fn tree(&self, layers: &[Digest]) -> Result<Tree> {
        let missing: Vec<Digest> = layers
            .iter()
            .filter(|diff_id| !self.store.has_layer_index(diff_id))
            .copied()
            .collect();
        self.each(&missing, |layers, diff_id| layers.index(diff_id).map(drop))?;
        self.stack(&self.placed(layers)?)
    }

    fn stack(&self, layers: &[Digest]) -> Result<Tree> {
        let mut stack = Vec::with_capacity(layers.len());
        for diff_id in layers {
            stack.push((*diff_id, self.index(diff_id)?));
        }
        Ok(Tree::new(stack))
    }

    /// The layers, each that needs those below it replaced by one that means the same and stands alone.
    fn placed(&self, layers: &[Digest]) -> Result<Vec<Digest>> {
        let mut placed = Vec::with_capacity(layers.len());
        let mut chain = Digest::of(b"");
        for diff_id in layers {
            placed.push(match self.index(diff_id)?.needs_below() {
                true => self.place(diff_id, &placed, &chain)?,
                false => *diff_id,
            });
            chain = Digest::of(format!("{chain} {diff_id}").as_bytes());
        }
        Ok(placed)
    }

    /// What stands for a layer on the layers `below`, which `chain` identifies.
    fn place(&self, diff_id: &Digest, below: &[Digest], chain: &Digest) -> Result<Digest> {
        let key = Digest::of(format!("{chain} {diff_id}").as_bytes()).hex();
        let slot = self
            .store
            .root()
            .join("slots")
            .join(format!("placed-{key}"));
        let known = || -> Result<Option<Digest>> {
            let known = self.store.read_json::<Placed>(&slot)?;
            Ok(known
                .map(|known| known.diff_id)
                .filter(|known| self.store.has_layer_index(known)))
        };
        if let Some(known) = known()? {
            return Ok(known);
        }
        let _lock = self.store.lock(&format!("placed-{key}"))?;
        if let Some(known) = known()? {
            return Ok(known);
        }
        let entries = self.store.layer_entries(diff_id)?;
        let entries = entries.iter().map(|indexed| &indexed.entry);
        let placed = match placement::place(entries, &self.stack(below)?)? {
            Some(steps) => self.write_steps(diff_id, steps)?,
            None => *diff_id,
        };
        self.store.write_json(&slot, &Placed { diff_id: placed })?;
        Ok(placed)
    }

    /// Writes the layer that `steps` make of another.
    fn write_steps(&self, diff_id: &Digest, steps: Vec<Step>) -> Result<Digest> {
        let descriptor = self.blob(diff_id)?;
        let blob = self.store.open_blob(&descriptor.digest)?;
        // it stays in this store, where speed counts
        self.write(Compression::ZSTD, |layer| {
            let mut steps = steps.into_iter().peekable();
            let mut next = 0;
            let mut visit = |found: FoundEntry, content: &mut dyn Read| -> Result<()> {
                let here = next;
                next += 1;
                let due = |step: &Step| match step {
                    Step::Directory(_) => true,
                    Step::Entry { at, .. } => *at == here,
                };
                while let Some(step) = steps.next_if(due) {
                    match step {
                        Step::Directory(entry) => layer.append_empty(entry)?,
                        Step::Entry { path, target, .. } => {
                            let mut entry = NewEntry {
                                path,
                                ..found.entry
                            };
                            if let Some(target) = target {
                                entry.kind = NewKind::Hardlink { target };
                            }
                            return Ok(layer.append(entry, content)?);
                        }
                    }
                }
                Ok(())
            };
            let read = read_layer(blob, &Limits::default(), &mut visit)?;
            self.verify(&descriptor, diff_id, &read.diff_id)
        })
    }

    /// The index of a layer as it is by itself.
    pub fn index(&self, diff_id: &Digest) -> Result<Arc<LayerIndex>> {
        if let Some(index) = self.store.layer_index(diff_id)? {
            return Ok(index);
        }
        let descriptor = self.blob(diff_id)?;
        let (entries, read) = index_layer(
            self.store.open_blob(&descriptor.digest)?,
            &Limits::default(),
        )?;
        self.verify(&descriptor, diff_id, &read.diff_id)?;
        self.store.write_layer_index(diff_id, &entries)?;
        Ok(self.store.layer_index(diff_id)?.expect("just written"))
    }

    fn verify(&self, descriptor: &Descriptor, expected: &Digest, found: &Digest) -> Result<()> {
        if expected == found {
            return Ok(());
        }
        let (digest, expected, found) = (descriptor.digest, *expected, *found);
        Err(Error::DiffIdMismatch {
            digest,
            expected,
            found,
        })
    }

    /// The directories of layers, top first, for overlayfs. Empty layers and repetitions are left out.
    pub fn snapshots(&self, layers: &[Digest]) -> Result<Vec<PathBuf>> {
        let missing: Vec<Digest> = layers
            .iter()
            .filter(|diff_id| !self.store.has_layer_index(diff_id))
            .copied()
            .collect();
        self.each(&missing, |layers, diff_id| layers.first_read(diff_id))?;
        let mut seen = HashSet::new();
        let mut wanted = Vec::new();
        for diff_id in self.placed(layers)?.into_iter().rev() {
            if !self.index(&diff_id)?.is_empty() && seen.insert(diff_id) {
                wanted.push(diff_id);
            }
        }
        self.each(&wanted, |layers, diff_id| {
            layers.snapshot(diff_id).map(drop)
        })?;
        Ok(wanted
            .iter()
            .map(|diff_id| self.store.snapshot_path(diff_id))
            .collect())
    }

    /// Unpacks and indexes a layer in one pass if it stands alone, and only indexes it otherwise.
    fn first_read(&self, diff_id: &Digest) -> Result<()> {
        let mut standing = Standing::default();
        self.unpack(diff_id, &mut |entry| {
            standing.admits(&entry.path, (&entry.kind).into())
        })?;
        self.index(diff_id).map(drop)
    }

    /// The directory of one layer, as it is by itself.
    pub fn snapshot(&self, diff_id: &Digest) -> Result<PathBuf> {
        self.unpack(diff_id, &mut |_| true)?;
        Ok(self.store.snapshot_path(diff_id))
    }

    /// Makes the directory of a layer if it is missing, unless `admits` refuses an entry.
    fn unpack(&self, diff_id: &Digest, admits: &mut dyn FnMut(&NewEntry) -> bool) -> Result<()> {
        let path = self.store.snapshot_path(diff_id);
        if path.is_dir() {
            return Ok(());
        }
        let descriptor = self.blob(diff_id)?;
        let _lock = self.store.lock(&format!("snapshot-{}", diff_id.hex()))?;
        if path.is_dir() {
            return Ok(());
        }
        let temporary = self.store.temporary("snapshot");
        std::fs::create_dir(&temporary).at("create", &temporary)?;
        let blob = self.store.open_blob(&descriptor.digest)?;
        let Some((entries, found)) = unpack_while(blob, &temporary, self.mode, admits)? else {
            return Ok(constrict_sandbox::remove_tree(&temporary)?);
        };
        self.verify(&descriptor, diff_id, &found)?;
        if self.store.layer_index(diff_id)?.is_none() {
            self.store.write_layer_index(diff_id, &entries)?;
        }
        self.store.adopt_snapshot(&temporary, diff_id)
    }

    /// Does something for each layer, several at once; the first error counts.
    pub fn each(
        &self,
        layers: &[Digest],
        act: impl Fn(&Self, &Digest) -> Result<()> + Sync,
    ) -> Result<()> {
        let next = std::sync::atomic::AtomicUsize::new(0);
        let work = || -> Result<()> {
            while let Some(diff_id) =
                layers.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
            {
                act(self, diff_id)?;
            }
            Ok(())
        };
        if layers.len() < 2 {
            return work();
        }
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..PULLS.min(layers.len()))
                .map(|_| scope.spawn(work))
                .collect();
            workers
                .into_iter()
                .try_for_each(|worker| worker.join().expect("a worker does not panic"))
        })
    }

    /// Writes the layer of a plan.
    pub(crate) fn write_plan(&self, plan: &Plan<'_>, compression: Compression) -> Result<Digest> {
        let mut entries: Vec<_> = plan.entries.iter().collect();
        // a name that is linked to must come first
        entries.sort_by_key(|(path, planned)| (planned.hard_link.is_some(), (*path).clone()));
        self.write(compression, |layer| {
            for (path, planned) in entries {
                let entry = planned.meta.entry(path, planned.hard_link.as_deref());
                match &planned.content {
                    Content::None => layer.append_empty(entry)?,
                    Content::Inline(bytes) => layer.append(entry, &mut bytes.as_slice())?,
                    Content::File(view, path) => layer.append(entry, &mut view.open(path)?)?,
                }
            }
            Ok(())
        })
    }

    /// Writes the layer of what a RUN changed.
    pub(crate) fn write_changes(
        &self,
        changes: Vec<Change>,
        compression: Compression,
    ) -> Result<Digest> {
        self.write(compression, |layer| {
            for Change { entry, file } in changes {
                match entry.kind {
                    NewKind::File { .. } => {
                        let mut content = std::fs::File::open(&file).at("open", &file)?;
                        layer.append(entry, &mut content)?;
                    }
                    _ => layer.append_empty(entry)?,
                }
            }
            Ok(())
        })
    }

    fn write(
        &self,
        compression: Compression,
        fill: impl FnOnce(&mut LayerWriter<std::io::BufWriter<std::fs::File>>) -> Result<()>,
    ) -> Result<Digest> {
        let temporary = self.store.temporary("layer");
        let file = std::fs::File::create(&temporary).at("create", &temporary)?;
        let mut layer = LayerWriter::new(
            std::io::BufWriter::with_capacity(1 << 18, file),
            compression,
        )?;
        fill(&mut layer)?;
        let written = layer.finish()?;
        written
            .sink
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .at("write", &temporary)?;
        self.store.adopt_blob(&temporary, &written.digest)?;
        self.store
            .write_layer_index(&written.diff_id, &written.index)?;
        let blob = Descriptor::new(compression.media_type(), written.digest, written.size);
        self.store.write_layer_record(&LayerRecord {
            diff_id: written.diff_id,
            blobs: vec![blob],
            origin: None,
        })?;
        Ok(written.diff_id)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;
    use crate::source::StateView;
    use crate::view::View;

    impl Observer for () {
        fn started(&self, _: usize, _: &str) {}
        fn cached(&self, _: usize, _: &str) {}
        fn finished(&self, _: usize, _: &str, _: std::time::Duration) {}
        fn failed(&self, _: usize, _: &str) {}
        fn cancelled(&self, _: usize, _: &str) {}
        fn phase(&self, _: &str) {}
        fn output(&self, _: usize, _: &[u8]) {}
        fn explain(&self, _: usize, _: &str, _: &[String]) {}
        fn notice(&self, _: &str, _: Option<constrict_dockerfile::Span>) {}
        fn download(&self, _: &str, _: u64) -> Box<dyn registry::Progress> {
            Box::new(())
        }
    }

    fn layers(root: &std::path::Path) -> Arc<Layers> {
        Arc::new(Layers {
            store: Arc::new(Store::open(root, "root").unwrap()),
            registry: registry::Client::new(registry::Options::default()).unwrap(),
            mode: Mode::Root,
            observer: Arc::new(()),
        })
    }

    /// A layer as a registry gives it: a blob and a record, no index.
    fn foreign(layers: &Layers, entries: &[(&str, NewKind, u32)], content: &[u8]) -> Digest {
        let mut layer = LayerWriter::new(Vec::new(), Compression::GZIP).unwrap();
        for (path, kind, mode) in entries {
            let mut entry = NewEntry::new(*path, kind.clone(), *mode);
            entry.mtime = 1000;
            layer.append(entry, &mut &*content).unwrap();
        }
        let written = layer.finish().unwrap();
        let digest = layers.store.write_blob(&written.sink).unwrap();
        let blob = Descriptor::new(Compression::GZIP.media_type(), digest, written.size);
        let record = LayerRecord {
            diff_id: written.diff_id,
            blobs: vec![blob],
            origin: None,
        };
        layers.store.write_layer_record(&record).unwrap();
        written.diff_id
    }

    fn link(target: &str) -> NewKind {
        NewKind::Symlink {
            target: target.into(),
        }
    }

    #[test]
    fn privileged_layers_are_put_where_links_and_directories_below_say() {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: owners are set, which needs root");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let layers = layers(folder.path());
        let file = NewKind::File { size: 5 };
        let base = foreign(
            &layers,
            &[
                ("run", NewKind::Directory, 0o711),
                ("var", NewKind::Directory, 0o755),
                ("var/run", link("/run"), 0o777),
            ],
            b"",
        );
        let top = foreign(&layers, &[("var/run/x", file.clone(), 0o640)], b"hello");
        let state = [base, top];

        let directories = layers.snapshots(&state).unwrap();
        assert_eq!(directories.len(), 2);
        assert_eq!(directories[1], layers.store.snapshot_path(&base));
        let run = std::fs::metadata(directories[0].join("run")).unwrap();
        assert_eq!(
            (run.permissions().mode() & 0o7777, run.mtime()),
            (0o711, 1000)
        );
        assert_eq!(
            std::fs::read(directories[0].join("run/x")).unwrap(),
            b"hello"
        );
        assert!(!directories[0].join("var").exists());

        let tree = layers.tree(&state).unwrap();
        let paths: Vec<_> = tree
            .walk()
            .into_iter()
            .map(|(path, _)| String::from_utf8(path).unwrap())
            .collect();
        assert_eq!(paths, ["run", "run/x", "var", "var/run"]);
        let view = StateView::new(tree, layers.clone(), "the image".into());
        let mut content = String::new();
        view.open(b"run/x")
            .unwrap()
            .read_to_string(&mut content)
            .unwrap();
        assert_eq!(content, "hello");

        // alone, or on something else, the same layer stays as it is
        let alone = layers.snapshots(&[top]).unwrap();
        assert_eq!(alone, [layers.store.snapshot_path(&top)]);
        assert_eq!(std::fs::read(alone[0].join("var/run/x")).unwrap(), b"hello");
    }

    #[test]
    fn privileged_links_of_a_layer_lead_nowhere_outside() {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: owners are set, which needs root");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let layers = layers(folder.path());
        let outside = folder.path().join("outside");
        std::fs::create_dir(&outside).unwrap();
        let absolute = outside.to_str().unwrap();
        let climbing = format!("../../../../../../../../../..{absolute}");
        let state = [foreign(
            &layers,
            &[
                ("a", link(absolute), 0o777),
                ("a/x", NewKind::File { size: 5 }, 0o644),
                ("b", link(&climbing), 0o777),
                ("b/y", NewKind::File { size: 5 }, 0o644),
            ],
            b"hello",
        )];
        let directories = layers.snapshots(&state).unwrap();
        let inside = directories[0].join(absolute.trim_start_matches('/'));
        assert_eq!(std::fs::read(inside.join("x")).unwrap(), b"hello");
        assert_eq!(std::fs::read(inside.join("y")).unwrap(), b"hello");
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
        let files = std::fs::read_dir(folder.path().join("tmp")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let left_behind = |name: &String| name.ends_with("-snapshot") || name.ends_with("-layer");
        assert_eq!(names.filter(left_behind).count(), 0);
    }

    #[test]
    fn privileged_a_layer_that_is_not_its_diff_id_is_refused() {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: owners are set, which needs root");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let layers = layers(folder.path());
        let good = foreign(
            &layers,
            &[("f", NewKind::File { size: 5 }, 0o644)],
            b"hello",
        );
        let record = layers.store.layer_record(&good).unwrap().unwrap();
        let claimed = Digest::of(b"another layer");
        let lie = LayerRecord {
            diff_id: claimed,
            ..record.clone()
        };
        layers.store.write_layer_record(&lie).unwrap();
        let expected = Error::DiffIdMismatch {
            digest: record.blobs[0].digest,
            expected: claimed,
            found: good,
        };
        for found in [
            layers.snapshots(&[claimed]).map(drop),
            layers.snapshot(&claimed).map(drop),
            layers.tree(&[claimed]).map(drop),
        ] {
            assert_eq!(found.unwrap_err().to_string(), expected.to_string());
            assert!(!layers.store.has_layer_index(&claimed));
            assert!(!layers.store.snapshot_path(&claimed).exists());
        }
        assert!(layers.snapshots(&[good]).is_ok());
    }
}
