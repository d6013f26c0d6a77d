//! The command line on the real kernel, with a registry in the test's process and a base image made of this machine's
//! own programs.
//!
//! `privileged_` tests need root, or an ordinary user with user namespaces; where neither is given they say so and do
//! nothing.

#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails the test")]

mod attest;
mod cache;
mod check;
mod compare;
mod containers;
mod debian;
mod debug_shell;
mod doctor;
mod errors;
mod exec;
mod health;
mod help;
mod images;
mod interrupt;
mod lint;
mod machine;
mod outputs;
mod ports;
mod progress;
mod rawjson;
mod run;
mod sbom;
mod screen;
mod start;
mod terminal;
mod usage;
mod vulnerabilities;
