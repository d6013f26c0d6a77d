//! Which files belong to which trim, by their paths.

use crate::files::{file_name, parent};
use crate::survey::is_environment;

fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
}

fn ending(path: &[u8]) -> &[u8] {
    let name = file_name(path);
    let dot = name.iter().rposition(|byte| *byte == b'.');
    dot.map_or(&b""[..], |dot| &name[dot + 1..])
}

/// The path below `site-packages` or `dist-packages`.
fn in_site(path: &[u8]) -> Option<&[u8]> {
    [&b"/site-packages/"[..], b"/dist-packages/"]
        .iter()
        .find_map(|site| {
            let at = path.windows(site.len()).position(|part| part == *site)?;
            Some(&path[at + site.len()..])
        })
}

/// The path below `lib/python3.11/`, of what belongs to the interpreter.
fn in_library(path: &[u8]) -> Option<&[u8]> {
    if in_site(path).is_some() {
        return None;
    }
    let at = path.windows(11).position(|part| part == b"lib/python3")?;
    let rest = &path[at + 11..];
    let slash = rest.iter().position(|byte| *byte == b'/')?;
    Some(&rest[slash + 1..])
}

pub(super) fn is_installer(path: &[u8]) -> bool {
    if let Some(inside) = in_site(path) {
        let first = parts(inside).next().unwrap_or_default();
        let name = first.split(|byte| *byte == b'-').next().unwrap_or_default();
        return matches!(
            name,
            b"pip"
                | b"setuptools"
                | b"pkg_resources"
                | b"wheel"
                | b"_distutils_hack"
                | b"distutils"
        ) || first == b"distutils-precedence.pth";
    }
    let name = file_name(path);
    let in_bin = file_name(parent(path)) == b"bin";
    let is_pip = name.starts_with(b"pip")
        && name[3..]
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'.');
    in_bin && (is_pip || name == b"wheel" || name.to_ascii_lowercase().starts_with(b"activate"))
}

pub(super) fn is_tests(path: &[u8]) -> bool {
    in_site(path).is_some_and(|inside| parts(parent(inside)).any(|part| part == b"tests"))
}

pub(super) fn is_development(path: &[u8]) -> bool {
    let endings: [&[u8]; 8] = [b"pyi", b"pyx", b"pxd", b"pxi", b"c", b"cpp", b"h", b"a"];
    in_site(path).is_some() && endings.contains(&ending(path)) && !is_tests(path)
}

pub(super) fn is_system_development(path: &[u8]) -> bool {
    let endings: [&[u8]; 5] = [b"h", b"hpp", b"a", b"o", b"pc"];
    let is_system = path.starts_with(b"usr/") || path.starts_with(b"lib/");
    is_system && in_site(path).is_none() && endings.contains(&ending(path))
}

pub(super) fn is_message_source(path: &[u8]) -> bool {
    ending(path) == b"po"
}

pub(super) fn is_unused_library(path: &[u8]) -> bool {
    let Some(inside) = in_library(path) else {
        return false;
    };
    let first = parts(inside).next().unwrap_or_default();
    let name = file_name(path);
    matches!(
        first,
        b"pydoc_data" | b"turtle.py" | b"turtledemo" | b"idlelib" | b"lib2to3" | b"ensurepip"
    ) || name.starts_with(b"turtle.cpython-")
        || (first == b"lib-dynload"
            && (name.starts_with(b"_test") || name.starts_with(b"_ctypes_test")))
}

pub(super) fn is_conversion(path: &[u8]) -> bool {
    parts(parent(path)).any(|part| {
        part == b"gconv" || part == b"terminfo" || part == b"engines-3" || part == b"engines-1.1"
    })
}

pub(super) fn is_documentation(path: &[u8]) -> bool {
    let places: [&[u8]; 5] = [
        b"usr/share/man/",
        b"usr/share/info/",
        b"usr/share/doc/",
        b"usr/share/lintian/",
        b"usr/local/share/man/",
    ];
    file_name(path) != b"copyright" && places.iter().any(|place| path.starts_with(place))
}

pub(super) fn is_cache(path: &[u8]) -> bool {
    let places: [&[u8]; 6] = [
        b"var/lib/apt/lists/",
        b"var/cache/",
        b"var/log/",
        b"var/tmp/",
        b"tmp/",
        b"root/.cache/",
    ];
    places.iter().any(|place| path.starts_with(place)) && !is_environment(path)
}

/// The directory that a file is shown by: a whole `tests`, a distribution, else where it lies.
pub(super) fn directory(path: &[u8]) -> &[u8] {
    let site = in_site(path).map(|inside| path.len() - inside.len());
    let Some(site) = site else {
        return parent(path);
    };
    let tests = path[site..]
        .windows(7)
        .position(|part| part == b"/tests/")
        .map(|at| site + at + 6);
    let first = path[site..].iter().position(|byte| *byte == b'/');
    match tests.or(first.map(|at| site + at)) {
        Some(end) => &path[..end],
        None => path,
    }
}
