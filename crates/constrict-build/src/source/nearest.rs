//! The path most similar to one that is not there, for error messages.

use crate::error::Error;
use crate::tree::join;
use crate::view::{View, file_name};

/// The error for a path that is not in a view.
pub(crate) fn no_such_path(view: &dyn View, path: &[u8]) -> Error {
    let ignored_by = view.ignored_by(path);
    let nearest = if ignored_by.is_some() {
        None
    } else {
        nearest(view, path)
    };
    Error::NoSuchPath {
        path: String::from_utf8_lossy(path).into_owned(),
        place: view.name(),
        ignored_by,
        nearest,
    }
}

/// How many paths are looked at, so that a large context doesn't delay its error.
const LOOK_AT: usize = 20_000;

/// The existing path that is most like `wanted`, if one is like it at all.
fn nearest(view: &dyn View, wanted: &[u8]) -> Option<String> {
    let mut best: Option<(usize, Vec<u8>)> = None;
    let mut pending = std::collections::VecDeque::from([Vec::new()]);
    let mut seen = 0;
    while let Some(directory) = pending.pop_front() {
        for name in view.list(&directory).unwrap_or_default() {
            seen += 1;
            if seen > LOOK_AT {
                return best.map(|(_, path)| String::from_utf8_lossy(&path).into_owned());
            }
            let path = join(&directory, &name);
            let cost = cost(wanted, &path);
            if cost <= 1 + wanted.len() / 3 && best.as_ref().is_none_or(|(least, _)| cost < *least)
            {
                best = Some((cost, path.clone()));
            }
            if view
                .meta(&path)
                .ok()
                .flatten()
                .is_some_and(|meta| meta.is_directory())
            {
                pending.push_back(path);
            }
        }
    }
    best.map(|(_, path)| String::from_utf8_lossy(&path).into_owned())
}

/// The same name elsewhere is nearer than another name in the same place.
fn cost(wanted: &[u8], path: &[u8]) -> usize {
    if file_name(wanted) == file_name(path) {
        1
    } else {
        distance(wanted, path)
    }
}

/// The number of single-byte insertions, deletions and replacements between two strings (Levenshtein).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y))
                .min(above + 1)
                .min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distance_counts_single_edits() {
        assert_eq!(distance(b"requirements.txt", b"requirement.txt"), 1);
        assert_eq!(distance(b"", b"abc"), 3);
        assert_eq!(distance(b"app.py", b"app.py"), 0);
        assert_eq!(distance(b"ab", b"ba"), 2);
    }
}
