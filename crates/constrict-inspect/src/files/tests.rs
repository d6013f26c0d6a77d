//! The merged view, as the kernel would walk it.

use super::*;
use crate::sample::Sample;

fn names(files: &Files, path: &str) -> Vec<String> {
    let names = files.list(path.as_bytes()).into_iter();
    names
        .map(|(name, _)| String::from_utf8(name.to_vec()).unwrap())
        .collect()
}

#[test]
fn directories_list_their_names_whatever_sorts_between() {
    let image = Sample::new()
        .file("a/x/y", "")
        .file("a/x-z", "")
        .file("a/x.py", "")
        .file("a/x/b", "")
        .file("b", "")
        .link("c", "a/x")
        .image();
    let files = &image.files;
    assert_eq!(names(files, ""), ["a", "b", "c"]);
    assert_eq!(names(files, "/a/"), ["x", "x-z", "x.py"]);
    assert_eq!(names(files, "c"), ["b", "y"]);
    assert_eq!(names(files, "b"), Vec::<String>::new());
    assert_eq!(names(files, "none"), Vec::<String>::new());
    let below: Vec<_> = files.walk(b"a").map(|(path, _)| shown(path)).collect();
    assert_eq!(below, ["/a/x", "/a/x-z", "/a/x.py", "/a/x/b", "/a/x/y"]);
}

#[test]
fn links_are_followed_inside_the_root() {
    let image = Sample::new()
        .file("usr/bin/python3.11", "")
        .link("usr/bin/python3", "python3.11")
        .link("bin", "usr/bin")
        .link("app/venv/bin/python", "../../../../../bin/python3")
        .link("app/gone", "/opt/python/bin/python")
        .link("round", "round")
        .link("through", "/usr/bin/python3/x")
        .image();
    let files = &image.files;
    let resolved = |path: &str| files.resolve(path.as_bytes()).map(|(path, _)| shown(&path));
    assert_eq!(
        resolved("/app/venv/bin/python").as_deref(),
        Some("/usr/bin/python3.11")
    );
    assert_eq!(
        resolved("bin/../bin/python3").as_deref(),
        Some("/usr/bin/python3.11")
    );
    assert_eq!(resolved("").as_deref(), Some("/"));
    assert_eq!(resolved("app/gone"), None);
    assert_eq!(resolved("round"), None);
    assert_eq!(resolved("through"), None);
    assert_eq!(
        files
            .dangling(b"app/gone")
            .map(|path| shown(&path))
            .as_deref(),
        Some("/opt/python/bin/python")
    );
    assert_eq!(files.dangling(b"app/venv/bin/python"), None);
    assert!(files.dangling(b"round").is_some());
}
