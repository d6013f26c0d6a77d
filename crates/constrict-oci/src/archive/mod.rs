//! Images in one tar file: OCI archives (a layout in a tar) and what `docker save` writes (`manifest.json`; since docker
//! 25 together with a layout). Never unpacks the file.
//!
//! Source: OCI image specification `image-layout.md`; moby `image/tarexport`; containerd `images/archive`.

mod docker;
mod read;
mod write;

pub use read::Archive;
pub use write::{write_docker_archive, write_oci_archive};
