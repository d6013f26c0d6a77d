//! Debian packages as data: signed Release files, package indices, relations and their resolution, `.deb` archives,
//! the dpkg database. The caller fetches bytes and writes files.
//!
//! Never opens a socket and never runs a maintainer script: what has to run inside the assembled tree is handed out
//! as data ([`unpack`], [`python`]).
//!
//! The way of the data: [`sources`] (which mirror) → InRelease bytes → [`openpgp`] → [`release`] → index bytes →
//! [`packages`] → [`resolve`] → `.deb` bytes → [`deb`] → [`unpack`] + [`status`] → a tree that dpkg configures.

pub mod checksum;
pub mod compression;
pub mod contents;
pub mod deb;
mod error;
pub mod official;
pub mod openpgp;
pub mod packages;
pub mod paragraph;
pub mod python;
pub mod relation;
pub mod release;
pub mod resolve;
pub mod sources;
pub mod status;
pub mod suite;
pub mod unpack;
pub mod version;

pub use error::{Error, Result};
