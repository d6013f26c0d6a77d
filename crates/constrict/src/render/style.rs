//! Colours of messages, where standard error is a terminal that wants them.

/// How messages are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Not at all.
    Plain,
    /// With the sequences of ECMA-48.
    Colour,
}

impl Style {
    /// A word of a message in bold red.
    pub(super) fn red(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// Bold yellow: what may go wrong.
    pub(crate) fn yellow(self, text: &str) -> String {
        self.paint("1;33", text)
    }

    /// Bold blue: where something is.
    pub(super) fn blue(self, text: &str) -> String {
        self.paint("1;34", text)
    }

    /// Bold.
    pub(super) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Bold green: what to do.
    pub(super) fn green(self, text: &str) -> String {
        self.paint("1;32", text)
    }

    /// Any colour, by its code.
    pub(crate) fn paint(self, code: &str, text: &str) -> String {
        match self {
            Style::Plain => text.into(),
            Style::Colour => format!("\x1b[{code}m{text}\x1b[m"),
        }
    }
}
