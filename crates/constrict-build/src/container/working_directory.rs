//! The working directory of a container, which is made when it is missing: in the root, or in the volume that is there.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

use constrict_oci::layer::{NewEntry, NewKind};
use constrict_sandbox::{Mode, Mount, Source};
use rustix::fs::{OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::error::{IoContext, Result};
use crate::view::{View, clean, resolve_in};

/// Makes `cwd` where it is missing. `upper` receives the root's changes.
pub(super) fn make(
    cwd: &str,
    view: &dyn View,
    upper: &Path,
    mode: Mode,
    mounts: &[Mount],
) -> Result<()> {
    let path = resolve_in(view, cwd.as_bytes(), true)?;
    if let Some((directory, rest)) = volume_at(&path, mounts) {
        return make_inside(directory, &rest);
    }
    if view.meta(&path)?.is_some() {
        return Ok(());
    }
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    let mut entries = Vec::new();
    for end in ends.map(|(at, _)| at).chain([path.len()]) {
        let mut entry = NewEntry::new(&path[..end], NewKind::Directory, 0o755);
        // a directory of the image keeps what it has
        if let Some(meta) = view.meta(&path[..end])? {
            (entry.mode, entry.uid, entry.gid) = (meta.mode, meta.uid, meta.gid);
            entry.mtime = meta.mtime;
        }
        entries.push(entry);
    }
    crate::snapshot::make_entries(upper, mode, entries, b"")
}

/// The writable directory of the host that is mounted at `path` or above it, and the rest of the path.
fn volume_at<'a>(path: &[u8], mounts: &'a [Mount]) -> Option<(&'a Path, Vec<u8>)> {
    let candidates = mounts.iter().filter_map(|mount| {
        let target = clean(mount.target().as_os_str().as_encoded_bytes());
        let rest = path.strip_prefix(target.as_slice())?;
        let rest = match rest {
            [] => rest,
            [b'/', rest @ ..] => rest,
            _ => return None,
        };
        Some((target.len(), mount, rest.to_vec()))
    });
    match candidates.max_by_key(|(length, ..)| *length)? {
        (
            _,
            Mount::Bind {
                source: Source::Host(directory),
                readonly: false,
                ..
            },
            rest,
        ) if directory.is_dir() => Some((directory, rest)),
        _ => None,
    }
}

/// Makes the directories of `path` below `root`. No link inside leads out of it.
fn make_inside(root: &Path, path: &[u8]) -> Result<()> {
    let root_handle: OwnedFd = File::open(root).at("open", root)?.into();
    let open = |path: &[u8]| {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let path: &[u8] = if path.is_empty() { b"." } else { path };
        let mode = rustix::fs::Mode::empty();
        rustix::fs::openat2(&root_handle, path, flags, mode, ResolveFlags::IN_ROOT)
    };
    let mut parent = open(b"").at("open", root)?;
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    for end in ends.map(|(at, _)| at).chain([path.len()]) {
        let at = &path[..end];
        let on_disk = || root.join(String::from_utf8_lossy(at).as_ref());
        parent = match open(at) {
            Err(Errno::NOENT) => {
                let name = crate::view::file_name(at);
                rustix::fs::mkdirat(&parent, name, rustix::fs::Mode::from(0o755))
                    .at("create", on_disk())?;
                open(at).at("open", on_disk())?
            }
            other => other.at("open", on_disk())?,
        };
    }
    Ok(())
}
