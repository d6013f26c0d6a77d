//! Words → fields, with the values of variables that are known. Runs no substitution: a few are computed, the rest is unknown.
//!
//! Source: POSIX.1-2024, Shell Command Language, 2.6; of bash substrings.

use super::super::walk::{UNKNOWN, UNSET, is_known};
use super::pattern;
use super::state::State;
use super::syntax::{Change, Part, Word};

/// Longer values are not followed.
const LONGEST: usize = 64 << 10;

/// What a word becomes: any number of fields.
pub(crate) fn fields(word: &Word, state: &mut State) -> Vec<String> {
    let mut out = Fields::default();
    for (index, part) in word.0.iter().enumerate() {
        match part {
            Part::Text { text, quoted: true } => out.push(text),
            Part::Text {
                text,
                quoted: false,
            } => {
                let home = (index == 0).then(|| tilde(text, state)).flatten();
                let text = home.as_deref().unwrap_or(text);
                match globs(text) {
                    true => out.push(&UNKNOWN.to_string()),
                    false => out.push(text),
                }
            }
            Part::Variable {
                name,
                change: None,
                quoted: true,
            } if name == "@" => out.each(&state.arguments),
            Part::Variable {
                name,
                change,
                quoted,
            } => {
                let value = variable(name, change.as_ref(), state);
                out.value(&value, *quoted);
            }
            Part::Substitution { text, quoted } => {
                let value = super::substitute::value(text, state);
                out.value(&value, *quoted);
            }
            Part::Unknown => out.push(&UNKNOWN.to_string()),
        }
    }
    out.done()
}

/// What a word becomes where no splitting is done: in assignments, `case`, redirections.
pub(crate) fn text(word: &Word, state: &mut State) -> String {
    let mut out = String::new();
    for (index, part) in word.0.iter().enumerate() {
        match part {
            Part::Text { text, quoted } => {
                let home = (index == 0 && !quoted)
                    .then(|| tilde(text, state))
                    .flatten();
                out.push_str(home.as_deref().unwrap_or(text));
            }
            Part::Variable { name, change, .. } => {
                out.push_str(&variable(name, change.as_ref(), state))
            }
            Part::Substitution { text, .. } => out.push_str(&super::substitute::value(text, state)),
            Part::Unknown => out.push(UNKNOWN),
        }
        if out.len() > LONGEST {
            return UNKNOWN.to_string();
        }
    }
    out
}

/// A pattern of `case`: quoted characters stand for themselves.
pub(crate) fn pattern_of(word: &Word, state: &mut State) -> Vec<(char, bool)> {
    let mut out = Vec::new();
    for part in &word.0 {
        match part {
            Part::Text { text, quoted } => out.extend(text.chars().map(|next| (next, *quoted))),
            Part::Variable {
                name,
                change,
                quoted,
            } => {
                out.extend(
                    variable(name, change.as_ref(), state)
                        .chars()
                        .map(|next| (next, *quoted)),
                );
            }
            _ => out.push((UNKNOWN, true)),
        }
    }
    out
}

fn tilde(text: &str, state: &State) -> Option<String> {
    let rest = text.strip_prefix('~')?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    Some(format!("{}{rest}", state.get("HOME")))
}

/// Whether an unquoted text is a pattern for file names, or for the braces of bash.
fn globs(text: &str) -> bool {
    text.contains(['*', '?']) || (text.contains('{') && text.contains(',') && text.contains('}'))
}

fn variable(name: &str, change: Option<&(Change, Word)>, state: &mut State) -> String {
    let value = state.parameter(name);
    let Some((change, word)) = change else {
        return value;
    };
    let unset = value.contains(UNSET);
    if value.contains(UNKNOWN) {
        return UNKNOWN.to_string();
    }
    let missing = |empty: bool| unset || (empty && value.is_empty());
    match *change {
        Change::Default { empty } if missing(empty) => text(word, state),
        Change::Assign { empty } if missing(empty) => {
            let new = text(word, state);
            state.set(name, new.clone());
            new
        }
        Change::Instead { empty } => match missing(empty) {
            true => String::new(),
            false => text(word, state),
        },
        Change::Other => altered(&value, word, state),
        _ => value,
    }
}

/// `${NAME#pattern}`, `${NAME%pattern}`, `${NAME:0:1}`; everything else is unknown.
fn altered(value: &str, word: &Word, state: &mut State) -> String {
    let unknown = || UNKNOWN.to_string();
    if !is_known(value) {
        return unknown();
    }
    let operator = pattern_of(word, state);
    let is = |at: usize, wanted: char| {
        operator
            .get(at)
            .is_some_and(|(next, quoted)| *next == wanted && !quoted)
    };
    let (suffix, long) = match (is(0, '#'), is(0, '%')) {
        (true, _) => (false, is(1, '#')),
        (_, true) => (true, is(1, '%')),
        _ => {
            return substring(
                value,
                &operator.iter().map(|(next, _)| *next).collect::<String>(),
            )
            .unwrap_or_else(unknown);
        }
    };
    let wanted = &operator[1 + usize::from(long)..];
    if wanted.iter().any(|(next, _)| !is_known(&next.to_string())) {
        return unknown();
    }
    pattern::removed(value, wanted, suffix, long)
}

fn substring(value: &str, operator: &str) -> Option<String> {
    let mut numbers = operator.strip_prefix(':')?.split(':');
    let start: usize = numbers.next()?.trim().parse().ok()?;
    let count = match numbers.next() {
        Some(count) => count.trim().parse().ok()?,
        None => usize::MAX,
    };
    Some(value.chars().skip(start).take(count).collect())
}

/// Fields as they are put together.
#[derive(Default)]
struct Fields {
    done: Vec<String>,
    open: Option<String>,
    bytes: usize,
}

impl Fields {
    fn push(&mut self, text: &str) {
        self.bytes += text.len();
        if self.bytes <= LONGEST {
            self.open.get_or_insert_default().push_str(text);
        }
    }

    /// `"$@"`.
    fn each(&mut self, values: &[String]) {
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.done.extend(self.open.take());
            }
            self.push(value);
        }
    }

    fn value(&mut self, value: &str, quoted: bool) {
        if quoted || !is_known(value) {
            return self.push(value);
        }
        let blank = |next: char| next.is_ascii_whitespace();
        if value.starts_with(blank) {
            self.done.extend(self.open.take());
        }
        for (index, field) in value.split_ascii_whitespace().enumerate() {
            if index > 0 {
                self.done.extend(self.open.take());
            }
            self.push(field);
        }
        if value.ends_with(blank) {
            self.done.extend(self.open.take());
        }
    }

    fn done(mut self) -> Vec<String> {
        self.done.extend(self.open.take());
        self.done
    }
}
