//! `cargo xtask`: the project's own chores. It checks the house (`check`) and compares what constrict
//! builds with what docker builds (`acceptance`), and how fast (`bench`).
//!
//! Never ships, and never uses constrict's crates: what it says about an image is found independently.

mod acceptance;
mod bench;
mod check;
mod error;
mod process;

use std::process::ExitCode;

use error::{Error, Result};

const USAGE: &str = "usage: cargo xtask check
       cargo xtask acceptance [conformance [NAME…] | docker [NAME…] | seeds [NAME…] | determinism | speed | check [NAME…] | check-docker [NAME…] | verdicts | packages [NAME…] | lint [NAME…] | sarif | page [NAME…] | compare [NAME…]]
       cargo xtask bench [ROW…]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                eprintln!("cause: {cause}");
                source = cause.source();
            }
            ExitCode::from(2)
        }
    }
}

/// Whether every check passed.
fn run(words: &[String]) -> Result<bool> {
    match words.split_first() {
        Some((first, [])) if first == "check" => check::run(),
        Some((first, rest)) if first == "acceptance" => acceptance::run(rest),
        Some((first, rest)) if first == "bench" => bench::run(rest),
        _ => Err(Error::Usage(USAGE)),
    }
}
