//! Names in layers and their normal form. Never asks a file system: `a/../b` is `b` whatever `a` is, as docker reads it.

/// The normal form of a name, or why it is refused. An absolute name is taken as relative to the root.
pub(crate) fn normalise(name: &[u8]) -> Result<Vec<u8>, &'static str> {
    if name.is_empty() {
        return Err("has an empty name");
    }
    if name.contains(&0) {
        return Err("has a NUL byte in its name");
    }
    let mut path: Vec<u8> = Vec::with_capacity(name.len());
    for component in name.split(|byte| *byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." if path.is_empty() => return Err("climbs out of the root"),
            b".." => {
                let parent = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                path.truncate(parent);
            }
            _ => {
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(component);
            }
        }
    }
    Ok(path)
}

/// Whether a path is in normal form (the root is).
pub(crate) fn is_normal(path: &[u8]) -> bool {
    path.is_empty()
        || (!path.contains(&0)
            && path
                .split(|byte| *byte == b'/')
                .all(|component| !matches!(component, b"" | b"." | b"..")))
}

/// The parent and the last component.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (b"", path),
    }
}

/// A name for a message.
pub(crate) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_normal_form() {
        for (name, path) in [
            ("./a/b/", "a/b"),
            ("/a//b/.", "a/b"),
            ("a/../b", "b"),
            ("a/b/../../c", "c"),
            ("a/b/../c", "a/c"),
            ("./", ""),
            ("/", ""),
            ("...", "..."),
        ] {
            assert_eq!(
                normalise(name.as_bytes()),
                Ok(path.as_bytes().to_vec()),
                "{name}"
            );
            assert!(is_normal(path.as_bytes()));
        }
    }

    #[test]
    fn names_that_leave_the_root_are_refused() {
        for name in ["..", "../x", "/../x", "a/../../x", "./.."] {
            assert_eq!(
                normalise(name.as_bytes()),
                Err("climbs out of the root"),
                "{name}"
            );
        }
        assert_eq!(normalise(b""), Err("has an empty name"));
        assert_eq!(normalise(b"a\0b"), Err("has a NUL byte in its name"));
    }
}
