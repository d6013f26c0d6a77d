//! What the crate's parts do together.

mod archive;
mod config;
mod layer;
mod names;
mod registry;
