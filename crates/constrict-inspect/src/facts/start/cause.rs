//! Whose fault an obstacle is: one rule tells of each. Never says how to mend it.

use super::execute::base_name;
use super::walk::{is_known, shown_words};
use super::{Obstacle, ObstacleKind, Start, python};
use crate::files::{file_name, shown};
use crate::rule::Severity;

/// Words that only a shell knows.
const BUILTINS: &[&str] = &[
    "cd", "exec", "export", "source", ".", "set", "eval", "if", "while", "for", "ulimit", "umask",
    "unset",
];

/// What is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A program is not in the image, or not on PATH.
    MissingProgram,
    /// A line of a script ends with a carriage return.
    CarriageReturn,
    /// Words that a shell would understand are given to none.
    NoShell,
    /// A list that was not written as JSON, or a command line in one string.
    NotJson,
    /// What a script's first line names is missing, or there is no shell for shell form.
    MissingInterpreter,
    /// A Python that a script or link names is missing.
    MissingPython,
    /// No permission.
    Permission,
    /// An unknown user.
    UnknownUser,
    /// What a program is told to run or serve is missing.
    MissingTarget,
    /// ENTRYPOINT takes CMD as its arguments.
    Entrypoint,
    /// The dynamic loader is missing.
    MissingLoader,
    /// The image says nothing of what to start.
    NoCommand,
}

impl Obstacle {
    /// How bad it is; `None` where it may never be met.
    pub fn severity(&self) -> Option<Severity> {
        match (self.sure, self.fatal) {
            (true, true) => Some(Severity::Breaks),
            (true, false) => Some(Severity::Risk),
            (false, _) => None,
        }
    }

    /// `this image cannot start: ` where it cannot.
    pub fn lead(&self) -> &'static str {
        if self.breaks() {
            "this image cannot start: "
        } else {
            ""
        }
    }

    /// How it came to that: the words and what led there.
    pub fn route(&self) -> String {
        let words = shown_words(&self.argv);
        let mut steps = self.via.clone();
        if !steps.last().is_some_and(|last| last.contains(&words)) {
            steps.push(words);
        }
        steps.join(" → ")
    }

    /// What is at fault.
    pub fn cause(&self, start: &Start) -> Cause {
        match &self.kind {
            ObstacleKind::NoCommand => Cause::NoCommand,
            ObstacleKind::NoUser { .. } => Cause::UnknownUser,
            ObstacleKind::NotExecutable { .. }
            | ObstacleKind::Closed { .. }
            | ObstacleKind::IsDirectory { .. }
            | ObstacleKind::UnreadableScript { .. } => Cause::Permission,
            ObstacleKind::NoLoader { .. } => Cause::MissingLoader,
            ObstacleKind::ExecFormat { .. } => Cause::MissingInterpreter,
            ObstacleKind::NoInterpreter { interpreter, .. } => match interpreter {
                name if name.ends_with('\r') => Cause::CarriageReturn,
                name if python::is_interpreter(base_name(name)) => Cause::MissingPython,
                _ => Cause::MissingInterpreter,
            },
            ObstacleKind::DanglingLink { path, .. } => match python::is_interpreter(&name_of(path))
            {
                true => Cause::MissingPython,
                false => Cause::MissingProgram,
            },
            ObstacleKind::NotOnPath { name } => self.of_name(name, start),
            ObstacleKind::NoSuchFile { path } => self.of_file(path, start),
            ObstacleKind::NoScript { path } => self.of_script(path, start),
            ObstacleKind::NoDirectory { path } if path.ends_with(b"\r") => Cause::CarriageReturn,
            ObstacleKind::NoDirectory { .. } | ObstacleKind::NoApplication { .. } => {
                Cause::MissingTarget
            }
        }
    }

    /// Whether the words are those of ENTRYPOINT and CMD, which no shell has read.
    fn is_direct(&self, start: &Start) -> bool {
        self.argv == start.argv
    }

    fn of_name(&self, name: &str, start: &Start) -> Cause {
        if name.ends_with('\r') {
            return Cause::CarriageReturn;
        }
        // ['python', 'app.py'] as a shell reads it
        if name.starts_with('[') && name.len() > 1 {
            return Cause::NotJson;
        }
        if self.is_direct(start) {
            if name.contains(' ') {
                return Cause::NotJson;
            }
            if BUILTINS.contains(&name) || name.contains('$') || name.contains('=') {
                return Cause::NoShell;
            }
            if is_shell(name) {
                return Cause::MissingInterpreter;
            }
        }
        let by_first_line = self
            .via
            .last()
            .is_some_and(|step| step.contains(":1 #!") && step.contains(name));
        if by_first_line {
            Cause::MissingInterpreter
        } else {
            Cause::MissingProgram
        }
    }

    fn of_file(&self, path: &[u8], start: &Start) -> Cause {
        let name = name_of(path);
        if name.ends_with('\r') {
            return Cause::CarriageReturn;
        }
        if self
            .argv
            .first()
            .is_some_and(|word| word == "." || word == "source")
        {
            return Cause::MissingTarget;
        }
        if self.is_direct(start) {
            if is_shell(&name) && self.argv.get(1).is_some_and(|word| word == "-c") {
                return Cause::MissingInterpreter;
            }
            if self.argv.len() == 1 && self.argv[0].contains(' ') {
                return Cause::NotJson;
            }
            if self.argv[0].contains('$') {
                return Cause::NoShell;
            }
        }
        match python::is_interpreter(&name) {
            true => Cause::MissingPython,
            false => Cause::MissingProgram,
        }
    }

    fn of_script(&self, path: &[u8], start: &Start) -> Cause {
        let name = name_of(path);
        if name.ends_with('\r') {
            return Cause::CarriageReturn;
        }
        let eaten = self.is_direct(start)
            && start
                .eaten
                .as_deref()
                .is_some_and(|word| is_known(word) && shown(path).ends_with(&format!("/{word}")));
        if eaten {
            Cause::Entrypoint
        } else {
            Cause::MissingTarget
        }
    }
}

fn is_shell(name: &str) -> bool {
    ["sh", "bash", "ash", "dash", "zsh"].contains(&base_name(name))
}

fn name_of(path: &[u8]) -> String {
    String::from_utf8_lossy(file_name(path)).into_owned()
}
