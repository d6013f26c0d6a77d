//! A store, a registry with a base image, and a context, for `examples/build.rs` to build.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use constrict_build::store::Store;
use constrict_oci::layer::{IndexedEntry, Kind, Limits, index_layer};
use constrict_oci::{Digest, Manifest};
use constrict_testing::{LayerTar, Registry};
use tempfile::TempDir;

/// The directories and the registry of one test.
pub(crate) struct Bench {
    directory: TempDir,
    registry: Registry,
    /// Who builds.
    uid: u32,
}

/// An id that owns no sub-ids on any machine: above what `useradd` gives.
const SINGLE: u32 = 1_900_123_456;

/// A bench of root, one of a user with sub-ids where there is one, and one of a user with a single id.
pub(crate) fn benches() -> Vec<(&'static str, Bench)> {
    let mut benches = vec![("root", Bench::new())];
    match user_with_sub_ids() {
        Some(uid) => benches.push(("sub-ids", Bench::owned_by(uid))),
        None => {
            eprintln!("skipped: the mode of sub-ids needs a user in /etc/subuid and /etc/subgid")
        }
    }
    benches.push(("single-id", Bench::owned_by(SINGLE)));
    benches
}

/// The first user of `/etc/subuid`.
fn user_with_sub_ids() -> Option<u32> {
    let subuid = std::fs::read_to_string("/etc/subuid").ok()?;
    let name = subuid.split(':').next()?;
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut lines = passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>());
    let uid = lines.find(|fields| fields[0] == name)?.get(2)?.parse().ok();
    uid.filter(|_| Path::new("/usr/bin/newuidmap").exists())
}

/// How a build went.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) success: bool,
    pub(crate) lines: Vec<String>,
}

/// A bench, or the end of the test, said aloud, without root.
#[macro_export]
macro_rules! bench {
    () => {
        if rustix::process::geteuid().is_root() {
            $crate::bench::Bench::new()
        } else {
            eprintln!("skipped: not root");
            return;
        }
    };
}

impl Bench {
    pub(crate) fn new() -> Self {
        Bench::owned_by(0)
    }

    fn owned_by(uid: u32) -> Self {
        let registry = Registry::start();
        registry.add_image("library/base", "1", &[base().to_vec()]);
        // overlayfs wants another file system than a tmpfs for what it writes
        let directory = TempDir::with_prefix_in("constrict-build-", "/var/tmp").unwrap();
        std::fs::create_dir(directory.path().join("context")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(directory.path(), mode).unwrap();
        std::os::unix::fs::chown(directory.path(), Some(uid), Some(uid)).unwrap();
        Bench {
            directory,
            registry,
            uid,
        }
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file of the context.
    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path("context").join(name), content).unwrap();
    }

    /// The program that builds into `store`, after `before` (`taskset` and its arguments, or nothing).
    pub(crate) fn command(&self, before: &[&str], store: &str, secrets: &[&str]) -> Command {
        let build = example("build");
        let mut words: Vec<&std::ffi::OsStr> = before.iter().map(AsRef::as_ref).collect();
        words.push(build.as_ref());
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .arg(self.path(store))
            .arg(self.registry.host())
            .arg(self.path("context"))
            .args(secrets)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .stdout(Stdio::piped());
        if self.uid != 0 {
            std::os::unix::process::CommandExt::uid(&mut command, self.uid);
            std::os::unix::process::CommandExt::gid(&mut command, self.uid);
        }
        command
    }

    /// Builds into `store`.
    pub(crate) fn build(&self, store: &str) -> Built {
        Built::of(self.command(&[], store, &[]).output().unwrap())
    }

    /// The digest of what must succeed.
    pub(crate) fn digest(&self, store: &str) -> String {
        self.build(store).digest()
    }

    /// What is left in a store's temporary directory.
    pub(crate) fn left_behind(&self, store: &str) -> Vec<String> {
        names(&self.path(store).join("tmp"))
    }

    /// The entries of each layer of an image, lowest first.
    pub(crate) fn layers(&self, store: &str, image: &str) -> Vec<Vec<String>> {
        let store = Store::open(&self.path(store), "example").unwrap();
        let manifest = store.read_blob(&Digest::parse(image).unwrap()).unwrap();
        let manifest = Manifest::parse(&manifest).unwrap();
        let entries = |digest: &Digest| {
            let blob = store.open_blob(digest).unwrap();
            index_layer(blob, &Limits::default()).unwrap().0
        };
        manifest
            .layers
            .iter()
            .map(|layer| entries(&layer.digest).iter().map(shown).collect())
            .collect()
    }
}

impl Built {
    pub(crate) fn of(output: std::process::Output) -> Self {
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let text = String::from_utf8(output.stdout).unwrap();
        Built {
            success: output.status.success(),
            lines: text.lines().map(Into::into).collect(),
        }
    }

    /// The digest of what must have succeeded.
    pub(crate) fn digest(&self) -> String {
        assert!(self.success, "{:#?}", self.lines);
        self.lines
            .last()
            .unwrap()
            .strip_prefix("image ")
            .unwrap()
            .into()
    }

    /// The rest of the lines that begin with this word, sorted: steps run side by side.
    pub(crate) fn said(&self, word: &str) -> Vec<&str> {
        let prefix = format!("{word} ");
        let mut said: Vec<_> = self
            .lines
            .iter()
            .filter_map(|line| line.strip_prefix(&prefix))
            .collect();
        said.sort_unstable();
        said
    }
}

fn shown(indexed: &IndexedEntry) -> String {
    let entry = &indexed.entry;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let path = text(&entry.path);
    let owner = match (entry.uid, entry.gid) {
        (0, 0) => String::new(),
        (uid, gid) => format!(" {uid}:{gid}"),
    };
    match &entry.kind {
        Kind::File { size, .. } => format!("{path} {size} {:o}{owner}", entry.mode),
        Kind::Directory => format!("{path}/ {:o}{owner}", entry.mode),
        Kind::Symlink { target } => format!("{path} -> {}{owner}", text(target)),
        Kind::Hardlink { target } => format!("{path} = {}", text(target)),
        Kind::Whiteout => format!("{path} removed"),
        Kind::Opaque => format!("{path} emptied"),
        other => format!("{path} {other:?}"),
    }
}

/// The names in a directory, sorted.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A program of `examples/`, which cargo builds before the tests.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(
        path.exists(),
        "no `{}`: `cargo test` builds it, `cargo test --test it` does not",
        path.display()
    );
    path
}

/// The layer of the base image: busybox where there is one, else this machine's programs.
fn base() -> &'static [u8] {
    static BASE: OnceLock<Vec<u8>> = OnceLock::new();
    BASE.get_or_init(|| {
        let mut layer = LayerTar::new();
        for directory in ["bin", "dev", "etc", "proc", "sys", "root", "old"] {
            layer = layer.directory(directory, 0o755);
        }
        layer = layer
            .directory("tmp", 0o1777)
            .file(
                "etc/passwd",
                0o644,
                "root:x:0:0::/root:/bin/sh\nweb:x:33:44::/:/bin/sh\n",
            )
            .file("etc/gone", 0o644, "gone\n")
            .file("old/file", 0o644, "old\n");
        let programs = [
            "sh", "cat", "ls", "rm", "mkdir", "mkfifo", "ln", "chmod", "mv", "sleep", "id",
        ];
        if let Ok(busybox) = std::fs::read("/bin/busybox") {
            layer = layer.file("bin/busybox", 0o755, busybox);
            for name in programs {
                layer = layer.symlink(&format!("bin/{name}"), "busybox");
            }
            return layer.build();
        }
        let mut libraries = std::collections::BTreeSet::new();
        for name in programs {
            let path = Path::new("/bin").join(name);
            layer = layer.file(&format!("bin/{name}"), 0o755, std::fs::read(&path).unwrap());
            let listed = Command::new("ldd").arg(&path).output().unwrap().stdout;
            let listed = String::from_utf8(listed).unwrap();
            let paths = listed
                .split_whitespace()
                .filter(|word| word.starts_with('/'));
            libraries.extend(paths.map(ToString::to_string));
        }
        for library in libraries {
            let content = std::fs::read(&library).unwrap();
            layer = layer.file(library.trim_start_matches('/'), 0o755, content);
        }
        layer.build()
    })
}
