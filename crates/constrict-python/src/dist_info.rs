//! What an installed distribution says of itself: the documents of `X-1.0.dist-info` and of older `.egg-info`.
//!
//! Never looks whether the files that they name are there. Formats: METADATA and WHEEL (e-mail headers), RECORD (CSV),
//! entry_points.txt (INI), direct_url.json (PEP 610), top_level.txt, requires.txt, installed-files.txt.

mod egg_info;
mod entry_points;
mod metadata;
mod record;

use serde::Deserialize;

pub use egg_info::{parse_installed_files, parse_requires, parse_sources};
pub use entry_points::EntryPoint;
pub use metadata::{Metadata, Wheel, headers};
pub use record::Entry;

use crate::name::Name;
use crate::{Error, Result};

/// The name and version in a directory name: `Flask-2.0.1.dist-info`, `x-1.0-py3.9.egg-info`, `x.egg-info`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryName {
    /// Normalised.
    pub name: Name,
    /// As written; [`None`] where the name has none.
    pub version: Option<String>,
    /// `.egg-info` instead of `.dist-info`.
    pub egg: bool,
}

/// Reads the name of a directory (or, for `.egg-info`, file) in site-packages; [`None`] if it is none of these, or a
/// leftover of an interrupted pip (`~lask-2.0.1.dist-info`).
pub fn parse_directory_name(directory: &str) -> Option<DirectoryName> {
    let (stem, egg) = match directory.strip_suffix(".dist-info") {
        Some(stem) => (stem, false),
        None => (directory.strip_suffix(".egg-info")?, true),
    };
    let (name, version) = match stem.split_once('-') {
        Some((name, rest)) => (name, Some(rest)),
        None if egg => (stem, None),
        None => return None,
    };
    let version = version.map(|version| match version.split_once("-py") {
        Some((version, _)) if egg => version.to_owned(),
        _ => version.to_owned(),
    });
    Some(DirectoryName {
        name: Name::parse(name).ok()?,
        version,
        egg,
    })
}

/// Where a distribution was installed from (PEP 610).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectUrl {
    /// `file:///app`, `https://…`.
    pub url: String,
    /// An editable install of a directory.
    pub editable: bool,
}

impl DirectUrl {
    /// Reads `direct_url.json`.
    ///
    /// # Errors
    ///
    /// [`Error::Field`] if it isn't JSON with a `url`.
    pub fn parse(text: &[u8]) -> Result<DirectUrl> {
        #[derive(Deserialize)]
        struct Document {
            url: String,
            dir_info: Option<DirInfo>,
        }
        #[derive(Deserialize)]
        struct DirInfo {
            editable: Option<bool>,
        }
        let document: Document = serde_json::from_slice(text).map_err(|_| Error::Field {
            document: "direct_url.json",
            field: "url",
        })?;
        let editable = document.dir_info.and_then(|info| info.editable);
        Ok(DirectUrl {
            url: document.url,
            editable: editable.unwrap_or(false),
        })
    }

    /// The directory of a `file:` URL, percent signs decoded.
    pub fn path(&self) -> Option<String> {
        let rest = self.url.strip_prefix("file://")?;
        let rest = rest.strip_prefix("localhost").unwrap_or(rest);
        let mut bytes = Vec::with_capacity(rest.len());
        let mut left = rest.as_bytes();
        while let Some((first, after)) = left.split_first() {
            let digits = after
                .get(..2)
                .and_then(|digits| std::str::from_utf8(digits).ok());
            let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            match (first, decoded) {
                (b'%', Some(byte)) => {
                    bytes.push(byte);
                    left = &after[2..];
                }
                _ => {
                    bytes.push(*first);
                    left = after;
                }
            }
        }
        String::from_utf8(bytes)
            .ok()
            .filter(|path| path.starts_with('/'))
    }
}

/// Who installed it: `pip`, `uv`, `poetry`, `conda`, `debian`.
pub fn parse_installer(text: &str) -> Option<&str> {
    let first = text.lines().next()?.trim();
    (!first.is_empty()).then_some(first)
}

/// The names of `top_level.txt`.
pub fn parse_top_level(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_names() {
        for (directory, expected) in [
            (
                "Flask-2.0.1.dist-info",
                Some(("flask", Some("2.0.1"), false)),
            ),
            (
                "zope.interface-5.0.dist-info",
                Some(("zope-interface", Some("5.0"), false)),
            ),
            ("x_y-1.0-py3.9.egg-info", Some(("x-y", Some("1.0"), true))),
            (
                "x-1.0-py3.9-linux-x86_64.egg-info",
                Some(("x", Some("1.0"), true)),
            ),
            ("my_app.egg-info", Some(("my-app", None, true))),
            ("~lask-2.0.1.dist-info", None),
            ("x.dist-info", None),
            ("flask", None),
        ] {
            let found = parse_directory_name(directory);
            let shown = found
                .as_ref()
                .map(|one| (one.name.as_str(), one.version.as_deref(), one.egg));
            assert_eq!(shown, expected, "{directory}");
        }
    }

    #[test]
    fn direct_urls() {
        let editable =
            DirectUrl::parse(br#"{"url": "file:///my%20app", "dir_info": {"editable": true}}"#)
                .unwrap();
        assert!(editable.editable);
        assert_eq!(editable.path().as_deref(), Some("/my app"));
        let archive =
            DirectUrl::parse(br#"{"url": "https://host/x.whl", "archive_info": {}}"#).unwrap();
        assert_eq!((archive.editable, archive.path()), (false, None));
        let odd = DirectUrl {
            url: "file:///a%zz%".to_owned(),
            editable: false,
        };
        assert_eq!(odd.path().as_deref(), Some("/a%zz%"));
        assert!(DirectUrl::parse(b"{}").is_err());
    }

    #[test]
    fn small_documents() {
        assert_eq!(parse_installer("pip\n"), Some("pip"));
        assert_eq!(parse_installer("\n"), None);
        assert_eq!(parse_top_level("_yaml\nyaml\n\n"), ["_yaml", "yaml"]);
    }
}
