//! `cargo xtask check`: what CI runs. Format, lints, tests, documentation, arrows between crates, rules about the tree.

mod arrows;
mod security;
mod tree;

use std::path::Path;
use std::process::Command;

use crate::error::Result;
use crate::process;

/// One step's name and its cargo command line.
const CARGO: [(&str, &[&str]); 3] = [
    ("format", &["fmt", "--all", "--check"]),
    (
        "lints",
        &[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    ),
    (
        "documentation",
        &["doc", "--quiet", "--workspace", "--no-deps"],
    ),
];

/// Runs every step, also after one that failed; whether all passed.
pub(crate) fn run() -> Result<bool> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the repository");
    let mut failed = Vec::new();
    for (name, words) in CARGO {
        println!("== {name}");
        let mut cargo = Command::new("cargo");
        cargo.args(words).current_dir(top);
        if name == "documentation" {
            cargo.env("RUSTDOCFLAGS", "-D warnings");
        }
        if !process::pass(&mut cargo)? {
            failed.push(name);
        }
    }
    for (name, check) in [
        ("arrows", arrows::broken as fn(&Path) -> Result<Vec<String>>),
        ("tree", tree::broken),
        ("security", security::broken),
    ] {
        println!("== {name}");
        let facts = check(top)?;
        for fact in &facts {
            println!("{fact}");
        }
        if !facts.is_empty() {
            failed.push(name);
        }
    }
    println!(
        "{}",
        if failed.is_empty() {
            "all checks passed".to_owned()
        } else {
            format!("failed: {}", failed.join(", "))
        }
    );
    Ok(failed.is_empty())
}
