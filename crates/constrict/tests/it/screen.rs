//! A terminal for tests: a pseudo-terminal, and what a user would see on it.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Rows enough for all that a test writes: nothing scrolls away.
const ROWS: u16 = 50;

/// A program on a terminal.
pub(crate) struct Screen {
    child: Child,
    master: File,
    shown: Arc<Mutex<Shown>>,
    reader: Option<JoinHandle<()>>,
}

/// What was written to a terminal, and what it shows of it.
struct Shown {
    written: Vec<u8>,
    terminal: vt100::Parser,
}

impl Shown {
    /// The rows that are not empty below them, without trailing blanks.
    fn text(&self) -> String {
        let (_, columns) = self.terminal.screen().size();
        let rows = self.terminal.screen().rows(0, columns.into());
        let mut text = String::new();
        for row in rows {
            text.push_str(row.trim_end());
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        text + "\n"
    }
}

impl Screen {
    /// Starts a command on a terminal of this many columns.
    pub(crate) fn start(mut command: Command, columns: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        tcsetwinsize(&master, size(columns)).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = || {
            let file = File::options()
                .read(true)
                .write(true)
                .open(name.to_str().unwrap());
            OwnedFd::from(file.unwrap())
        };
        let child = command
            .stdin(slave())
            .stdout(slave())
            .stderr(slave())
            .spawn()
            .unwrap();
        // the command holds the other side open
        drop(command);
        let master = File::from(master);
        let shown = Arc::new(Mutex::new(Shown {
            written: Vec::new(),
            terminal: vt100::Parser::new(number(ROWS), number(columns), 0),
        }));
        let (mut from, to) = (master.try_clone().unwrap(), shown.clone());
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // the end reads as an error
            while let Ok(length @ 1..) = from.read(&mut buffer) {
                let mut to = to.lock().unwrap();
                to.written.extend_from_slice(&buffer[..length]);
                to.terminal.process(&buffer[..length]);
            }
        });
        Screen {
            child,
            master,
            shown,
            reader: Some(reader),
        }
    }

    /// Types.
    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Makes the terminal's window wider or narrower.
    pub(crate) fn resize(&mut self, columns: u16) {
        let mut shown = self.shown.lock().unwrap();
        tcsetwinsize(&self.master, size(columns)).unwrap();
        let terminal = &mut shown.terminal;
        terminal.set_size(number(ROWS), number(columns));
    }

    /// Waits until `text` was written.
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait(text, |shown| {
            String::from_utf8_lossy(&shown.written).contains(text)
        });
    }

    /// Waits until the screen shows `text`; all of the screen then.
    pub(crate) fn wait_to_see(&self, text: &str) -> String {
        self.wait(text, |shown| shown.text().contains(text));
        self.seen()
    }

    fn wait(&self, text: &str, is_there: impl Fn(&Shown) -> bool) {
        let start = Instant::now();
        while !is_there(&self.shown.lock().unwrap()) {
            let seen = self.seen();
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "`{text}` never came: {seen}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What is on the screen now.
    pub(crate) fn seen(&self) -> String {
        self.shown.lock().unwrap().text()
    }

    /// Waits for the program; its status and what is on the screen then.
    pub(crate) fn end(self) -> (i32, String) {
        let (status, seen, _) = self.end_with_all();
        (status, seen)
    }

    /// The same, and everything that was written.
    pub(crate) fn end_with_all(mut self) -> (i32, String, String) {
        let status = self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        let shown = self.shown.lock().unwrap();
        let written = String::from_utf8_lossy(&shown.written).into_owned();
        (status.code().unwrap_or(-1), shown.text(), written)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // a test that failed leaves no program that waits for keys; one that has ended needs none of it
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn number(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

fn size(columns: u16) -> Winsize {
    Winsize {
        ws_row: ROWS,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}
