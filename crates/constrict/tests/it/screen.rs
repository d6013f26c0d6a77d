//! A terminal for tests: a pseudo-terminal, and what a user would see on it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A program on a terminal.
pub(crate) struct Screen {
    child: Child,
    master: File,
    written: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Screen {
    /// Starts a command on a terminal of this many columns.
    pub(crate) fn start(mut command: Command, columns: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&master, size).unwrap();
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
        let written = Arc::new(Mutex::new(Vec::new()));
        let (mut from, to) = (master.try_clone().unwrap(), written.clone());
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // the end reads as an error
            while let Ok(length @ 1..) = from.read(&mut buffer) {
                to.lock().unwrap().extend_from_slice(&buffer[..length]);
            }
        });
        Screen {
            child,
            master,
            written,
            reader,
        }
    }

    /// Types.
    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until `text` was written.
    pub(crate) fn wait_for(&self, text: &str) {
        let start = Instant::now();
        while !String::from_utf8_lossy(&self.written.lock().unwrap()).contains(text) {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "`{text}` never came: {:?}",
                self.seen()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What is on the screen now.
    pub(crate) fn seen(&self) -> String {
        shown(&self.written.lock().unwrap())
    }

    /// Waits for the program; its status and what is on the screen then.
    pub(crate) fn end(mut self) -> (i32, String) {
        let status = self.child.wait().unwrap();
        self.reader.join().unwrap();
        let written = self.written.lock().unwrap();
        (status.code().unwrap_or(-1), shown(&written))
    }
}

/// The lines that a terminal shows: of its commands those that constrict uses, and colours left out.
fn shown(written: &[u8]) -> String {
    let mut lines = vec![String::new()];
    let mut at = 0;
    let text = String::from_utf8_lossy(written).into_owned();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\n' => {
                at += 1;
                if at == lines.len() {
                    lines.push(String::new());
                }
            }
            '\r' => {}
            '\u{1b}' => {
                assert_eq!(rest.next(), Some('['));
                let command: String = rest
                    .by_ref()
                    .take_while(|c| !c.is_ascii_alphabetic())
                    .collect();
                let before = &text[..text.len() - rest.as_str().len()];
                match before.chars().next_back().unwrap() {
                    'A' => at -= command.parse::<usize>().unwrap(),
                    'J' => {
                        lines.truncate(at);
                        lines.push(String::new());
                    }
                    'm' => {}
                    other => panic!("the terminal does not know `{other}`"),
                }
            }
            c => lines[at].push(c),
        }
    }
    lines.join("\n")
}
