//! Exports: a result as an image of the store, and from there to registries, archives and directories.

pub mod archive;
pub mod directory;
pub mod image;
pub mod registry;
