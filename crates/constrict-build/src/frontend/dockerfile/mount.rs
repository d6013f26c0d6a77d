//! `RUN --mount`.

use constrict_dockerfile::Span;
use constrict_dockerfile::instruction::{Mount, Run};

use super::at;
use super::metadata::absolute;
use super::stage::{Lowering, State};
use crate::error::{Error, Result};
use crate::graph::RunMount;

impl Lowering<'_> {
    /// The mounts of a RUN, with absolute targets.
    pub(super) fn mounts(&mut self, state: &State, run: &Run, span: Span) -> Result<Vec<RunMount>> {
        let mut mounts = Vec::new();
        let mut agents = 0;
        for spec in &run.mounts {
            let mount = spec
                .resolve(|word| state.expand(self, word, span))
                .map_err(|error| match error {
                    Error::Mount(error) => at(span, error.to_string()),
                    other => other,
                })?;
            mounts.push(self.mount(state, mount, &mut agents, span)?);
        }
        Ok(mounts)
    }

    fn mount(
        &mut self,
        state: &State,
        mount: Mount,
        agents: &mut usize,
        span: Span,
    ) -> Result<RunMount> {
        let cwd = &state.config.config.working_dir;
        let root = |source: Option<String>| source.unwrap_or_else(|| "/".into());
        Ok(match mount {
            Mount::Bind(bind) => RunMount::Bind {
                from: match &bind.from {
                    Some(name) => self.from(state, name, span)?,
                    None => self.context(),
                },
                source: root(bind.source),
                target: absolute(cwd, &bind.target),
                readonly: bind.readonly,
            },
            Mount::Cache(cache) => {
                let target = absolute(cwd, &cache.target);
                RunMount::Cache {
                    id: cache.id.unwrap_or_else(|| target.clone()),
                    from: match &cache.from {
                        Some(name) => self.from(state, name, span)?,
                        None => None,
                    },
                    source: root(cache.source),
                    target,
                    readonly: cache.readonly,
                    sharing: cache.sharing,
                    mode: cache.mode.unwrap_or(0o755),
                    owner: (cache.uid.unwrap_or(0), cache.gid.unwrap_or(0)),
                }
            }
            Mount::Tmpfs(tmpfs) => RunMount::Tmpfs {
                target: absolute(cwd, &tmpfs.target),
                size: tmpfs.size,
            },
            Mount::Secret(secret) => RunMount::Secret {
                id: secret.id,
                target: secret.target.map(|target| absolute(cwd, &target)),
                env: secret.env,
                required: secret.required,
                mode: secret.mode.unwrap_or(0o400),
                owner: (secret.uid.unwrap_or(0), secret.gid.unwrap_or(0)),
            },
            Mount::Ssh(ssh) => {
                let number = *agents;
                *agents += 1;
                RunMount::Ssh {
                    id: ssh.id.unwrap_or_else(|| "default".into()),
                    target: absolute(
                        cwd,
                        &ssh.target
                            .unwrap_or_else(|| format!("/run/buildkit/ssh_agent.{number}")),
                    ),
                    required: ssh.required,
                    mode: ssh.mode.unwrap_or(0o600),
                    owner: (ssh.uid.unwrap_or(0), ssh.gid.unwrap_or(0)),
                }
            }
        })
    }
}
