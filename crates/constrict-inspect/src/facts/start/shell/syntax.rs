//! The syntax tree of a shell text. Never says what a command does.

use std::rc::Rc;

/// Commands, one after the other.
pub(crate) type List = Vec<Item>;

/// A command of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) command: Command,
    /// Ended by `&`.
    pub(crate) background: bool,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Simple(Simple),
    /// `a | b`.
    Pipeline {
        negated: bool,
        commands: Vec<Command>,
    },
    /// `a && b`.
    And(Box<Command>, Box<Command>),
    /// `a || b`.
    Or(Box<Command>, Box<Command>),
    Group(List),
    Subshell(List),
    If {
        branches: Vec<(List, List)>,
        otherwise: List,
    },
    Case {
        word: Word,
        arms: Vec<(Vec<Word>, List)>,
    },
    /// `while` and `until`.
    While {
        until: bool,
        condition: List,
        body: List,
    },
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: List,
    },
    Function {
        name: String,
        body: Rc<Command>,
    },
    /// `((…))`, `[[ … ]]` of bash with operators: only the run tells.
    Arithmetic,
}

/// `NAME=value word word > file`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Simple {
    pub(crate) assignments: Vec<(String, Word)>,
    pub(crate) words: Vec<Word>,
    /// What `>` and `>>` write to.
    pub(crate) writes: Vec<Word>,
    /// First line 1.
    pub(crate) line: usize,
}

/// A word before expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) Vec<Part>);

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Text as it stands.
    Text { text: String, quoted: bool },
    /// `$NAME`, `$1`, `$@`, `${NAME:-word}`.
    Variable {
        name: String,
        change: Option<(Change, Word)>,
        quoted: bool,
    },
    /// `$(…)` or backquotes; the text inside.
    Substitution { text: String, quoted: bool },
    /// `$((…))`, `<(…)`, and what else only the run tells.
    Unknown,
}

/// What `${NAME…}` does to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// `-`, `:-`.
    Default { empty: bool },
    /// `=`, `:=`.
    Assign { empty: bool },
    /// `+`, `:+`.
    Instead { empty: bool },
    /// `?`, `:?`.
    Demand,
    /// `#`, `%`, and what bash adds.
    Other,
}

impl Word {
    /// The text, if it has neither quotes nor expansions: what a reserved word or a name has to be.
    pub(crate) fn plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [
                Part::Text {
                    text,
                    quoted: false,
                },
            ] => Some(text),
            _ => None,
        }
    }

    /// The text of a word that is quoted in whole or part, but has no expansions.
    pub(crate) fn literal(&self) -> Option<String> {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}
