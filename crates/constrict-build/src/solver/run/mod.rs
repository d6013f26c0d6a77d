//! A command run in a state: looked up by its key, else done in the sandbox, its changes made a layer.

mod authorities;
mod environment;
mod mounts;
mod network;
mod output;
mod remains;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use constrict_dockerfile::instruction::Security;
use constrict_oci::Digest;
use constrict_sandbox::{
    Capabilities, Exit, Mount, Network, Options, Root, Seccomp, Spec, Stdio, User,
};

pub use authorities::Authorities;
pub use mounts::{Agent, Secret};
pub(super) use network::BuildNetwork;
pub(super) use remains::AllRemains;
pub use remains::DebugShell;

use super::key::Key;
use super::{Outcome, Solver};
use crate::copy::{MakeDirectories, Plan, account};
use crate::error::{Error, IoContext, Result, RunFailure};
use crate::graph::{RunOp, Vertex, VertexId};
use crate::snapshot::{Owners, changes, reset_times};
use crate::store::CacheRecord;
use crate::tree::Tree;
use crate::view::components;

/// The host name of RUN, as BuildKit's.
const HOSTNAME: &str = "buildkitsandbox";

/// Directories that are there whenever something runs, and that BuildKit leaves in the layer.
const MOUNT_POINTS: [&str; 3] = ["dev", "proc", "sys"];

impl Solver {
    pub(super) fn run(&self, id: VertexId, vertex: &Vertex, op: &RunOp) -> Result<Outcome> {
        let base = self.state(op.base)?;
        let key = self.run_key(op, &base)?;
        let digest = key.digest();
        if !vertex.no_cache
            && let Some(record) = self.layers.store.cache_record(&digest)?
        {
            self.remember_if_explaining(vertex, &key)?;
            return Ok(Outcome::Cached(Self::with_layer(&base, record.diff_id)));
        }
        if self.settings.dry {
            self.explain_miss(id, vertex, &key)?;
            return Ok(Outcome::Pending);
        }
        let _lock = self.layers.store.lock(&format!("key-{}", digest.hex()))?;
        // another process may have done it while this one waited
        if !vertex.no_cache
            && let Some(record) = self.layers.store.cache_record(&digest)?
        {
            return Ok(Outcome::Cached(Self::with_layer(&base, record.diff_id)));
        }
        self.layers.observer.started(id.index(), &vertex.name);
        self.explain_miss(id, vertex, &key)?;
        let diff_id = self.execute(id, op, &base)?;
        self.layers
            .store
            .write_cache_record(&digest, &CacheRecord { diff_id })?;
        self.remember_parts(vertex, &key)?;
        Ok(Outcome::Done(Self::with_layer(&base, diff_id)))
    }

    fn run_key(&self, op: &RunOp, base: &[Digest]) -> Result<Key> {
        let mut key = Key::new("run");
        for (n, layer) in base.iter().enumerate() {
            key.add(format!("layer {n} below"), layer.to_string());
        }
        for (n, arg) in op.args.iter().enumerate() {
            key.add(
                if n + 1 == op.args.len() {
                    "the command".into()
                } else {
                    format!("word {n} of the command")
                },
                arg,
            );
        }
        if let Some((name, content)) = &op.script {
            key.add(format!("the script `{name}`"), content);
        }
        for (name, value) in &op.env {
            key.add(format!("variable `{name}`"), value);
        }
        key.add("the working directory", &op.cwd);
        key.add("the user", &op.user);
        key.add("the network", format!("{:?}", op.network));
        key.add("the security mode", format!("{:?}", op.security));
        key.add(
            "the time of files",
            format!("{} {}", self.settings.epoch, self.settings.clamp),
        );
        for mount in &op.mounts {
            self.add_mount(&mut key, mount)?;
        }
        Ok(key)
    }

    fn execute(&self, id: VertexId, op: &RunOp, base: &[Digest]) -> Result<Digest> {
        let work = Workspace::new(self)?;
        let (tree, view) = self.view_of(base, "the image")?;
        let account = account(view.as_ref(), &op.user)?;
        let mut lower = self.layers.snapshots(base)?;
        self.prepare(&work.upper(), &tree, &op.cwd)?;
        let authorities = self.settings.authorities.as_ref();
        let injected = match authorities {
            Some(authorities) => {
                Some(authorities.inject(&work.path.join("ca"), view.as_ref(), self.layers.mode)?)
            }
            None => None,
        };
        lower.splice(0..0, injected.iter().map(|injected| injected.layer.clone()));
        let network = self.network.mode(op.network, &*self.layers.observer)?;
        let mut mounts = self.base_mounts(&network);
        if let Some((name, content)) = &op.script {
            mounts.push(script(name, content));
        }
        let mut env = environment::variables(op, &account.home, authorities);
        let held = self.mounts(op, &mut mounts, &mut env)?;
        let root = Root::Writable {
            lower,
            upper: work.upper(),
            work: work.work(),
        };
        let mut spec = Spec::new(root, op.args.clone());
        spec.mounts = mounts;
        spec.env = env;
        spec.cwd = PathBuf::from(&op.cwd);
        spec.user = User {
            uid: account.uid,
            gid: account.gid,
            groups: [&[account.gid], account.groups.as_slice()].concat(),
        };
        spec.hostname = HOSTNAME.into();
        spec.network = network;
        if op.security == Security::Insecure {
            spec.capabilities = Capabilities::all();
            spec.seccomp = Seccomp::Off;
        }
        let (since, started) = (SystemTime::now(), Instant::now());
        let recorded = match self.run_in_sandbox(id, &spec, op) {
            Ok(recorded) => recorded,
            Err(error) => {
                self.keep_remains(id, spec, work, held);
                return Err(error);
            }
        };
        drop(held);
        if let Some(injected) = &injected {
            injected.withdraw(&work.upper())?;
        }
        let elapsed = started.elapsed();
        let since = start_of(since, SystemTime::now(), elapsed);
        let since = if self.settings.clamp {
            since.min(self.settings.epoch + 1)
        } else {
            since
        };
        reset_times(&work.upper(), since, self.settings.epoch)?;
        let owners = Owners {
            mode: self.layers.mode,
            recorded: &recorded,
            user: (account.uid, account.gid),
        };
        let diff_id = self.layers.write_changes(
            changes(&work.upper(), &tree, &owners)?,
            self.compression(id),
        )?;
        self.layers.store.adopt_snapshot(&work.upper(), &diff_id)?;
        Ok(diff_id)
    }

    /// Makes what must exist before a process starts: mount points and the working directory, one component after the
    /// other, as mkdir does: `x` of `/a/x/../b` is made as well.
    fn prepare(&self, upper: &std::path::Path, tree: &Tree, cwd: &str) -> Result<()> {
        let mut plan = Plan::new(tree, self.settings.epoch);
        let (mode, owner) = (0o755, (0, 0));
        for path in MOUNT_POINTS.iter().chain([&cwd]) {
            let mut at = Vec::new();
            for component in components(path.as_bytes()) {
                at = plan.resolve(&crate::tree::join(&at, component))?;
                plan.make_directories(&at, MakeDirectories { mode, owner })?;
            }
        }
        plan.add_parents();
        let entries = plan
            .entries
            .iter()
            .map(|(path, planned)| planned.meta.entry(path, None));
        crate::snapshot::make_entries(upper, self.layers.mode, entries.collect(), b"")
    }

    fn run_in_sandbox(
        &self,
        id: VertexId,
        spec: &Spec,
        op: &RunOp,
    ) -> Result<Vec<constrict_sandbox::RecordedOwner>> {
        // one pipe for both, so that lines stay in their order
        let (written, stdout) =
            rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).at("make", "a pipe")?;
        let stdio = Stdio {
            stdin: None,
            stderr: Some(stdout.try_clone().at("share", "a pipe")?),
            stdout: Some(stdout),
        };
        let child = constrict_sandbox::spawn(spec, stdio, &Options::default())
            .map_err(|error| not_started(error, op))?;
        let tail = output::Tail::default();
        let observer = &self.layers.observer;
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| {
                output::lines(written, &mut |line| {
                    tail.add(line);
                    observer.output(id.index(), line);
                });
            });
            child.wait()
        })
        .map_err(|error| not_started(error, op))?;
        if outcome.exit.success() {
            return Ok(outcome.owners);
        }
        let failure = RunFailure {
            command: op.args.last().cloned().unwrap_or_default(),
            exit: outcome.exit,
            tail: tail.take(),
        };
        Err(Error::RunFailed(Box::new(failure)))
    }

    /// What every RUN has in `/etc`, read-only as in BuildKit.
    fn base_mounts(&self, network: &Network) -> Vec<Mount> {
        let mut hosts =
            format!("127.0.0.1\tlocalhost {HOSTNAME}\n::1\tlocalhost ip6-localhost ip6-loopback\n");
        for (name, address) in &self.settings.hosts {
            hosts.push_str(&format!("{address}\t{name}\n"));
        }
        let file = |target: &str, contents: String| Mount::Data {
            target: target.into(),
            contents: contents.into_bytes(),
            mode: 0o644,
            uid: 0,
            gid: 0,
            readonly: true,
        };
        vec![
            file("/etc/hosts", hosts),
            file("/etc/resolv.conf", self.network.resolv_conf(network)),
        ]
    }
}

/// The earliest time that a file written between two moments may have, in seconds since 1970: `before`, unless the clock
/// was set back meanwhile.
fn start_of(before: SystemTime, after: SystemTime, elapsed: Duration) -> i64 {
    let after = after.checked_sub(elapsed).unwrap_or(UNIX_EPOCH);
    before
        .min(after)
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs() as i64)
}

/// A program that cannot be started fails the RUN with docker's exit status.
fn not_started(error: constrict_sandbox::Error, op: &RunOp) -> Error {
    match error.exit_status() {
        Some(status) => Error::RunFailed(Box::new(RunFailure {
            command: op.args.join(" "),
            exit: Exit::Code(status),
            tail: vec![error.to_string()],
        })),
        None => error.into(),
    }
}

fn script(name: &str, content: &str) -> Mount {
    Mount::Data {
        target: format!("/dev/pipes/{name}").into(),
        contents: content.as_bytes().to_vec(),
        mode: 0o755,
        uid: 0,
        gid: 0,
        readonly: true,
    }
}

/// The directories of one RUN, deleted with it.
struct Workspace {
    path: PathBuf,
}

impl Workspace {
    fn new(solver: &Solver) -> Result<Arc<Self>> {
        let path = solver.layers.store.temporary("run");
        for directory in [path.clone(), path.join("upper"), path.join("work")] {
            std::fs::create_dir(&directory).at("create", &directory)?;
        }
        Ok(Arc::new(Workspace { path }))
    }

    fn upper(&self) -> PathBuf {
        self.path.join("upper")
    }

    fn work(&self) -> PathBuf {
        self.path.join("work")
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // what cannot be deleted now is found by `prune`
        let _ = constrict_sandbox::remove_tree(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_hides_no_file() {
        let at = |seconds: u64| UNIX_EPOCH + Duration::from_secs(seconds);
        let minute = Duration::from_secs(60);
        assert_eq!(start_of(at(1000), at(1060), minute), 1000);
        // set back by 600 seconds, and on by as much
        assert_eq!(start_of(at(1000), at(460), minute), 400);
        assert_eq!(start_of(at(1000), at(1660), minute), 1000);
        assert_eq!(start_of(at(1000), at(10), minute), 0);
    }
}
