//! One isolated process: namespaces, id maps, overlay mounts, seccomp, capabilities and network.
//!
//! It never decides what to run, knows nothing of images or Dockerfiles, and never prints.
//!
//! The way in, from the command line's `main`, before any thread exists:
//!
//! 1. [`init_if_asked`] — never returns in the re-executed helper;
//! 2. [`enter`] — private mounts, and for an ordinary user a user namespace in which the process is root;
//! 3. [`spawn`] or [`run`] with a [`Spec`], from any thread; [`spawn_inside`] for a further program in what runs.

mod accounts;
mod capability;
mod error;
mod executable;
mod file_systems;
mod helper;
mod id_map;
mod inherited;
mod init;
mod join;
pub mod message;
mod mount;
mod namespace;
pub mod net;
mod notify;
mod overlay;
mod owner;
mod privilege;
mod probe;
mod process;
mod reaper;
mod remove_tree;
mod root;
mod seccomp;
mod spec;
mod stub;
pub mod terminal;
mod wire;

pub use capability::{Capabilities, Capability, CapabilityBase};
pub use error::{Error, Result};
pub use inherited::Inherited;
pub use namespace::{Entered, IdRange, Mode, enter};
pub use owner::{OWNER_XATTR, RecordedOwner, parse_owner, recorded_owner};
pub use probe::{Fact, Probe, probe};
pub use process::{
    Child, Entrance, Exit, Killer, Options, Outcome, Stdio, init_if_asked, kill_all, run, spawn,
    spawn_inside,
};
pub use remove_tree::remove_tree;
pub use spec::{Mount, Network, Rlimit, Root, Seccomp, Source, Spec, User};
pub use wire::Failure;
