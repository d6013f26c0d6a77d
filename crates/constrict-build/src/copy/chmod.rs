//! `--chmod`: an octal mode or symbolic changes, as chmod(1) reads them.

use crate::error::{Error, Result};

/// A change of permission bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ModeChange {
    /// The bits themselves.
    Absolute(u32),
    /// `u+x,go-w`: applied one after the other.
    Symbolic(Vec<Clause>),
}

/// One clause: `ug+rX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clause {
    who: Who,
    operation: u8,
    permissions: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Who {
    user: bool,
    group: bool,
    other: bool,
}

impl ModeChange {
    /// Reads the value of `--chmod`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let invalid = || {
            Error::Invalid(format!(
                "invalid chmod parameter: `{text}`: it is an octal number between 0 and 7777 or symbolic changes such as `u+x`"
            ))
        };
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            let mode = u32::from_str_radix(text, 8).map_err(|_| invalid())?;
            return if mode <= 0o7777 {
                Ok(ModeChange::Absolute(mode))
            } else {
                Err(invalid())
            };
        }
        let mut clauses = Vec::new();
        for part in text.split(',') {
            let at = part.find(['+', '-', '=']).ok_or_else(invalid)?;
            let who = parse_who(&part[..at]).ok_or_else(invalid)?;
            clauses.extend(parse_actions(who, &part.as_bytes()[at..]).ok_or_else(invalid)?);
        }
        Ok(ModeChange::Symbolic(clauses))
    }

    /// The bits after the change.
    pub(crate) fn apply(&self, mode: u32, is_directory: bool) -> u32 {
        match self {
            ModeChange::Absolute(mode) => *mode,
            ModeChange::Symbolic(clauses) => clauses
                .iter()
                .fold(mode, |mode, clause| clause.apply(mode, is_directory)),
        }
    }

    /// The bits of a directory that is made on the way: BuildKit's mkdir, under umask 022, takes no more than the
    /// permissions of an octal mode.
    pub(crate) fn for_new_directory(&self) -> u32 {
        match self {
            ModeChange::Absolute(mode) => mode & 0o777 & !0o022,
            ModeChange::Symbolic(_) => 0o755,
        }
    }
}

fn parse_who(text: &str) -> Option<Who> {
    let mut who = Who {
        user: text.is_empty(),
        group: text.is_empty(),
        other: text.is_empty(),
    };
    for letter in text.bytes() {
        match letter {
            b'u' => who.user = true,
            b'g' => who.group = true,
            b'o' => who.other = true,
            b'a' => {
                who = Who {
                    user: true,
                    group: true,
                    other: true,
                }
            }
            _ => return None,
        }
    }
    Some(who)
}

/// Reads `+rx-w`: several actions may follow one who.
fn parse_actions(who: Who, mut text: &[u8]) -> Option<Vec<Clause>> {
    let mut clauses = Vec::new();
    while let Some((&operation, rest)) = text.split_first() {
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b'+' | b'-' | b'='))
            .unwrap_or(rest.len());
        let permissions = rest[..end].to_vec();
        if !permissions
            .iter()
            .all(|letter| b"rwxXstugo".contains(letter))
        {
            return None;
        }
        clauses.push(Clause {
            who,
            operation,
            permissions,
        });
        text = &rest[end..];
    }
    Some(clauses)
}

impl Clause {
    /// The set-user-id and set-group-id bits of whom the clause is about.
    fn set_id(&self) -> u32 {
        (if self.who.user { 0o4000 } else { 0 }) | if self.who.group { 0o2000 } else { 0 }
    }

    fn apply(&self, mode: u32, is_directory: bool) -> u32 {
        let mut bits = 0;
        let mut special = 0;
        for letter in &self.permissions {
            match letter {
                b'r' => bits |= 4,
                b'w' => bits |= 2,
                b'x' => bits |= 1,
                b'X' if is_directory || mode & 0o111 != 0 => bits |= 1,
                b's' => special |= self.set_id(),
                b't' => special |= 0o1000,
                b'u' => bits |= mode >> 6 & 7,
                b'g' => bits |= mode >> 3 & 7,
                b'o' => bits |= mode & 7,
                _ => {}
            }
        }
        let shifts = [(self.who.user, 6), (self.who.group, 3), (self.who.other, 0)];
        let spread = |bits: u32| {
            shifts
                .iter()
                .filter(|(on, _)| *on)
                .fold(0, |all, (_, shift)| all | bits << shift)
        };
        match self.operation {
            b'+' => mode | spread(bits) | special,
            b'-' => mode & !(spread(bits) | special),
            // the set-id bits belong to what is set, the sticky bit does not
            _ => (mode & !spread(7) & !self.set_id()) | spread(bits) | special,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ModeChange;

    fn apply(text: &str, mode: u32, is_directory: bool) -> u32 {
        ModeChange::parse(text)
            .expect("valid")
            .apply(mode, is_directory)
    }

    #[test]
    fn octal_and_symbolic_modes_apply() {
        for (text, mode, is_directory, expected) in [
            ("755", 0o600, false, 0o755),
            ("4755", 0o600, false, 0o4755),
            ("u+x", 0o644, false, 0o744),
            ("go-w", 0o666, false, 0o644),
            ("a+X", 0o644, false, 0o644),
            ("a+X", 0o744, false, 0o755),
            ("a+X", 0o644, true, 0o755),
            ("u=rwX,go=rX", 0o640, false, 0o644),
            ("+x", 0o644, false, 0o755),
            ("u+s", 0o755, false, 0o4755),
            ("g=u", 0o740, false, 0o770),
            ("o=", 0o777, false, 0o770),
            ("u+x-w", 0o644, false, 0o544),
        ] {
            assert_eq!(
                apply(text, mode, is_directory),
                expected,
                "{text} on {mode:o}"
            );
        }
    }

    #[test]
    fn values_that_are_no_modes_are_refused() {
        for text in ["64a", "10000", "", "u", "z+x", "u+q", "888"] {
            assert!(ModeChange::parse(text).is_err(), "{text}");
        }
    }
}
