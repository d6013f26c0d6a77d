//! Whether the ignore file hides a source of COPY, as BuildKit's check sees it.
//!
//! The check takes the path as it is written and looks at its parents as they are written: `b/../foo` is not `foo`.

use constrict_dockerfile::ignore::Ignore;

/// Whether a source, with its variables expanded, is ignored.
pub(crate) fn is_ignored(ignore: &Ignore, path: &str) -> bool {
    let hides_all = || {
        let line = ignore.deciding_line("any");
        ignore.matches("any") && line.is_some_and(|(_, text)| matches!(text, "*" | "**" | "**/*"))
    };
    // exceptions are too hard to judge here where the path itself is not one
    match path {
        "." | "./" | "/" | "" => hides_all(),
        _ if path.starts_with('/') => hides_all(),
        _ if path.split('/').any(|part| part == "..") => hides_all(),
        _ => ignore.matches(path.trim_start_matches("./").trim_end_matches('/')),
    }
}
