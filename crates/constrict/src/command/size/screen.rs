//! The terminal in raw mode: keys as they are pressed, on the other screen; everything is as before when this is dropped.

use std::io::{self, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    /// Into a directory.
    Into,
    /// Out of it.
    Out,
    /// Another order.
    Sort,
    Quit,
    Other,
}

/// The terminal.
pub(super) struct Screen {
    before: Termios,
}

impl Screen {
    /// Takes standard input and output over.
    pub(super) fn open() -> io::Result<Screen> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.local_modes
            .remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
        tcsetattr(io::stdin(), OptionalActions::Flush, &raw)?;
        write("\x1b[?1049h\x1b[?25l")?;
        Ok(Screen { before })
    }

    /// Lines and columns.
    pub(super) fn size(&self) -> (usize, usize) {
        match tcgetwinsize(io::stdout()) {
            Ok(size) if size.ws_row > 0 && size.ws_col > 0 => {
                (usize::from(size.ws_row), usize::from(size.ws_col))
            }
            _ => (24, 80),
        }
    }

    /// Shows lines, each at most a screen wide.
    pub(super) fn show(&self, lines: &[String]) -> io::Result<()> {
        let mut text = String::from("\x1b[H");
        for (at, line) in lines.iter().enumerate() {
            if at > 0 {
                text.push_str("\r\n");
            }
            text.push_str(line);
            text.push_str("\x1b[K");
        }
        text.push_str("\x1b[J");
        write(&text)
    }

    /// Waits for a key; the end of the input quits.
    pub(super) fn key(&self) -> io::Result<Key> {
        let mut bytes = [0; 16];
        let count = match io::stdin().read(&mut bytes) {
            // the terminal was resized: draw again
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(Key::Other),
            other => other?,
        };
        Ok(key(&bytes[..count]))
    }
}

fn key(bytes: &[u8]) -> Key {
    match bytes {
        b"" | b"q" | b"Q" | b"\x03" | b"\x04" => Key::Quit,
        b"\x1b[A" | b"\x1bOA" | b"k" => Key::Up,
        b"\x1b[B" | b"\x1bOB" | b"j" => Key::Down,
        b"\x1b[C" | b"\x1bOC" | b"l" | b"\n" | b"\r" => Key::Into,
        b"\x1b[D" | b"\x1bOD" | b"h" | b"\x7f" | b"\x08" | b"\x1b" => Key::Out,
        b"\x1b[5~" => Key::PageUp,
        b"\x1b[6~" | b" " => Key::PageDown,
        b"\x1b[H" | b"\x1b[1~" | b"\x1bOH" | b"g" => Key::First,
        b"\x1b[F" | b"\x1b[4~" | b"\x1bOF" | b"G" => Key::Last,
        b"s" => Key::Sort,
        _ => Key::Other,
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = write("\x1b[?25h\x1b[?1049l");
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.before);
    }
}
