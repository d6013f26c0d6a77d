//! What an image's files and configuration tell: whether it can run, and why not.
//!
//! ```text
//! layers ──▶ Files (the merged view) ─┐
//! ImageConfig ────────────────────────┼─▶ Image ──▶ Facts ──rules──▶ Report (findings, each with its mend)
//! Dockerfile and its stages ──────────┘
//! ```
//!
//! Never builds, mends or runs anything, and opens no socket. The image may be anybody's: every reader is bounded.

pub mod compare;
pub(crate) mod credential;
pub mod directory;
pub mod facts;
pub mod files;
#[cfg(test)]
mod hostile;
pub mod image;
pub mod mend;
pub mod pack;
pub mod packages;
pub mod page;
pub(crate) mod quantity;
pub mod report;
pub mod rule;
pub mod rules;
#[cfg(test)]
pub(crate) mod sample;
pub mod sbom;
pub mod size;
pub mod surface;
pub mod survey;
pub mod vulnerabilities;

pub use credential::may_be_secret;
pub use facts::Facts;
pub use files::{Contents, Files, Kind, Node};
pub use image::{Image, Origin, StageFiles};
pub use mend::Mend;
pub use report::{Report, check, check_facts};
pub use rule::{Evidence, Finding, Place, Rule, Severity};
