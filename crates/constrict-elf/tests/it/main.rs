//! The search and the checks as a whole: over systems made in memory, and over this one, compared with its own loader.

mod build;
mod checks;
mod glibc;
mod host;
mod hostile;
mod memory;
mod musl;
