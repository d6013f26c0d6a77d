//! `.pth` files: lines that are paths, and lines that are code, of which the common ones are known.
//!
//! Source: CPython's `Lib/site.py`; what setuptools, hatch, pdm, virtualenv, coverage and `-nspkg` generators write.

use super::getpath::normal;
use super::site::Sight;
use super::{Mapped, PathSource, SearchDirectory, SearchPath, site};
use crate::facts::account::Want;
use crate::files::{file_name, join};

/// Bytes of a `.pth` file or of a finder that are read.
const LIMIT: usize = 1 << 20;
/// How deep `site.addsitedir` in a `.pth` file may lead.
const MOST_DIRECTORIES: usize = 200;

/// Code that does not change where modules are found.
const HARMLESS: &[&str] = &[
    "_virtualenv",
    "coverage",
    "COV_CORE",
    "pytest_cov",
    "_pytest",
    "sys.__plen",
    "sys.__egginsert",
    "ddtrace",
    "newrelic",
    "debugpy",
    "sentry_sdk",
    "opentelemetry",
    "pretty_errors",
    "ca_certs_locater",
    "truststore",
    "pip_system_certs",
    "certifi_win32",
    "_distutils_hack",
    "beartype",
    "typeguard",
    "zope.deprecation",
    "hunter",
    "scalene",
    "line_profiler",
    "sitecustomize",
    "hypothesis",
    "rich.traceback",
    "multiprocess",
    "pyximport",
    "gevent",
    "apport",
    "logfire",
    "_pdbpp_path_hack",
];

/// Reads every `.pth` file of a site directory, in the order of their names.
pub(super) fn read_all(sight: Sight<'_>, site: &[u8], search: &mut SearchPath) {
    let files = sight.files;
    if !sight.user.can(files, site, Want::Read) {
        return;
    }
    for (name, _) in files.list(site) {
        if !name.ends_with(b".pth")
            || name.starts_with(b".")
            || search.directories.len() > MOST_DIRECTORIES
        {
            continue;
        }
        let path = join(site, name);
        if !sight.user.can(files, &path, Want::Read) {
            continue;
        }
        let Some(text) = files.text(&path, LIMIT) else {
            continue;
        };
        for line in text.lines() {
            read_line(sight, site, &path, line.trim_end(), search);
        }
    }
}

fn read_line(sight: Sight<'_>, site: &[u8], file: &[u8], line: &str, search: &mut SearchPath) {
    if line.starts_with('#') || line.trim().is_empty() {
        return;
    }
    if line.starts_with("import ") || line.starts_with("import\t") {
        run_line(sight, site, file, line, search);
        return;
    }
    let path = normal(&join(site, line.as_bytes()));
    let exists = sight.files.exists(&path) && sight.user.blocked(sight.files, &path).is_none();
    if exists && !search.directories.iter().any(|known| known.path == path) {
        search.directories.push(SearchDirectory {
            path,
            from: PathSource::Pth(file.to_vec()),
        });
    }
}

/// What a line of code does, as far as it is known.
fn run_line(sight: Sight<'_>, site: &[u8], file: &[u8], line: &str, search: &mut SearchPath) {
    if line.contains("_distutils_hack") {
        search.distutils_hack = true;
        return;
    }
    // the modules that it makes have the directories that an implicit namespace package finds
    if file_name(file).ends_with(b"-nspkg.pth") || line.contains("types.ModuleType") {
        return;
    }
    let module = line["import".len()..].trim_start();
    let module = module
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()
        .unwrap_or_default();
    let finder = join(site, format!("{module}.py").as_bytes());
    if let Some(text) = sight.files.text(&finder, LIMIT) {
        let mapped = mapping(&text);
        if !mapped.is_empty() {
            search
                .mapped
                .extend(mapped.into_iter().map(|(name, path)| Mapped {
                    name,
                    path: normal(path.as_bytes()),
                    finder: finder.clone(),
                }));
            return;
        }
    }
    if let Some(path) = added(line) {
        let path = normal(&join(site, path.as_bytes()));
        if line.contains("addsitedir") {
            site::add_directory(sight, path, PathSource::Pth(file.to_vec()), search);
        } else if !search.directories.iter().any(|known| known.path == path) {
            search.directories.push(SearchDirectory {
                path,
                from: PathSource::Pth(file.to_vec()),
            });
        }
        return;
    }
    if !HARMLESS.iter().any(|known| line.contains(known))
        && !search.unknown.iter().any(|known| known == file)
    {
        search.unknown.push(file.to_vec());
        search.startup.extend(imported(line));
    }
}

/// The modules that the statements of a line import.
fn imported(line: &str) -> impl Iterator<Item = String> {
    let statements = line.split(';').map(str::trim_start);
    let lists = statements.filter_map(|statement| statement.strip_prefix("import "));
    let names = lists.flat_map(|list| list.split(','));
    names
        .filter_map(|name| name.split_whitespace().next())
        .map(str::to_string)
}

/// The path in `import site; site.addsitedir('/x')` and `import sys; sys.path.append('/x')`.
fn added(line: &str) -> Option<&str> {
    let calls = ["addsitedir(", "sys.path.append(", "sys.path.insert("];
    let at = calls
        .iter()
        .find_map(|call| line.find(call).map(|at| at + call.len()))?;
    strings(&line[at..]).next()
}

/// Modules and their paths in the finder of an editable installation: setuptools' `MAPPING`, `map_module` of editables.
fn mapping(text: &str) -> Vec<(String, String)> {
    let pairs = |text: &str| {
        let strings: Vec<&str> = strings(text).collect();
        strings
            .chunks_exact(2)
            .map(|pair| (pair[0].to_string(), pair[1].to_string()))
            .collect::<Vec<_>>()
    };
    let table = |line: &&str| line.starts_with("MAPPING") && line.contains('{');
    if let Some(line) = text.lines().find(table) {
        return pairs(&line[line.find('{').unwrap_or(0)..]);
    }
    let calls = text.lines().filter(|line| line.contains(".map_module("));
    let mapped = calls.flat_map(|line| pairs(&line[line.find(".map_module(").unwrap_or(0)..]));
    mapped
        .map(|(name, path)| {
            let package = path.strip_suffix("/__init__.py").map(str::to_string);
            (name, package.unwrap_or(path))
        })
        .collect()
}

/// The string literals without escapes in a line.
fn strings(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(['\'', '"'])?;
        let quote = rest[start..].chars().next()?;
        let body = &rest[start + 1..];
        let end = body.find(quote)?;
        rest = &body[end + 1..];
        Some(&body[..end])
    })
}
