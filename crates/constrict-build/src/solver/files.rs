//! Files added to a state: the plan is the key, and where its inputs are those of the last time it is not even made.

use std::sync::Arc;

use constrict_dockerfile::ignore::Ignore;
use constrict_oci::Digest;
use constrict_oci::layer::Compression;

use super::inputs::Extent;
use super::key::Key;
use super::{Outcome, Output, Solver};
use crate::copy::{
    ArchiveView, Destination, MakeDirectories, ModeChange, Options, Plan, chown_ids, copy_inline,
    copy_source, number, unpack,
};
use crate::error::{Error, Result};
use crate::graph::{CopyAction, CopySource, FileAction, FilesOp, Unpack, Vertex, VertexId};
use crate::store::CacheRecord;
use crate::view::{FileKind, View, clean, resolve_in};

impl Solver {
    pub(super) fn files(&self, id: VertexId, vertex: &Vertex, op: &FilesOp) -> Result<Outcome> {
        let base = self.state(op.base)?;
        let mut keys = Vec::new();
        for extent in [Extent::All, Extent::Deciding] {
            // before anything is read: what changes afterwards has other stamps the next time
            let inputs = match vertex.no_cache || self.settings.explain {
                true => None,
                false => self.inputs(op, &base, extent)?,
            };
            let Some(inputs) = inputs.filter(|inputs| !keys.contains(inputs)) else {
                break;
            };
            if let Some(record) = self.layers.store.cache_record(&inputs)? {
                self.remember_inputs(&keys, record.diff_id)?;
                return Ok(Outcome::Cached(Self::with_layer(&base, record.diff_id)));
            }
            keys.push(inputs);
        }
        let outcome = self.planned(id, vertex, op, &base)?;
        if let Some(Output::State(layers)) = outcome.output()
            && let Some(diff_id) = layers.last()
        {
            self.remember_inputs(&keys, *diff_id)?;
        }
        Ok(outcome)
    }

    /// Writes down what the plan with these inputs gave.
    fn remember_inputs(&self, keys: &[Digest], diff_id: Digest) -> Result<()> {
        let record = CacheRecord { diff_id };
        keys.iter()
            .try_for_each(|key| self.layers.store.write_cache_record(key, &record))
    }

    /// The layer of the plan of `op`, from the cache where an equal plan was written before.
    fn planned(
        &self,
        id: VertexId,
        vertex: &Vertex,
        op: &FilesOp,
        base: &[Digest],
    ) -> Result<Outcome> {
        let (tree, view) = self.view_of(base, "the image")?;
        let mut plan = Plan::new(&tree, self.settings.epoch);
        for action in &op.actions {
            match action {
                FileAction::MakeDirectory { path, user } => {
                    check_owner(op, user)?;
                    make_directory(&mut plan, view.as_ref(), path, user)?;
                }
                FileAction::Copy(copy) => {
                    check_owner(op, copy.chown.as_deref().unwrap_or_default())?;
                    self.copy(&mut plan, &view, copy)?;
                }
            }
        }
        plan.add_parents();
        let key = plan_key(&plan)?;
        let digest = key.digest();
        if !vertex.no_cache
            && let Some(record) = self.layers.store.cache_record(&digest)?
        {
            self.remember_if_explaining(vertex, &key)?;
            return Ok(Outcome::Cached(Self::with_layer(base, record.diff_id)));
        }
        if self.settings.dry {
            self.explain_miss(id, vertex, &key)?;
            return Ok(Outcome::Pending);
        }
        let _lock = self.layers.store.lock(&format!("key-{}", digest.hex()))?;
        self.layers.observer.started(id.index(), &vertex.name);
        self.explain_miss(id, vertex, &key)?;
        let diff_id = self.write_planned(&plan, &digest, self.compression(id))?;
        self.remember_parts(vertex, &key)?;
        Ok(Outcome::Done(Self::with_layer(base, diff_id)))
    }

    /// The layer of a plan, from the cache where it was made before.
    pub(super) fn planned_layer(&self, plan: &Plan<'_>) -> Result<Digest> {
        let digest = plan_key(plan)?.digest();
        match self.layers.store.cache_record(&digest)? {
            Some(record) => Ok(record.diff_id),
            None => self.write_planned(plan, &digest, Compression::ZSTD),
        }
    }

    /// Writes the layer of a plan, and the record of it under the plan's key.
    fn write_planned(
        &self,
        plan: &Plan<'_>,
        key: &Digest,
        compression: Compression,
    ) -> Result<Digest> {
        let diff_id = self.layers.write_plan(plan, compression)?;
        let record = CacheRecord { diff_id };
        self.layers.store.write_cache_record(key, &record)?;
        Ok(diff_id)
    }

    /// A hit remembers its parts too if they are new, so that the next miss is compared with it.
    pub(super) fn remember_if_explaining(&self, vertex: &Vertex, key: &Key) -> Result<()> {
        if self.settings.explain {
            self.remember_parts(vertex, key)
        } else {
            Ok(())
        }
    }

    fn copy(&self, plan: &mut Plan<'_>, state: &Arc<dyn View>, copy: &CopyAction) -> Result<()> {
        let destination = Destination::parse(&copy.destination);
        let mut options = Options {
            owner: copy
                .chown
                .as_deref()
                .map(|chown| chown_ids(state.as_ref(), chown))
                .transpose()?,
            mode: copy.chmod.as_deref().map(ModeChange::parse).transpose()?,
            exclude: exclude(&copy.exclude)?,
            file_mode: None,
            parents: copy.parents,
            reset_times: true,
        };
        for source in &copy.sources {
            options.reset_times = true;
            match source {
                CopySource::Inline { name, content } => {
                    copy_inline(
                        plan,
                        name,
                        content.clone().into_bytes(),
                        &destination,
                        &options,
                    )?;
                }
                CopySource::Download { from } => {
                    self.copy_download(plan, from, copy, &destination, &options)?
                }
                CopySource::Path { from, path } => {
                    let (view, path, reset_times) = self.source_view(*from, path)?;
                    options.reset_times = reset_times;
                    if copy.unpack != Unpack::Never
                        && self.unpack(plan, &view, &path, &destination, &options)?
                    {
                        continue;
                    }
                    copy_source(plan, &view, &path, &destination, &options)?;
                }
            }
        }
        Ok(())
    }

    /// The files that a source is looked up in, the path there, and whether their times are the host's.
    pub(super) fn source_view(
        &self,
        from: Option<VertexId>,
        path: &str,
    ) -> Result<(Arc<dyn View>, String, bool)> {
        match from.map(|id| self.output(id)) {
            Some(Output::Files(files)) => {
                let path = if files.below == "/" {
                    path.to_string()
                } else {
                    format!("{}/{path}", files.below)
                };
                Ok((files.view.clone(), path, true))
            }
            Some(Output::State(layers)) => Ok((
                self.view_of(&layers, "the stage or image")?.1,
                path.into(),
                false,
            )),
            None => Ok((self.view_of(&[], "the empty image")?.1, path.into(), false)),
        }
    }

    fn copy_download(
        &self,
        plan: &mut Plan<'_>,
        from: &VertexId,
        copy: &CopyAction,
        destination: &Destination,
        options: &Options,
    ) -> Result<()> {
        let Output::Files(files) = self.output(*from) else {
            return Err(Error::Invalid("a download gives a file".into()));
        };
        let single = files.single.as_ref().expect("a download gives one file");
        if copy.unpack == Unpack::Always
            && self.unpack(plan, &files.view, &single.name, destination, options)?
        {
            return Ok(());
        }
        let before: Vec<Vec<u8>> = plan.entries.keys().cloned().collect();
        let options = Options {
            file_mode: Some(0o600),
            ..options.clone()
        };
        crate::copy::copy_literal(
            plan,
            &files.view,
            single.name.as_bytes(),
            destination,
            &options,
        )?;
        let Some(modified) = single.modified else {
            return Ok(());
        };
        for (path, planned) in &mut plan.entries {
            if !before.contains(path) && !planned.meta.is_directory() {
                planned.meta.mtime = modified;
            }
        }
        Ok(())
    }

    /// Plans the members of the archive at `path`; says no if it is none.
    fn unpack(
        &self,
        plan: &mut Plan<'_>,
        view: &Arc<dyn View>,
        path: &str,
        destination: &Destination,
        options: &Options,
    ) -> Result<bool> {
        let mut unpacked = false;
        let mut others = Vec::new();
        for path in crate::copy::matches(view.as_ref(), path)? {
            let file = resolve_in(view.as_ref(), &path, true)?;
            let is_file = view
                .meta(&file)?
                .is_some_and(|meta| matches!(meta.kind, FileKind::Regular { .. }));
            let archive = match is_file {
                true => {
                    ArchiveView::read(view.open(&file)?, &self.layers.store.temporary("archive"))?
                }
                false => None,
            };
            match archive {
                Some(archive) => {
                    unpack(plan, archive, destination, options)?;
                    unpacked = true;
                }
                None => others.push(path),
            }
        }
        if unpacked {
            for path in others {
                crate::copy::copy_literal(plan, view, &path, destination, options)?;
            }
        }
        Ok(unpacked)
    }
}

/// The key of a layer that is a function of its plan alone.
fn plan_key(plan: &Plan<'_>) -> Result<Key> {
    let mut key = Key::new("files");
    for (path, value) in plan.components()? {
        key.add(format!("`{path}`"), value);
    }
    Ok(key)
}

/// Refuses names over the empty state, as BuildKit does: there is nothing to look them up in.
fn check_owner(op: &FilesOp, owner: &str) -> Result<()> {
    let is_name = |part: &str| !part.is_empty() && number(part).is_none();
    match owner.split(':').find(|part| is_name(part)) {
        Some(name) if op.base.is_none() => Err(Error::Invalid(format!(
            "invalid user `{name}`: an empty image has no users; a number is taken"
        ))),
        _ => Ok(()),
    }
}

fn exclude(patterns: &[String]) -> Result<Option<Ignore>> {
    if patterns.is_empty() {
        return Ok(None);
    }
    Ignore::from_patterns(patterns)
        .map(Some)
        .map_err(|error| Error::Invalid(error.to_string()))
}

/// WORKDIR: what exists keeps its owner.
fn make_directory(plan: &mut Plan<'_>, state: &dyn View, path: &str, user: &str) -> Result<()> {
    let owner = if user.is_empty() {
        (0, 0)
    } else {
        chown_ids(state, user)?
    };
    let path = plan.resolve(&clean(path.as_bytes()))?;
    plan.make_directories(&path, MakeDirectories { mode: 0o755, owner })
}
