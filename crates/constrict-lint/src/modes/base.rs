//! What a base image's name tells: its Python, its C library, its Debian release.
//!
//! Never guesses: a name that does not tell has `None`.

/// Debian releases, oldest first.
const RELEASES: [&str; 8] = [
    "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie", "forky", "duke",
];

/// A C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Libc {
    Glibc,
    Musl,
}

/// What is known of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    /// Its Python, as `3.11`.
    pub(super) python: Option<String>,
    pub(super) libc: Option<Libc>,
    /// The position of its Debian release among all.
    pub(super) release: Option<usize>,
    /// It is made for Python, whatever version.
    pub(super) is_python: bool,
    /// It has no shell.
    pub(super) is_bare: bool,
    /// It is known to have no ENTRYPOINT.
    pub(super) has_no_entrypoint: bool,
    /// It starts Python by itself, so that CMD is Python's arguments.
    pub(super) starts_python: bool,
}

impl Base {
    /// Reads a name whose variables are expanded.
    pub(super) fn of(image: &str) -> Self {
        let name = image.split('@').next().unwrap_or_default();
        let (path, tag) = match name.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, tag),
            _ => (name, ""),
        };
        let repository = path.rsplit('/').next().unwrap_or_default();
        let is_official =
            repository == "python" && (path == "python" || path.ends_with("library/python"));
        let is_distroless = path.starts_with("gcr.io/distroless/") || path.contains("/distroless/");
        let is_debug = tag.starts_with("debug");
        let words: Vec<&str> = tag.split('-').collect();
        let release = RELEASES.iter().position(|release| words.contains(release));
        let python = match (is_official, is_distroless) {
            (true, _) => version(words.first().copied().unwrap_or_default()),
            (_, true) if repository.starts_with("python3") => {
                distroless_python(repository).map(str::to_owned)
            }
            _ => words
                .iter()
                .find_map(|word| version(word.strip_prefix("python")?)),
        };
        let is_alpine =
            repository == "alpine" || words.iter().any(|word| word.starts_with("alpine"));
        let is_debian = is_official
            || is_distroless
            || release.is_some()
            || matches!(repository, "debian" | "ubuntu");
        let libc = match () {
            () if is_alpine => Some(Libc::Musl),
            () if is_debian && !tag.contains('$') => Some(Libc::Glibc),
            () => None,
        };
        Self {
            is_python: is_official || (is_distroless && repository.starts_with("python")),
            python,
            libc,
            release,
            is_bare: image == "scratch" || (is_distroless && !is_debug),
            has_no_entrypoint: is_official
                || image == "scratch"
                || matches!(path, "alpine" | "debian" | "ubuntu" | "buildpack-deps"),
            starts_python: is_distroless && repository.starts_with("python3"),
        }
    }
}

/// `3.11` of `3.11`, `3.11.4` and `3.12rc1`.
fn version(text: &str) -> Option<String> {
    let (major, rest) = text.split_once('.')?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let is_number = !minor.is_empty() && matches!(major, "2" | "3");
    is_number.then(|| format!("{major}.{minor}"))
}

/// Google's distroless images carry their Debian's Python.
fn distroless_python(repository: &str) -> Option<&'static str> {
    match repository.rsplit_once('-')?.1 {
        "debian10" => Some("3.7"),
        "debian11" => Some("3.9"),
        "debian12" => Some("3.11"),
        "debian13" => Some("3.13"),
        _ => None,
    }
}

/// The version in a path: `3.11` of `/usr/local/lib/python3.11/site-packages`.
pub(super) fn version_in_path(path: &str) -> Option<String> {
    path.split('/').find_map(|part| {
        let text = part.strip_prefix("python")?;
        (version(text)? == text).then(|| text.to_owned())
    })
}

/// The name of a release.
pub(super) fn release_name(position: usize) -> &'static str {
    RELEASES[position]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(image: &str) -> (Option<String>, Option<Libc>, Option<&'static str>) {
        let base = Base::of(image);
        (base.python, base.libc, base.release.map(release_name))
    }

    #[test]
    fn names_tell_python_libc_and_release() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            facts("python:3.11-slim"),
            (some("3.11"), Some(Libc::Glibc), None)
        );
        assert_eq!(
            facts("python:3.11.4-alpine3.18"),
            (some("3.11"), Some(Libc::Musl), None)
        );
        assert_eq!(
            facts("docker.io/library/python:3.12-slim-bookworm@sha256:0"),
            (some("3.12"), Some(Libc::Glibc), Some("bookworm"))
        );
        assert_eq!(
            facts("gcr.io/distroless/python3-debian11"),
            (some("3.9"), Some(Libc::Glibc), None)
        );
        assert_eq!(
            facts("ghcr.io/astral-sh/uv:python3.12-bookworm-slim"),
            (some("3.12"), Some(Libc::Glibc), Some("bookworm"))
        );
        assert_eq!(facts("alpine:3.19"), (None, Some(Libc::Musl), None));
        assert_eq!(facts("python:3"), (None, Some(Libc::Glibc), None));
        assert_eq!(facts("python"), (None, Some(Libc::Glibc), None));
        assert_eq!(facts("example/app:1.2"), (None, None, None));
        assert_eq!(facts("python:$V"), (None, None, None));
    }

    #[test]
    fn versions_in_paths() {
        assert_eq!(
            version_in_path("/usr/local/lib/python3.11/site-packages").as_deref(),
            Some("3.11")
        );
        assert_eq!(version_in_path("/usr/lib/python3/dist-packages"), None);
        assert_eq!(version_in_path("/opt/python3.11-app"), None);
    }
}
