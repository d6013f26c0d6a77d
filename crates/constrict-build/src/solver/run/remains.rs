//! What a RUN that failed leaves behind, kept until the end of the build for a shell in it (`--debug-shell`): the same
//! mounts, variables, user and working directory, over the files as the command left them. It goes with the build.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use constrict_sandbox::{Root, Spec};

use super::Workspace;
use super::mounts::Held;
use crate::error::{Error, IoContext, Result, RunFailure};
use crate::graph::{Op, Vertex, VertexId};
use crate::solver::Solver;

/// Runs what the specification says on the user's terminal; given are the step's name and its failure, too.
pub type DebugShell = Box<dyn Fn(&Spec, &str, &RunFailure) -> Result<()> + Send + Sync>;

/// A shell for images whose stage names none.
const SHELL: &str = "/bin/sh";

/// What the RUNs left that failed: several may, when one takes the others with it.
#[derive(Default)]
pub(crate) struct AllRemains(Mutex<BTreeMap<VertexId, Remains>>);

struct Remains {
    spec: Spec,
    work: Arc<Workspace>,
    /// Caches stay locked.
    _held: Held,
}

impl Solver {
    /// Keeps what a RUN left, if somebody will look.
    pub(super) fn keep_remains(&self, id: VertexId, spec: Spec, work: Arc<Workspace>, held: Held) {
        if self.settings.debug_shell.is_some() {
            let remains = Remains {
                spec,
                work,
                _held: held,
            };
            let mut all = self.remains.0.lock().expect("no panic while held");
            all.insert(id, remains);
        }
    }

    /// Opens the shell where a RUN failed, if that is wanted. Nothing else runs any more.
    pub(in crate::solver) fn look_into(&self, id: VertexId, vertex: &Vertex, error: &Error) {
        let remains = self
            .remains
            .0
            .lock()
            .expect("no panic while held")
            .remove(&id);
        if let (Some(open), Some(remains), Some(failure), Op::Run(op)) = (
            &self.settings.debug_shell,
            remains,
            failure(error),
            &vertex.op,
        ) {
            let opened = remains
                .shell(&op.shell)
                .and_then(|spec| open(&spec, &vertex.name, failure));
            if let Err(error) = opened {
                let message = format!("no debug shell: {error}");
                self.layers.observer.notice(&message, vertex.span);
            }
        }
    }
}

impl Remains {
    /// The same process with a shell in place of the command.
    fn shell(&self, program: &str) -> Result<Spec> {
        let mut spec = self.spec.clone();
        let program = if program.is_empty() { SHELL } else { program };
        spec.args = vec![program.into()];
        spec.terminal = true;
        if !spec.env.iter().any(|line| line.starts_with("TERM=")) {
            spec.env.push("TERM=xterm".into());
        }
        if let Root::Writable { work, .. } = &mut spec.root {
            // overlayfs takes no directory twice whose mount it was not told the end of
            *work = self.work.path.join("work-of-shell");
            std::fs::create_dir(&work).at("create", &work)?;
        }
        Ok(spec)
    }
}

/// The command's failure that an error is about.
fn failure(error: &Error) -> Option<&RunFailure> {
    match error {
        Error::RunFailed(failure) => Some(failure),
        Error::At {
            source: Some(source),
            ..
        } => failure(source),
        _ => None,
    }
}
