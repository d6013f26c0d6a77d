//! Descriptors that a program was started with, besides its standard streams: pipes and locks of whoever started it.

use std::fs;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use rustix::io::{FdFlags, fcntl_setfd};

/// They are closed when this is dropped, and until then kept from every program that this one starts.
#[derive(Debug)]
pub struct Inherited {
    _taken: Vec<OwnedFd>,
}

impl Inherited {
    /// All from 3 on. To be called once, in `main`, before anything is opened: whatever is open then is taken over.
    #[must_use]
    pub fn take() -> Self {
        let entries = fs::read_dir("/proc/self/fd")
            .into_iter()
            .flatten()
            .flatten();
        let numbers: Vec<RawFd> = entries
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect();
        // the directory itself is closed by now
        let is_open = |number: &RawFd| {
            *number > 2 && fs::symlink_metadata(format!("/proc/self/fd/{number}")).is_ok()
        };
        let taken = numbers.into_iter().filter(is_open).map(|number| {
            // SAFETY: it is open, and nothing in this program owns it: nothing has been opened yet.
            unsafe { OwnedFd::from_raw_fd(number) }
        });
        let taken: Vec<OwnedFd> = taken.collect();
        for descriptor in &taken {
            // one that cannot be marked is closed with the others
            let _ = fcntl_setfd(descriptor, FdFlags::CLOEXEC);
        }
        Inherited { _taken: taken }
    }
}
