//! Environment markers: `python_version >= "3.8" and extra == "tls"`, parsed and evaluated.
//!
//! Format: PEP 508. Depth is bounded, since metadata may be hostile.

use std::fmt;

use crate::name::Name;
use crate::specifier::Specifier;
use crate::version::Version;
use crate::{Error, Result};

/// The most parentheses that are followed.
const DEPTH: usize = 64;

/// The interpreter that markers are evaluated for: CPython on Linux.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// X and Y.
    pub python: (u8, u8),
    /// The whole version if it is known: `3.11.4`.
    pub full_version: Option<String>,
    /// As `uname -m` says: `x86_64`, `aarch64`.
    pub machine: String,
}

impl Environment {
    /// An interpreter X.Y on a machine.
    pub fn new(python: (u8, u8), machine: &str) -> Environment {
        Environment {
            python,
            full_version: None,
            machine: machine.to_owned(),
        }
    }

    fn value(&self, variable: &str) -> Option<String> {
        let (major, minor) = self.python;
        Some(match variable {
            "python_version" => format!("{major}.{minor}"),
            "python_full_version" | "implementation_version" => self
                .full_version
                .clone()
                .unwrap_or_else(|| format!("{major}.{minor}.0")),
            "os_name" | "os.name" => "posix".to_owned(),
            "sys_platform" | "sys.platform" => "linux".to_owned(),
            "platform_machine" | "platform.machine" => self.machine.clone(),
            "platform_system" => "Linux".to_owned(),
            "platform_python_implementation"
            | "platform.python_implementation"
            | "python_implementation" => "CPython".to_owned(),
            "implementation_name" => "cpython".to_owned(),
            "platform_release" | "platform_version" | "platform.version" => String::new(),
            _ => return None,
        })
    }
}

/// A parsed marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    text: String,
    tree: Tree,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tree {
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Compare(Side, String, Side),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Side {
    Variable(String),
    Text(String),
}

impl Marker {
    /// Reads a marker.
    ///
    /// # Errors
    ///
    /// [`Error::Marker`] if it breaks the grammar.
    pub fn parse(text: &str) -> Result<Marker> {
        let refused = |fact| Error::Marker {
            text: text.to_owned(),
            fact,
        };
        let tokens = tokens(text).map_err(refused)?;
        let mut parser = Parser { tokens, at: 0 };
        let tree = parser.either(0).map_err(refused)?;
        if parser.at < parser.tokens.len() {
            return Err(refused("something follows it"));
        }
        Ok(Marker {
            text: text.trim().to_owned(),
            tree,
        })
    }

    /// Whether it holds in the environment when these extras were asked for.
    pub fn holds(&self, environment: &Environment, extras: &[Name]) -> bool {
        self.tree.holds(environment, extras)
    }

    /// Whether it speaks of extras at all.
    pub fn mentions_extra(&self) -> bool {
        self.tree.mentions_extra()
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Tree {
    fn holds(&self, environment: &Environment, extras: &[Name]) -> bool {
        match self {
            Tree::And(all) => all.iter().all(|tree| tree.holds(environment, extras)),
            Tree::Or(any) => any.iter().any(|tree| tree.holds(environment, extras)),
            Tree::Compare(left, operator, right) => {
                compare(left, operator, right, environment, extras)
            }
        }
    }

    fn mentions_extra(&self) -> bool {
        let extra = |side: &Side| *side == Side::Variable("extra".to_owned());
        match self {
            Tree::And(trees) | Tree::Or(trees) => trees.iter().any(Tree::mentions_extra),
            Tree::Compare(left, _, right) => extra(left) || extra(right),
        }
    }
}

/// One comparison: by version where PEP 508 says so, else by text.
fn compare(
    left: &Side,
    operator: &str,
    right: &Side,
    environment: &Environment,
    extras: &[Name],
) -> bool {
    let is_extra = |side: &Side| matches!(side, Side::Variable(name) if name == "extra");
    if is_extra(left) || is_extra(right) {
        let wanted = match (left, right) {
            (Side::Text(wanted), _) | (_, Side::Text(wanted)) => wanted,
            _ => return false,
        };
        let asked = Name::parse(wanted).is_ok_and(|name| extras.contains(&name));
        return (operator == "==" && asked) || (operator == "!=" && !asked);
    }
    let value = |side: &Side| match side {
        Side::Text(text) => text.clone(),
        Side::Variable(name) => environment.value(name).unwrap_or_default(),
    };
    let (left, right) = (value(left), value(right));
    match operator {
        "in" => return right.contains(&left),
        "not in" => return !right.contains(&left),
        _ => {}
    }
    if let (Ok(version), Ok(specifier)) = (
        Version::parse(&left),
        Specifier::parse(&format!("{operator}{right}")),
    ) {
        return specifier.contains(&version);
    }
    match operator {
        "==" | "===" => left == right,
        "!=" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        ">=" => left >= right,
        _ => false,
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Word(String),
    Text(String),
    Operator(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, &'static str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '(' | ')' => {
                tokens.push(if first == '(' {
                    Token::Open
                } else {
                    Token::Close
                });
                1
            }
            '"' | '\'' => {
                let end = rest[1..].find(first).ok_or("a quote is not closed")?;
                tokens.push(Token::Text(rest[1..=end].to_owned()));
                end + 2
            }
            '<' | '>' | '=' | '!' | '~' => {
                let end = rest
                    .find(|next| !"<>=!~".contains(next))
                    .unwrap_or(rest.len());
                tokens.push(Token::Operator(rest[..end].to_owned()));
                end
            }
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let word = |next: char| next.is_ascii_alphanumeric() || next == '_' || next == '.';
                let end = rest.find(|next| !word(next)).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                end
            }
            _ => return Err("a character that markers don't have"),
        };
        rest = rest[taken..].trim_start();
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(text)) if text == word);
        self.at += usize::from(found);
        found
    }

    fn either(&mut self, depth: usize) -> Result<Tree, &'static str> {
        let mut any = vec![self.both(depth)?];
        while self.take_word("or") {
            any.push(self.both(depth)?);
        }
        Ok(if any.len() == 1 {
            any.remove(0)
        } else {
            Tree::Or(any)
        })
    }

    fn both(&mut self, depth: usize) -> Result<Tree, &'static str> {
        let mut all = vec![self.one(depth)?];
        while self.take_word("and") {
            all.push(self.one(depth)?);
        }
        Ok(if all.len() == 1 {
            all.remove(0)
        } else {
            Tree::And(all)
        })
    }

    fn one(&mut self, depth: usize) -> Result<Tree, &'static str> {
        if self.tokens.get(self.at) == Some(&Token::Open) {
            if depth == DEPTH {
                return Err("too many parentheses");
            }
            self.at += 1;
            let inner = self.either(depth + 1)?;
            return match self.next() {
                Some(Token::Close) => Ok(inner),
                _ => Err("a parenthesis is not closed"),
            };
        }
        let left = self.side()?;
        let operator = match self.next() {
            Some(Token::Operator(operator)) => operator,
            Some(Token::Word(word)) if word == "in" => word,
            Some(Token::Word(word)) if word == "not" && self.take_word("in") => "not in".to_owned(),
            _ => return Err("no operator where one is due"),
        };
        Ok(Tree::Compare(left, operator, self.side()?))
    }

    fn side(&mut self) -> Result<Side, &'static str> {
        match self.next() {
            Some(Token::Word(word)) if !matches!(&*word, "and" | "or" | "in" | "not") => {
                Ok(Side::Variable(word))
            }
            Some(Token::Text(text)) => Ok(Side::Text(text)),
            _ => Err("no variable or string where one is due"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(marker: &str, extras: &[&str]) -> bool {
        let environment = Environment::new((3, 11), "x86_64");
        let extras: Vec<_> = extras
            .iter()
            .map(|extra| Name::parse(extra).unwrap())
            .collect();
        Marker::parse(marker).unwrap().holds(&environment, &extras)
    }

    #[test]
    fn markers_hold_as_pep_508_says() {
        for (marker, expected) in [
            ("python_version >= \"3.8\"", true),
            ("python_version < '3.10'", false),
            ("'3.8' <= python_version", true),
            ("python_version > \"3.9\" and sys_platform == 'linux'", true),
            (
                "sys_platform == 'win32' or platform_machine == 'x86_64'",
                true,
            ),
            (
                "sys_platform == 'win32' or platform_machine == 'arm64' and os_name == 'posix'",
                false,
            ),
            ("(python_version == '3.11')", true),
            ("python_version in '3.10, 3.11'", true),
            ("'linux' not in sys_platform", false),
            ("platform_python_implementation != 'PyPy'", true),
            ("implementation_name == 'cpython'", true),
            ("python_full_version < '3.11.3'", true),
            ("extra == 'tls'", false),
            ("python_version ~= '3.7'", true),
            ("python_version == '3.*'", true),
        ] {
            assert_eq!(holds(marker, &[]), expected, "{marker}");
        }
        assert!(holds(
            "extra == 'Brotli_x' and python_version > '3'",
            &["brotli-x"]
        ));
        assert!(Marker::parse("'x' == extra").unwrap().mentions_extra());
    }

    #[test]
    fn broken_markers_say_what_is_wrong() {
        for (text, fact) in [
            ("", "no variable or string where one is due"),
            ("python_version", "no operator where one is due"),
            ("os_name == 'x", "a quote is not closed"),
            ("(os_name == 'x'", "a parenthesis is not closed"),
            ("os_name == 'x' ,", "a character that markers don't have"),
            ("os_name == 'x' 'y'", "something follows it"),
            ("os_name == and", "no variable or string where one is due"),
        ] {
            let expected = Error::Marker {
                text: text.to_owned(),
                fact,
            };
            assert_eq!(Marker::parse(text), Err(expected));
        }
        let deep = "(".repeat(100_000);
        assert!(Marker::parse(&deep).is_err());
    }
}
