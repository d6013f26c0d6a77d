//! Names of official images that Debian's packages can stand for. Asks nobody: which suite has what is found later.

use constrict_debian::official::Flavour;
use constrict_debian::suite::{PythonVersion, Suite};
use constrict_oci::Reference;

/// What a name asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) suite: SuiteName,
    pub(super) flavour: Flavour,
    /// `None` for `debian` itself.
    pub(super) python: Option<PythonName>,
}

/// The suite of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SuiteName {
    /// Not said: the one that carries the Python.
    Any,
    /// By codename or number.
    Known(Suite),
    /// By the number of a point release, such as `12.11`.
    Point(Suite, String),
    /// What `stable` and the like stand for today.
    Moving(&'static str),
}

/// The Python of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PythonName {
    /// `3` or `latest`.
    Newest,
    /// `3.11`.
    Minor(PythonVersion),
    /// `3.11.2`.
    Full(PythonVersion, String),
}

/// Names of suites that stand for another one from time to time.
const MOVING: [&str; 4] = ["stable", "oldstable", "oldoldstable", "testing"];

/// Reads a name; `None` if Debian has nothing of the kind.
pub(super) fn parse(reference: &Reference) -> Option<Wanted> {
    if reference.registry() != "docker.io" || reference.digest().is_some() {
        return None;
    }
    let tag = reference.tag().unwrap_or("latest");
    match reference.repository() {
        "library/debian" => debian(tag),
        "library/python" => python(tag),
        _ => None,
    }
}

fn debian(tag: &str) -> Option<Wanted> {
    let (name, flavour) = match tag.strip_suffix("-slim") {
        Some(name) => (name, Flavour::Slim),
        None => (tag, Flavour::Full),
    };
    let suite = match name {
        "latest" if flavour == Flavour::Full => SuiteName::Moving("stable"),
        _ => suite(name)?,
    };
    Some(Wanted {
        suite,
        flavour,
        python: None,
    })
}

fn suite(name: &str) -> Option<SuiteName> {
    if let Some(moving) = MOVING.into_iter().find(|moving| *moving == name) {
        return Some(SuiteName::Moving(moving));
    }
    let suite = Suite::parse(name).ok()?;
    let is_number = name
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    Some(match name.contains('.') {
        false => SuiteName::Known(suite),
        true if is_number => SuiteName::Point(suite, name.into()),
        true => return None,
    })
}

fn python(tag: &str) -> Option<Wanted> {
    let mut parts = tag.split('-').peekable();
    let starts_with_number = tag.starts_with(|first: char| first.is_ascii_digit());
    let version = match starts_with_number || tag == "latest" {
        true => python_version(parts.next().expect("a tag is not empty"))?,
        false => PythonName::Newest,
    };
    let flavour = match parts.next_if_eq(&"slim") {
        Some(_) => Flavour::Slim,
        None => Flavour::Full,
    };
    let suite = match parts.next() {
        Some(name) => SuiteName::Known(
            Suite::parse(name)
                .ok()
                .filter(|suite| suite.codename() == name)?,
        ),
        None => SuiteName::Any,
    };
    parts.next().is_none().then_some(Wanted {
        suite,
        flavour,
        python: Some(version),
    })
}

fn python_version(text: &str) -> Option<PythonName> {
    if matches!(text, "3" | "latest") {
        return Some(PythonName::Newest);
    }
    let minor = |text: &str| PythonVersion::parse(text).ok().filter(|v| v.major == 3);
    match text.matches('.').count() {
        1 => minor(text).map(PythonName::Minor),
        2 => {
            let (short, patch) = text.rsplit_once('.').expect("it has two dots");
            patch.parse::<u32>().ok()?;
            Some(PythonName::Full(minor(short)?, text.into()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> Option<Wanted> {
        parse(&Reference::parse(name).unwrap().or_latest())
    }

    fn wanted(suite: SuiteName, flavour: Flavour, python: Option<PythonName>) -> Option<Wanted> {
        Some(Wanted {
            suite,
            flavour,
            python,
        })
    }

    #[test]
    fn names_of_debian_are_read() {
        let bookworm = SuiteName::Known(Suite::Bookworm);
        let expected = wanted(bookworm.clone(), Flavour::Slim, None);
        assert_eq!(read("debian:bookworm-slim"), expected);
        assert_eq!(
            read("docker.io/library/debian:12"),
            wanted(bookworm, Flavour::Full, None)
        );
        let point = SuiteName::Point(Suite::Bookworm, "12.11".into());
        assert_eq!(
            read("debian:12.11-slim"),
            wanted(point, Flavour::Slim, None)
        );
        let stable = SuiteName::Moving("stable");
        assert_eq!(read("debian"), wanted(stable, Flavour::Full, None));
    }

    #[test]
    fn names_of_python_are_read() {
        let minor = |text| Some(PythonName::Minor(PythonVersion::parse(text).unwrap()));
        let any = SuiteName::Any;
        assert_eq!(
            read("python:3.11-slim"),
            wanted(any.clone(), Flavour::Slim, minor("3.11"))
        );
        let bookworm = SuiteName::Known(Suite::Bookworm);
        let expected = wanted(bookworm.clone(), Flavour::Slim, minor("3.11"));
        assert_eq!(read("python:3.11-slim-bookworm"), expected);
        assert_eq!(
            read("python:3.11-bookworm"),
            wanted(bookworm, Flavour::Full, minor("3.11"))
        );
        let newest = Some(PythonName::Newest);
        assert_eq!(
            read("python:slim"),
            wanted(any.clone(), Flavour::Slim, newest.clone())
        );
        assert_eq!(read("python"), wanted(any.clone(), Flavour::Full, newest));
        let full = PythonName::Full(PythonVersion::parse("3.11").unwrap(), "3.11.2".into());
        assert_eq!(
            read("python:3.11.2-slim"),
            wanted(any, Flavour::Slim, Some(full))
        );
    }

    #[test]
    fn other_names_are_left_to_registries() {
        for name in [
            "python:3.11-alpine",
            "python:3.11-slim-alpine",
            "python:2.7",
            "python:3.11rc1",
            "python:3.11-slim-bookworm-x",
            "debian:bookworm-20250520",
            "debian:latest-slim",
            "debian:experimental",
            "ubuntu:22.04",
            "quay.io/library/python:3.11",
            "someone/python:3.11",
        ] {
            assert_eq!(read(name), None, "{name}");
        }
    }
}
