//! ELF objects, and how dynamic loaders find the libraries they need: facts of one object ([`object`], [`symbols`]), the
//! search of glibc's and of musl's loader over any set of files ([`search`]), and what such a loader would refuse
//! ([`check`]).
//!
//! Never opens a file itself: objects come as bytes or as [`ReadAt`], the files of a system as [`search::Files`].
//! Never panics and never allocates without bound, whatever the bytes say.
//!
//! The way of the data: bytes → [`Object`] → [`search::load`] → [`search::Loaded`] → [`check`].

pub mod check;
mod error;
pub mod format;
pub mod ld_so_cache;
pub mod ld_so_conf;
pub mod musl;
pub mod object;
mod read_at;
pub mod search;
pub mod symbols;

pub use error::{Error, Result};
pub use format::Format;
pub use object::Object;
pub use read_at::ReadAt;
pub use symbols::Symbols;
