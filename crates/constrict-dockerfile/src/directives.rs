//! Parser directives: `# syntax=`, `# escape=` and `# check=` at the top of a Dockerfile.
//!
//! Never looks past the first line that is no directive. A first line `#!...` is skipped for `syntax` and `check`, as in
//! BuildKit, but it ends the search for `escape`.

use crate::Span;
use crate::error::{Error, Fact};
use crate::line::{Lines, Physical};

/// A directive's value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The text after `=`, without blanks around it.
    pub value: String,
    /// The whole line.
    pub span: Span,
}

/// What `# check=` asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checks {
    /// Rules not to report.
    pub skip: Vec<String>,
    /// `skip=all`: report none.
    pub skip_all: bool,
    /// Experimental rules to report as well.
    pub experimental: Vec<String>,
    /// `experimental=all`: report all of them.
    pub experimental_all: bool,
    /// `error=true`: a warning fails the build.
    pub error: bool,
}

/// The directives of a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directives {
    /// `# syntax=`: the front end image asked for.
    pub syntax: Option<Directive>,
    /// `# escape=`: a backslash unless a backtick was asked for.
    pub escape: char,
    /// `# check=`.
    pub checks: Checks,
}

impl Default for Directives {
    fn default() -> Self {
        Self {
            syntax: None,
            escape: '\\',
            checks: Checks::default(),
        }
    }
}

impl Checks {
    /// Parses the value of `# check=`, such as `skip=RuleA,RuleB;error=true`. As in BuildKit, it ends at a blank.
    ///
    /// # Errors
    /// An unknown option, or an `error=` that is no boolean.
    pub fn parse(value: &str) -> Result<Self, Fact> {
        let mut checks = Self::default();
        let value = value.trim().split(' ').next().unwrap_or_default();
        if value.is_empty() {
            return Ok(checks);
        }
        for option in value.splitn(3, ';') {
            let (key, value) = option
                .split_once('=')
                .ok_or_else(|| Fact::CheckOption(option.to_owned()))?;
            let value = value.trim();
            let rules = || {
                value
                    .split(',')
                    .map(|rule| rule.trim().to_owned())
                    .collect()
            };
            match key.trim() {
                "skip" if value == "all" => checks.skip_all = true,
                "skip" => checks.skip = rules(),
                "experimental" if value == "all" => checks.experimental_all = true,
                "experimental" => checks.experimental = rules(),
                "error" => {
                    checks.error =
                        parse_bool(value).ok_or_else(|| Fact::CheckBoolean(value.to_owned()))?;
                }
                key => return Err(Fact::CheckOption(key.to_owned())),
            }
        }
        Ok(checks)
    }
}

/// A boolean as Go's `strconv.ParseBool` knows it.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Reads the directives of a text, whatever comes after them.
///
/// # Errors
/// A directive given twice, or one that means nothing.
pub fn read(text: &[u8]) -> Result<Directives, Error> {
    let mut directives = Directives::default();
    let mut seen = Vec::new();
    for line in Lines::new(text) {
        let Some((key, value)) = directive(line.body().trim_start()) else {
            break;
        };
        if seen.contains(&key) {
            return Err(Error::new(Fact::DuplicateDirective(key), line.span()));
        }
        if key == "escape" {
            directives.escape = escape(&value).map_err(|fact| Error::new(fact, line.span()))?;
        }
        seen.push(key);
    }
    let mut lines = Lines::new(text).peekable();
    lines.next_if(|first| first.text.starts_with("#!"));
    let mut checks = None;
    for line in lines {
        let Some((key, value)) = directive(line.body()) else {
            break;
        };
        let slot = match key.as_str() {
            "syntax" => &mut directives.syntax,
            "check" => &mut checks,
            _ => continue,
        };
        slot.get_or_insert(found(value, &line));
    }
    if let Some(Directive { value, span }) = checks {
        directives.checks = Checks::parse(&value).map_err(|fact| Error::new(fact, span))?;
    }
    Ok(directives)
}

fn found(value: String, line: &Physical<'_>) -> Directive {
    Directive {
        value,
        span: line.span(),
    }
}

fn escape(value: &str) -> Result<char, Fact> {
    match value {
        "\\" => Ok('\\'),
        "`" => Ok('`'),
        _ => Err(Fact::EscapeToken(value.to_owned())),
    }
}

/// The lower-case key and the value of a line that is one of the three directives.
fn directive(line: &str) -> Option<(String, String)> {
    let (key, value) = line.strip_prefix('#')?.trim_start().split_once('=')?;
    let key = key.trim_end().to_ascii_lowercase();
    let value = value.trim();
    (!value.is_empty() && matches!(key.as_str(), "syntax" | "escape" | "check"))
        .then(|| (key, value.to_owned()))
}
