//! A sink that writes a tree as root, and running commands in it with chroot.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt as _, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use constrict_debian::Error;
use constrict_debian::deb::{Entry, Kind};
use constrict_debian::status::DatabaseFile;
use constrict_debian::unpack::{Sink, Step};

pub(crate) struct Tree {
    pub(crate) root: PathBuf,
}

impl Tree {
    pub(crate) fn new(root: &Path) -> Tree {
        fs::create_dir_all(root).unwrap();
        Tree {
            root: root.to_owned(),
        }
    }

    /// Where a path of the tree is on the host, links of its parents followed inside the root.
    pub(crate) fn place(&self, path: &str) -> PathBuf {
        let mut left: VecDeque<String> = path.split('/').map(str::to_owned).collect();
        let mut found: Vec<String> = Vec::new();
        while let Some(part) = left.pop_front() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    found.pop();
                    continue;
                }
                _ => found.push(part),
            }
            if left.is_empty() {
                break;
            }
            if let Ok(target) = fs::read_link(self.root.join(found.join("/"))) {
                let target = target.to_str().unwrap().to_owned();
                found.pop();
                if target.starts_with('/') {
                    found.clear();
                }
                for part in target.split('/').rev() {
                    left.push_front(part.to_owned());
                }
            }
        }
        self.root.join(found.join("/"))
    }

    pub(crate) fn write_database(&self, files: &[DatabaseFile]) {
        for file in files {
            let path = self.root.join(&file.path);
            fs::write(&path, &file.content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(file.mode)).unwrap();
        }
    }

    pub(crate) fn run(&self, step: &Step) -> Output {
        let root = self.root.display();
        let script = format!(
            "mount -t proc proc {root}/proc && mount --rbind /dev {root}/dev && exec chroot {root} /usr/bin/env -i \"$@\""
        );
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "/bin/sh", "-c", &script, "sh"]);
        command.args(
            step.environment
                .iter()
                .map(|(name, value)| format!("{name}={value}")),
        );
        command.args(&step.command).output().unwrap()
    }

    /// Runs a shell command in the tree; its standard output.
    pub(crate) fn shell(&self, command: &str) -> String {
        let environment = vec![(
            "PATH".to_owned(),
            "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
        )];
        let words = ["/bin/sh", "-ec", command].map(str::to_owned).to_vec();
        let output = self.run(&Step {
            command: words,
            environment,
        });
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{command}\n{out}\n{err}");
        out.into_owned() + &err
    }
}

impl Sink for Tree {
    type Error = Error;

    fn make(&mut self, entry: &Entry, content: &mut dyn Read) -> Result<(), Error> {
        let path = self.place(&entry.path);
        if entry.kind == Kind::Directory && path.is_dir() {
            return Ok(());
        }
        if path.symlink_metadata().is_ok() {
            fs::remove_file(&path).unwrap();
        }
        match &entry.kind {
            Kind::Directory => fs::create_dir(&path).unwrap(),
            Kind::File => {
                let mut file = fs::File::create(&path)
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                io::copy(content, &mut file).map_err(|source| Error::Io {
                    act: "write a file",
                    source,
                })?;
            }
            Kind::Symlink(target) => {
                symlink(target, &path).unwrap();
                lchown(&path, Some(entry.uid as u32), Some(entry.gid as u32)).unwrap();
                return Ok(());
            }
            Kind::Hardlink(target) => {
                fs::hard_link(self.place(target), &path).unwrap();
                return Ok(());
            }
            other => panic!("{}: {other:?}", entry.path),
        }
        chown(&path, Some(entry.uid as u32), Some(entry.gid as u32)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(entry.mode)).unwrap();
        Ok(())
    }
}
