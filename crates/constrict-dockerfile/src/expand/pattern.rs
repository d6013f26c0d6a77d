//! Patterns of `#`, `%` and `/`: `*`, `?`, and a backslash before either or itself.
//!
//! There is no backtracking: one attempt takes time in proportion to pattern times value.

use super::ExpandError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// `*`: any characters but a line end.
    Any,
    /// `?`: one character but a line end.
    One,
    Char(char),
}

/// A parsed pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    tokens: Vec<Token>,
}

impl Pattern {
    pub(super) fn parse(pattern: &str) -> Result<Self, ExpandError> {
        let mut tokens = Vec::new();
        let mut chars = pattern.chars().peekable();
        while let Some(ch) = chars.next() {
            match ch {
                '*' => tokens.push(Token::Any),
                '?' => tokens.push(Token::One),
                // `}` and `/` had to be escaped to get here
                '\\' if matches!(chars.peek(), Some('}' | '/')) => {}
                '\\' => match chars.next() {
                    Some(escaped @ ('*' | '?' | '\\')) => tokens.push(Token::Char(escaped)),
                    other => {
                        let escaped = other.map(String::from).unwrap_or_default();
                        return Err(ExpandError::InvalidPattern {
                            pattern: pattern.to_owned(),
                            escaped,
                        });
                    }
                },
                _ => tokens.push(Token::Char(ch)),
            }
        }
        Ok(Self { tokens })
    }

    /// The value without the shortest or longest prefix that matches.
    pub(super) fn without_prefix<'v>(&self, value: &'v str, longest: bool) -> &'v str {
        let chars = value
            .char_indices()
            .map(|(at, ch)| (at + ch.len_utf8(), ch));
        let end = reach(self.tokens.iter().copied(), chars, longest);
        end.map_or(value, |end| &value[end..])
    }

    /// The value without the shortest or longest suffix that matches.
    pub(super) fn without_suffix<'v>(&self, value: &'v str, longest: bool) -> &'v str {
        let taken = value
            .char_indices()
            .rev()
            .map(|(at, ch)| (value.len() - at, ch));
        let length = reach(self.tokens.iter().rev().copied(), taken, longest);
        length.map_or(value, |length| &value[..value.len() - length])
    }

    /// The value with its first match replaced; the replacement is taken as it is.
    pub(super) fn replace_first(&self, value: &str, replacement: &str) -> String {
        match self.find(value, 0) {
            Some((start, end)) => format!("{}{replacement}{}", &value[..start], &value[end..]),
            None => value.to_owned(),
        }
    }

    /// The value with every match replaced. As in BuildKit, `$0` in the replacement is the match, `$$` is a dollar
    /// and any other `$name` is nothing.
    pub(super) fn replace_all(&self, value: &str, replacement: &str) -> String {
        let mut replaced = String::new();
        let (mut copied, mut search) = (0, 0);
        while let Some((start, end)) = self.find(value, search) {
            replaced.push_str(&value[copied..start]);
            // an empty match right behind the one before is none
            if end > start || start > copied || start == 0 {
                fill(&mut replaced, replacement, &value[start..end]);
            }
            copied = end;
            search = end;
            if end == start {
                match value[end..].chars().next() {
                    Some(ch) => search += ch.len_utf8(),
                    None => break,
                }
            }
        }
        replaced.push_str(&value[copied..]);
        replaced
    }

    /// The leftmost match from `from` on, and the longest there.
    fn find(&self, value: &str, from: usize) -> Option<(usize, usize)> {
        let mut at = from;
        loop {
            let chars = value[at..]
                .char_indices()
                .map(|(offset, ch)| (offset + ch.len_utf8(), ch));
            if let Some(length) = reach(self.tokens.iter().copied(), chars, true) {
                return Some((at, at + length));
            }
            at = self.next_start(value, at)?;
        }
    }

    /// The next place worth trying after a failure at `at`: where the first plain character stands.
    fn next_start(&self, value: &str, at: usize) -> Option<usize> {
        let skipped = at + value[at..].chars().next()?.len_utf8();
        match self.tokens.first() {
            // what `*` could not reach from here it reaches from no later place of the line
            Some(Token::Any) => value[at..].find('\n').map(|offset| at + offset + 1),
            Some(Token::Char(first)) => {
                value[skipped..].find(*first).map(|offset| skipped + offset)
            }
            Some(Token::One) | None => Some(skipped),
        }
    }
}

/// How far the tokens reach from the start of the characters, each given with the length up to its end.
fn reach(
    tokens: impl Iterator<Item = Token>,
    chars: impl Iterator<Item = (usize, char)>,
    longest: bool,
) -> Option<usize> {
    let tokens: Vec<Token> = tokens.collect();
    let mut states = vec![false; tokens.len() + 1];
    let mut next = states.clone();
    states[0] = true;
    let mut best = None;
    let mut length = 0;
    let mut chars = chars;
    loop {
        for (state, token) in tokens.iter().enumerate() {
            if *token == Token::Any && states[state] {
                states[state + 1] = true;
            }
        }
        if states[tokens.len()] {
            best = Some(length);
            if !longest {
                return best;
            }
        }
        let Some((end, ch)) = chars.next() else {
            return best;
        };
        length = end;
        next.fill(false);
        for (state, token) in tokens
            .iter()
            .enumerate()
            .filter(|(state, _)| states[*state])
        {
            match token {
                Token::Any => next[state] |= ch != '\n',
                Token::One => next[state + 1] |= ch != '\n',
                Token::Char(wanted) => next[state + 1] |= ch == *wanted,
            }
        }
        if !next.contains(&true) {
            return best;
        }
        std::mem::swap(&mut states, &mut next);
    }
}

/// Appends a replacement with its `$` references filled in.
fn fill(out: &mut String, replacement: &str, found: &str) {
    let mut rest = replacement;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let is_name = |ch: char| ch.is_alphanumeric() || ch == '_';
        let (name, tail) = match after
            .strip_prefix('{')
            .and_then(|braced| braced.split_once('}'))
        {
            Some((name, tail)) if !name.is_empty() && name.chars().all(is_name) => (name, tail),
            _ => after.split_at(after.find(|ch| !is_name(ch)).unwrap_or(after.len())),
        };
        if let Some(tail) = after.strip_prefix('$') {
            out.push('$');
            rest = tail;
        } else if name.is_empty() {
            out.push('$');
            rest = after;
        } else {
            if !name.is_empty() && name.chars().all(|ch| ch == '0') {
                out.push_str(found);
            }
            rest = tail;
        }
    }
    out.push_str(rest);
}
