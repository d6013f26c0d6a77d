//! Running other programs and keeping what they said.

use std::process::{Command, Output, Stdio};

use crate::error::{Error, Result};

/// What a finished program left behind.
pub(crate) struct Ended {
    /// Its exit status; `None` when a signal ended it.
    pub(crate) status: Option<i32>,
    /// Standard output.
    pub(crate) stdout: Vec<u8>,
    /// Standard error as text.
    pub(crate) stderr: String,
}

impl Ended {
    /// Whether the program reported success.
    pub(crate) fn ok(&self) -> bool {
        self.status == Some(0)
    }

    /// Standard output as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// Runs `command` to its end without a terminal and captures both outputs.
pub(crate) fn capture(command: &mut Command) -> Result<Ended> {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::Start {
            program: shown(command),
            source,
        })?;
    Ok(Ended {
        status: status.code(),
        stdout,
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    })
}

/// Like [`capture`], but a failure of the program is an error; returns its standard output.
pub(crate) fn demand(command: &mut Command) -> Result<String> {
    let ended = capture(command)?;
    if ended.ok() {
        return Ok(ended.text());
    }
    Err(Error::Failed {
        command: shown(command),
        status: ended
            .status
            .map_or_else(|| "signal".to_owned(), |code| code.to_string()),
        output: last_lines(&ended.stderr, 15),
    })
}

/// Runs `command` with our own terminal and says whether it succeeded.
pub(crate) fn pass(command: &mut Command) -> Result<bool> {
    let status = command.status().map_err(|source| Error::Start {
        program: shown(command),
        source,
    })?;
    Ok(status.success())
}

/// The last `count` lines that say something.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned()),
    );
    words.join(" ")
}
