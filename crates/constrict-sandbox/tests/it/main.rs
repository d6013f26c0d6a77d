//! Sandboxes run on the real kernel through `examples/sandbox_driver.rs`.
//!
//! `privileged_` tests need root and `/bin/busybox` (Debian `busybox-static`); those of the rootless modes drop to
//! ordinary ids by themselves. Without root they say so and do nothing.

mod inside;
mod isolation;
mod layers;
mod lifetime;
mod modes;
mod network;
mod rootless;
mod sandbox;
