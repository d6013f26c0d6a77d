//! FROM: global ARGs, the names of base images and platforms, and which stage starts from which.
//!
//! Never looks below a FROM line. Build arguments are those that the file has as defaults: nobody gives any to a linter.

use std::collections::{BTreeMap, BTreeSet};

use constrict_dockerfile::expand::{Expansion, expand};
use constrict_dockerfile::{Dockerfile, From, Kind, Span, nearest};

use super::{reference, rules};
use crate::Broken;
use crate::sink::Sink;
use crate::source::Source;

/// What a stage starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Base {
    /// An earlier stage.
    Stage(usize),
    /// An image, or `scratch`.
    Image(String),
}

/// What FROM sees, and what a bare `ARG NAME` in a stage takes over.
pub(crate) struct Globals {
    values: BTreeMap<String, String>,
    /// Names with a value or without.
    declared: BTreeSet<String>,
    escape: char,
}

/// The arguments that BuildKit defines itself. Names are what counts here; a linter builds for no platform.
const AUTOMATIC: [(&str, &str); 11] = [
    ("BUILDPLATFORM", "linux/amd64"),
    ("BUILDOS", "linux"),
    ("BUILDOSVERSION", ""),
    ("BUILDARCH", "amd64"),
    ("BUILDVARIANT", ""),
    ("TARGETPLATFORM", "linux/amd64"),
    ("TARGETOS", "linux"),
    ("TARGETOSVERSION", ""),
    ("TARGETARCH", "amd64"),
    ("TARGETVARIANT", ""),
    ("TARGETSTAGE", "default"),
];

impl Globals {
    /// The automatic arguments and the file's own.
    pub(crate) fn new(dockerfile: &Dockerfile, source: &Source<'_>) -> Result<Self, Broken> {
        let mut globals = Self {
            values: AUTOMATIC
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            declared: BTreeSet::new(),
            escape: dockerfile.directives.escape,
        };
        for instruction in &dockerfile.global_args {
            let Kind::Arg(definitions) = &instruction.kind else {
                continue;
            };
            for definition in definitions {
                if let Some(default) = &definition.default {
                    let expansion = globals
                        .expand(default)
                        .map_err(|message| Broken::at(source, instruction.span, message))?;
                    globals
                        .values
                        .insert(definition.name.clone(), expansion.value);
                }
                globals.declared.insert(definition.name.clone());
            }
        }
        Ok(globals)
    }

    /// The value that a bare ARG takes over.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    fn expand(&self, word: &str) -> Result<Expansion, String> {
        let lookup = |name: &str| self.values.get(name).cloned();
        expand(word, lookup, self.escape)
            .map_err(|error| format!("failed to process `{word}`: {error}"))
    }
}

/// What each stage starts from, without any judgement; a name that has no value is taken as it is written.
pub(crate) fn bases(dockerfile: &Dockerfile, globals: Option<&Globals>) -> Vec<Base> {
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    let mut bases = Vec::new();
    for stage in &dockerfile.stages {
        let expanded = globals.and_then(|globals| globals.expand(&stage.from.image).ok());
        let image = expanded.map_or_else(|| stage.from.image.clone(), |expansion| expansion.value);
        bases.push(match by_name.get(image.as_str()) {
            Some(index) => Base::Stage(*index),
            None => Base::Image(image),
        });
        if let Some(name) = &stage.name {
            by_name.insert(name, stage.index);
        }
    }
    bases
}

/// Checks every FROM, and tells what each stage starts from.
pub(crate) fn check(
    dockerfile: &Dockerfile,
    globals: &Globals,
    source: &Source<'_>,
    sink: &mut Sink<'_>,
) -> Result<Vec<Base>, Broken> {
    check_defaults(dockerfile, globals, sink);
    let mut bases = Vec::new();
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for stage in &dockerfile.stages {
        let from = &stage.from;
        let broken = |message: String| Broken::at(source, from.span, message);
        let image = globals.expand(&from.image).map_err(broken)?;
        report_undeclared(&image, globals, from.span, sink);
        if image.value.is_empty() {
            return Err(broken(format!(
                "base name ({}) should not be blank",
                from.image
            )));
        }
        if let Some(platform) = &from.platform {
            check_platform(platform, from, stage.name.as_deref(), globals, sink).map_err(broken)?;
        }
        bases.push(match by_name.get(image.value.as_str()) {
            Some(index) => Base::Stage(*index),
            None => Base::Image(image.value),
        });
        if let Some(name) = &stage.name {
            by_name.insert(name, stage.index);
        }
    }
    check_names(dockerfile, &bases, source)?;
    Ok(bases)
}

/// A base image's name that is none while no build argument is given.
fn check_defaults(dockerfile: &Dockerfile, globals: &Globals, sink: &mut Sink<'_>) {
    for stage in &dockerfile.stages {
        let Ok(image) = globals.expand(&stage.from.image) else {
            return;
        };
        if !reference::is_valid(&image.value) {
            let message = format!(
                "Default value for ARG {} results in empty or invalid base image name",
                stage.from.image
            );
            sink.add(
                &rules::INVALID_DEFAULT_ARG_IN_FROM,
                stage.from.span,
                message,
            );
        }
    }
}

fn check_names(dockerfile: &Dockerfile, bases: &[Base], source: &Source<'_>) -> Result<(), Broken> {
    for (stage, base) in dockerfile.stages.iter().zip(bases) {
        if let Base::Image(image) = base
            && !reference::is_valid(image)
        {
            let message = format!("failed to parse stage name `{image}`: invalid reference format");
            return Err(Broken::at(source, stage.from.span, message));
        }
    }
    Ok(())
}

fn report_undeclared(expansion: &Expansion, globals: &Globals, span: Span, sink: &mut Sink<'_>) {
    for name in &expansion.unmatched {
        if globals.declared.contains(name) {
            continue;
        }
        let known: BTreeSet<&str> = globals
            .values
            .keys()
            .chain(&globals.declared)
            .map(String::as_str)
            .collect();
        let known: Vec<&str> = known.into_iter().collect();
        let hint = nearest(name, &known)
            .map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
        let message = format!("FROM argument '{name}' is not declared{hint}");
        sink.add(&rules::UNDEFINED_ARG_IN_FROM, span, message);
    }
}

fn check_platform(
    platform: &str,
    from: &From,
    name: Option<&str>,
    globals: &Globals,
    sink: &mut Sink<'_>,
) -> Result<(), String> {
    let expansion = globals.expand(platform)?;
    report_undeclared(&expansion, globals, from.span, sink);
    let value = expansion.value.as_str();
    let is_target = expansion.unmatched.is_empty()
        && expansion.matched.len() == 1
        && expansion.matched.contains("TARGETPLATFORM");
    if is_target && Some(value) == globals.get("TARGETPLATFORM") {
        let message = format!(
            "Setting platform to predefined {platform} in FROM is redundant as this is the default behavior"
        );
        sink.add(&rules::REDUNDANT_TARGET_PLATFORM, from.span, message);
    }
    if value.is_empty() {
        return Err(format!("empty platform value from expression {platform}"));
    }
    let parts =
        split_platform(value).ok_or_else(|| format!("failed to parse platform {platform}"))?;
    let is_constant = expansion.matched.is_empty() && expansion.unmatched.is_empty();
    let is_named = name.is_some_and(|name| parts.iter().any(|part| name.contains(part.as_str())));
    if is_constant && !is_named {
        let message = format!("FROM --platform flag should not use constant value \"{value}\"");
        sink.add(
            &rules::FROM_PLATFORM_FLAG_CONST_DISALLOWED,
            from.span,
            message,
        );
    }
    Ok(())
}

/// The system and the architecture of a platform, normalised as BuildKit does; `None` if it is no platform.
fn split_platform(text: &str) -> Option<[String; 2]> {
    let is_word = |part: &str| {
        let is_letter = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '_' | '-' | '.');
        !part.is_empty() && part.chars().all(is_letter)
    };
    let text = text.to_lowercase();
    let parts: Vec<&str> = text.split('/').collect();
    if parts.len() > 3 || !parts.iter().all(|part| is_word(part)) {
        return None;
    }
    let architecture = |name: &str| {
        let known = match name {
            "x86_64" | "x86-64" => "amd64",
            "aarch64" => "arm64",
            "i386" => "386",
            "armhf" | "armel" => "arm",
            other => other,
        };
        known.to_owned()
    };
    let system = |name: &str| if name == "macos" { "darwin" } else { name }.to_owned();
    match parts.as_slice() {
        [one] if SYSTEMS.contains(one) => Some([system(one), "amd64".to_owned()]),
        [one] => {
            let architecture = architecture(one);
            let is_known = ARCHITECTURES.contains(&architecture.as_str());
            is_known.then(|| ["linux".to_owned(), architecture])
        }
        [first, second, ..] => Some([system(first), architecture(second)]),
        [] => None,
    }
}

/// The systems that a platform of one word can be.
const SYSTEMS: [&str; 17] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "macos",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
];

/// The architectures that a platform of one word can be.
const ARCHITECTURES: [&str; 14] = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64",
    "ppc64le", "riscv64", "s390x", "wasm",
];
