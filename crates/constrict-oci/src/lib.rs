//! Images as data: digests, references, manifests, configurations, layers, layouts, archives and registries. Never knows
//! what a build is, and never unpacks anything onto a disk.

pub mod archive;
mod config;
mod descriptor;
mod digest;
mod error;
mod image;
pub mod layer;
pub mod layout;
mod manifest;
mod media_type;
mod nullable;
mod platform;
mod reference;
pub mod registry;

pub use config::{Healthcheck, History, ImageConfig, RootFs, RunConfig};
pub use descriptor::Descriptor;
pub use digest::{Algorithm, Digest, DigestWriter, Hasher, HashingReader};
pub use error::{Error, Result};
pub use image::{BlobOpener, ImageParts, ImageSource};
pub use manifest::{EMPTY, Index, Manifest};
pub use media_type::MediaType;
pub use platform::Platform;
pub use reference::Reference;
