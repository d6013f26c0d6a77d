//! Whole builds on the real kernel, by `examples/build.rs`, with a registry in the test's process.
//!
//! `privileged_` tests need root; without it they say so and do nothing.

#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails the test")]

mod attacks;
mod bench;
mod build;
mod copies;
mod faults;
mod killed;
mod mounts;
mod together;
