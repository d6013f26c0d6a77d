//! `--mount` of RUN: what each means to the key and to the sandbox.

use std::path::PathBuf;

use constrict_dockerfile::instruction::Sharing;
use constrict_oci::Digest;
use constrict_oci::layer::Compression;
use constrict_sandbox::{Mount, Root, Source};

use crate::copy::{Destination, Options, Plan, copy_source};
use crate::error::{Error, IoContext, Result};
use crate::graph::{RunMount, RunOp, VertexId};
use crate::solver::key::Key;
use crate::solver::{Output, Solver};
use crate::store::Lock;
use crate::tree::Tree;

/// A secret of the command line.
#[derive(Clone)]
pub enum Secret {
    /// The content of a file.
    File(PathBuf),
    /// The value of a variable of our environment.
    Variable(String),
}

/// An ssh agent of the command line: its socket.
#[derive(Clone, Debug)]
pub struct Agent(pub PathBuf);

/// What must live as long as the RUN.
#[derive(Default)]
pub(super) struct Held {
    locks: Vec<Lock>,
}

impl Secret {
    fn read(&self, id: &str) -> Result<Vec<u8>> {
        match self {
            Secret::File(path) => std::fs::read(path).at("read", path),
            Secret::Variable(name) => std::env::var_os(name)
                .map(std::os::unix::ffi::OsStringExt::into_vec)
                .ok_or_else(|| {
                    Error::Invalid(format!("secret `{id}`: variable `{name}` is not set"))
                }),
        }
    }
}

impl Solver {
    /// Adds what the result depends on. The content of caches, secrets and agents is no part of it.
    pub(super) fn add_mount(&self, key: &mut Key, mount: &RunMount) -> Result<()> {
        match mount {
            RunMount::Bind {
                from,
                source,
                target,
                readonly,
            } => {
                let (layers, path) = self.shown(*from, source)?;
                let layers: Vec<String> = layers.iter().map(Digest::to_string).collect();
                key.add(
                    format!("the files mounted at `{target}`"),
                    format!("{} {path} {readonly}", layers.join(" ")),
                );
            }
            RunMount::Cache {
                id,
                target,
                readonly,
                ..
            } => {
                key.add(
                    format!("the cache at `{target}`"),
                    format!("{id} {readonly}"),
                );
            }
            RunMount::Tmpfs { target, size } => {
                key.add(format!("the memory at `{target}`"), size.to_string())
            }
            RunMount::Secret {
                id,
                target,
                env,
                mode,
                owner,
                ..
            } => {
                key.add(
                    format!("the secret `{id}`"),
                    format!("{target:?} {env:?} {mode:o} {owner:?}"),
                );
            }
            RunMount::Ssh { id, target, .. } => key.add(format!("the agent `{id}`"), target),
        }
        Ok(())
    }

    /// The layers that show `source` of `from`. Files of the host become a layer, so that what is ignored is not seen,
    /// owners are those of COPY, and nothing changes while the command runs.
    fn shown(&self, from: Option<VertexId>, source: &str) -> Result<(Vec<Digest>, String)> {
        match from.map(|id| self.output(id)) {
            None => Ok((Vec::new(), source.into())),
            Some(Output::State(layers)) => Ok((layers.to_vec(), source.into())),
            Some(Output::Files(_)) => {
                let (view, path, _) = self.source_view(from, source)?;
                let nothing = Tree::default();
                let mut plan = Plan::new(&nothing, self.settings.epoch);
                let options = Options {
                    reset_times: true,
                    ..Options::default()
                };
                copy_source(
                    &mut plan,
                    &view,
                    &path,
                    &Destination::parse("/mounted"),
                    &options,
                )?;
                Ok((vec![self.planned_layer(&plan)?], "/mounted".into()))
            }
        }
    }

    /// The mounts and variables for the sandbox.
    pub(super) fn mounts(
        &self,
        op: &RunOp,
        mounts: &mut Vec<Mount>,
        env: &mut Vec<String>,
    ) -> Result<Held> {
        let mut held = Held::default();
        for mount in &op.mounts {
            match mount {
                RunMount::Bind {
                    from,
                    source,
                    target,
                    readonly,
                } => {
                    mounts.push(self.bind(*from, source, target, *readonly)?);
                }
                RunMount::Cache { .. } => mounts.push(self.cache(mount, &mut held)?),
                RunMount::Tmpfs { target, size } => mounts.push(Mount::Tmpfs {
                    target: target.into(),
                    size: (*size > 0).then_some(*size),
                    mode: 0o1777,
                }),
                RunMount::Secret {
                    id,
                    target,
                    env: variable,
                    required,
                    mode,
                    owner,
                } => {
                    let Some(secret) = self.settings.secrets.get(id) else {
                        if *required {
                            return Err(Error::Invalid(format!(
                                "secret `{id}` is required: `--secret id={id},src=FILE`"
                            )));
                        }
                        continue;
                    };
                    let contents = secret.read(id)?;
                    if let Some(variable) = variable {
                        env.push(format!("{variable}={}", String::from_utf8_lossy(&contents)));
                    }
                    if let Some(target) = target {
                        let (uid, gid) = *owner;
                        let (target, mode) = (target.into(), *mode);
                        mounts.push(Mount::Data {
                            target,
                            contents,
                            mode,
                            uid,
                            gid,
                            readonly: true,
                        });
                    }
                }
                RunMount::Ssh {
                    id,
                    target,
                    required,
                    ..
                } => {
                    let Some(agent) = self.settings.agents.get(id) else {
                        if *required {
                            return Err(Error::Invalid(format!(
                                "ssh agent `{id}` is required: `--ssh {id}`"
                            )));
                        }
                        continue;
                    };
                    mounts.push(Mount::Bind {
                        source: Source::Host(agent.0.clone()),
                        target: target.into(),
                        readonly: false,
                        recursive: false,
                    });
                    if !env.iter().any(|line| line.starts_with("SSH_AUTH_SOCK=")) {
                        env.push(format!("SSH_AUTH_SOCK={target}"));
                    }
                }
            }
        }
        Ok(held)
    }

    fn bind(
        &self,
        from: Option<VertexId>,
        source: &str,
        target: &str,
        readonly: bool,
    ) -> Result<Mount> {
        let (layers, path) = self.shown(from, source)?;
        // an empty state has no layer to mount; an empty directory does as well
        let mut lower = self.layers.snapshots(&layers)?;
        if lower.is_empty() {
            lower.push(self.empty_directory()?);
        }
        let root = if readonly {
            Root::ReadOnly { lower }
        } else {
            Root::Discard { lower }
        };
        Ok(Mount::Layers {
            root,
            path: path.into(),
            target: target.into(),
        })
    }

    fn empty_directory(&self) -> Result<PathBuf> {
        let path = self.layers.store.root().join("snapshots/empty");
        std::fs::create_dir_all(&path).at("create", &path)?;
        Ok(path)
    }

    /// A cache mount: a directory of the store by the digest of its name, made and filled the first time.
    fn cache(&self, mount: &RunMount, held: &mut Held) -> Result<Mount> {
        let RunMount::Cache {
            id,
            from,
            source,
            target,
            readonly,
            sharing,
            mode,
            owner,
        } = mount
        else {
            return Err(Error::Invalid("not a cache".into()));
        };
        let store = &self.layers.store;
        let name = Digest::of(format!("{id}\0{}", self.layers.mode as u8).as_bytes()).hex();
        let mut directory = name.clone();
        match sharing {
            Sharing::Shared => held
                .locks
                .push(store.lock_shared(&format!("cache-{name}"))?),
            Sharing::Locked => held.locks.push(store.lock(&format!("cache-{name}"))?),
            Sharing::Private => {
                let (lock, number) = store.lock_first_free(&format!("cache-{name}"))?;
                held.locks.push(lock);
                if number > 0 {
                    directory = format!("{name}-{number}");
                }
            }
        }
        let _lock = store.lock("mounts")?;
        if !store.has_cache_mount(&directory) {
            let temporary = store.temporary("cache");
            std::fs::create_dir(&temporary).at("create", &temporary)?;
            if from.is_some() {
                self.fill(&temporary, *from, source)?;
            }
            crate::snapshot::dress_directory(&temporary, self.layers.mode, *mode, *owner)?;
            store.adopt_cache_mount(&temporary, &directory)?;
        }
        let path = store.cache_mount_path(&directory);
        let source = Source::Host(path);
        Ok(Mount::Bind {
            source,
            target: target.into(),
            readonly: *readonly,
            recursive: false,
        })
    }

    /// Copies what `source` of `from` has into a new cache.
    fn fill(
        &self,
        directory: &std::path::Path,
        from: Option<VertexId>,
        source: &str,
    ) -> Result<()> {
        let (view, path, reset_times) = self.source_view(from, source)?;
        let nothing = Tree::default();
        let mut plan = Plan::new(&nothing, self.settings.epoch);
        let options = Options {
            reset_times,
            ..Options::default()
        };
        copy_source(&mut plan, &view, &path, &Destination::parse("/"), &options)?;
        let diff_id = self.layers.write_plan(&plan, Compression::ZSTD)?;
        let blob = self.layers.blob(&diff_id)?;
        crate::snapshot::unpack_blob(
            self.layers.store.open_blob(&blob.digest)?,
            directory,
            self.layers.mode,
        )?;
        Ok(())
    }
}
