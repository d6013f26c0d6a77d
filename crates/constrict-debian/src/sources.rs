//! The host's apt sources: one-line `sources.list` and deb822 `*.sources` text → which archives it uses.
//!
//! Never opens `/etc/apt`: the caller hands in the text of each file. Source: sources.list(5). Only sources of
//! binary packages over HTTP(S) or from files count; `deb-src`, `cdrom:` and disabled entries are passed over.

use crate::paragraph::Paragraph;
use crate::{Error, Result};

/// One archive line or paragraph for binary packages, for one URI and one suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The archive's root, such as `http://mirror.example/debian`, without trailing slash.
    pub uri: String,
    /// The suite below `dists/`.
    pub suite: String,
    /// Its components, in order.
    pub components: Vec<String>,
    /// What vouches for it.
    pub signed_by: Option<SignedBy>,
    /// The architectures it is restricted to; empty where it is not.
    pub architectures: Vec<String>,
    /// `trusted=yes`: the host's owner waives the signature.
    pub trusted: bool,
}

/// The `Signed-By` option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedBy {
    /// Keyring files.
    Paths(Vec<String>),
    /// An armored keyring written into the source itself.
    Inline(String),
    /// Fingerprints of keys among those that apt trusts anyway.
    Fingerprints(Vec<String>),
}

/// The mirrors of Debian's two archives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirrors {
    /// Root of the main archive.
    pub main: String,
    /// Root of the security archive.
    pub security: Option<String>,
    /// Keyring of the main archive, where the source names one.
    pub signed_by: Option<SignedBy>,
}

/// Reads a one-line style file (`sources.list`, `*.list`).
pub fn parse_list(text: &str) -> Result<Vec<Source>> {
    let mut list = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let wrong = |fact| Error::Line {
            document: "sources.list",
            line: index as u64 + 1,
            fact,
        };
        list.extend(parse_line(line).map_err(wrong)?);
    }
    Ok(list)
}

fn parse_line(line: &str) -> Result<Option<Source>, &'static str> {
    let (kind, rest) = line
        .split_once(char::is_whitespace)
        .ok_or("only one word")?;
    match kind {
        "deb" => {}
        "deb-src" => return Ok(None),
        _ => return Err("neither `deb` nor `deb-src`"),
    }
    let rest = rest.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(inner) => inner.split_once(']').ok_or("an unclosed bracket")?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace();
    let uri = words.next().ok_or("no URI")?;
    let suite = words.next().ok_or("no suite")?;
    let mut source = Source {
        uri: uri.trim_end_matches('/').to_owned(),
        suite: suite.to_owned(),
        components: words.map(str::to_owned).collect(),
        signed_by: None,
        architectures: Vec::new(),
        trusted: false,
    };
    for option in options.split_whitespace() {
        let (name, value) = option.split_once('=').ok_or("an option without value")?;
        match name.to_ascii_lowercase().as_str() {
            "arch" => source.architectures = value.split(',').map(str::to_owned).collect(),
            "signed-by" => source.signed_by = parse_signed_by(&value.replace(',', " ")),
            "trusted" => source.trusted = value == "yes",
            // how apt fetches and shows, not what
            _ => {}
        }
    }
    Ok(is_fetchable(uri).then_some(source))
}

/// Reads a deb822 style file (`*.sources`).
pub fn parse_deb822(text: &str) -> Result<Vec<Source>> {
    let mut list = Vec::new();
    for paragraph in Paragraph::parse_all("apt sources", text.as_bytes())? {
        let words = |name: &str| -> Vec<String> {
            paragraph
                .get(name)
                .unwrap_or_default()
                .split_whitespace()
                .map(str::to_owned)
                .collect()
        };
        let disabled = matches!(
            paragraph.get("Enabled"),
            Some("no" | "false" | "off" | "without" | "disable" | "0")
        );
        let types = paragraph.require("apt sources", "Types")?;
        if disabled || !types.split_whitespace().any(|kind| kind == "deb") {
            continue;
        }
        paragraph.require("apt sources", "URIs")?;
        paragraph.require("apt sources", "Suites")?;
        for uri in words("URIs").iter().filter(|uri| is_fetchable(uri)) {
            for suite in words("Suites") {
                list.push(Source {
                    uri: uri.trim_end_matches('/').to_owned(),
                    suite,
                    components: words("Components"),
                    signed_by: paragraph.get("Signed-By").and_then(parse_signed_by),
                    architectures: words("Architectures"),
                    trusted: paragraph.get("Trusted") == Some("yes"),
                });
            }
        }
    }
    Ok(list)
}

fn parse_signed_by(value: &str) -> Option<SignedBy> {
    if value.contains("-----BEGIN PGP") {
        // in a control field an empty line is written as a lone dot
        let lines = value
            .trim_start()
            .lines()
            .map(|line| if line.trim() == "." { "" } else { line.trim() });
        return Some(SignedBy::Inline(
            lines.map(|line| format!("{line}\n")).collect(),
        ));
    }
    let words: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
    match words.first()?.starts_with('/') {
        true => Some(SignedBy::Paths(words)),
        false => Some(SignedBy::Fingerprints(words)),
    }
}

fn is_fetchable(uri: &str) -> bool {
    ["http://", "https://", "file:/"]
        .iter()
        .any(|scheme| uri.starts_with(scheme))
}

/// The mirrors that these sources use for Debian itself; none where no source is Debian's main archive.
///
/// The main archive is the first one with a plain Debian suite and the component `main`, the security archive the
/// first with `<suite>-security` (or `<suite>/updates`); the kind of the suite tells, so that any mirror is found.
pub fn debian_mirrors(sources: &[Source]) -> Option<Mirrors> {
    let with_main = || {
        sources
            .iter()
            .filter(|source| source.components.iter().any(|name| name == "main"))
    };
    let main = with_main()
        .find(|source| is_debian_suite(&source.suite) && !is_security_root(&source.uri))?;
    let security = with_main().find(|source| {
        let suite = source
            .suite
            .strip_suffix("-security")
            .or_else(|| source.suite.strip_suffix("/updates"));
        suite.is_some_and(is_debian_suite)
    });
    Some(Mirrors {
        main: main.uri.clone(),
        security: security.map(|source| source.uri.clone()),
        signed_by: main.signed_by.clone(),
    })
}

fn is_debian_suite(suite: &str) -> bool {
    let plain = [
        "buster",
        "stable",
        "oldstable",
        "oldoldstable",
        "testing",
        "unstable",
    ];
    plain.contains(&suite)
        || crate::suite::Suite::ALL
            .iter()
            .any(|known| known.codename() == suite)
}

fn is_security_root(uri: &str) -> bool {
    uri.ends_with("-security") || uri.ends_with("/security")
}
