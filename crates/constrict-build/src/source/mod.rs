//! Where files and images come from: the context, registries, other hosts, git, Debian.

pub mod advisories;
pub mod context;
pub mod debian;
mod directory;
pub mod git;
pub(crate) mod http;
pub mod image;
pub mod layout;
mod nearest;
mod state;

pub use directory::Directory;
pub(crate) use nearest::no_such_path;
pub(crate) use state::StateView;
