//! A Python source → the facts that decide whether it can be imported: imports and when they run, names, calls.
//!
//! Never resolves a module against files and never follows an import. Statements that can't run on the target (a
//! branch for Windows, for Python 2) leave no facts.
//!
//! Format: Python 3, any X.Y, in UTF-8 or what its coding cookie (PEP 263) says.

mod decode;
mod depth;
mod fact;
mod literal;
mod path;
mod walk;

pub use fact::{
    Act, Attempt, Binding, BindingKind, Body, Call, Constructed, Form, Function, Import,
    ImportedName, Module, Names, Need, NewerSyntax, Open, Required, Root, Star, Swallows, TopCall,
    Use, Write,
};
pub use literal::Literal;
pub use path::{Base, FilePath};

use ruff_python_ast::PythonVersion;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextSize};

use crate::{Error, Result};

/// The largest source that is read, in bytes: generated modules of real packages stay below 3 MiB.
const MAX_SIZE: usize = 8 << 20;

/// The stack for a tree deeper than [`depth::SHALLOW`]: enough for [`depth::MAX_CHAIN`] levels in a debug build.
const DEEP_STACK: usize = 64 << 20;

/// The interpreter that a source is read for: CPython on Linux.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// X and Y of the version.
    pub python: (u8, u8),
}

impl Module {
    /// Reads a source and collects its facts.
    ///
    /// # Errors
    ///
    /// [`Error::Syntax`] if no Python 3 accepts it, [`Error::LaterKeyword`] and [`Error::Encoding`] if this crate can't read it,
    /// [`Error::TooDeep`] and [`Error::TooLarge`] beyond this crate's bounds.
    pub fn parse(source: &[u8], target: &Target) -> Result<Module> {
        if source.len() > MAX_SIZE {
            return Err(Error::TooLarge {
                document: "source",
                size: source.len(),
            });
        }
        let decoded = decode::decode(source)?;
        if depth::measure(&decoded.text)? <= depth::SHALLOW {
            return parse_text(&decoded, target);
        }
        stacker::grow(DEEP_STACK, || parse_text(&decoded, target))
    }
}

fn parse_text(decoded: &decode::Decoded, target: &Target) -> Result<Module> {
    let lines = Lines::new(&decoded.text);
    let (major, minor) = target.python;
    let options =
        ParseOptions::from(Mode::Module).with_target_version(PythonVersion::from((major, minor)));
    let parsed = parse_unchecked(&decoded.text, options);
    if let Some(error) = parsed.errors().first() {
        if !decoded.exact {
            return Err(Error::Encoding(decoded.encoding.clone()));
        }
        let (line, fact) = (lines.line(error.location.start()), error.error.to_string());
        let before_keywords =
            target.python < (3, 7) && (fact.contains("async") || fact.contains("await"));
        return Err(if before_keywords {
            Error::LaterKeyword { line }
        } else {
            Error::Syntax { line, fact }
        });
    }
    let newer_syntax = parsed
        .unsupported_syntax_errors()
        .first()
        .map(|error| NewerSyntax {
            line: lines.line(error.range().start()),
            fact: error.to_string(),
        });
    let Some(parsed) = parsed.try_into_module() else {
        return Ok(Module::default());
    };
    Ok(Module {
        newer_syntax,
        ..walk::walk(parsed.suite(), &lines, *target)
    })
}

/// Where the lines of a text start.
struct Lines {
    starts: Vec<TextSize>,
}

impl Lines {
    fn new(text: &str) -> Lines {
        let mut starts = vec![TextSize::new(0)];
        let bytes = text.as_bytes();
        for (index, byte) in bytes.iter().enumerate() {
            let ends = *byte == b'\n' || (*byte == b'\r' && bytes.get(index + 1) != Some(&b'\n'));
            if ends && let Ok(next) = u32::try_from(index + 1) {
                starts.push(TextSize::new(next));
            }
        }
        Lines { starts }
    }

    /// The line of an offset, counted from one.
    fn line(&self, offset: TextSize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }
}
