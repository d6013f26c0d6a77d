//! Variables: the global ARGs, the automatic ones, and what a stage sees.

use std::collections::BTreeMap;

use constrict_dockerfile::instruction::ArgDef;
use constrict_dockerfile::{Kind, Span, expand};

use super::{Options, at};
use crate::error::Result;

/// Arguments that need no ARG and are never recorded.
const PROXIES: [&str; 10] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "FTP_PROXY",
    "ftp_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// Variables in the order that they were set.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables(Vec<(String, String)>);

impl Variables {
    /// From `NAME=value` lines.
    pub(super) fn from_env(env: &[String]) -> Self {
        let mut variables = Variables::default();
        for line in env {
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            variables.set(name, value);
        }
        variables
    }

    /// Sets a variable; one that exists keeps its place.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value.into(),
            None => self.0.push((name.into(), value.into())),
        }
    }

    /// The value, if it is set.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// All of them.
    pub(super) fn list(&self) -> &[(String, String)] {
        &self.0
    }

    /// As `NAME=value` lines.
    pub(super) fn to_env(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    /// Expands a word; what fails is at `span`.
    pub(super) fn expand(&self, word: &str, escape: char, span: Span) -> Result<String> {
        let lookup = |name: &str| self.get(name).map(Into::into);
        match expand::expand(word, lookup, escape) {
            Ok(expansion) => Ok(expansion.value),
            Err(error) => Err(at(span, format!("cannot expand `{word}`: {error}"))),
        }
    }
}

/// The automatic arguments (`TARGETPLATFORM` and so on), each of which a global ARG may redefine.
fn automatic(options: &Options, target: &str) -> Vec<(String, String)> {
    let (to, on) = (&options.platform, &options.build_platform);
    [
        ("BUILDPLATFORM", on.to_string()),
        ("BUILDOS", on.os.clone()),
        ("BUILDOSVERSION", on.os_version.clone()),
        ("BUILDARCH", on.architecture.clone()),
        ("BUILDVARIANT", on.variant.clone()),
        ("TARGETPLATFORM", to.to_string()),
        ("TARGETOS", to.os.clone()),
        ("TARGETOSVERSION", to.os_version.clone()),
        ("TARGETARCH", to.architecture.clone()),
        ("TARGETVARIANT", to.variant.clone()),
        ("TARGETSTAGE", target.into()),
    ]
    .into_iter()
    .map(|(name, value)| {
        (
            name.to_string(),
            options.build_args.get(name).cloned().unwrap_or(value),
        )
    })
    .collect()
}

/// The variables that FROM sees, and those whose value a bare `ARG NAME` in a stage takes over.
pub(super) fn global(
    dockerfile: &constrict_dockerfile::Dockerfile,
    options: &Options,
    target: &str,
) -> Result<Variables> {
    let mut variables = Variables::default();
    for (name, value) in automatic(options, target) {
        variables.set(&name, &value);
    }
    for instruction in &dockerfile.global_args {
        let Kind::Arg(definitions) = &instruction.kind else {
            continue;
        };
        for ArgDef { name, default } in definitions {
            let value = match (options.build_args.get(name), default) {
                (Some(given), _) => Some(given.clone()),
                (None, Some(default)) => Some(variables.expand(
                    default,
                    dockerfile.directives.escape,
                    instruction.span,
                )?),
                (None, None) => None,
            };
            if let Some(value) = value {
                variables.set(name, &value);
            }
        }
    }
    Ok(variables)
}

/// Proxy variables for RUN: those of the build's arguments, else the host's; a lower-case name sets the upper-case one.
pub(super) fn proxies(options: &Options) -> Vec<(String, String)> {
    let mut found: BTreeMap<String, String> = options.proxies.iter().cloned().collect();
    for name in PROXIES {
        if let Some(value) = options.build_args.get(name) {
            found.insert(name.into(), value.clone());
        }
    }
    for upper in PROXIES
        .iter()
        .filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
    {
        let lower = upper.to_ascii_lowercase();
        match (found.get(*upper).cloned(), found.get(&lower).cloned()) {
            (Some(value), None) => drop(found.insert(lower, value)),
            (None, Some(value)) => drop(found.insert((*upper).into(), value)),
            _ => {}
        }
    }
    found.into_iter().collect()
}
