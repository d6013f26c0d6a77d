//! `cargo xtask bench`: constrict's times beside those of docker's BuildKit and buildah, kept in `docs/performance.md`.
//!
//! One run: the builders take turns, the page cache is warm, each has built everything once before a clock starts.

mod builder;
mod checks;
mod comparison;
mod context;
mod machine;
mod memory;
mod page;
mod push;
mod rebuild;
mod times;

use crate::acceptance::lab::{self, Lab};
use crate::error::{Error, Result};
use page::Line;

/// The rows in their order: a name, and what measures the lines that it has.
const ROWS: [(&str, Measure); 12] = [
    ("002-nothing", rebuild::nothing_002),
    ("002-file", rebuild::file_002),
    ("002-no-cache", rebuild::no_cache_002),
    ("003-nothing", rebuild::nothing_003),
    ("003-file", rebuild::file_003),
    ("003-no-cache", rebuild::no_cache_003),
    ("files", rebuild::many_files),
    ("push", push::run),
    ("memory", memory::run),
    ("check-build", checks::build),
    ("check-image", checks::image),
    ("compare", comparison::run),
];

type Measure = fn(&Lab) -> Result<Vec<Line>>;

/// Measures the named rows, or all, which are then written to the page. A goal that is missed is no failure.
pub(crate) fn run(names: &[String]) -> Result<bool> {
    for name in names {
        if !ROWS.iter().any(|(known, _)| known == name) {
            return Err(Error::Unknown {
                what: "row",
                name: name.clone(),
            });
        }
    }
    let lab = lab::open()?;
    lab.peer_bases()?;
    let machine = machine::describe(&lab)?;
    println!("{machine}");
    let mut lines = Vec::new();
    for (name, measure) in ROWS {
        if !names.is_empty() && !names.iter().any(|asked| asked == name) {
            continue;
        }
        for line in measure(&lab)? {
            println!("{}", line.row());
            lines.push(line);
        }
    }
    println!("\n{}", page::table(&lines));
    if names.is_empty() {
        page::write(&lab.top, &machine, &lines)?;
    }
    lab.close()?;
    Ok(true)
}
