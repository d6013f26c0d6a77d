//! Programs whose loader, the ELF interpreter, is not in the image: the kernel says "no such file" of the program itself.

use super::{Cause, Obstacle, ObstacleKind};
use crate::facts::Facts;
use crate::facts::system::Libc;
use crate::files::file_name;

/// A program that the kernel cannot start for want of its loader.
pub(crate) struct NoLoader<'a> {
    /// What is in the way.
    pub(crate) obstacle: &'a Obstacle,
    /// The program, relative to the root.
    pub(crate) path: &'a [u8],
    /// The loader, as the program names it.
    pub(crate) loader: &'a str,
    /// The C library that the program is made for, and the one that the image has instead; `None` if it has none, or the
    /// loader is no C library's.
    pub(crate) other_libc: Option<(Libc, Libc)>,
}

/// Every such program that is started.
pub(crate) fn missing_loaders<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = NoLoader<'a>> {
    let start = facts.start();
    start.obstacles.iter().filter_map(move |obstacle| {
        let ObstacleKind::NoLoader { path, loader } = &obstacle.kind else {
            return None;
        };
        let other = libc_of(loader).and_then(|made_for| {
            let here = &facts.system().libcs;
            let other = here.iter().find(|libc| **libc != made_for)?;
            (!here.contains(&made_for)).then_some((made_for, *other))
        });
        (obstacle.cause(start) == Cause::MissingLoader).then_some(NoLoader {
            obstacle,
            path,
            loader,
            other_libc: other,
        })
    })
}

/// Whose loader it is, by its name.
fn libc_of(loader: &str) -> Option<Libc> {
    let name = file_name(loader.as_bytes());
    if name.starts_with(b"ld-musl-") {
        Some(Libc::Musl)
    } else if name.starts_with(b"ld-linux") || name.starts_with(b"ld64.so") {
        Some(Libc::Glibc)
    } else {
        None
    }
}
