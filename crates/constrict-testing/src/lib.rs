//! What tests talk to instead of the world: a registry, a package index and a file server inside the test's process,
//! with faults on demand. For tests only: a broken expectation panics.

mod faults;
mod file_server;
mod http;
mod layer_tar;
mod package_index;
mod registry;
mod wheel;

pub use faults::{Effect, Fault};
pub use file_server::FileServer;
pub use http::{Recorded, Response, authority_pem};
pub use layer_tar::LayerTar;
pub use package_index::PackageIndex;
pub use registry::{Auth, Registry};
pub use wheel::Wheel;
