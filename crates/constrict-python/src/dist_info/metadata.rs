//! METADATA (also PKG-INFO) and WHEEL: e-mail headers.
//!
//! Format: `Name: value`, continuation lines begin with a blank, the first empty line ends the headers. Values that
//! can't be understood are kept aside, not refused: the distribution is installed and works.

use crate::name::Name;
use crate::requirement::Requirement;
use crate::specifier::Specifier;
use crate::tag::Tag;
use crate::version::Version;
use crate::{Error, Result};

/// The most header lines that are read.
const MAX_HEADERS: usize = 20_000;

/// A distribution's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Normalised.
    pub name: Name,
    /// As written.
    pub display_name: String,
    /// As written; older distributions have versions that PEP 440 doesn't know.
    pub version: String,
    /// What it asks for.
    pub requires: Vec<Requirement>,
    /// `Requires-Dist` lines that can't be understood.
    pub unread_requires: Vec<String>,
    /// The interpreters it is for.
    pub requires_python: Option<Specifier>,
    /// Its extras.
    pub extras: Vec<Name>,
}

impl Metadata {
    /// Reads METADATA or PKG-INFO.
    ///
    /// # Errors
    ///
    /// [`Error::Field`] without `Name` or `Version`, [`Error::Name`] for a name that is none.
    pub fn parse(text: &str) -> Result<Metadata> {
        let mut metadata = Metadata {
            name: Name::parse("x")?,
            display_name: String::new(),
            version: String::new(),
            requires: Vec::new(),
            unread_requires: Vec::new(),
            requires_python: None,
            extras: Vec::new(),
        };
        for (name, value) in headers(text) {
            match name.to_ascii_lowercase().as_str() {
                "name" => metadata.display_name = value,
                "version" => metadata.version = value,
                "requires-dist" | "requires" => match Requirement::parse(&value) {
                    Ok(requirement) => metadata.requires.push(requirement),
                    Err(_) => metadata.unread_requires.push(value),
                },
                "requires-python" => metadata.requires_python = Specifier::parse(&value).ok(),
                "provides-extra" => metadata.extras.extend(Name::parse(&value).ok()),
                _ => {}
            }
        }
        let missing = |field| Error::Field {
            document: "METADATA",
            field,
        };
        if metadata.display_name.is_empty() {
            return Err(missing("Name"));
        }
        if metadata.version.is_empty() {
            return Err(missing("Version"));
        }
        metadata.name = Name::parse(&metadata.display_name)?;
        Ok(metadata)
    }

    /// The version, if PEP 440 knows it.
    pub fn parsed_version(&self) -> Option<Version> {
        Version::parse(&self.version).ok()
    }
}

/// The WHEEL document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wheel {
    /// The tags of the wheel it came from.
    pub tags: Vec<Tag>,
    /// Whether it was laid into purelib.
    pub root_is_purelib: bool,
    /// What built it.
    pub generator: Option<String>,
}

impl Wheel {
    /// Reads WHEEL. Nothing is an error; tags that are none are passed over.
    pub fn parse(text: &str) -> Wheel {
        let mut wheel = Wheel::default();
        for (name, value) in headers(text) {
            match name.to_ascii_lowercase().as_str() {
                "tag" => wheel
                    .tags
                    .extend(Tag::parse_set(&value).unwrap_or_default()),
                "root-is-purelib" => wheel.root_is_purelib = value.eq_ignore_ascii_case("true"),
                "generator" => wheel.generator = Some(value),
                _ => {}
            }
        }
        wheel
    }
}

/// The headers of METADATA, PKG-INFO or WHEEL in order: name and value, continuation lines joined by line breaks.
pub fn headers(text: &str) -> Vec<(String, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in text.lines().take(MAX_HEADERS) {
        if line.trim().is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
            continue;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read() {
        let text = "Metadata-Version: 2.1\nName: Flask_X\nVersion: 2.0.1\nRequires-Python: >=3.6\nProvides-Extra: async\n\
            License: a\n  b: c\nRequires-Dist: Werkzeug (>=2.0)\nRequires-Dist: asgiref>=3.2; extra == 'async'\n\
            Requires-Dist: not a requirement\n\nName: in the description\n";
        let metadata = Metadata::parse(text).unwrap();
        assert_eq!(
            (
                metadata.name.as_str(),
                &*metadata.display_name,
                &*metadata.version
            ),
            ("flask-x", "Flask_X", "2.0.1")
        );
        let requires: Vec<_> = metadata.requires.iter().map(ToString::to_string).collect();
        assert_eq!(
            requires,
            ["werkzeug>=2.0", "asgiref>=3.2 ; extra == 'async'"]
        );
        assert_eq!(metadata.unread_requires, ["not a requirement"]);
        assert_eq!(
            metadata.requires_python.as_ref().unwrap().to_string(),
            ">=3.6"
        );
        assert_eq!(metadata.extras, [Name::parse("async").unwrap()]);
        assert_eq!(metadata.parsed_version(), Version::parse("2.0.1").ok());
        let missing = Error::Field {
            document: "METADATA",
            field: "Version",
        };
        assert_eq!(Metadata::parse("Name: x\n"), Err(missing));
    }

    #[test]
    fn wheels_are_read() {
        let text = "Wheel-Version: 1.0\nGenerator: bdist_wheel (0.37.0)\nRoot-Is-Purelib: false\n\
            Tag: cp311-cp311-manylinux_2_17_x86_64\nTag: cp311-cp311-manylinux2014_x86_64\nTag: broken\n";
        let wheel = Wheel::parse(text);
        let tags: Vec<_> = wheel.tags.iter().map(ToString::to_string).collect();
        assert_eq!(
            tags,
            [
                "cp311-cp311-manylinux_2_17_x86_64",
                "cp311-cp311-manylinux2014_x86_64"
            ]
        );
        assert_eq!(
            (wheel.root_is_purelib, wheel.generator.as_deref()),
            (false, Some("bdist_wheel (0.37.0)"))
        );
    }
}
