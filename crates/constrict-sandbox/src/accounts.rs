//! The owners of the account files, which every change of accounts replaces by a copy.
//!
//! `useradd` and its kin give the copy the owner that they see on the original. Where ownership is recorded they see
//! 0:0, so the record of the original (`/etc/shadow` belongs to the group `shadow`) is carried over here.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, XattrFlags, fsetxattr};

use crate::Root;
use crate::mount::{open_host, open_plain};
use crate::owner::{OWNER_XATTR, recorded_owner};

const FILES: [&str; 6] = ["passwd", "group", "shadow", "gshadow", "subuid", "subgid"];

/// The records before the command ran, by path.
pub(crate) struct Accounts {
    owners: Vec<(PathBuf, (u32, u32))>,
}

impl Accounts {
    /// Reads the records from the layers.
    pub(crate) fn read(root: &Root) -> Self {
        let Root::Writable { lower, upper, .. } = root else {
            return Accounts { owners: Vec::new() };
        };
        let layers: Vec<OwnedFd> = std::iter::once(upper)
            .chain(lower)
            .filter_map(|layer| open_host(layer).ok())
            .collect();
        let owners = FILES.iter().filter_map(|name| {
            let path = Path::new("etc").join(name);
            let file = layers.iter().find_map(|layer| open(layer.as_fd(), &path))?;
            Some((path, recorded_owner(&file).ok()??))
        });
        Accounts {
            owners: owners.collect(),
        }
    }

    /// Gives the records to what has replaced the files in `upper`, and to the backup beside it, if it has none.
    pub(crate) fn carry_over(&self, upper: BorrowedFd<'_>) {
        for (path, (uid, gid)) in &self.owners {
            let mut backup = path.as_os_str().to_owned();
            backup.push(OsStr::new("-"));
            for path in [path.clone(), PathBuf::from(backup)] {
                let Some(file) = open(upper, &path) else {
                    continue;
                };
                if matches!(recorded_owner(&file), Ok(None)) {
                    // on failure the file belongs to root, as if nothing had been recorded
                    let _ = fsetxattr(
                        &file,
                        OWNER_XATTR,
                        format!("{uid}:{gid}").as_bytes(),
                        XattrFlags::CREATE,
                    );
                }
            }
        }
    }
}

fn open(layer: BorrowedFd<'_>, path: &Path) -> Option<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::from(open_plain(layer, path, flags).ok()?);
    file.metadata()
        .is_ok_and(|found| found.is_file())
        .then_some(file)
}
