//! A whole Dockerfile: its stages, in order, and the ARGs before the first.
//!
//! Never expands a variable and never resolves a name.

use crate::{Directives, Error, Instruction, Span, Warning};

/// A parsed Dockerfile.
#[derive(Debug, Clone, PartialEq)]
pub struct Dockerfile {
    /// The parser directives.
    pub directives: Directives,
    /// The ARG instructions before the first FROM.
    pub global_args: Vec<Instruction>,
    /// The stages; at least one.
    pub stages: Vec<Stage>,
    /// Lint findings, in the order of the text.
    pub warnings: Vec<Warning>,
}

/// One build stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Position in the file, from 0.
    pub index: usize,
    /// `AS name`, lower-cased.
    pub name: Option<String>,
    /// The FROM line.
    pub from: From,
    /// The instructions after FROM.
    pub instructions: Vec<Instruction>,
    /// From the FROM to the end of the last instruction.
    pub span: Span,
}

/// `FROM [--platform=P] IMAGE [AS NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct From {
    /// The image or stage, as written: not expanded.
    pub image: String,
    /// `--platform`, as written: not expanded.
    pub platform: Option<String>,
    /// The stage's name as written.
    pub alias: Option<String>,
    /// The instruction.
    pub span: Span,
    /// The image's word.
    pub image_span: Span,
    /// The source joined to one logical line.
    pub text: String,
}

/// Parses a Dockerfile.
///
/// # Errors
/// The first thing in the text that BuildKit would refuse as well.
pub fn parse(_text: &[u8]) -> Result<Dockerfile, Error> {
    Err(Error::Empty)
}

/// Parses one ONBUILD trigger, as it stands in an image's configuration.
///
/// # Errors
/// As [`parse`]; the spans are those of the trigger's text.
pub fn parse_onbuild(_trigger: &str) -> Result<Instruction, Error> {
    Err(Error::Empty)
}
