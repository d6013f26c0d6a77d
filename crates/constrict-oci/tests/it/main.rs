//! What the crate's parts do together.

mod archive;
mod choosing;
mod config;
mod layer;
mod names;
mod registry;
