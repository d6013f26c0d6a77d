//! Containers: an image and what `run` is asked for, made into one sandboxed process. [`probe`] starts one to see whether
//! it lives; [`kept`] starts those that people work with.
//!
//! The way: [`look_up`] or [`pull`] finds the image, [`prepare`] makes its root, volumes, network and published ports,
//! and [`Prepared::spec`] is what the sandbox is given. Dropping [`Prepared`] deletes what nobody asked to keep.

mod environment;
mod files;
pub mod kept;
mod lookup;
mod mounts;
mod network;
mod port;
mod prepare;
pub mod probe;
mod pull;
mod request;
mod volume;
mod working_directory;

pub use environment::{Variable, merged_variables, parse_variables};
pub use lookup::{Match, look_up, unpacked_size};
pub use port::{Port, PortRange};
pub use prepare::{Prepared, prepare};
pub use pull::pull;
pub use request::{Network, Request, Tmpfs};
pub use volume::{Volume, VolumeSource};
