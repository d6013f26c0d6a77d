//! Follows the commands of a shell text: which programs it starts, with which words, variables and directory.
//!
//! What is not known makes things unsure. A condition that depends on a variable which the image does not set is taken
//! to be what it is in a plain run, and what depends on it is unsure all the same.

use super::super::walk::{Caller, DEEPEST, Process, UNKNOWN, UNSET, Walker, is_known, shown_words};
use super::builtin;
use super::expand;
use super::pattern;
use super::state::State;
use super::syntax::{Command, Item, List, Simple, Word};
use crate::files::shown;

/// A shell that runs.
pub(crate) struct Shell {
    pub(crate) state: State,
    pub(crate) process: Process,
    /// The script, for messages; `None` for the text of `-c`.
    pub(crate) script: Option<Vec<u8>>,
    /// It does something itself when a signal comes.
    pub(crate) traps: bool,
    /// Whether it is bash or another one with bash's words.
    pub(crate) dialect: Dialect,
}

impl Shell {
    /// What a program that it starts would have.
    pub(crate) fn process_at(&self, words: &[String], line: usize, place: Place) -> Process {
        let mut via = self.process.via.clone();
        if let Some(script) = &self.script {
            via.push(format!("{}:{line} {}", shown(script), shown_words(words)));
        }
        Process {
            environment: self.state.environment(),
            user: self.process.user.clone(),
            via,
            sure: place.sure && !place.asked,
            fatal: self.process.fatal && (place.last || place.strict) && !place.asked,
            asked: place.asked || self.process.asked,
            first: false,
            deaf: self.process.first && !self.traps && place.last && !place.asked,
        }
    }
}

/// Which shell it is, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Debian's.
    Dash,
    /// busybox.
    Ash,
    /// bash, and what is like it.
    Bash,
}

/// How a command is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Each time.
    pub(crate) sure: bool,
    /// It is the last one: its failure is that of the shell.
    pub(crate) last: bool,
    /// `set -e` ends the shell if it fails.
    pub(crate) strict: bool,
    /// It is asked whether it succeeds: `if`, `while`.
    pub(crate) asked: bool,
}

impl Place {
    fn maybe(self) -> Place {
        Place {
            sure: false,
            ..self
        }
    }

    fn condition(self) -> Place {
        Place {
            last: false,
            strict: false,
            asked: true,
            ..self
        }
    }
}

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Known(bool),
    /// In a run without further variables.
    Likely(bool),
    /// A program's: success is what is hoped for.
    Program,
    Unknown,
}

/// What comes after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Next(Status),
    /// Out of the function or sourced file.
    Return(Status),
    /// The shell has ended, or is another program now.
    Ended {
        failed: bool,
    },
}

impl Walker<'_, '_> {
    /// Follows a text in a new shell.
    pub(crate) fn shell(&mut self, shell: &mut Shell, text: &str) {
        let (list, whole) = super::parse_readable(text);
        let place = Place {
            sure: shell.process.sure,
            last: whole,
            strict: false,
            asked: false,
        };
        let flow = self.list(&list, shell, place);
        if !whole && !matches!(flow, Flow::Ended { .. }) {
            let name = shell
                .script
                .as_deref()
                .map_or("the shell text".to_string(), shown);
            self.unknown(format!("{name} is not shell that can be read"));
        }
    }

    /// Follows commands one after the other.
    pub(crate) fn list(&mut self, list: &List, shell: &mut Shell, place: Place) -> Flow {
        let mut flow = Flow::Next(Status::Known(true));
        let mut doubt = false;
        self.depth += 1;
        for (index, item) in list.iter().enumerate() {
            if self.depth > DEEPEST {
                self.unknown("the shell text is nested too deeply".into());
                break;
            }
            let here = Place {
                sure: place.sure && !doubt,
                last: place.last && index + 1 == list.len(),
                strict: !place.asked && (place.strict || shell.state.errexit),
                ..place
            };
            flow = self.item(item, shell, here);
            match flow {
                Flow::Next(_) => doubt |= std::mem::take(&mut self.doubt),
                _ => break,
            }
        }
        self.doubt |= doubt;
        self.depth -= 1;
        flow
    }

    fn item(&mut self, item: &Item, shell: &mut Shell, place: Place) -> Flow {
        if !item.background {
            return self.command(&item.command, shell, place);
        }
        let place = Place {
            last: false,
            strict: false,
            ..place
        };
        self.apart(shell, place, |walker, shell| {
            walker.command(&item.command, shell, place)
        });
        Flow::Next(Status::Known(true))
    }

    /// Runs something in a subshell: what it does to the state is forgotten.
    fn apart(
        &mut self,
        shell: &mut Shell,
        place: Place,
        run: impl FnOnce(&mut Self, &mut Shell) -> Flow,
    ) -> Flow {
        let before = shell.state.clone();
        let doubt = self.doubt;
        let fatal = shell.process.fatal;
        // `exec` ends only the subshell
        shell.process.fatal &= (place.last || place.strict) && !place.asked;
        let flow = run(self, shell);
        shell.process.fatal = fatal;
        shell.state = before;
        self.doubt = doubt;
        flow
    }

    fn command(&mut self, command: &Command, shell: &mut Shell, place: Place) -> Flow {
        if !self.step() {
            return Flow::Ended { failed: false };
        }
        match command {
            Command::Simple(simple) => self.simple(simple, shell, place),
            Command::Pipeline { negated, commands } => {
                self.pipeline(*negated, commands, shell, place)
            }
            Command::And(left, right) => self.and(left, right, shell, place),
            Command::Or(left, right) => self.or(left, right, shell, place),
            Command::Group(list) => self.list(list, shell, place),
            Command::Subshell(list) => {
                match self.apart(shell, place, |walker, shell| {
                    walker.list(list, shell, place)
                }) {
                    Flow::Next(status) => Flow::Next(status),
                    Flow::Return(status) => Flow::Next(status),
                    Flow::Ended { failed: true } => Flow::Next(Status::Known(false)),
                    Flow::Ended { failed: false } => Flow::Next(Status::Program),
                }
            }
            Command::If {
                branches,
                otherwise,
            } => self.conditional(branches, otherwise, shell, place),
            Command::Case { word, arms } => self.case(word, arms, shell, place),
            Command::While {
                until,
                condition,
                body,
            } => self.repeat(*until, condition, body, shell, place),
            Command::For { name, words, body } => {
                self.each(name, words.as_deref(), body, shell, place)
            }
            Command::Function { name, body } => {
                shell.state.functions.insert(name.clone(), body.clone());
                Flow::Next(Status::Known(true))
            }
            Command::Arithmetic => Flow::Next(Status::Unknown),
        }
    }

    fn pipeline(
        &mut self,
        negated: bool,
        commands: &[Command],
        shell: &mut Shell,
        place: Place,
    ) -> Flow {
        let mut flow = Flow::Next(Status::Unknown);
        for (index, command) in commands.iter().enumerate() {
            let last = index + 1 == commands.len();
            let here = match last && !negated {
                true => place,
                false => Place {
                    last: false,
                    strict: false,
                    asked: place.asked || negated,
                    ..place
                },
            };
            flow = match commands.len() {
                1 => self.command(command, shell, here),
                _ => {
                    match self.apart(shell, here, |walker, shell| {
                        walker.command(command, shell, here)
                    }) {
                        Flow::Next(status) => Flow::Next(status),
                        _ => Flow::Next(Status::Program),
                    }
                }
            };
        }
        match flow {
            Flow::Next(status) if negated => Flow::Next(match status {
                Status::Known(value) => Status::Known(!value),
                Status::Likely(value) => Status::Likely(!value),
                _ => Status::Unknown,
            }),
            flow => flow,
        }
    }

    fn and(&mut self, left: &Command, right: &Command, shell: &mut Shell, place: Place) -> Flow {
        // `a && exec b` with something after it: `a` asks whether `b` is what is wanted
        let asks = !place.last && leaves(right);
        let here = match asks {
            true => place.condition(),
            false => Place {
                strict: false,
                ..place
            },
        };
        let status = match self.command(left, shell, here) {
            Flow::Next(Status::Program) if asks => Status::Unknown,
            Flow::Next(status) => status,
            ended => return ended,
        };
        match status {
            Status::Known(true) | Status::Program => self.command(right, shell, place),
            Status::Known(false) => Flow::Next(status),
            Status::Likely(_) | Status::Unknown => {
                let likely = if let Status::Likely(value) = status {
                    Some(value)
                } else {
                    None
                };
                self.branch(shell, likely, |walker, shell| {
                    walker.command(right, shell, place.maybe())
                })
            }
        }
    }

    fn or(&mut self, left: &Command, right: &Command, shell: &mut Shell, place: Place) -> Flow {
        let tried = Place {
            last: false,
            strict: false,
            ..place
        };
        let status = match self.command(left, shell, tried) {
            Flow::Next(status) => status,
            ended => return ended,
        };
        match status {
            Status::Known(true) => Flow::Next(status),
            Status::Known(false) => self.command(right, shell, place),
            Status::Likely(value) => self.branch(shell, Some(!value), |walker, shell| {
                walker.command(right, shell, place.maybe())
            }),
            Status::Program => self.branch(shell, Some(false), |walker, shell| {
                walker.command(right, shell, place.maybe())
            }),
            Status::Unknown => self.branch(shell, None, |walker, shell| {
                walker.command(right, shell, place.maybe())
            }),
        }
    }

    /// A way that may be gone or not; `likely` says whether it is in a plain run.
    fn branch(
        &mut self,
        shell: &mut Shell,
        likely: Option<bool>,
        run: impl FnOnce(&mut Self, &mut Shell) -> Flow,
    ) -> Flow {
        let before = shell.state.clone();
        let doubt = std::mem::take(&mut self.doubt);
        let flow = run(self, shell);
        self.doubt = doubt;
        match flow {
            Flow::Next(_) => shell.state.merge(before, likely),
            ended => {
                shell.state = before;
                let failed = matches!(
                    ended,
                    Flow::Ended { failed: true } | Flow::Return(Status::Known(false))
                );
                // what comes after may never be reached in a run that goes well
                self.doubt |= !failed && likely != Some(false);
            }
        }
        Flow::Next(Status::Unknown)
    }

    fn conditional(
        &mut self,
        branches: &[(List, List)],
        otherwise: &List,
        shell: &mut Shell,
        place: Place,
    ) -> Flow {
        let Some(((condition, body), rest)) = branches.split_first() else {
            return self.list(otherwise, shell, place);
        };
        let status = match self.list(condition, shell, place.condition()) {
            Flow::Next(status) => status,
            ended => return ended,
        };
        match status {
            Status::Known(true) => self.list(body, shell, place),
            Status::Known(false) => self.conditional(rest, otherwise, shell, place),
            Status::Likely(_) | Status::Unknown | Status::Program => {
                let likely = if let Status::Likely(value) = status {
                    Some(value)
                } else {
                    None
                };
                self.alternatives(
                    shell,
                    likely,
                    |walker, shell| walker.list(body, shell, place.maybe()),
                    |walker, shell| walker.conditional(rest, otherwise, shell, place.maybe()),
                )
            }
        }
    }

    /// One of two ways is gone; `likely` says whether it is the first in a plain run.
    fn alternatives(
        &mut self,
        shell: &mut Shell,
        likely: Option<bool>,
        first: impl FnOnce(&mut Self, &mut Shell) -> Flow,
        second: impl FnOnce(&mut Self, &mut Shell) -> Flow,
    ) -> Flow {
        let before = shell.state.clone();
        let doubt = std::mem::take(&mut self.doubt);
        let one = first(self, shell);
        let after_one = std::mem::replace(&mut shell.state, before);
        let other = second(self, shell);
        self.doubt = doubt;
        let goes_on = |flow: &Flow| matches!(flow, Flow::Next(_));
        let failed = |flow: &Flow| matches!(flow, Flow::Ended { failed: true });
        match (goes_on(&one), goes_on(&other)) {
            (true, true) => shell.state.merge(after_one, likely.map(|first| !first)),
            (true, false) => {
                shell.state = after_one;
                self.doubt |= !failed(&other) && likely != Some(true);
            }
            (false, true) => self.doubt |= !failed(&one) && likely != Some(false),
            (false, false) => return if likely == Some(true) { one } else { other },
        }
        Flow::Next(Status::Unknown)
    }

    fn case(
        &mut self,
        word: &Word,
        arms: &[(Vec<Word>, List)],
        shell: &mut Shell,
        place: Place,
    ) -> Flow {
        let Some(((patterns, body), rest)) = arms.split_first() else {
            return Flow::Next(Status::Known(true));
        };
        let value = expand::text(word, &mut shell.state);
        let plain = value.replace(UNSET, "");
        let patterns: Vec<_> = patterns
            .iter()
            .map(|pattern| expand::pattern_of(pattern, &mut shell.state))
            .collect();
        let all = patterns
            .iter()
            .any(|pattern| pattern.as_slice() == [('*', false)]);
        let known = patterns
            .iter()
            .flatten()
            .all(|(next, _)| is_known(&next.to_string()));
        let hit = known
            && patterns
                .iter()
                .any(|pattern| pattern::matches(&plain, pattern));
        if all || (is_known(&value) && known) {
            return match all || hit {
                true => self.list(body, shell, place),
                false => self.case(word, rest, shell, place),
            };
        }
        let likely = (known && is_known(&plain)).then_some(hit);
        self.alternatives(
            shell,
            likely,
            |walker, shell| walker.list(body, shell, place.maybe()),
            |walker, shell| walker.case(word, rest, shell, place.maybe()),
        )
    }

    fn repeat(
        &mut self,
        until: bool,
        condition: &List,
        body: &List,
        shell: &mut Shell,
        place: Place,
    ) -> Flow {
        let status = match self.list(condition, shell, place.condition()) {
            Flow::Next(status) => status,
            ended => return ended,
        };
        let inside = Place {
            last: false,
            ..place
        };
        match status {
            Status::Known(value) if value == until => Flow::Next(Status::Known(true)),
            Status::Known(_) => {
                let flow = self.list(body, shell, inside);
                // only `break` goes on
                self.doubt = true;
                match flow {
                    Flow::Next(_) => Flow::Next(Status::Unknown),
                    ended => ended,
                }
            }
            _ => self.branch(shell, None, |walker, shell| {
                walker.list(body, shell, inside.maybe())
            }),
        }
    }

    fn each(
        &mut self,
        name: &str,
        words: Option<&[Word]>,
        body: &List,
        shell: &mut Shell,
        place: Place,
    ) -> Flow {
        let values: Vec<String> = match words {
            None => shell.state.arguments.clone(),
            Some(words) => words
                .iter()
                .flat_map(|word| expand::fields(word, &mut shell.state))
                .collect(),
        };
        let inside = Place {
            last: false,
            ..place
        };
        if values.len() > 16 || values.iter().any(|value| !is_known(value)) {
            shell.state.set(name, UNKNOWN.to_string());
            return self.branch(shell, None, |walker, shell| {
                walker.list(body, shell, inside.maybe())
            });
        }
        for value in values {
            shell.state.set(name, value);
            match self.list(body, shell, inside) {
                Flow::Next(_) => {}
                ended => return ended,
            }
        }
        Flow::Next(Status::Unknown)
    }

    fn simple(&mut self, simple: &Simple, shell: &mut Shell, place: Place) -> Flow {
        for target in &simple.writes {
            let path = expand::text(target, &mut shell.state);
            self.wrote(&path);
        }
        let words: Vec<String> = match simple.words.first().and_then(Word::literal).as_deref() {
            // no splitting in `export NAME=$VALUE`
            Some("export" | "local" | "readonly" | "declare" | "typeset") => simple
                .words
                .iter()
                .map(|word| expand::text(word, &mut shell.state))
                .collect(),
            _ => simple
                .words
                .iter()
                .flat_map(|word| expand::fields(word, &mut shell.state))
                .collect(),
        };
        let mut given = Vec::new();
        for (name, value) in &simple.assignments {
            let value = expand::text(value, &mut shell.state);
            given.push((name.clone(), value));
        }
        if words.is_empty() {
            given
                .into_iter()
                .for_each(|(name, value)| shell.state.set(&name, value));
            return Flow::Next(Status::Known(true));
        }
        self.invoke(words, &given, simple.line, shell, place)
    }

    /// A command by its words: a function, a builtin, or a program.
    pub(crate) fn invoke(
        &mut self,
        words: Vec<String>,
        given: &[(String, String)],
        line: usize,
        shell: &mut Shell,
        place: Place,
    ) -> Flow {
        if let Some(body) = shell.state.functions.get(&words[0]).cloned() {
            return self.function(&body, words, shell, place);
        }
        if let Some(flow) = builtin::run(self, &words, given, line, shell, place) {
            return flow;
        }
        self.program(words, given, line, shell, place, false)
    }

    fn function(
        &mut self,
        body: &Command,
        mut words: Vec<String>,
        shell: &mut Shell,
        place: Place,
    ) -> Flow {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.depth -= 1;
            self.unknown("a shell function calls itself".into());
            return Flow::Next(Status::Unknown);
        }
        let arguments = std::mem::replace(&mut shell.state.arguments, words.split_off(1));
        let flow = self.command(body, shell, place);
        shell.state.arguments = arguments;
        self.depth -= 1;
        match flow {
            Flow::Return(status) => Flow::Next(status),
            flow => flow,
        }
    }

    /// Starts a program; `replaced` for `exec`.
    pub(crate) fn program(
        &mut self,
        words: Vec<String>,
        given: &[(String, String)],
        line: usize,
        shell: &mut Shell,
        place: Place,
        replaced: bool,
    ) -> Flow {
        let mut process = shell.process_at(&words, line, place);
        process.fatal |= shell.process.fatal && replaced && !place.asked;
        // bash and busybox replace themselves with the last command of a text, dash does not
        let becomes = shell.script.is_none() && place.last && shell.dialect != Dialect::Dash;
        if replaced || becomes {
            (process.first, process.deaf) = (shell.process.first, shell.process.deaf);
        }
        for (name, value) in given {
            process
                .environment
                .variables
                .insert(name.clone(), value.replace(UNSET, ""));
        }
        let started = self.exec(words, process, Caller::Shell);
        match (replaced, started) {
            (true, _) => Flow::Ended { failed: false },
            (false, Some(true)) => Flow::Next(Status::Program),
            (false, Some(false)) => Flow::Next(Status::Known(false)),
            (false, None) => Flow::Next(Status::Program),
        }
    }
}

/// Whether nothing of the same shell runs after a command.
fn leaves(command: &Command) -> bool {
    match command {
        Command::Simple(simple) => match simple.words.first().and_then(Word::literal).as_deref() {
            Some("exec") => simple.words.len() > 1,
            Some("exit" | "return") => true,
            _ => false,
        },
        Command::Group(list) => list.last().is_some_and(|item| leaves(&item.command)),
        _ => false,
    }
}
