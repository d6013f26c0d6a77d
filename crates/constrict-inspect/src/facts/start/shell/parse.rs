//! Tokens of a shell text → its syntax tree. Never expands a word.
//!
//! Source: POSIX.1-2024, Shell Command Language, 2.10, and of bash `[[ … ]]`, `((…))`, `function NAME`.

use std::rc::Rc;

use super::lex::{Lexer, Token, Unreadable};
use super::syntax::{Command, Item, List, Part, Simple, Word};

/// How deep commands may nest.
const DEEPEST: usize = 60;
/// How many commands one list of `&&` and `||` may have.
const LONGEST: usize = 500;
/// Words that end a list.
const CLOSING: &[&str] = &["then", "else", "elif", "fi", "do", "done", "esac", "}"];

/// Reads a whole text.
pub(crate) fn parse(text: &str) -> Result<List, Unreadable> {
    match parse_readable(text) {
        (list, true) => Ok(list),
        _ => Err(Unreadable),
    }
}

/// The commands up to the first that cannot be read, and whether that is the whole text: a shell runs what it has read, and
/// may never come to the rest.
pub(crate) fn parse_readable(text: &str) -> (List, bool) {
    let mut parser = Parser {
        lexer: Lexer::new(text),
        token: Token::Newline,
        line: 1,
        depth: 1,
    };
    let mut list = List::new();
    if parser.advance().is_err() {
        return (list, false);
    }
    loop {
        match parser.item() {
            Ok(Some(item)) => list.push(item),
            Ok(None) => return (list, parser.token == Token::End),
            Err(Unreadable) => return (list, false),
        }
    }
}

struct Parser {
    lexer: Lexer,
    token: Token,
    /// Where `token` begins.
    line: usize,
    depth: usize,
}

impl Parser {
    fn advance(&mut self) -> Result<Token, Unreadable> {
        let before = self.lexer.line;
        let next = self.lexer.token()?;
        // a token that spans lines, or a newline, begins where the one before ended
        self.line = match &next {
            Token::Newline => before,
            Token::Word(word) if spans_lines(word) => before,
            _ => self.lexer.line,
        };
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn plain(&self) -> Option<&str> {
        match &self.token {
            Token::Word(word) => word.plain(),
            _ => None,
        }
    }

    fn is_operator(&self, wanted: &str) -> bool {
        matches!(&self.token, Token::Operator(operator) if *operator == wanted)
    }

    fn is_word(&self, wanted: &str) -> bool {
        self.plain() == Some(wanted)
    }

    fn expect_word(&mut self, wanted: &str) -> Result<(), Unreadable> {
        match self.is_word(wanted) {
            true => self.advance().map(drop),
            false => Err(Unreadable),
        }
    }

    fn expect_operator(&mut self, wanted: &str) -> Result<(), Unreadable> {
        match self.is_operator(wanted) {
            true => self.advance().map(drop),
            false => Err(Unreadable),
        }
    }

    fn newlines(&mut self) -> Result<(), Unreadable> {
        while self.token == Token::Newline {
            self.advance()?;
        }
        Ok(())
    }

    /// Commands up to a closing word or operator, which is left.
    fn list(&mut self) -> Result<List, Unreadable> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Unreadable);
        }
        let mut list = List::new();
        while let Some(item) = self.item()? {
            list.push(item);
        }
        self.depth -= 1;
        Ok(list)
    }

    /// The next command with what ends it; `None` at a closing word or operator, which is left.
    fn item(&mut self) -> Result<Option<Item>, Unreadable> {
        self.newlines()?;
        let closes = |token: &Token| matches!(token, Token::Operator(operator) if [")", ";;", ";&", ";;&"].contains(operator));
        let word = || self.plain().is_some_and(|word| CLOSING.contains(&word));
        if self.token == Token::End || closes(&self.token) || word() {
            return Ok(None);
        }
        let command = self.and_or()?;
        let background = self.is_operator("&");
        if background || self.is_operator(";") {
            self.advance()?;
        } else if self.token != Token::Newline && self.token != Token::End && !closes(&self.token) {
            return Err(Unreadable);
        }
        Ok(Some(Item {
            command,
            background,
        }))
    }

    fn and_or(&mut self) -> Result<Command, Unreadable> {
        let mut left = self.pipeline()?;
        let mut length = 0;
        loop {
            length += 1;
            if length > LONGEST {
                return Err(Unreadable);
            }
            let and = self.is_operator("&&");
            if !and && !self.is_operator("||") {
                return Ok(left);
            }
            self.advance()?;
            self.newlines()?;
            let right = Box::new(self.pipeline()?);
            left = match and {
                true => Command::And(Box::new(left), right),
                false => Command::Or(Box::new(left), right),
            };
        }
    }

    fn pipeline(&mut self) -> Result<Command, Unreadable> {
        let mut negated = false;
        while self.is_word("!") {
            negated = !negated;
            self.advance()?;
        }
        let mut commands = vec![self.command()?];
        while self.is_operator("|") || self.is_operator("|&") {
            self.advance()?;
            self.newlines()?;
            commands.push(self.command()?);
        }
        match (negated, commands.len()) {
            (false, 1) => Ok(commands.remove(0)),
            _ => Ok(Command::Pipeline { negated, commands }),
        }
    }

    fn command(&mut self) -> Result<Command, Unreadable> {
        let compound = if self.is_operator("(") {
            self.parenthesis()?
        } else {
            match self.plain() {
                Some("{") => {
                    self.advance()?;
                    let list = self.list()?;
                    self.expect_word("}")?;
                    Command::Group(list)
                }
                Some("if") => self.conditional()?,
                Some("case") => self.case()?,
                Some("while") => self.repeated(false)?,
                Some("until") => self.repeated(true)?,
                Some("for" | "select") => self.each()?,
                Some("function") => {
                    self.advance()?;
                    let name = self.plain().ok_or(Unreadable)?.to_string();
                    self.advance()?;
                    if self.is_operator("(") {
                        self.advance()?;
                        self.expect_operator(")")?;
                    }
                    return self.function(name);
                }
                Some("[[") => self.bracketed()?,
                _ => return self.simple(),
            }
        };
        self.redirects(&mut Simple::default())?;
        Ok(compound)
    }

    fn function(&mut self, name: String) -> Result<Command, Unreadable> {
        self.newlines()?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Unreadable);
        }
        let body = Rc::new(self.command()?);
        self.depth -= 1;
        Ok(Command::Function { name, body })
    }

    /// `(list)` or `((…))`.
    fn parenthesis(&mut self) -> Result<Command, Unreadable> {
        let here = self.lexer.at;
        self.advance()?;
        if self.is_operator("(") && self.lexer.at == here + 1 {
            self.lexer.enclosed()?;
            self.advance()?;
            self.expect_operator(")")?;
            return Ok(Command::Arithmetic);
        }
        let list = self.list()?;
        self.expect_operator(")")?;
        Ok(Command::Subshell(list))
    }

    fn conditional(&mut self) -> Result<Command, Unreadable> {
        let mut branches = Vec::new();
        loop {
            self.advance()?;
            let condition = self.list()?;
            self.expect_word("then")?;
            branches.push((condition, self.list()?));
            match self.plain() {
                Some("elif") => {}
                Some("else") => {
                    self.advance()?;
                    let otherwise = self.list()?;
                    self.expect_word("fi")?;
                    return Ok(Command::If {
                        branches,
                        otherwise,
                    });
                }
                Some("fi") => {
                    self.advance()?;
                    return Ok(Command::If {
                        branches,
                        otherwise: List::new(),
                    });
                }
                _ => return Err(Unreadable),
            }
        }
    }

    fn case(&mut self) -> Result<Command, Unreadable> {
        self.advance()?;
        let Token::Word(word) = self.advance()? else {
            return Err(Unreadable);
        };
        self.newlines()?;
        self.expect_word("in")?;
        let mut arms = Vec::new();
        loop {
            self.newlines()?;
            if self.is_word("esac") {
                self.advance()?;
                return Ok(Command::Case { word, arms });
            }
            if self.is_operator("(") {
                self.advance()?;
            }
            let mut patterns = Vec::new();
            loop {
                let Token::Word(pattern) = self.advance()? else {
                    return Err(Unreadable);
                };
                patterns.push(pattern);
                if !self.is_operator("|") {
                    break;
                }
                self.advance()?;
            }
            self.expect_operator(")")?;
            arms.push((patterns, self.list()?));
            if matches!(&self.token, Token::Operator(operator) if [";;", ";&", ";;&"].contains(operator))
            {
                self.advance()?;
            }
        }
    }

    fn repeated(&mut self, until: bool) -> Result<Command, Unreadable> {
        self.advance()?;
        let condition = self.list()?;
        let body = self.body()?;
        Ok(Command::While {
            until,
            condition,
            body,
        })
    }

    fn body(&mut self) -> Result<List, Unreadable> {
        self.expect_word("do")?;
        let body = self.list()?;
        self.expect_word("done")?;
        Ok(body)
    }

    fn each(&mut self) -> Result<Command, Unreadable> {
        self.advance()?;
        if self.is_operator("(") {
            self.parenthesis()?;
            if self.is_operator(";") {
                self.advance()?;
            }
            self.newlines()?;
            let body = self.body()?;
            return Ok(Command::For {
                name: String::new(),
                words: Some(vec![Word(vec![Part::Unknown])]),
                body,
            });
        }
        let name = self.plain().ok_or(Unreadable)?.to_string();
        self.advance()?;
        self.newlines()?;
        let mut words = None;
        if self.is_word("in") {
            self.advance()?;
            let mut list = Vec::new();
            while let Token::Word(word) = &self.token {
                list.push(word.clone());
                self.advance()?;
            }
            words = Some(list);
        }
        if self.is_operator(";") {
            self.advance()?;
        }
        self.newlines()?;
        let body = self.body()?;
        Ok(Command::For { name, words, body })
    }

    /// `[[ … ]]`: as `[ … ]` if it is one simple test.
    fn bracketed(&mut self) -> Result<Command, Unreadable> {
        let line = self.line;
        self.advance()?;
        let mut words = vec![text("[[")];
        let mut simple = true;
        loop {
            match self.advance()? {
                Token::Word(word) if word.plain() == Some("]]") => break,
                Token::Word(word) => words.push(word),
                Token::End => return Err(Unreadable),
                _ => simple = false,
            }
        }
        words.push(text("]]"));
        match simple {
            true => Ok(Command::Simple(Simple {
                words,
                line,
                ..Simple::default()
            })),
            false => Ok(Command::Arithmetic),
        }
    }

    fn simple(&mut self) -> Result<Command, Unreadable> {
        let mut simple = Simple {
            line: self.line,
            ..Simple::default()
        };
        let mut any = false;
        loop {
            any |= self.redirects(&mut simple)?;
            let Token::Word(word) = &self.token else {
                break;
            };
            match assignment(word) {
                Some(assignment) if simple.words.is_empty() => simple.assignments.push(assignment),
                _ => simple.words.push(word.clone()),
            }
            any = true;
            self.advance()?;
            if self.is_operator("(") && simple.words.len() == 1 && simple.assignments.is_empty() {
                let name = simple.words[0].plain().ok_or(Unreadable)?.to_string();
                self.advance()?;
                self.expect_operator(")")?;
                return self.function(name);
            }
        }
        if any {
            Ok(Command::Simple(simple))
        } else {
            Err(Unreadable)
        }
    }

    /// Whether there were any.
    fn redirects(&mut self, simple: &mut Simple) -> Result<bool, Unreadable> {
        let mut any = false;
        while let Token::Redirect(operator) = self.token {
            any = true;
            self.advance()?;
            // the delimiter of a here-document is already read
            if operator == "<<" || operator == "<<-" {
                continue;
            }
            let Token::Word(target) = self.advance()? else {
                return Err(Unreadable);
            };
            if operator.contains('>') && operator != ">&" {
                simple.writes.push(target);
            }
        }
        Ok(any)
    }
}

fn text(text: &str) -> Word {
    Word(vec![Part::Text {
        text: text.into(),
        quoted: false,
    }])
}

fn spans_lines(word: &Word) -> bool {
    word.0.iter().any(|part| match part {
        Part::Text { text, .. } | Part::Substitution { text, .. } => text.contains('\n'),
        _ => false,
    })
}

/// `NAME=value` as a name and the word of the value.
fn assignment(word: &Word) -> Option<(String, Word)> {
    let Part::Text {
        text,
        quoted: false,
    } = word.0.first()?
    else {
        return None;
    };
    let (name, value) = text.split_once('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    let appended = text[..text.find('=')?].ends_with('+');
    let mut characters = name.chars();
    let first = characters.next()?;
    if !(first.is_ascii_alphabetic() || first == '_')
        || !characters.all(|next| next.is_ascii_alphanumeric() || next == '_')
    {
        return None;
    }
    if appended {
        return Some((name.to_string(), Word(vec![Part::Unknown])));
    }
    let mut parts = Vec::new();
    if !value.is_empty() {
        parts.push(Part::Text {
            text: value.into(),
            quoted: false,
        });
    }
    parts.extend_from_slice(&word.0[1..]);
    Some((name.to_string(), Word(parts)))
}
