//! Overlay mounts of layers. It decides nothing about what the layers hold.
//!
//! Directories are named through `/proc/self/fd`, so that neither their length nor their number meets the kernel's
//! limits: 256 bytes an option for fsconfig(2), one page in all for mount(2) (kernels before 6.5).

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use rustix::mount::{MountAttrFlags, MountFlags, UnmountFlags};

use crate::Mode;
use crate::mount::{Setting, clone_tree, new_file_system};

/// Options that keep a layer plain: no redirects or copied-up metadata without data, which only overlayfs reads. With
/// `userxattr` both are off already, and must not be named.
fn plain(mode: Mode) -> &'static [&'static str] {
    match mode {
        Mode::Root => &["index=off", "metacopy=off", "redirect_dir=off"],
        Mode::SubIds | Mode::SingleId => &["index=off"],
    }
}

/// Where changes go.
pub(crate) struct Changes {
    pub(crate) upper: OwnedFd,
    pub(crate) work: OwnedFd,
}

/// Mounts layers (top first) with a place for changes. The mount is not attached; `scratch` is an empty directory that
/// old kernels need for a moment.
pub(crate) fn mount(
    mode: Mode,
    lower: &[OwnedFd],
    changes: &Changes,
    scratch: &Path,
) -> io::Result<OwnedFd> {
    match mount_by_descriptor(mode, lower, changes) {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            mount_by_string(mode, lower, changes, scratch)
        }
        other => other,
    }
}

fn mount_by_descriptor(mode: Mode, lower: &[OwnedFd], changes: &Changes) -> io::Result<OwnedFd> {
    let lower: Vec<String> = lower.iter().map(fd_path).collect();
    let (upper, work) = (fd_path(&changes.upper), fd_path(&changes.work));
    let mut settings: Vec<Setting<'_>> = lower
        .iter()
        .map(|path| ("lowerdir+", Some(path.as_str())))
        .collect();
    settings.push(("upperdir", Some(&upper)));
    settings.push(("workdir", Some(&work)));
    settings.extend(plain(mode).iter().map(|option| {
        let (key, value) = option.split_once('=').expect("each has a value");
        (key, Some(value))
    }));
    settings.push(("volatile", None));
    settings.extend(mode.overlay_options().iter().map(|flag| (*flag, None)));
    new_file_system("overlay", &settings, MountAttrFlags::empty())
}

fn mount_by_string(
    mode: Mode,
    lower: &[OwnedFd],
    changes: &Changes,
    scratch: &Path,
) -> io::Result<OwnedFd> {
    let numbers: Vec<String> = lower.iter().map(|fd| fd.as_raw_fd().to_string()).collect();
    let mut options = vec![
        format!("lowerdir={}", numbers.join(":")),
        format!("upperdir={}", changes.upper.as_raw_fd()),
        format!("workdir={}", changes.work.as_raw_fd()),
        "volatile".to_owned(),
    ];
    options.extend(
        plain(mode)
            .iter()
            .chain(mode.overlay_options())
            .map(|option| (*option).to_owned()),
    );
    let options = std::ffi::CString::new(options.join(",")).expect("digits and names hold no NUL");
    rustix::process::chdir("/proc/self/fd")?;
    rustix::mount::mount(
        "overlay",
        scratch,
        "overlay",
        MountFlags::empty(),
        options.as_c_str(),
    )?;
    rustix::process::chdir("/")?;
    let copy = crate::mount::open_host(scratch).and_then(|mounted| clone_tree(mounted, false));
    rustix::mount::unmount(scratch, UnmountFlags::DETACH)?;
    copy
}

fn fd_path(fd: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;

    use rustix::fs::{Mode as FileMode, OFlags, openat};
    use rustix::mount::{MountPropagationFlags, mount_change};
    use rustix::thread::UnshareFlags;

    use super::{Changes, mount_by_string};
    use crate::Mode;
    use crate::mount::open_host;

    #[test]
    fn privileged_old_kernels_mount_by_string() {
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: mounting needs root");
            return;
        }
        let directory = tempfile::tempdir_in("/var/tmp").unwrap();
        let path = |name: &str| directory.path().join(name);
        for name in ["one", "two", "upper", "work", "place"] {
            fs::create_dir(path(name)).unwrap();
        }
        fs::write(path("one/a"), "top").unwrap();
        fs::write(path("two/a"), "below").unwrap();
        let text = thread::scope(|scope| {
            let inside = scope.spawn(|| {
                // SAFETY: a mount namespace concerns this thread only, and no memory or descriptors.
                unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNS) }.unwrap();
                mount_change(
                    "/",
                    MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
                )
                .unwrap();
                let open = |name: &str| open_host(&path(name)).unwrap();
                let changes = Changes {
                    upper: open("upper"),
                    work: open("work"),
                };
                let lower = [open("one"), open("two")];
                let merged = mount_by_string(Mode::Root, &lower, &changes, &path("place")).unwrap();
                let mut file =
                    fs::File::from(openat(merged, "a", OFlags::RDONLY, FileMode::empty()).unwrap());
                std::io::read_to_string(&mut file).unwrap()
            });
            inside.join().unwrap()
        });
        assert_eq!(text, "top");
    }
}
