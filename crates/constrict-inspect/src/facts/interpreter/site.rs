//! What `site` adds to `sys.path`: site-packages of the virtual environment or of the interpreter, the user's site
//! directory, and what their `.pth` files say.
//!
//! Source: CPython's `Lib/site.py`; Debian's and Fedora's changes to it.

use super::getpath::{Roots, normal};
use super::options::Options;
use super::{Interpreter, PathSource, SearchDirectory, SearchPath, pth};
use crate::facts::account::User;
use crate::facts::environment::Environment;
use crate::files::{Files, join};

/// What a process sees of the files.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    pub(super) files: &'a Files,
    pub(super) user: &'a User,
}

/// Appends them to `search`.
pub(super) fn extend(
    sight: Sight<'_>,
    interpreter: &Interpreter,
    roots: &Roots,
    options: &Options,
    environment: &Environment,
    search: &mut SearchPath,
) {
    let in_venv = roots.venv.is_some();
    let system = roots.venv.as_ref().is_none_or(|venv| {
        venv.get("include-system-site-packages")
            .is_none_or(|value| value.eq_ignore_ascii_case("true"))
    });
    if in_venv {
        for directory in packages(interpreter, &roots.prefix, true) {
            add_directory(sight, directory, PathSource::Site, search);
        }
    }
    if options.user_site && system {
        let base = match &options.user_base {
            Some(base) => environment.absolute(base.as_bytes()),
            None => join(
                &environment.absolute(environment.get("HOME").unwrap_or("/").as_bytes()),
                b".local",
            ),
        };
        let (x, y) = interpreter.version;
        let directory = join(
            &normal(&base),
            format!("lib/python{x}.{y}/site-packages").as_bytes(),
        );
        add_directory(sight, directory, PathSource::UserSite, search);
    }
    if system {
        for directory in packages(interpreter, &roots.base, in_venv) {
            add_directory(sight, directory, PathSource::Site, search);
        }
    }
}

/// `site.getsitepackages` of one prefix.
fn packages(interpreter: &Interpreter, prefix: &[u8], in_venv: bool) -> Vec<Vec<u8>> {
    let (x, y) = interpreter.version;
    let below = |rest: &str| join(prefix, rest.as_bytes());
    if interpreter.implementation == super::Implementation::PyPy {
        return vec![below(&format!("lib/pypy{x}.{y}/site-packages"))];
    }
    let mut found = Vec::new();
    if interpreter.dist_packages {
        if in_venv {
            found.push(below(&format!("lib/python{x}.{y}/site-packages")));
        }
        found.push(below(&format!("local/lib/python{x}.{y}/dist-packages")));
        found.push(below("lib/python3/dist-packages"));
        found.push(below(&format!("lib/python{x}.{y}/dist-packages")));
        return found;
    }
    // Fedora and its children keep what pip installs apart
    let wide = interpreter
        .library
        .as_ref()
        .is_some_and(|library| library.starts_with(b"usr/lib64/"));
    if wide && prefix == b"usr" {
        found.push(format!("usr/local/lib64/python{x}.{y}/site-packages").into_bytes());
        found.push(format!("usr/local/lib/python{x}.{y}/site-packages").into_bytes());
    }
    if wide {
        found.push(below(&format!("lib64/python{x}.{y}/site-packages")));
    }
    found.push(below(&format!("lib/python{x}.{y}/site-packages")));
    found
}

/// `site.addsitedir`: the directory, if it is one for the user, and what its `.pth` files say.
pub(super) fn add_directory(
    sight: Sight<'_>,
    path: Vec<u8>,
    from: PathSource,
    search: &mut SearchPath,
) {
    if !is_directory(sight, &path) || search.directories.iter().any(|known| known.path == path) {
        return;
    }
    search.directories.push(SearchDirectory {
        path: path.clone(),
        from,
    });
    pth::read_all(sight, &path, search);
}

/// `os.path.isdir` as the image's user sees it.
pub(super) fn is_directory(sight: Sight<'_>, path: &[u8]) -> bool {
    sight.files.is_directory(path) && sight.user.blocked(sight.files, path).is_none()
}
