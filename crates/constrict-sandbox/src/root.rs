//! The root of a sandbox and what is mounted in it, in two steps: every source is opened on the host first, then all is
//! mounted on a private scratch file system.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, FileType, Gid, Mode as FileMode, OFlags, Uid, chownat, fchmod, fstat, mkdirat, openat,
};
use rustix::mount::MountAttrFlags;

use crate::mount::{
    attach, clone_tree, new_file_system, open_host, open_in_root, open_plain, set_attributes,
};
use crate::overlay::{self, Changes};
use crate::stub::{Kind, Stubs, mount_point};
use crate::{Error, Mode, Mount, Result, Root, Source, Spec};

/// Directories of the host that the scratch file system may cover, in this process's mounts only.
const PLACES: [&str; 5] = ["/tmp", "/run", "/mnt", "/var", "/usr"];

/// Where apt reads settings from, if it is there.
const APT_SETTINGS: &str = "etc/apt/apt.conf.d";

const READ_ONLY: u64 = MountAttrFlags::MOUNT_ATTR_RDONLY.bits() as u64;

/// Memory that the mounts stand on.
pub(crate) struct Scratch {
    mode: Mode,
    place: PathBuf,
    directory: OwnedFd,
    used: std::cell::Cell<u32>,
}

impl Scratch {
    pub(crate) fn mount(mode: Mode) -> Result<Self> {
        let place = PLACES.iter().map(Path::new).find(|place| place.is_dir());
        let place = place.ok_or_else(|| Error::Spec {
            reason: "the host has no directory to mount on".to_owned(),
        })?;
        let fail = |error: io::Error| Error::io("mount a scratch file system on", place, error);
        let directory =
            new_file_system("tmpfs", &[("mode", Some("0700"))], MountAttrFlags::empty())
                .map_err(fail)?;
        attach(&directory, open_host(place).map_err(fail)?.as_fd()).map_err(fail)?;
        Ok(Scratch {
            mode,
            place: place.to_owned(),
            directory,
            used: 0.into(),
        })
    }

    /// A new empty directory, and its path.
    fn new_directory(&self) -> io::Result<(OwnedFd, PathBuf)> {
        self.used.set(self.used.get() + 1);
        let name = self.used.get().to_string();
        mkdirat(&self.directory, &name, FileMode::from_raw_mode(0o755))?;
        let directory = open_plain(
            &self.directory,
            Path::new(&name),
            OFlags::PATH | OFlags::DIRECTORY,
        )?;
        Ok((directory, self.place.join(name)))
    }

    /// Mounts layers; without `changes`, what is written is kept here.
    fn overlay(&self, lower: &[OwnedFd], changes: Option<&Changes>) -> io::Result<OwnedFd> {
        let (_, place) = self.new_directory()?;
        match changes {
            Some(changes) => overlay::mount(self.mode, lower, changes, &place),
            None => {
                let changes = Changes {
                    upper: self.new_directory()?.0,
                    work: self.new_directory()?.0,
                };
                overlay::mount(self.mode, lower, &changes, &place)
            }
        }
    }
}

/// A [`Root`] whose directories are open.
enum Layers {
    Plain(OwnedFd),
    Overlay {
        lower: Vec<OwnedFd>,
        changes: Option<Changes>,
        read_only: bool,
    },
}

impl Layers {
    fn open(root: &Root) -> Result<Self> {
        let open =
            |path: &PathBuf| open_host(path).map_err(|error| Error::io("open layer", path, error));
        Ok(match root {
            Root::Writable { lower, upper, .. } if lower.is_empty() => Layers::Plain(open(upper)?),
            Root::Writable { lower, upper, work } => Layers::Overlay {
                lower: lower.iter().map(open).collect::<Result<_>>()?,
                changes: Some(Changes {
                    upper: open(upper)?,
                    work: open(work)?,
                }),
                read_only: false,
            },
            Root::Discard { lower } | Root::ReadOnly { lower } => Layers::Overlay {
                lower: lower.iter().map(open).collect::<Result<_>>()?,
                changes: None,
                read_only: matches!(root, Root::ReadOnly { .. }),
            },
        })
    }

    /// Where what is made for mounts has to be cleaned up.
    fn upper(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Layers::Plain(directory) => Some(directory.as_fd()),
            Layers::Overlay { changes, .. } => {
                changes.as_ref().map(|changes| changes.upper.as_fd())
            }
        }
    }

    fn read_only(&self) -> bool {
        matches!(
            self,
            Layers::Overlay {
                read_only: true,
                ..
            }
        )
    }

    fn mount(&self, scratch: &Scratch) -> io::Result<OwnedFd> {
        match self {
            Layers::Plain(directory) => clone_tree(directory, false),
            Layers::Overlay { lower, changes, .. } => scratch.overlay(lower, changes.as_ref()),
        }
    }
}

/// What a [`Mount`] shows, opened.
enum Opened {
    Tree(OwnedFd),
    Layers(Layers),
    Memory,
}

/// A specification whose sources are open.
pub(crate) struct Prepared<'spec> {
    root: Layers,
    mounts: Vec<(&'spec Mount, Opened)>,
}

impl<'spec> Prepared<'spec> {
    pub(crate) fn open(spec: &'spec Spec) -> Result<Self> {
        let mounts = spec
            .mounts
            .iter()
            .map(|mount| Ok((mount, open_source(mount)?)))
            .collect::<Result<_>>()?;
        Ok(Prepared {
            root: Layers::open(&spec.root)?,
            mounts,
        })
    }

    /// Mounts the root on the scratch file system.
    pub(crate) fn mount_root(&self, scratch: &Scratch) -> Result<OwnedFd> {
        let fail = |source: io::Error| match source.raw_os_error() {
            Some(libc::ENODEV | libc::EPERM) => Error::Refused {
                feature: "overlay mounts".to_owned(),
                remedy:
                    "load the kernel module `overlay`; an ordinary user needs Linux 5.11 or newer"
                        .to_owned(),
                source,
            },
            _ => Error::call("mount the root", source),
        };
        let (place, _) = scratch.new_directory().map_err(fail)?;
        let root = self.root.mount(scratch).map_err(fail)?;
        attach(&root, place.as_fd()).map_err(fail)?;
        Ok(root)
    }

    /// Mounts everything else, in order.
    pub(crate) fn mount_others(
        &self,
        root: BorrowedFd<'_>,
        scratch: &Scratch,
        stubs: &mut Stubs,
    ) -> Result<()> {
        mount_each(&self.mounts, root, self.root.upper(), scratch, stubs)
    }

    /// Where apt is installed, tells it to stay root: with a single id its user `_apt` cannot be had.
    pub(crate) fn mount_apt_setting(
        &self,
        root: BorrowedFd<'_>,
        scratch: &Scratch,
        stubs: &mut Stubs,
    ) -> Result<()> {
        if open_in_root(root, Path::new(APT_SETTINGS)).is_err() {
            return Ok(());
        }
        let mount = Mount::Data {
            target: Path::new(APT_SETTINGS).join("zz-constrict"),
            contents: b"APT::Sandbox::User \"root\";\n".to_vec(),
            mode: 0o644,
            uid: 0,
            gid: 0,
            readonly: true,
        };
        let prepared = [(&mount, Opened::Memory)];
        mount_each(&prepared, root, self.root.upper(), scratch, stubs)
    }

    /// Makes the root itself read-only, if it has to be; mounts in it are left alone.
    pub(crate) fn protect_root(&self, root: BorrowedFd<'_>, wanted: bool) -> Result<()> {
        if wanted || self.root.read_only() {
            set_attributes(root, READ_ONLY, false)
                .map_err(|error| Error::call("make the root read-only", error))?;
        }
        Ok(())
    }
}

fn mount_each(
    mounts: &[(&Mount, Opened)],
    root: BorrowedFd<'_>,
    upper: Option<BorrowedFd<'_>>,
    scratch: &Scratch,
    stubs: &mut Stubs,
) -> Result<()> {
    for (mount, opened) in mounts {
        let fail = |error: io::Error| Error::io("mount", mount.target(), error);
        let source = source_of(mount, opened, scratch).map_err(fail)?;
        let kind = match FileType::from_raw_mode(
            fstat(&source).map_err(|error| fail(error.into()))?.st_mode,
        ) {
            FileType::Directory => Kind::Directory,
            _ => Kind::File,
        };
        let target = mount_point(root, upper, mount.target(), kind, stubs)?;
        attach(&source, target.as_fd()).map_err(fail)?;
    }
    Ok(())
}

fn open_source(mount: &Mount) -> Result<Opened> {
    Ok(match mount {
        Mount::Bind {
            source: Source::Host(path),
            ..
        } => Opened::Tree(
            open_host(path).map_err(|error| Error::io("open mount source", path, error))?,
        ),
        Mount::Bind {
            source: Source::Within { directory, path },
            ..
        } => {
            let found = open_host(directory).and_then(|directory| open_in_root(directory, path));
            Opened::Tree(found.map_err(|error| Error::io("open mount source", path, error))?)
        }
        Mount::Layers { root, .. } => Opened::Layers(Layers::open(root)?),
        Mount::Tmpfs { .. } | Mount::Data { .. } => Opened::Memory,
    })
}

/// What is to be attached: a mount that is not attached yet.
fn source_of(mount: &Mount, opened: &Opened, scratch: &Scratch) -> io::Result<OwnedFd> {
    match (mount, opened) {
        (
            Mount::Bind {
                readonly,
                recursive,
                ..
            },
            Opened::Tree(tree),
        ) => {
            let copy = clone_tree(tree, *recursive)?;
            if *readonly {
                set_attributes(&copy, READ_ONLY, true)?;
            }
            Ok(copy)
        }
        (Mount::Layers { path, .. }, Opened::Layers(layers)) => {
            let (place, _) = scratch.new_directory()?;
            let merged = layers.mount(scratch)?;
            attach(&merged, place.as_fd())?;
            let copy = clone_tree(open_in_root(&merged, path)?, false)?;
            if layers.read_only() {
                set_attributes(&copy, READ_ONLY, true)?;
            }
            Ok(copy)
        }
        (Mount::Tmpfs { size, mode, .. }, _) => {
            let (size, mode) = (size.map(|size| size.to_string()), format!("{mode:o}"));
            let mut settings = vec![("mode", Some(mode.as_str()))];
            settings.extend(size.as_ref().map(|size| ("size", Some(size.as_str()))));
            let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
            new_file_system("tmpfs", &settings, attributes)
        }
        (
            Mount::Data {
                contents,
                mode,
                uid,
                gid,
                readonly,
                ..
            },
            _,
        ) => {
            let file = write_data(scratch, contents, *mode, (*uid, *gid))?;
            let copy = clone_tree(file, false)?;
            if *readonly {
                set_attributes(&copy, READ_ONLY, true)?;
            }
            Ok(copy)
        }
        (Mount::Bind { .. } | Mount::Layers { .. }, _) => unreachable!("opened by its own kind"),
    }
}

fn write_data(
    scratch: &Scratch,
    contents: &[u8],
    mode: u32,
    owner: (u32, u32),
) -> io::Result<OwnedFd> {
    let (directory, _) = scratch.new_directory()?;
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = openat(&directory, "data", flags, FileMode::from_raw_mode(0o600))?;
    if scratch.mode.can_chown() {
        chownat(
            &directory,
            "data",
            Some(Uid::from_raw(owner.0)),
            Some(Gid::from_raw(owner.1)),
            AtFlags::empty(),
        )?;
    }
    fchmod(&file, FileMode::from_raw_mode(mode))?;
    let mut file = std::fs::File::from(file);
    file.write_all(contents)?;
    open_plain(&directory, Path::new("data"), OFlags::PATH)
}
