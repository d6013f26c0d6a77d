//! Which layers decide what is at and below a path: another tree with the same of them has the same files there.

use constrict_oci::Digest;

use super::Tree;
use crate::store::{LayerIndex, NameKind, PathHash};

impl Tree {
    /// The layers that decide what is at and below `path`, lowest first, which is not to lead through links; `None` where other
    /// layers have a say as well.
    ///
    /// A layer decides if it has something there, or if it hides what layers below it have there: by removing or emptying, or by
    /// something else in the place of a directory on the way. What it says of directories on the way says nothing of the files.
    pub(crate) fn deciding(&self, path: &[u8]) -> Option<Vec<Digest>> {
        let mut deciding = Vec::new();
        for (digest, index) in &self.layers {
            if decides(index, path) {
                if leads_out(index, path) {
                    return None;
                }
                deciding.push(*digest);
            }
        }
        Some(deciding)
    }
}

fn decides(index: &LayerIndex, path: &[u8]) -> bool {
    let hides = |path: &[u8]| index.removes(path) || index.is_opaque(path);
    let is_in_the_way = |above: &[u8]| {
        let at = index.at(above, PathHash::of(above));
        at.is_some_and(|at| at.kind == NameKind::Other)
    };
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    let mut above = slashes.map(|(at, _)| &path[..at]);
    index.at(path, PathHash::of(path)).is_some()
        || hides(path)
        || index.hides_below(path)
        || hides(b"")
        || is_in_the_way(b"")
        || above.any(|above| hides(above) || is_in_the_way(above))
}

/// Whether a hard link at or below `path` is a name of a file elsewhere, which any layer may have.
fn leads_out(index: &LayerIndex, path: &[u8]) -> bool {
    let is_inside = |other: &[u8]| {
        let rest = other.strip_prefix(path);
        rest.is_some_and(|rest| path.is_empty() || rest.is_empty() || rest[0] == b'/')
    };
    index
        .hard_links()
        .any(|(link, target)| is_inside(&link) && !is_inside(&target))
}
