//! Interpreters that no package manager installed: python.org's builds in `/usr/local`, uv's, PyPy's. Never runs one.

use crate::facts::Facts;
use crate::facts::interpreter::{Implementation, Interpreter};
use crate::files::join;

/// Bytes of `patchlevel.h` that are read.
const HEADER: usize = 64 << 10;
/// Bytes of an executable or library that are searched.
const PROGRAM: usize = 16 << 20;

/// `python` or `pypy`.
pub(super) fn name(interpreter: &Interpreter) -> &'static str {
    match interpreter.implementation {
        Implementation::CPython => "python",
        Implementation::PyPy => "pypy",
    }
}

/// `3.11.9`: told by the header of its version, by the string in its library or executable, by `PYTHON_VERSION`; else `3.11`.
pub(super) fn version(facts: &Facts<'_>, interpreter: &Interpreter) -> String {
    let (major, minor) = interpreter.version;
    let series = format!("{major}.{minor}");
    if interpreter.implementation == Implementation::PyPy {
        return series;
    }
    let files = facts.files();
    let include = format!("include/python{series}/patchlevel.h");
    let header = join(&interpreter.prefix, include.as_bytes());
    let told = files.text(&header, HEADER).and_then(|text| {
        let rest = text.split_once("#define PY_VERSION ")?.1.trim_start();
        Some(rest.strip_prefix('"')?.split_once('"')?.0.to_string())
    });
    let library = format!("lib/libpython{series}.so.1.0");
    let binaries = [
        join(&interpreter.prefix, library.as_bytes()),
        interpreter.path.clone(),
    ];
    told.or_else(|| {
        let searched = binaries.iter().filter(|path| {
            let node = files.resolve(path).map(|(_, node)| node.size());
            node.is_some_and(|size| size <= PROGRAM as u64)
        });
        let mut contents = searched.filter_map(|path| files.read(path, PROGRAM));
        contents.find_map(|content| stated(&content, &series))
    })
    .or_else(|| {
        let variables = &facts.image.config.config.env;
        let mut told = variables
            .iter()
            .filter_map(|variable| variable.strip_prefix("PYTHON_VERSION="));
        told.find(|version| is_version(version, &series))
            .map(ToString::to_string)
    })
    .filter(|version| is_version(version, &series))
    .unwrap_or(series)
}

/// The string `3.11.9` that stands alone in a binary.
fn stated(content: &[u8], series: &str) -> Option<String> {
    let begin = [b"\0", series.as_bytes(), b"."].concat();
    let mut rest = content;
    loop {
        let at = rest.windows(begin.len()).position(|part| part == begin)?;
        rest = &rest[at + 1..];
        let end = rest.iter().position(|byte| *byte == 0)?;
        let found = std::str::from_utf8(&rest[..end]).ok();
        if let Some(found) = found.filter(|found| is_version(found, series)) {
            return Some(found.to_string());
        }
    }
}

/// Whether this is a release of a series: `3.11.9`, `3.13.0rc2`, `3.12.0+`.
fn is_version(text: &str, series: &str) -> bool {
    let rest = text
        .strip_prefix(series)
        .and_then(|rest| rest.strip_prefix('.'));
    rest.is_some_and(|rest| {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '+';
        rest.starts_with(|letter: char| letter.is_ascii_digit())
            && rest.len() <= 12
            && rest.chars().all(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_string_of_its_own() {
        let content = b"x\x003.11.9 (main)\0y\x003.11.\x003.11.9\0";
        assert_eq!(stated(content, "3.11").as_deref(), Some("3.11.9"));
        assert_eq!(stated(b"\x003.11.9", "3.11"), None);
        assert_eq!(stated(b"\x003.10.9\0", "3.11"), None);
    }
}
