//! `.dockerignore`: compared with what docker's context holds.

use constrict_dockerfile::ignore::{Ignore, Matched};

const PATHS: [&str; 10] = [
    "a",
    "b.txt",
    "d/a",
    "d/b.txt",
    "d/e/a",
    "d/e/b.txt",
    "c/a*b",
    ".h/a",
    "x/__pycache__/y.pyc",
    "za",
];

/// The paths that stay.
fn kept(file: &str) -> Vec<&'static str> {
    let ignore = Ignore::parse(file.as_bytes()).expect("a good file");
    PATHS
        .into_iter()
        .filter(|path| !ignore.matches(path))
        .collect()
}

fn without(gone: &[&str]) -> Vec<&'static str> {
    PATHS
        .into_iter()
        .filter(|path| !gone.contains(path))
        .collect()
}

#[test]
fn patterns() {
    for (file, gone) in [
        ("", &[][..]),
        ("a", &["a"]),
        ("/a", &["a"]),
        ("./a/", &["a"]),
        ("d/../a", &["a"]),
        ("  a  ", &["a"]),
        ("\u{feff}a\r\n", &["a"]),
        ("# a\n #a", &[]),
        ("d", &["d/a", "d/b.txt", "d/e/a", "d/e/b.txt"]),
        ("d/e/", &["d/e/a", "d/e/b.txt"]),
        ("*/a", &["d/a", ".h/a"]),
        ("**/a", &["a", "d/a", "d/e/a", ".h/a"]),
        ("**a", &["a", "d/a", "d/e/a", ".h/a", "za"]),
        ("*.txt", &["b.txt"]),
        ("**/*.txt", &["b.txt", "d/b.txt", "d/e/b.txt"]),
        ("d/**", &["d/a", "d/b.txt", "d/e/a", "d/e/b.txt"]),
        ("d/**/a", &["d/a", "d/e/a"]),
        ("d**/a", &["d/a", "d/e/a"]),
        ("**/__pycache__", &["x/__pycache__/y.pyc"]),
        ("**/*.py[co]", &["x/__pycache__/y.pyc"]),
        ("c/a\\*b", &["c/a*b"]),
        (
            "?",
            &[
                "a",
                "d/a",
                "d/b.txt",
                "d/e/a",
                "d/e/b.txt",
                "c/a*b",
                "x/__pycache__/y.pyc",
            ],
        ),
        (".*", &[".h/a"]),
        ("..", &[]),
        (".", &[]),
        ("/", &[]),
    ] {
        assert_eq!(kept(file), without(gone), "{file:?}");
    }
}

#[test]
fn exceptions() {
    for (file, stay) in [
        ("*\n!a", &["a"][..]),
        ("**\n!d", &["d/a", "d/b.txt", "d/e/a", "d/e/b.txt"]),
        ("*\n!d/e", &["d/e/a", "d/e/b.txt"]),
        ("*\n!**/a", &["a", "d/a", "d/e/a", ".h/a"]),
        ("*\n! a", &["a"]),
        ("*\n!/a", &["a"]),
        ("!a\n*", &[]),
        ("*\n!d\nd/e", &["d/a", "d/b.txt"]),
        ("*\n!d\nd/e\n!d/e/a", &["d/a", "d/b.txt", "d/e/a"]),
    ] {
        assert_eq!(kept(file), stay, "{file:?}");
    }
    // what the directory's own verdict did not ask is not asked for what is below it
    let ignore = Ignore::parse(b"a/b\n!a").expect("a good file");
    assert!(ignore.matches("a/b/c"));
}

#[test]
fn the_deciding_line_is_the_last_that_changed_the_verdict() {
    let ignore = Ignore::parse(b"# all\n*\n! d/e\n\n/d/e/b.txt\n").expect("a good file");
    assert_eq!(ignore.deciding_line("a"), Some((2, "*")));
    assert_eq!(ignore.deciding_line("d/e/a"), Some((3, "! d/e")));
    assert_eq!(ignore.deciding_line("./d/e/b.txt"), Some((5, "/d/e/b.txt")));
    assert_eq!(
        Ignore::parse(b"x").expect("a good file").deciding_line("a"),
        None
    );
    assert_eq!(ignore.deciding_line("."), None);
}

#[test]
fn directories_without_exceptions_below_are_left_out() {
    let prunes = |file: &str, dir: &str| {
        Ignore::parse(file.as_bytes())
            .expect("a good file")
            .prunes(dir)
    };
    assert!(prunes("d", "d") && prunes("d\n!a", "d") && prunes("d\n!dd/a", "d"));
    assert!(prunes("*\n!d/e\n", "x") && !prunes("*\n!d/e", "d") && prunes("*\n!d/e/a", "d/f"));
    assert!(!prunes("*\n!**/a", "x") && !prunes("*\n!*/a", "x") && prunes("*\n!*.py", "x"));
    assert!(!prunes("*\n!d/**", "d") && !prunes("a", "d"));
}

#[test]
fn a_walk_needs_only_the_directorys_result() {
    let ignore = Ignore::parse(b"*\n!d\nd/e\n!d/e/a").expect("a good file");
    let (d_ignored, d) = ignore.step("d", &Matched::default());
    let (e_ignored, e) = ignore.step("d/e", &d);
    assert_eq!(
        [
            d_ignored,
            e_ignored,
            ignore.step("d/e/a", &e).0,
            ignore.step("d/e/b", &e).0
        ],
        [false, true, false, true]
    );
}

#[test]
fn malformed_lines_are_refused() {
    let refusal = |file: &str| Ignore::parse(file.as_bytes()).expect_err(file).to_string();
    assert_eq!(
        refusal("a\n[b"),
        "invalid pattern `[b` on line 2: syntax error in pattern"
    );
    assert_eq!(refusal("!"), "illegal exclusion pattern `!` on line 1");
}

#[test]
fn exclude_patterns_are_taken_as_they_are() {
    let ignore = Ignore::from_patterns(&["*.py", "!main.py", "/abs", ""]).expect("good patterns");
    let verdicts = ["a.py", "main.py", "abs", "d/a.py"].map(|path| ignore.matches(path));
    assert_eq!(verdicts, [true, false, false, false]);
    assert!(!ignore.is_empty() && Ignore::from_patterns::<&str>(&[]).expect("none").is_empty());
}

#[test]
fn paths_can_be_compared_as_they_are_written() {
    let ignored = |text: &str, path: &str| {
        let ignore = Ignore::parse(text.as_bytes()).unwrap();
        ignore.matches_as_written(path)
    };
    for (text, path) in [
        ("foo", "foo"),
        ("foo", "foo/"),
        ("foo", "./foo/bar"),
        ("foo\n!foo/bar", "./foo/bar"),
        ("*", "."),
        ("*", "/foo"),
        (".*", "../foo"),
        ("**/foo", "src/../foo"),
    ] {
        assert!(ignored(text, path), "{text} {path}");
    }
    for (text, path) in [
        ("*", "./"),
        ("*", "src/../foo"),
        ("foo/**", "./foo/bar"),
        ("foo\n!foo/bar", "foo/bar"),
    ] {
        assert!(!ignored(text, path), "{text} {path}");
    }
}
