//! One walk through what an image starts: the programs found so far, what stands in the way, and how far it may still go.

use super::{Obstacle, ObstacleKind, Program, Start};
use crate::facts::Facts;
use crate::facts::account::User;
use crate::facts::environment::Environment;
use crate::files::Files;

/// Stands in a word for what only the run tells.
pub const UNKNOWN: char = '\u{f8ff}';
/// Stands in a word for a variable that the image does not set: empty in a plain run.
pub const UNSET: char = '\u{f8fe}';

/// How deep programs start programs, or shell commands nest.
pub(crate) const DEEPEST: usize = 100;
/// How many shell commands and programs are looked at.
const STEPS: usize = 4000;
/// How many programs are kept.
const PROGRAMS: usize = 200;

/// Whether every part of a word is known.
pub fn is_known(word: &str) -> bool {
    !word.contains([UNKNOWN, UNSET])
}

/// Words as people write them, quoted where a shell needs it; what is not known is `…`.
pub fn shown_words(words: &[String]) -> String {
    let shown = |word: &String| {
        let word = word.replace([UNKNOWN, UNSET], "…");
        let plain = |next: char| next.is_alphanumeric() || "-_./:=@%+,…~[]()!".contains(next);
        match !word.is_empty() && word.chars().all(plain) {
            true => word,
            false => format!("'{}'", word.replace('\n', "\\n").replace('\r', "\\r")),
        }
    };
    let mut text = words.iter().map(shown).collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = text.char_indices().nth(120) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Who executes a program: not all of them go on where the kernel refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// execve: the run-time, and programs written in Go.
    Kernel,
    /// execvp of the C library: a file without `#!` is given to `/bin/sh`.
    Library,
    /// A shell: a file without `#!` is read by itself.
    Shell,
}

/// What a process would have.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) environment: Environment,
    pub(crate) user: User,
    pub(crate) via: Vec<String>,
    pub(crate) sure: bool,
    /// If it fails, the container does.
    pub(crate) fatal: bool,
    /// Whether it succeeds is what is asked: its failure is no fault.
    pub(crate) asked: bool,
    /// Whether it is the container's first process, which gets the signals.
    pub(crate) first: bool,
    /// A shell that is the first process waits for it and passes no signal on.
    pub(crate) deaf: bool,
}

/// The walk.
pub(crate) struct Walker<'a, 'f> {
    pub(crate) facts: &'f Facts<'a>,
    pub(crate) out: Start,
    /// How deep it is now.
    pub(crate) depth: usize,
    /// What comes next in the shell that is followed may never be reached.
    pub(crate) doubt: bool,
    /// Something ran that may have made or changed files.
    pub(crate) changed: bool,
    /// The interpreter that ran last cannot read what it was told to run.
    pub(crate) failed: bool,
    steps: usize,
}

impl<'a, 'f> Walker<'a, 'f> {
    pub(crate) fn new(facts: &'f Facts<'a>) -> Walker<'a, 'f> {
        Walker {
            facts,
            out: Start::default(),
            depth: 0,
            doubt: false,
            changed: false,
            failed: false,
            steps: STEPS,
        }
    }

    pub(crate) fn files(&self) -> &'a Files {
        self.facts.files()
    }

    /// Whether there is still something to spend.
    pub(crate) fn step(&mut self) -> bool {
        self.steps = self.steps.saturating_sub(1);
        if self.steps == 0 {
            self.unknown("there is more than is looked at".into());
        }
        self.steps > 0
    }

    pub(crate) fn unknown(&mut self, why: String) {
        if !self.out.unknown.contains(&why) && self.out.unknown.len() < PROGRAMS {
            self.out.unknown.push(why);
        }
    }

    /// Something writes to a path: what is there then is not known.
    pub(crate) fn wrote(&mut self, path: &str) {
        if !path.starts_with("/dev/") && !path.starts_with("/proc/") {
            self.changed = true;
        }
    }

    /// Records what stands in the way; whether it surely does.
    pub(crate) fn obstacle(
        &mut self,
        kind: ObstacleKind,
        argv: Vec<String>,
        process: &Process,
    ) -> bool {
        if process.asked {
            return false;
        }
        let sure = process.sure && !self.changed;
        if self.out.obstacles.len() < PROGRAMS {
            self.out.obstacles.push(Obstacle {
                kind,
                argv,
                via: process.via.clone(),
                sure,
                fatal: process.fatal,
                environment: process.environment.clone(),
                user: process.user.clone(),
            });
        }
        !self.changed
    }

    /// Records a program; its index.
    pub(crate) fn record(&mut self, program: Program) -> Option<usize> {
        if self.out.programs.len() >= PROGRAMS {
            self.unknown("there are more programs than are looked at".into());
            return None;
        }
        self.out.programs.push(program);
        Some(self.out.programs.len() - 1)
    }
}
