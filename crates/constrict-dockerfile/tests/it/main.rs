//! The Dockerfile parser from outside: text in, whole values out.
//!
//! Expected values were observed with docker 28.5.2's BuildKit.

mod errors;
mod expansion;
mod heredocs;
mod ignores;
mod instructions;
mod lines;
mod mounts;
mod properties;
mod warnings;

use constrict_dockerfile::{Dockerfile, Kind, parse};

/// Parses a Dockerfile that has to be good.
fn good(text: &str) -> Dockerfile {
    parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

/// The instructions of a stage with these lines.
fn kinds(lines: &str) -> Vec<Kind> {
    let dockerfile = good(&format!("FROM scratch\n{lines}"));
    dockerfile.stages[0]
        .instructions
        .iter()
        .map(|instruction| instruction.kind.clone())
        .collect()
}

/// The one instruction of a line.
fn kind(line: &str) -> Kind {
    let [kind] = <[Kind; 1]>::try_from(kinds(line)).expect("one instruction");
    kind
}
