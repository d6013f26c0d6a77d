//! The user's terminal while a container has one of its own.

use std::os::fd::OwnedFd;

use crate::{Error, Result};

/// The user's terminal in raw mode, joined with a container's. Dropping it restores the terminal.
#[derive(Debug)]
pub struct Session {}

impl Session {
    /// Puts the terminal on standard input into raw mode and starts copying between it and `master`; window size
    /// changes are passed on.
    ///
    /// # Errors
    /// [`Error::Call`] if standard input is no terminal.
    pub fn start(_master: OwnedFd) -> Result<Self> {
        Err(Error::HelperLost)
    }

    /// Waits for the container's last output (after its process has ended) and restores the terminal.
    pub fn finish(self) {}
}
