//! Files that say by their name what lies around them, found in one walk of the tree: metadata of distributions, virtual
//! environments, lock files. Never reads a file.

use crate::files::{Files, file_name, parent};

/// Names of files that fix the versions of a project.
const LOCKS: &[&[u8]] = &[
    b"uv.lock",
    b"poetry.lock",
    b"Pipfile.lock",
    b"pdm.lock",
    b"pylock.toml",
    b"conda-lock.yml",
    b"pixi.lock",
];

/// The landmarks of an image.
#[derive(Clone, Debug, Default)]
pub struct Landmarks {
    /// `*.dist-info`, `*.egg-info`, directories or files; not those of copies that another distribution carries.
    pub infos: Vec<Vec<u8>>,
    /// `pyvenv.cfg` files.
    pub venvs: Vec<Vec<u8>>,
    /// Lock files outside of installed distributions.
    pub locks: Vec<Vec<u8>>,
    /// `*.pth` files and modules of editable installs (`__editable___*_finder.py`).
    pub pths: Vec<Vec<u8>>,
}

impl Landmarks {
    /// Walks the whole tree once.
    pub fn find(files: &Files) -> Landmarks {
        let mut found = Landmarks::default();
        for (path, node) in files.walk(b"") {
            let name = file_name(path);
            if name.ends_with(b".dist-info") || name.ends_with(b".egg-info") {
                if !is_carried(path) {
                    found.infos.push(path.to_vec());
                }
            } else if node.is_directory() {
            } else if name == b"pyvenv.cfg" {
                found.venvs.push(path.to_vec());
            } else if name.ends_with(b".pth") || name.starts_with(b"__editable__") {
                found.pths.push(path.to_vec());
            } else if LOCKS.contains(&name) && !is_installed(path) {
                found.locks.push(path.to_vec());
            }
        }
        found
    }
}

/// Whether a path lies in a directory that distributions are installed in.
pub fn is_installed(path: &[u8]) -> bool {
    let mut parts = parent(path).split(|byte| *byte == b'/');
    parts.any(|part| matches!(part, b"site-packages" | b"dist-packages" | b"node_modules"))
}

/// Whether a path is part of what a distribution carries for itself: `setuptools/_vendor/`, tests, a cache.
fn is_carried(path: &[u8]) -> bool {
    let carried = |part: &[u8]| {
        matches!(
            part,
            b"_vendor"
                | b"_vendored"
                | b"_vendored_packages"
                | b"tests"
                | b"test"
                | b".cache"
                | b"ensurepip"
        )
    };
    // what stands above an installation says nothing about it: `/root/.cache/pypoetry/virtualenvs/…/site-packages`
    let mut parts: Vec<&[u8]> = parent(path).split(|byte| *byte == b'/').collect();
    let site = parts
        .iter()
        .rposition(|part| matches!(*part, b"site-packages" | b"dist-packages"));
    parts.drain(..site.map_or(0, |at| at + 1));
    parts.into_iter().any(carried)
}

#[cfg(test)]
mod tests {
    use crate::sample::Sample;

    #[test]
    fn landmarks_are_what_they_are_for_the_image() {
        let image = Sample::new()
            .file("app/uv.lock", "")
            .file("app/.venv/pyvenv.cfg", "")
            .file("app/.venv/lib/python3.12/site-packages/flask-3.0.dist-info/METADATA", "")
            .file("app/.venv/lib/python3.12/site-packages/tool/uv.lock", "")
            .file("app/.venv/lib/python3.12/site-packages/x.pth", "")
            .file("root/.cache/pypoetry/virtualenvs/a/lib/python3.12/site-packages/click-8.dist-info/METADATA", "")
            .file("app/.venv/lib/python3.12/site-packages/setuptools/_vendor/wheel-0.4.dist-info/METADATA", "")
            .file("usr/lib/python3/dist-packages/six-1.16.egg-info", "")
            .image();
        let found = super::Landmarks::find(&image.files);
        let shown = |paths: &[Vec<u8>]| {
            paths
                .iter()
                .map(|path| crate::files::shown(path))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            shown(&found.infos),
            [
                "/app/.venv/lib/python3.12/site-packages/flask-3.0.dist-info",
                "/root/.cache/pypoetry/virtualenvs/a/lib/python3.12/site-packages/click-8.dist-info",
                "/usr/lib/python3/dist-packages/six-1.16.egg-info"
            ]
        );
        assert_eq!(shown(&found.venvs), ["/app/.venv/pyvenv.cfg"]);
        assert_eq!(shown(&found.locks), ["/app/uv.lock"]);
        assert_eq!(
            shown(&found.pths),
            ["/app/.venv/lib/python3.12/site-packages/x.pth"]
        );
    }
}
