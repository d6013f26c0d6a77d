//! What the tests run sandboxes with: a tiny root file system, and the driver.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use constrict_sandbox::{Root, Spec};
use serde_json::Value;
use tempfile::TempDir;

/// An id that owns no sub-ids on any machine: above what `useradd` gives.
pub(crate) const SINGLE: u32 = 1_900_123_456;

/// A root file system with busybox, and directories for changes.
pub(crate) struct Machine {
    directory: TempDir,
    uid: u32,
}

/// Skips the test, loudly, where it cannot run.
#[macro_export]
macro_rules! need_root {
    () => {
        if !rustix::process::geteuid().is_root() || !std::path::Path::new("/bin/busybox").exists() {
            eprintln!("skipped: needs root and /bin/busybox (Debian package busybox-static)");
            return;
        }
    };
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self::owned_by(0)
    }

    pub(crate) fn owned_by(uid: u32) -> Self {
        let directory = TempDir::with_prefix_in("constrict-sandbox-", "/var/tmp")
            .expect("a temporary directory");
        let machine = Machine { directory, uid };
        fs::set_permissions(machine.directory.path(), fs::Permissions::from_mode(0o755))
            .expect("chmod");
        for name in ["lower/bin", "lower/etc", "lower/tmp", "upper", "work"] {
            fs::create_dir_all(machine.path(name)).expect("mkdir");
        }
        fs::copy("/bin/busybox", machine.path("lower/bin/busybox")).expect("busybox");
        let applets = "sh id ls cat chown env head kill mkdir mknod mount mv rm setsid sleep stat touch wget nc dd ip test grep";
        for applet in applets.split(' ') {
            symlink("busybox", machine.path("lower/bin").join(applet)).expect("link");
        }
        fs::write(machine.path("lower/etc/passwd"), "root:x:0:0::/:/bin/sh\n").expect("write");
        machine.give();
        machine
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Gives everything made so far to the owner.
    pub(crate) fn give(&self) {
        if self.uid != 0 {
            give(self.directory.path(), self.uid);
        }
    }

    pub(crate) fn root(&self) -> Root {
        Root::Writable {
            lower: vec![self.path("lower")],
            upper: self.path("upper"),
            work: self.path("work"),
        }
    }

    pub(crate) fn shell(&self, script: &str) -> Spec {
        let mut spec = Spec::new(
            self.root(),
            ["sh", "-c", script].map(str::to_owned).to_vec(),
        );
        spec.env = vec!["PATH=/bin".to_owned()];
        spec
    }

    pub(crate) fn driver(&self) -> Command {
        let mut command = Command::new(driver());
        if self.uid != 0 {
            command.uid(self.uid).gid(self.uid);
        }
        command
    }

    /// Runs one sandbox and gives the driver's answer.
    pub(crate) fn run(&self, spec: &Spec) -> Value {
        answer(start(&mut self.driver(), spec)).remove(0)
    }

    /// Standard output of a script that must succeed.
    pub(crate) fn output(&self, spec: &Spec) -> String {
        let answer = self.run(spec);
        assert_eq!(answer["exit"]["Code"], 0, "{answer}");
        answer["stdout"].as_str().expect("text").to_owned()
    }

    /// Everything in the upper directory but the kernel's three, as relative paths.
    pub(crate) fn changes(&self) -> Vec<String> {
        let mut found = Vec::new();
        list(&self.path("upper"), Path::new(""), &mut found);
        found.retain(|path| !["proc", "sys", "dev"].contains(&path.as_str()));
        found.sort();
        found
    }
}

fn list(directory: &Path, below: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("readable") {
        let entry = entry.expect("readable");
        let path = below.join(entry.file_name());
        found.push(path.to_str().expect("text").to_owned());
        if entry.file_type().expect("a type").is_dir() {
            list(&entry.path(), &path, found);
        }
    }
}

fn give(path: &Path, uid: u32) {
    std::os::unix::fs::lchown(path, Some(uid), Some(uid)).expect("chown");
    if path.symlink_metadata().expect("there").is_dir() {
        chown(path, Some(uid), Some(uid)).expect("chown");
        for entry in fs::read_dir(path).expect("readable") {
            give(&entry.expect("readable").path(), uid);
        }
    }
}

fn driver() -> PathBuf {
    let test = std::env::current_exe().expect("this test is a file");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>/deps");
    profile.join("examples/sandbox_driver")
}

pub(crate) fn start(command: &mut Command, spec: &Spec) -> Child {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("cargo builds the driver");
    let text = serde_json::to_vec(&[spec]).expect("serialisable");
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(&text)
        .expect("the driver reads");
    child
}

pub(crate) fn answer(child: Child) -> Vec<Value> {
    let output = child.wait_with_output().expect("the driver ends");
    match serde_json::from_slice(&output.stdout).expect("JSON") {
        Value::Array(answers) => answers,
        other => vec![other],
    }
}

/// A machine of root, one of a user with sub-ids where there is one, and one of a user with a single id; with the name
/// that the driver gives their mode.
pub(crate) fn machines() -> Vec<(&'static str, Machine)> {
    let mut machines = vec![("Root", Machine::new())];
    match user_with_sub_ids() {
        Some((uid, _)) => machines.push(("SubIds", Machine::owned_by(uid))),
        None => {
            eprintln!("skipped: the mode of sub-ids needs a user in /etc/subuid and /etc/subgid")
        }
    }
    machines.push(("SingleId", Machine::owned_by(SINGLE)));
    machines
}

/// A user of this machine with sub-ids that start a whole range, and their first.
pub(crate) fn user_with_sub_ids() -> Option<(u32, u32)> {
    let find = |path: &str| {
        let text = fs::read_to_string(path).ok()?;
        let fields: Vec<String> = text.lines().next()?.split(':').map(str::to_owned).collect();
        Some((fields[0].clone(), fields[1].parse::<u32>().ok()?))
    };
    let (name, first) = find("/etc/subuid")?;
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    let line = passwd
        .lines()
        .find(|line| line.starts_with(&format!("{name}:")))?;
    let tool = Path::new("/usr/bin/newuidmap").exists() && find("/etc/subgid")?.0 == name;
    tool.then_some((line.split(':').nth(2)?.parse().ok()?, first))
}
