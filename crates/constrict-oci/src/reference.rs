//! Image references: `[registry/]repository[:tag][@digest]`, as people write them and in full. Never asks a registry.
//!
//! The grammar is distribution/reference's: a first component is a registry if it holds `.` or `:`, is `localhost`, or
//! holds an upper-case letter; without one the registry is `docker.io`, and a single name there is in `library/`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Digest, Error, Result};

const DEFAULT_REGISTRY: &str = "docker.io";
const OFFICIAL: &str = "library/";
/// The grammar's limit on registry and repository together.
const NAME_MAX: usize = 255;
const TAG_MAX: usize = 128;

/// The name of an image in a registry; the parts are valid by construction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// Reads a familiar (`python:3.11`) or full (`docker.io/library/python:3.11`) reference.
    pub fn parse(text: &str) -> Result<Reference> {
        let fault = |reason: String| Error::Reference {
            text: text.to_owned(),
            reason,
        };
        if text.is_empty() {
            return Err(fault("it is empty".into()));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                let digest = Digest::parse(digest)
                    .map_err(|_| fault(format!("`{digest}` is not a digest")))?;
                (rest, Some(digest))
            }
            None => (text, None),
        };
        let (registry, rest) = split_registry(rest);
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (rest, None),
        };
        check_registry(registry).map_err(fault)?;
        check_repository(path).map_err(fault)?;
        if let Some(tag) = tag {
            check_tag(tag).map_err(fault)?;
        }
        if registry == DEFAULT_REGISTRY
            && path.len() == 64
            && path.bytes().all(|b| b.is_ascii_hexdigit())
        {
            return Err(fault(
                "64 hex digits are an image id, not a repository".into(),
            ));
        }
        let official = registry == DEFAULT_REGISTRY && !path.contains('/');
        let repository = if official {
            format!("{OFFICIAL}{path}")
        } else {
            path.to_owned()
        };
        if registry.len() + 1 + repository.len() > NAME_MAX {
            return Err(fault(format!(
                "the name is longer than {NAME_MAX} characters"
            )));
        }
        Ok(Reference {
            registry: registry.to_owned(),
            repository,
            tag: tag.map(str::to_owned),
            digest,
        })
    }

    /// The registry's host and, where given, port: `docker.io`, `localhost:5000`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository in the registry, `library/python`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, if one was given.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if one was given.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same image by tag `latest` if neither tag nor digest is given.
    pub fn or_latest(mut self) -> Reference {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = Some("latest".to_owned());
        }
        self
    }

    /// The same repository with this tag and no digest.
    pub fn with_tag(&self, tag: &str) -> Result<Reference> {
        check_tag(tag).map_err(|reason| Error::Reference {
            text: format!("{}:{tag}", self.name()),
            reason,
        })?;
        Ok(Reference {
            tag: Some(tag.to_owned()),
            digest: None,
            ..self.clone()
        })
    }

    /// The same image pinned to a digest; a tag stays.
    pub fn with_digest(&self, digest: Digest) -> Reference {
        Reference {
            digest: Some(digest),
            ..self.clone()
        }
    }

    /// What has this digest in the same repository, without a tag.
    pub fn by_digest(&self, digest: Digest) -> Reference {
        Reference {
            tag: None,
            digest: Some(digest),
            ..self.clone()
        }
    }

    /// Registry and repository without tag and digest.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// As short as docker prints it: `python:3.11`.
    pub fn familiar(&self) -> String {
        let mut text = String::new();
        if self.registry == DEFAULT_REGISTRY {
            let short = self
                .repository
                .strip_prefix(OFFICIAL)
                .filter(|rest| !rest.contains('/'));
            text.push_str(short.unwrap_or(&self.repository));
        } else {
            text.push_str(&self.name());
        }
        self.push_suffix(&mut text);
        text
    }

    fn push_suffix(&self, text: &mut String) {
        if let Some(tag) = &self.tag {
            text.push(':');
            text.push_str(tag);
        }
        if let Some(digest) = &self.digest {
            text.push('@');
            text.push_str(&digest.to_string());
        }
    }
}

/// The registry and what follows it; `index.docker.io` is the old name of `docker.io`.
fn split_registry(text: &str) -> (&str, &str) {
    match text.split_once('/') {
        Some(("index.docker.io", rest)) => (DEFAULT_REGISTRY, rest),
        Some((first, rest))
            if first.contains(['.', ':'])
                || first == "localhost"
                || first.bytes().any(|byte| byte.is_ascii_uppercase()) =>
        {
            (first, rest)
        }
        _ => (DEFAULT_REGISTRY, text),
    }
}

fn check_registry(registry: &str) -> Result<(), String> {
    let fault = || format!("`{registry}` is not a registry's host or host:port");
    let (host, port) = match registry.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']').ok_or_else(fault)?;
            if address.is_empty()
                || !address
                    .bytes()
                    .all(|byte| byte.is_ascii_hexdigit() || byte == b':')
            {
                return Err(fault());
            }
            match after {
                "" => return Ok(()),
                _ => ("", Some(after.strip_prefix(':').ok_or_else(fault)?)),
            }
        }
        None => match registry.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (registry, None),
        },
    };
    if port.is_some_and(|port| port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(format!("the port of `{registry}` is not a number"));
    }
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if registry.starts_with('[') || host.split('.').all(label) {
        Ok(())
    } else {
        Err(fault())
    }
}

fn check_repository(path: &str) -> Result<(), String> {
    if path.is_empty() {
        return Err("the repository is empty".into());
    }
    if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(format!("the repository `{path}` must be lower case"));
    }
    match path.split('/').find(|component| !is_component(component)) {
        None => Ok(()),
        Some("") => Err(format!("the repository `{path}` has an empty component")),
        Some(component) => Err(format!(
            "`{component}` must be letters and digits, with `.`, `_`, `__` or dashes between them"
        )),
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(component: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = component.as_bytes();
    let bounded =
        bytes.first().copied().is_some_and(word) && bytes.last().copied().is_some_and(word);
    bounded
        && bytes
            .split(|byte| word(*byte))
            .filter(|gap| !gap.is_empty())
            .all(|gap| matches!(gap, b"." | b"_" | b"__") || gap.iter().all(|byte| *byte == b'-'))
}

fn check_tag(tag: &str) -> Result<(), String> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if tag.is_empty() {
        return Err("the tag is empty".into());
    }
    if tag.len() > TAG_MAX {
        return Err(format!("the tag is longer than {TAG_MAX} characters"));
    }
    let bytes = tag.as_bytes();
    if word(bytes[0])
        && bytes
            .iter()
            .all(|byte| word(*byte) || matches!(byte, b'.' | b'-'))
    {
        Ok(())
    } else {
        Err(format!(
            "the tag `{tag}` must be letters, digits, `_`, `.` and `-`, and not start with `.` or `-`"
        ))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.name();
        self.push_suffix(&mut text);
        f.write_str(&text)
    }
}

impl FromStr for Reference {
    type Err = Error;
    fn from_str(text: &str) -> Result<Reference> {
        Reference::parse(text)
    }
}

impl Serialize for Reference {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Reference, D::Error> {
        let text = String::deserialize(deserializer)?;
        Reference::parse(&text).map_err(serde::de::Error::custom)
    }
}
