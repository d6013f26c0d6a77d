//! The reading of a word: characters, quotes, escapes, and where its parts split.
//!
//! Never decides what `${...}` means: [`substitution`](super::substitution) does.

use std::collections::BTreeSet;

use super::ExpandError;

/// How deep `${...}` may nest; each level takes stack.
const MAX_DEPTH: usize = 100;

/// What a text is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// A word: quotes and escapes are removed, unknown variables are empty.
    Word,
    /// A heredoc's body: quotes mean nothing.
    HeredocBody,
    /// A line searched for heredocs: everything stays.
    HeredocLine,
    /// A heredoc's delimiter: variables stay.
    Delimiter,
    /// The same, and quotes stay as well.
    RawDelimiter,
}

impl Mode {
    fn quotes_mean(self) -> bool {
        self != Self::HeredocBody
    }

    fn keeps_quotes(self) -> bool {
        matches!(self, Self::HeredocLine | Self::RawDelimiter)
    }

    pub(super) fn keeps_unset(self) -> bool {
        !matches!(self, Self::Word | Self::HeredocBody)
    }
}

/// The words of a value while it is read.
#[derive(Default)]
struct Splitter {
    words: Vec<String>,
    word: String,
    in_word: bool,
}

impl Splitter {
    fn add(&mut self, ch: char) {
        if !ch.is_whitespace() {
            self.add_raw(ch);
        } else if self.in_word && !self.word.is_empty() {
            self.words.push(std::mem::take(&mut self.word));
            self.in_word = false;
        }
    }

    fn add_raw(&mut self, ch: char) {
        self.word.push(ch);
        self.in_word = true;
    }

    fn add_raw_text(&mut self, text: &str) {
        self.word.push_str(text);
        self.in_word = true;
    }

    fn finish(mut self) -> Vec<String> {
        if !self.word.is_empty() {
            self.words.push(self.word);
        }
        self.words
    }
}

/// A text being read.
pub(super) struct Lexer<'a> {
    rest: std::str::Chars<'a>,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    escape: char,
    pub(super) mode: Mode,
    raw_escapes: bool,
    depth: usize,
    matched: BTreeSet<String>,
    unmatched: BTreeSet<String>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(
        text: &'a str,
        lookup: &'a dyn Fn(&str) -> Option<String>,
        escape: char,
        mode: Mode,
    ) -> Self {
        Self {
            // BuildKit's scanner drops a byte order mark
            rest: text.strip_prefix('\u{feff}').unwrap_or(text).chars(),
            lookup,
            escape,
            mode,
            raw_escapes: mode == Mode::HeredocLine,
            depth: 0,
            matched: BTreeSet::new(),
            unmatched: BTreeSet::new(),
        }
    }

    pub(super) fn into_names(self) -> (BTreeSet<String>, BTreeSet<String>) {
        (self.matched, self.unmatched)
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        self.rest.next()
    }

    /// The value of a variable, noted as known or unknown.
    pub(super) fn variable(&mut self, name: &str) -> Option<String> {
        let value = (self.lookup)(name);
        let names = if value.is_some() {
            &mut self.matched
        } else {
            &mut self.unmatched
        };
        names.insert(name.to_owned());
        value
    }

    /// The whole text's value and its words.
    pub(super) fn read_all(&mut self) -> Result<(String, Vec<String>), ExpandError> {
        self.read_to(None)
    }

    /// The value up to a character, which is taken as well; `None` at the end if it does not come.
    pub(super) fn read_until(
        &mut self,
        stop: char,
        raw_escapes: bool,
    ) -> Result<Option<String>, ExpandError> {
        if self.depth == MAX_DEPTH {
            return Err(ExpandError::TooDeep(MAX_DEPTH));
        }
        self.depth += 1;
        let before = std::mem::replace(&mut self.raw_escapes, raw_escapes);
        let mut missing = false;
        let value = self.read_to(Some((stop, &mut missing)));
        self.raw_escapes = before;
        self.depth -= 1;
        value.map(|(value, _)| Some(value).filter(|_| !missing))
    }

    fn read_to(
        &mut self,
        mut stop: Option<(char, &mut bool)>,
    ) -> Result<(String, Vec<String>), ExpandError> {
        let mut value = String::new();
        let mut words = Splitter::default();
        while let Some(ch) = self.peek() {
            match ch {
                _ if stop.as_ref().is_some_and(|(stop, _)| *stop == ch) => {
                    self.next();
                    return Ok((value, words.finish()));
                }
                '$' => {
                    let text = self.dollar()?;
                    text.chars().for_each(|ch| words.add(ch));
                    value.push_str(&text);
                }
                '\'' | '"' if self.mode.quotes_mean() => {
                    let text = if ch == '"' {
                        self.double_quoted()?
                    } else {
                        self.single_quoted()?
                    };
                    words.add_raw_text(&text);
                    value.push_str(&text);
                }
                '<' if self.mode == Mode::HeredocLine => {
                    let text = self.redirection();
                    words.add_raw_text(&text);
                    value.push_str(&text);
                }
                _ => self.plain(&mut value, &mut words),
            }
        }
        if let Some((_, missing)) = &mut stop {
            **missing = true;
        }
        Ok((value, words.finish()))
    }

    /// One character, or an escape and what it escapes.
    fn plain(&mut self, value: &mut String, words: &mut Splitter) {
        let Some(ch) = self.next() else { return };
        if ch != self.escape {
            words.add(ch);
            value.push(ch);
            return;
        }
        if self.raw_escapes {
            words.add_raw(ch);
            value.push(ch);
        }
        if let Some(escaped) = self.next() {
            words.add_raw(escaped);
            value.push(escaped);
        }
    }

    fn single_quoted(&mut self) -> Result<String, ExpandError> {
        let mut value = String::new();
        let quote = self.next().filter(|_| self.mode.keeps_quotes());
        value.extend(quote);
        loop {
            match self.next().ok_or(ExpandError::UnclosedQuote("single"))? {
                '\'' => break,
                ch => value.push(ch),
            }
        }
        value.extend(quote);
        Ok(value)
    }

    fn double_quoted(&mut self) -> Result<String, ExpandError> {
        let mut value = String::new();
        let quote = self.next().filter(|_| self.mode.keeps_quotes());
        value.extend(quote);
        loop {
            match self.peek().ok_or(ExpandError::UnclosedQuote("double"))? {
                '"' => break,
                '$' => value.push_str(&self.dollar()?),
                ch if ch == self.escape => {
                    self.next();
                    if self.raw_escapes {
                        value.push(ch);
                    }
                    match self.peek() {
                        None => {}
                        Some(escaped) if matches!(escaped, '"' | '$') || escaped == self.escape => {
                            value.extend(self.next());
                        }
                        Some(_) => value.push(ch),
                    }
                }
                ch => {
                    self.next();
                    value.push(ch);
                }
            }
        }
        self.next();
        value.extend(quote);
        Ok(value)
    }

    /// `<`, or `<<` with the blanks after it, which belong to the heredoc's word.
    fn redirection(&mut self) -> String {
        self.next();
        let mut text = "<".to_owned();
        if self.peek() == Some('<') {
            text.extend(self.next());
            while self.peek().is_some_and(|ch| matches!(ch, ' ' | '\t')) {
                text.extend(self.next());
            }
        }
        text
    }
}
