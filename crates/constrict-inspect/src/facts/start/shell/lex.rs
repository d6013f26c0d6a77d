//! Characters of a shell text → words and operators. Never interprets reserved words.
//!
//! Source: POSIX.1-2024, Shell Command Language, 2.2 and 2.3, and of bash `$'…'`, `<(…)`, `&>`, `<<<`.

use super::syntax::{Change, Part, Word};

/// Why a text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// How deep words may nest.
const DEEPEST: usize = 40;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Word(Word),
    /// `;`, `&&`, `(`.
    Operator(&'static str),
    /// `>`, `2>&1`: the operator without its number.
    Redirect(&'static str),
    Newline,
    End,
}

const REDIRECTS: &[&str] = &[
    "<<<", "&>>", "<<-", "<<", "<&", "<>", ">>", ">&", ">|", "&>", "<", ">",
];
const OPERATORS: &[&str] = &[";;&", ";;", ";&", ";", "&&", "&", "||", "|&", "|", "(", ")"];

/// Reads tokens.
pub(crate) struct Lexer {
    text: Vec<char>,
    pub(crate) at: usize,
    pub(crate) line: usize,
    depth: usize,
    /// Delimiters of here-documents whose text begins after this line; whether leading tabs are left out.
    pending: Vec<(String, bool)>,
}

impl Lexer {
    pub(crate) fn new(text: &str) -> Lexer {
        Lexer {
            text: text.chars().collect(),
            at: 0,
            line: 1,
            depth: 0,
            pending: Vec::new(),
        }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn looking_at(&self, what: &str) -> bool {
        what.chars()
            .enumerate()
            .all(|(offset, wanted)| self.text.get(self.at + offset) == Some(&wanted))
    }

    fn skip(&mut self, count: usize) {
        (0..count).for_each(|_| {
            self.next();
        });
    }

    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t') => self.skip(1),
                Some('\\') if self.looking_at("\\\n") => self.skip(2),
                Some('#') => {
                    while self.peek().is_some_and(|next| next != '\n') {
                        self.skip(1);
                    }
                }
                _ => return,
            }
        }
    }

    /// The next token.
    pub(crate) fn token(&mut self) -> Result<Token, Unreadable> {
        self.blanks();
        let Some(next) = self.peek() else {
            return Ok(Token::End);
        };
        if next == '\n' {
            self.skip(1);
            self.here_documents();
            return Ok(Token::Newline);
        }
        let digits = self.text[self.at..]
            .iter()
            .take_while(|digit| digit.is_ascii_digit())
            .count();
        let after = self.text.get(self.at + digits);
        let numbered = digits > 0 && matches!(after, Some('<' | '>'));
        if next == '<' || next == '>' || numbered || self.looking_at("&>") {
            let process = self.looking_at("<(") || self.looking_at(">(");
            if !process {
                self.skip(if numbered { digits } else { 0 });
                return self.redirect();
            }
        }
        for operator in OPERATORS {
            if self.looking_at(operator) {
                self.skip(operator.len());
                return Ok(Token::Operator(operator));
            }
        }
        Ok(Token::Word(self.word()?))
    }

    fn redirect(&mut self) -> Result<Token, Unreadable> {
        let operator = REDIRECTS
            .iter()
            .find(|operator| self.looking_at(operator))
            .ok_or(Unreadable)?;
        self.skip(operator.len());
        if operator.starts_with("<<") && *operator != "<<<" {
            self.blanks();
            let delimiter = self.word()?.literal().ok_or(Unreadable)?;
            self.pending.push((delimiter, *operator == "<<-"));
        }
        Ok(Token::Redirect(operator))
    }

    /// Skips the texts of the here-documents that the line just read begins.
    fn here_documents(&mut self) {
        for (delimiter, tabs) in std::mem::take(&mut self.pending) {
            loop {
                let mut line = String::new();
                let mut ended = true;
                while let Some(next) = self.next() {
                    if next == '\n' {
                        ended = false;
                        break;
                    }
                    line.push(next);
                }
                let shown = if tabs {
                    line.trim_start_matches('\t')
                } else {
                    &line
                };
                if shown == delimiter || ended {
                    break;
                }
            }
        }
    }

    /// A word; at least one character is taken.
    pub(crate) fn word(&mut self) -> Result<Word, Unreadable> {
        let start = self.at;
        let mut word = Word::default();
        while let Some(next) = self.peek() {
            match next {
                '<' | '>' if self.text.get(self.at + 1) == Some(&'(') => {
                    self.skip(2);
                    self.enclosed()?;
                    word.0.push(Part::Unknown);
                }
                // the array of bash: NAME=(…)
                '(' if self.at > start && self.text[self.at - 1] == '=' => {
                    self.skip(1);
                    self.enclosed()?;
                    word.0.push(Part::Unknown);
                }
                ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' => break,
                _ => self.piece(&mut word, false)?,
            }
        }
        if self.at == start {
            return Err(Unreadable);
        }
        Ok(word)
    }

    /// One piece of a word: a quoted text, an expansion, or a character.
    fn piece(&mut self, word: &mut Word, quoted: bool) -> Result<(), Unreadable> {
        match self.next().ok_or(Unreadable)? {
            '\\' => self.escaped(word, quoted),
            '\'' if !quoted => {
                let text = self.until('\'')?;
                word.0.push(Part::Text { text, quoted: true });
            }
            '"' if !quoted => {
                word.0.push(Part::Text {
                    text: String::new(),
                    quoted: true,
                });
                while self.peek().ok_or(Unreadable)? != '"' {
                    self.piece(word, true)?;
                }
                self.skip(1);
            }
            '`' => {
                let text = self.backquoted()?;
                word.0.push(Part::Substitution { text, quoted });
            }
            '$' => self.dollar(word, quoted)?,
            other => push(word, other, quoted),
        }
        Ok(())
    }

    fn escaped(&mut self, word: &mut Word, quoted: bool) {
        match self.next() {
            Some('\n') => {}
            Some(next) if !quoted => push(word, next, true),
            Some(next @ ('$' | '`' | '"' | '\\')) => push(word, next, true),
            Some(next) => {
                push(word, '\\', true);
                push(word, next, true);
            }
            None => push(word, '\\', quoted),
        }
    }

    fn until(&mut self, end: char) -> Result<String, Unreadable> {
        let mut text = String::new();
        loop {
            match self.next().ok_or(Unreadable)? {
                next if next == end => return Ok(text),
                next => text.push(next),
            }
        }
    }

    fn backquoted(&mut self) -> Result<String, Unreadable> {
        let mut text = String::new();
        loop {
            match self.next().ok_or(Unreadable)? {
                '`' => return Ok(text),
                '\\' => text.extend(self.next()),
                next => text.push(next),
            }
        }
    }

    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Result<(), Unreadable> {
        if self.looking_at("((") {
            self.skip(1);
            self.skip(1);
            self.enclosed()?;
            if self.next() != Some(')') {
                return Err(Unreadable);
            }
            word.0.push(Part::Unknown);
            return Ok(());
        }
        match self.peek() {
            Some('(') => {
                self.skip(1);
                let text = self.enclosed()?;
                word.0.push(Part::Substitution { text, quoted });
            }
            Some('{') => {
                self.skip(1);
                let part = self.braced(quoted)?;
                word.0.push(part);
            }
            Some('\'') if !quoted => {
                self.skip(1);
                let text = self.dollar_quoted()?;
                word.0.push(Part::Text { text, quoted: true });
            }
            Some('"') if !quoted => {}
            Some(next) if next.is_ascii_alphabetic() || next == '_' => {
                let name = self.name();
                word.0.push(Part::Variable {
                    name,
                    change: None,
                    quoted,
                });
            }
            Some(next) if next.is_ascii_digit() || "@*#?-$!".contains(next) => {
                self.skip(1);
                word.0.push(Part::Variable {
                    name: next.to_string(),
                    change: None,
                    quoted,
                });
            }
            _ => push(word, '$', quoted),
        }
        Ok(())
    }

    /// `$'…'`: the escapes that matter here.
    fn dollar_quoted(&mut self) -> Result<String, Unreadable> {
        let mut text = String::new();
        loop {
            match self.next().ok_or(Unreadable)? {
                '\'' => return Ok(text),
                '\\' => text.push(match self.next().ok_or(Unreadable)? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                }),
                next => text.push(next),
            }
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(next) = self
            .peek()
            .filter(|next| next.is_ascii_alphanumeric() || *next == '_')
        {
            name.push(next);
            self.skip(1);
        }
        name
    }

    /// `${…}` after the brace.
    fn braced(&mut self, quoted: bool) -> Result<Part, Unreadable> {
        self.deeper()?;
        let part = self.braced_inside(quoted);
        self.depth -= 1;
        part
    }

    fn braced_inside(&mut self, quoted: bool) -> Result<Part, Unreadable> {
        let name = match self.peek().ok_or(Unreadable)? {
            next if next.is_ascii_alphanumeric() || next == '_' => self.name(),
            next if "@*?-$".contains(next) => {
                self.skip(1);
                next.to_string()
            }
            // ${#NAME}, ${!NAME}
            _ => {
                self.closing_brace()?;
                return Ok(Part::Unknown);
            }
        };
        let empty = self.peek() == Some(':');
        let after = self.at + usize::from(empty);
        let change = match self.text.get(after) {
            Some('}') if !empty => {
                self.skip(1);
                return Ok(Part::Variable {
                    name,
                    change: None,
                    quoted,
                });
            }
            Some('-') => Change::Default { empty },
            Some('=') => Change::Assign { empty },
            Some('+') => Change::Instead { empty },
            Some('?') => Change::Demand,
            _ => {
                let change = self.closing_brace()?;
                return Ok(Part::Variable {
                    name,
                    change: Some((Change::Other, change)),
                    quoted,
                });
            }
        };
        self.skip(1 + usize::from(empty));
        let word = self.closing_brace()?;
        Ok(Part::Variable {
            name,
            change: Some((change, word)),
            quoted,
        })
    }

    /// The word up to the brace that closes.
    fn closing_brace(&mut self) -> Result<Word, Unreadable> {
        let mut word = Word::default();
        loop {
            if self.peek().ok_or(Unreadable)? == '}' {
                self.skip(1);
                return Ok(word);
            }
            self.piece(&mut word, false)?;
        }
    }

    fn deeper(&mut self) -> Result<(), Unreadable> {
        self.depth += 1;
        if self.depth > DEEPEST {
            Err(Unreadable)
        } else {
            Ok(())
        }
    }

    /// The text up to the parenthesis that closes, which is taken too.
    pub(crate) fn enclosed(&mut self) -> Result<String, Unreadable> {
        let start = self.at;
        let mut open = 1;
        loop {
            match self.next().ok_or(Unreadable)? {
                '\\' => self.skip(1),
                '\'' => drop(self.until('\'')?),
                '"' => {
                    let mut ignored = Word::default();
                    self.deeper()?;
                    while self.peek().ok_or(Unreadable)? != '"' {
                        self.piece(&mut ignored, true)?;
                    }
                    self.depth -= 1;
                    self.skip(1);
                }
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Ok(self.text[start..self.at - 1].iter().collect());
            }
        }
    }
}

/// Appends a character, to the last text if it is quoted alike.
fn push(word: &mut Word, next: char, as_quoted: bool) {
    match word.0.last_mut() {
        Some(Part::Text { text, quoted }) if *quoted == as_quoted => text.push(next),
        _ => word.0.push(Part::Text {
            text: next.into(),
            quoted: as_quoted,
        }),
    }
}
