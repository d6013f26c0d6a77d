//! Path patterns: Go's `filepath.Match` for COPY sources, and the automaton that the `**` style of
//! [`ignore`](crate::ignore) shares.
//!
//! Never touches a file system. Matching takes time in proportion to pattern times path; there is no backtracking.

/// A pattern of Go's `filepath.Match`: `*` and `?` do not match `/`, `[a-z]` and `[^a]` are classes, `\` escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    matcher: Matcher,
}

/// The pattern is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct BadPattern;

impl Glob {
    /// Parses a pattern.
    ///
    /// # Errors
    /// An unclosed `[`, a bad range or a lone `\` at the end.
    pub fn parse(pattern: &str) -> Result<Self, BadPattern> {
        Matcher::parse(pattern, Stars::Single).map(|matcher| Self { matcher })
    }

    /// Whether the whole path matches.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.matcher.matches(path)
    }

    /// Whether some path below `dir`, itself without a slash at the end, could match.
    #[must_use]
    pub fn could_match_below(&self, dir: &str) -> bool {
        self.matcher.could_match_below(dir)
    }
}

/// Whether a COPY source is a pattern at all: it has one of `*?[` that no backslash precedes.
#[must_use]
pub fn has_wildcards(source: &str) -> bool {
    let mut chars = source.chars();
    while let Some(ch) = chars.next() {
        match ch {
            '\\' => {
                chars.next();
            }
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

/// A cleaned COPY source cut before its first component with wildcards: the directory to walk, and the pattern that
/// paths below it must match; the pattern is empty if there are no wildcards.
#[must_use]
pub fn split(source: &str) -> (&str, &str) {
    let mut start = 0;
    for component in source.split('/') {
        if has_wildcards(component) {
            let dir = if start > 1 {
                &source[..start - 1]
            } else {
                &source[..start]
            };
            return (dir, &source[start..]);
        }
        start += component.len() + 1;
    }
    (source, "")
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// This character.
    Char(char),
    /// One character but `/`.
    One,
    /// Any number of characters but `/`.
    Star,
    /// Any number of characters.
    Rest,
    /// Nothing, or anything that ends with `/`; [`Token::InDirs`] follows it.
    Dirs,
    /// The second state of [`Token::Dirs`]: something was taken, `/` is still to come.
    InDirs,
    /// One character, `/` included, of these ranges or of none of them.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// What `**` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stars {
    /// The same as `*`.
    Single,
    /// Any number of directories.
    Directories,
}

/// A pattern as an automaton; a plain one is compared as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Matcher {
    literal: Option<String>,
    tokens: Vec<Token>,
}

impl Matcher {
    pub(crate) fn parse(pattern: &str, stars: Stars) -> Result<Self, BadPattern> {
        let mut tokens = Vec::new();
        let mut rest = pattern;
        while let Some(ch) = rest.chars().next() {
            rest = &rest[ch.len_utf8()..];
            match ch {
                '*' if stars == Stars::Directories && rest.starts_with('*') => {
                    rest = &rest[1..];
                    rest = rest.strip_prefix('/').unwrap_or(rest);
                    if rest.is_empty() {
                        tokens.push(Token::Rest);
                    } else {
                        tokens.extend([Token::Dirs, Token::InDirs]);
                    }
                }
                '*' if tokens.last() == Some(&Token::Star) => {}
                '*' => tokens.push(Token::Star),
                '?' => tokens.push(Token::One),
                '[' => {
                    let (token, after) = class(rest)?;
                    tokens.push(token);
                    rest = after;
                }
                '\\' => {
                    let escaped = rest.chars().next().ok_or(BadPattern)?;
                    tokens.push(Token::Char(escaped));
                    rest = &rest[escaped.len_utf8()..];
                }
                _ => tokens.push(Token::Char(ch)),
            }
        }
        let plain = |token: &Token| match token {
            Token::Char(ch) => Some(*ch),
            _ => None,
        };
        let literal = tokens.iter().map(plain).collect();
        Ok(Self { literal, tokens })
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        match &self.literal {
            Some(literal) => literal == path,
            None => self
                .states_after(path.chars())
                .is_some_and(|states| states[self.tokens.len()]),
        }
    }

    pub(crate) fn could_match_below(&self, dir: &str) -> bool {
        match &self.literal {
            Some(literal) => literal
                .strip_prefix(dir)
                .is_some_and(|rest| rest.len() > 1 && rest.starts_with('/')),
            None => self
                .states_after(dir.chars().chain(['/']))
                .is_some_and(|states| {
                    // the last state takes nothing more
                    states[..self.tokens.len()].contains(&true)
                }),
        }
    }

    /// The states in which the automaton is after some text; `None` if in none.
    fn states_after(&self, text: impl Iterator<Item = char>) -> Option<Vec<bool>> {
        let mut states = vec![false; self.tokens.len() + 1];
        let mut next = states.clone();
        states[0] = true;
        self.skip_optional(&mut states);
        for ch in text {
            next.fill(false);
            for (state, token) in self
                .tokens
                .iter()
                .enumerate()
                .filter(|(state, _)| states[*state])
            {
                match token {
                    Token::Char(wanted) => next[state + 1] |= ch == *wanted,
                    Token::One => next[state + 1] |= ch != '/',
                    Token::Star => next[state] |= ch != '/',
                    Token::Rest => next[state] = true,
                    Token::Dirs => {
                        next[state + 1] = true;
                        next[state + 2] |= ch == '/';
                    }
                    Token::InDirs => {
                        next[state] = true;
                        next[state + 1] |= ch == '/';
                    }
                    Token::Class { negated, ranges } => {
                        let within = ranges
                            .iter()
                            .any(|(low, high)| (*low..=*high).contains(&ch));
                        next[state + 1] |= within != *negated;
                    }
                }
            }
            if !next.contains(&true) {
                return None;
            }
            self.skip_optional(&mut next);
            std::mem::swap(&mut states, &mut next);
        }
        Some(states)
    }

    fn skip_optional(&self, states: &mut [bool]) {
        for (state, token) in self.tokens.iter().enumerate() {
            match token {
                Token::Star | Token::Rest if states[state] => states[state + 1] = true,
                Token::Dirs if states[state] => states[state + 2] = true,
                _ => {}
            }
        }
    }
}

/// The class after its `[`, and what follows its `]`.
fn class(text: &str) -> Result<(Token, &str), BadPattern> {
    let (negated, mut rest) = text
        .strip_prefix('^')
        .map_or((false, text), |rest| (true, rest));
    let mut ranges = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix(']')
            && !ranges.is_empty()
        {
            return Ok((Token::Class { negated, ranges }, after));
        }
        let (low, after) = class_char(rest)?;
        let (high, after) = match after.strip_prefix('-') {
            Some(after) => class_char(after)?,
            None => (low, after),
        };
        ranges.push((low, high));
        rest = after;
    }
}

fn class_char(text: &str) -> Result<(char, &str), BadPattern> {
    let mut chars = text.chars();
    let ch = match chars.next() {
        None | Some('-' | ']') => return Err(BadPattern),
        Some('\\') => chars.next().ok_or(BadPattern)?,
        Some(ch) => ch,
    };
    // an open class cannot end with the pattern
    if chars.as_str().is_empty() {
        Err(BadPattern)
    } else {
        Ok((ch, chars.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Glob, has_wildcards, split};

    fn matches(pattern: &str, path: &str) -> bool {
        Glob::parse(pattern).expect("a good pattern").matches(path)
    }

    #[test]
    fn globs_are_those_of_gos_filepath_match() {
        for (pattern, path, expected) in [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*", "", true),
            ("*c", "abc", true),
            ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", true),
            ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false),
            ("**/f", "a/f", true),
            ("**/f", "a/b/f", false),
            ("**", "a/b", false),
            ("a?c", "a/c", false),
            ("a?c", "aéc", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[^a]b", "/b", true),
            ("[!a]b", "!b", true),
            ("[\\]a]", "]", true),
            ("[\\-x]", "-", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            (".*", ".env", true),
            ("*", ".env", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for pattern in [
            "[", "[]a]", "[-]", "[x-]", "[a", "a[", "\\", "[a-\\]", "[^]",
        ] {
            assert!(Glob::parse(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn sources_split_before_their_first_wildcard() {
        assert!(has_wildcards("a*") && !has_wildcards("a\\*") && has_wildcards("a\\\\*"));
        assert_eq!(split("a/b*/c"), ("a", "b*/c"));
        assert_eq!(split("/*.py"), ("/", "*.py"));
        assert_eq!(split("*.py"), ("", "*.py"));
        assert_eq!(split("a/b"), ("a/b", ""));
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(2_000) + "b";
        assert!(!matches(&pattern, &"a".repeat(4_000)));
    }
}
