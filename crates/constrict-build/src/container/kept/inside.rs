//! Further programs in a running container: what `exec` and the health check start, and as whom.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use constrict_sandbox::{Child, Entrance, Mount, Options, Spec, Stdio, User, spawn_inside};
use rustix::fs::{OFlags, ResolveFlags, openat2};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::Signal;

use super::control::Exec;
use super::health::{Check, Probe};
use super::moment::Moment;
use crate::container::environment;
use crate::container::request::Request;
use crate::copy::account_by;
use crate::error::{Error, IoContext, Result};

/// The most that is read of `/etc/passwd` and `/etc/group`.
const ACCOUNTS: u64 = 1 << 20;
/// The most that is kept of what a check writes, as docker does.
const OUTPUT: u64 = 4096;
/// How long a check's output may stay open after its end, as its children may hold it.
const LINGER: Duration = Duration::from_millis(200);

/// A running container, as the place where programs are started.
pub(super) struct Place {
    pub(super) entrance: Entrance,
    /// Its first process, as this process sees it.
    pub(super) pid: u32,
    /// What that one was started with.
    pub(super) spec: Spec,
    /// What the image and the user say.
    pub(super) env: Vec<String>,
    pub(super) user: String,
    pub(super) request: Request,
}

impl Place {
    /// Starts a program.
    pub(super) fn start(&self, exec: &Exec, stdio: Stdio) -> Result<Child> {
        let spec = self.spec_of(exec)?;
        Ok(spawn_inside(
            &self.entrance,
            &spec,
            stdio,
            &Options::default(),
        )?)
    }

    fn spec_of(&self, exec: &Exec) -> Result<Spec> {
        if exec.args.is_empty() {
            return Err(Error::Invalid("there is no program to run".into()));
        }
        let mut spec = self.spec.clone();
        // they are there
        spec.mounts = Vec::<Mount>::new();
        let user = exec.user.as_ref().unwrap_or(&self.user);
        let account = account_by(&|path| self.read(path), user)?;
        let mut groups = vec![account.gid];
        groups.extend(account.groups.iter().filter(|gid| **gid != account.gid));
        spec.user = User {
            uid: account.uid,
            gid: account.gid,
            groups,
        };
        let mut asked = self.request.env.clone();
        asked.extend(exec.env.iter().cloned());
        let (host, terminal) = (&spec.hostname, exec.terminal);
        spec.env = environment::variables(&self.env, &asked, host, terminal, &account.home);
        spec.args = exec.args.clone();
        if let Some(path) = &exec.working_dir {
            if !path.starts_with('/') {
                return Err(Error::Invalid(format!(
                    "working directory `{path}` is not absolute"
                )));
            }
            spec.cwd = path.into();
        }
        spec.terminal = terminal;
        spec.init = false;
        Ok(spec)
    }

    /// A small file of the container as it is now; no link leads out of its root.
    fn read(&self, path: &str) -> Result<Vec<u8>> {
        let root = format!("/proc/{}/root", self.pid);
        let directory = File::open(&root).at("open", &root)?;
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        let Ok(file) = openat2(&directory, path, flags, rustix::fs::Mode::empty(), resolve) else {
            return Ok(Vec::new());
        };
        let file = File::from(file);
        let mut content = Vec::new();
        if file.metadata().is_ok_and(|found| found.is_file()) {
            file.take(ACCOUNTS)
                .read_to_end(&mut content)
                .at("read", path)?;
        }
        Ok(content)
    }

    /// Does a check once. What keeps it from being started is a failed check.
    pub(super) fn probe(&self, check: &Check) -> Probe {
        let start = Moment::now();
        let (exit_code, output) = match self.run(check) {
            Ok(done) => done,
            Err(error) => (-1, crate::container::kept::chain(&error)),
        };
        Probe {
            start,
            end: Moment::now(),
            exit_code,
            output,
        }
    }

    fn run(&self, check: &Check) -> Result<(i32, String)> {
        let (read, write) = pipe()?;
        let exec = Exec {
            args: check.args.clone(),
            ..Exec::default()
        };
        let copy = write.try_clone().at("copy", "a pipe")?;
        let stdio = Stdio {
            stdin: None,
            stdout: Some(write),
            stderr: Some(copy),
        };
        let child = self.start(&exec, stdio)?;
        let killer = child.killer();
        let said = Arc::new(Mutex::new(Vec::new()));
        let (tell_silence, silence) = mpsc::channel();
        let heard = Arc::clone(&said);
        thread::spawn(move || {
            listen(File::from(read), &heard);
            // nobody waits any more if it took too long
            let _ = tell_silence.send(());
        });
        let (tell, ended) = mpsc::channel();
        thread::spawn(move || drop(tell.send(child.wait())));
        let exit_code = match ended.recv_timeout(check.timeout) {
            Ok(outcome) => outcome?.exit.status(),
            Err(RecvTimeoutError::Timeout) => {
                killer.kill(Signal::KILL.as_raw());
                let seconds = check.timeout.as_secs_f64();
                return Ok((-1, format!("Health check exceeded timeout ({seconds}s)")));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(constrict_sandbox::Error::HelperLost.into());
            }
        };
        let _ = silence.recv_timeout(LINGER);
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((exit_code, String::from_utf8_lossy(&said).into_owned()))
    }
}

/// Keeps the beginning of what is said, and reads on, so that nobody waits to be heard.
fn listen(mut from: File, said: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let room = usize::try_from(OUTPUT)
            .unwrap_or(0)
            .saturating_sub(said.len());
        said.extend_from_slice(&buffer[..length.min(room)]);
    }
}

/// A pipe: its reading and its writing end.
pub(super) fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    let made = pipe_with(PipeFlags::CLOEXEC);
    Ok(made.map_err(|error| constrict_sandbox::Error::Call {
        act: "make a pipe".into(),
        source: error.into(),
    })?)
}
