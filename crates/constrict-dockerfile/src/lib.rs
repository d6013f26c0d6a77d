//! Dockerfile text to instructions: directives, line joining, heredocs, words, expansion, stages, `.dockerignore`.
//!
//! Never does I/O, never reads a clock or an environment and never panics, whatever the input.
//! The grammar is that of BuildKit's stable Dockerfile syntax (`docker/dockerfile:1`).

mod directives;
mod dockerfile;
mod error;
pub mod expand;
mod flag;
pub mod glob;
pub mod ignore;
pub mod instruction;
mod line;
mod node;
mod span;
mod suggest;
mod warning;
mod words;

pub use directives::{Checks, Directive, Directives, read as read_directives};
pub use dockerfile::{Dockerfile, From, Stage, parse, parse_onbuild};
pub use error::{Error, Fact};
pub use instruction::{Instruction, Kind};
pub use span::{Position, Span, line_of};
pub use suggest::nearest;
pub use warning::Warning;
