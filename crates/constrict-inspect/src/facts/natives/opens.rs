//! Whether a program finds a library that it opens by name.

use constrict_elf::search::{Open, load};

use super::process::environment;
use super::view::{View, absolute};
use crate::facts::Facts;
use crate::facts::start::Program;

/// Whether `dlopen(name)` of the program, in its whole closure, would find everything; `None` if that is not known.
pub(crate) fn opens(facts: &Facts<'_>, program: &Program, name: &str) -> Option<bool> {
    let view = View::new(facts.files());
    let mut loaded = load(&absolute(&program.executable), &view, environment(program)).ok()?;
    if loaded.missing.iter().any(|missing| !missing.ignored) {
        return None;
    }
    let open = Open {
        caller: loaded.python(),
        global: false,
    };
    let opened = loaded.open(name, open, &view);
    Some(opened.missing.is_empty() && opened.object.is_some())
}
