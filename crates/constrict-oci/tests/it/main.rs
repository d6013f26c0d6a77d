//! What the crate's parts do together.

mod registry;
