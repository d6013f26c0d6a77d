//! What a Dockerfile's text alone tells: BuildKit's build checks, hadolint's rules, and failure modes that need no image.
//!
//! Never does I/O: the text, the ignore file and what is known of base images come from the caller.

mod buildkit;
mod facts;
mod finding;
mod hadolint;
mod lint;
mod modes;
mod rule;
mod shell;
mod sink;
mod source;

pub use finding::{Broken, Finding, Report};
pub use lint::{Options, lint};
pub use rule::{Family, Rule, Severity, rules};
