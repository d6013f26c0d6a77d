//! Paths and links, without any file.

use super::*;

/// Follows `path` among these links.
fn follow(links: &[(&str, &str)], path: &str, follow_last: bool) -> String {
    let mut read_link = |path: &[u8]| {
        let found = links.iter().find(|(link, _)| link.as_bytes() == path);
        Ok(found.map(|(_, target)| target.as_bytes().to_vec()))
    };
    String::from_utf8(resolve(path.as_bytes(), &mut read_link, follow_last).unwrap()).unwrap()
}

#[test]
fn links_are_followed_inside_the_root() {
    let links = &[
        ("var/run", "/run"),
        ("relative", "a/b"),
        ("a/b/up", "../../c"),
        ("climbing", "../../../../etc"),
        ("self", "self"),
        ("chain", "relative/up/d"),
    ];
    for (path, expected) in [
        ("", ""),
        ("/plain//x/./y/", "plain/x/y"),
        ("var/run/x", "run/x"),
        ("relative", "a/b"),
        ("relative/new/file", "a/b/new/file"),
        ("a/b/up/x", "c/x"),
        ("chain", "c/d"),
        ("climbing/passwd", "etc/passwd"),
        ("../../x", "x"),
        // `..` is of the place that the link leads to
        ("var/run/../y", "y"),
    ] {
        assert_eq!(follow(links, path, true), expected, "{path}");
    }
    assert_eq!(follow(links, "var/run", false), "var/run");
    assert_eq!(follow(links, "relative/up", false), "a/b/up");
    // a circle ends
    assert_eq!(follow(links, "self", true), "self");
}

#[test]
fn paths_are_cleaned_without_leaving_the_root() {
    for (path, expected) in [
        ("", ""),
        ("/", ""),
        (".", ""),
        ("/a//b/./c/", "a/b/c"),
        ("a/../../b", "b"),
        ("..", ""),
    ] {
        assert_eq!(clean(path.as_bytes()), expected.as_bytes(), "{path}");
    }
    for (path, directory, name) in [("a/b/c", "a/b", "c"), ("a", "", "a"), ("", "", "")] {
        assert_eq!(parent(path.as_bytes()), directory.as_bytes());
        assert_eq!(file_name(path.as_bytes()), name.as_bytes());
    }
}
