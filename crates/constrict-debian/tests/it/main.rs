//! The integration tests of constrict-debian. Those with `network_` in their name ask the mirror that this host's apt
//! uses; those with `privileged_` need root and chroot.

#![allow(clippy::unwrap_used)]

mod archives;
mod documents;
mod mirror;
mod network_indices;
mod openpgp;
mod privileged_network_minbase;
mod privileged_network_python;
mod resolving;
mod tree;

/// Whether a test that needs root has to be left out; it says so.
fn skipped() -> bool {
    use std::os::unix::fs::MetadataExt;
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    if !is_root {
        println!("skipped: chroot needs root");
    }
    !is_root
}
