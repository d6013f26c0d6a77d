//! Building images: graph, front ends, solver, cache, store, exports. See `docs/architecture.md`.
//!
//! Never prints: what happens is told to an [`Observer`], what fails is an [`Error`].

mod build;
pub mod container;
mod copy;
mod error;
pub mod export;
pub mod frontend;
pub mod graph;
pub mod layers;
mod observer;
mod placement;
pub mod provenance;
pub mod settings;
mod snapshot;
pub mod solver;
pub mod source;
pub mod store;
pub mod time;
mod tree;
mod view;

pub use build::{Built, BuiltStage, build, explain};
pub use error::{Error, IgnoredBy, Result, RunFailure};
pub use observer::Observer;
pub use tree::{Node, Tree};
