//! Any bytes as an ignore file: matching ends, and a directory left out wholesale holds nothing that stays.

#![no_main]

use constrict_dockerfile::ignore::Ignore;
use libfuzzer_sys::fuzz_target;

const PATHS: [(&str, &str); 4] = [
    ("a", "a/b"),
    ("a/b", "a/b/c.txt"),
    (".git", ".git/x"),
    ("src", "src/a/b/main.py"),
];

fuzz_target!(|text: &[u8]| {
    let Ok(ignore) = Ignore::parse(text) else {
        return;
    };
    for (dir, path) in PATHS {
        assert_eq!(
            ignore.matches(path),
            ignore
                .deciding_line(path)
                .is_some_and(|(_, line)| !line.starts_with('!'))
        );
        assert!(!ignore.prunes(dir) || ignore.matches(path), "{dir} {path}");
    }
});
