//! Editable installs: the `.pth` files and finders that point from site-packages to a source tree.
//!
//! Knows setuptools (`__editable__.X-1.0.pth`, `__editable___X_1_0_finder.py`), the path files of hatch, poetry, pdm,
//! flit and uv, meson-python's loader, and `easy-install.pth`/`.egg-link` of `setup.py develop`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::pth::{self, Line};
use crate::source::{Literal, Module, Target};

/// What an editable install maps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finder {
    /// Top-level modules or packages and the directory or file (without `.py`) each one lies in.
    pub mapping: BTreeMap<String, String>,
    /// Namespace packages and the directories of their portions.
    pub namespaces: BTreeMap<String, Vec<String>>,
}

/// Reads the finder that setuptools writes: the literals `MAPPING` and `NAMESPACES`. [`None`] if they aren't there.
pub fn parse_finder(source: &[u8]) -> Option<Finder> {
    let module = Module::parse(source, &Target { python: (3, 14) }).ok()?;
    let mut finder = Finder::default();
    for (key, value) in pairs(module.values.get("MAPPING")?) {
        if let Some(path) = value.as_str() {
            finder.mapping.insert(key.to_owned(), path.to_owned());
        }
    }
    for (key, value) in module.values.get("NAMESPACES").into_iter().flat_map(pairs) {
        let paths = value.items().unwrap_or_default().iter();
        let paths = paths
            .filter_map(Literal::as_str)
            .map(str::to_owned)
            .collect();
        finder.namespaces.insert(key.to_owned(), paths);
    }
    Some(finder)
}

fn pairs(literal: &Literal) -> Vec<(&str, &Literal)> {
    let Literal::Dict(pairs) = literal else {
        return Vec::new();
    };
    let named = pairs
        .iter()
        .filter_map(|(key, value)| Some((key.as_str()?, value)));
    named.collect()
}

/// The build directory of meson-python's loader and the module names that it serves: the literals that its last
/// line hands to `install(…)`.
pub fn parse_meson_loader(source: &[u8]) -> Option<(Vec<String>, String)> {
    let module = Module::parse(source, &Target { python: (3, 14) }).ok()?;
    if !module.functions.contains_key("install")
        || !module.names.bound.contains_key("MesonpyMetaFinder")
    {
        return None;
    }
    // facts keep no arguments of local calls, so the text of the last call is read as an expression of its own
    let text = String::from_utf8_lossy(source);
    let at = text.rfind("\ninstall(")?;
    let call = text[at..].trim().replacen("install(", "values = (", 1);
    let values = Module::parse(call.as_bytes(), &Target { python: (3, 14) })
        .ok()?
        .values;
    let items = values.get("values")?.items()?;
    let names = items.first()?.items()?.iter().filter_map(Literal::as_str);
    let directory = items.get(1)?.as_str()?;
    Some((names.map(str::to_owned).collect(), directory.to_owned()))
}

/// What a `.pth` file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// `__editable__.X-1.0.pth` of setuptools, or a line that installs its finder.
    Setuptools,
    /// `easy-install.pth` of `setup.py develop`.
    EasyInstall,
    /// `X-editable.pth` of meson-python.
    Meson,
    /// `X.pth`, `_X.pth` of hatch, poetry, pdm, flit, uv, or written by hand: absolute paths outside site-packages.
    Path,
}

/// Whether a `.pth` file makes an editable install, by its name and lines.
pub fn origin(file: &str, lines: &[Line]) -> Option<Origin> {
    let finder = |line: &Line| matches!(line, Line::Code(code) if pth::imported(code).is_some_and(|module| module.starts_with("__editable__")));
    if file.starts_with("__editable__") || lines.iter().any(finder) {
        return Some(Origin::Setuptools);
    }
    let outside = |line: &Line| matches!(line, Line::Path(path) if path.starts_with('/') && !path.contains("/site-packages") && !path.contains("/dist-packages"));
    if file == "easy-install.pth" || file == "setuptools.pth" {
        return lines.iter().any(outside).then_some(Origin::EasyInstall);
    }
    if file.ends_with("-editable.pth") && lines.iter().any(|line| matches!(line, Line::Code(_))) {
        return Some(Origin::Meson);
    }
    lines.iter().any(outside).then_some(Origin::Path)
}

/// The source tree that an `.egg-link` names: its first line.
pub fn parse_egg_link(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finders_of_setuptools() {
        let source = b"from __future__ import annotations\nimport sys\n\
            MAPPING: dict[str, str] = {'pkg': '/app/src/pkg', 'mod': '/app/src/mod'}\n\
            NAMESPACES: dict[str, list[str]] = {'ns': ['/app/src/ns']}\n\
            PATH_PLACEHOLDER = '__editable__.pkg-1.0.finder' + '.__path_hook__'\n\ndef install(): pass\n";
        let finder = parse_finder(source).unwrap();
        let mapping: Vec<_> = finder
            .mapping
            .iter()
            .map(|(name, path)| format!("{name} {path}"))
            .collect();
        assert_eq!(mapping, ["mod /app/src/mod", "pkg /app/src/pkg"]);
        assert_eq!(finder.namespaces["ns"], ["/app/src/ns"]);
        assert_eq!(parse_finder(b"x = 1\n"), None);
    }

    #[test]
    fn loaders_of_meson() {
        let source = b"import sys\nclass MesonpyMetaFinder: pass\ndef install(names, path, cmd, verbose): pass\n\
            install(\n    {'pkg', 'other'},\n    '/app/build/cp311',\n    ['ninja'],\n    False,\n)\n";
        assert_eq!(
            parse_meson_loader(source),
            Some((
                vec!["pkg".to_owned(), "other".to_owned()],
                "/app/build/cp311".to_owned()
            ))
        );
        assert_eq!(parse_meson_loader(b"install('/x')\n"), None);
    }

    #[test]
    fn path_files_have_an_origin() {
        for (file, text, expected) in [
            (
                "__editable__.pkg-1.0.pth",
                "/app/src\n",
                Some(Origin::Setuptools),
            ),
            (
                "x.pth",
                "import __editable___pkg_1_0_finder; __editable___pkg_1_0_finder.install()",
                Some(Origin::Setuptools),
            ),
            ("easy-install.pth", "/app\n", Some(Origin::EasyInstall)),
            ("easy-install.pth", "./pkg.egg\n", None),
            (
                "pkg-editable.pth",
                "import _pkg_editable_loader",
                Some(Origin::Meson),
            ),
            ("_pkg.pth", "/app/src", Some(Origin::Path)),
            ("distutils-precedence.pth", "import os; x = 1", None),
            ("_virtualenv.pth", "import _virtualenv", None),
            ("base.pth", "/usr/lib/python3/dist-packages", None),
        ] {
            assert_eq!(
                origin(file, &pth::parse(text.as_bytes())),
                expected,
                "{file}"
            );
        }
        assert_eq!(parse_egg_link("/app\n.\n"), Some("/app"));
    }
}
