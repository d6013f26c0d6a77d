//! Interpreters that a tool fetched for itself, told by where the tool keeps them: uv, pyenv, rye, mise, asdf, hatch, PDM.
//!
//! Source: python-build-standalone's names (`cpython-3.12.8-linux-x86_64-gnu`); the tools' documented directories.

use crate::files::{components, join};

/// Directories in which each interpreter has its own directory.
const KEEPS: &[&str] = &[
    ".pyenv/versions",
    "pyenv/versions",
    "rye/py",
    ".rye/py",
    "mise/installs/python",
    ".asdf/installs/python",
    "asdf/installs/python",
    "hatch/pythons",
    "pdm/python",
    "pypoetry/python",
];

/// The directory of the fetched interpreter that a path lies in.
pub(crate) fn fetched(path: &[u8]) -> Option<Vec<u8>> {
    let mut above = Vec::new();
    for part in components(path) {
        let kept = KEEPS.iter().any(|keep| {
            let above: &[u8] = &above;
            above == keep.as_bytes() || above.ends_with(format!("/{keep}").as_bytes())
        });
        above = join(&above, part);
        if kept || is_standalone(part) {
            return Some(above);
        }
    }
    None
}

/// `cpython-3.12.8-linux-x86_64-gnu`, `cpython-3.12-linux-x86_64-musl`, `pypy-3.10.14-linux-x86_64-gnu`.
fn is_standalone(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name);
    let rest = name
        .strip_prefix("cpython-")
        .or_else(|| name.strip_prefix("cpython@"))
        .or_else(|| name.strip_prefix("pypy-"));
    rest.is_some_and(|rest| rest.starts_with('3') && rest.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_tools() {
        let of = |path: &str| fetched(path.as_bytes()).map(|path| crate::files::shown(&path));
        assert_eq!(
            of("root/.local/share/uv/python/cpython-3.12.8-linux-x86_64-gnu/bin/python3.12"),
            Some("/root/.local/share/uv/python/cpython-3.12.8-linux-x86_64-gnu".into())
        );
        assert_eq!(
            of("root/.pyenv/versions/3.11.4/bin/python3"),
            Some("/root/.pyenv/versions/3.11.4".into())
        );
        assert_eq!(of("usr/local/bin/python3.11"), None);
        assert_eq!(of("opt/venv/lib/x.cpython-311-x86_64-linux-gnu.so"), None);
    }
}
