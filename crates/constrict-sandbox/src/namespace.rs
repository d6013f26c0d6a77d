//! Entering the namespaces that the whole program works in. It starts no container.

use crate::Result;

/// How this process may isolate, and what its file operations can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Real root: every id, every operation.
    Root,
    /// Root of a user namespace with a range of subordinate ids.
    SubIds,
    /// Root of a user namespace with the user's own id only: ownership is recorded, not applied.
    SingleId,
}

impl Mode {
    /// Options that an overlay mount needs in this mode, besides the directories.
    #[must_use]
    pub fn overlay_options(self) -> &'static [&'static str] {
        match self {
            Mode::Root => &[],
            Mode::SubIds | Mode::SingleId => &["userxattr"],
        }
    }

    /// The extended attribute that makes a directory of a layer opaque; its value is `y`.
    #[must_use]
    pub fn opaque_xattr(self) -> &'static str {
        match self {
            Mode::Root => "trusted.overlay.opaque",
            Mode::SubIds | Mode::SingleId => "user.overlay.opaque",
        }
    }

    /// Whether `chown` to any id works. If not, see [`recorded_owner`](crate::recorded_owner).
    #[must_use]
    pub fn can_chown(self) -> bool {
        self != Mode::SingleId
    }

    /// Whether device nodes can be made (a 0/0 whiteout can be made in every mode).
    #[must_use]
    pub fn can_make_devices(self) -> bool {
        self == Mode::Root
    }
}

/// A range of ids in a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdRange {
    /// First id inside.
    pub inside: u32,
    /// First id outside.
    pub outside: u32,
    /// How many.
    pub count: u32,
}

/// What [`enter`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The mode the process is in now.
    pub mode: Mode,
    /// The user id it had before.
    pub uid: u32,
    /// The group id it had before.
    pub gid: u32,
    /// User ids that exist inside.
    pub uids: Vec<IdRange>,
    /// Group ids that exist inside.
    pub gids: Vec<IdRange>,
}

/// Makes this process root of private mounts: as root by a mount namespace, as another user by a user and a mount
/// namespace. Mounts made afterwards die with the process. To be called once, while single-threaded.
///
/// `CONSTRICT_SANDBOX=single-id` in the environment forces [`Mode::SingleId`] for an ordinary user.
///
/// # Errors
/// [`Error::Refused`](crate::Error::Refused) with a remedy, if the kernel or a policy forbids it;
/// [`Error::Unknown`](crate::Error::Unknown) for another value of the variable.
pub fn enter() -> Result<Entered> {
    Err(crate::Error::HelperLost)
}
