//! Standard streams of a program in a container without our terminal: pipes, so that it gets hold of nothing of ours, and
//! sees no terminal where docker shows none.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};

use constrict_build::container::kept::log::Lines;
use constrict_sandbox::{Error, Result};
use rustix::pipe::{PipeFlags, pipe_with};

/// The threads that copy what the program writes.
#[derive(Default)]
pub(crate) struct Streams(Vec<JoinHandle<()>>);

fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    pipe_with(PipeFlags::CLOEXEC).map_err(|error| Error::Call {
        act: "make a pipe".into(),
        source: error.into(),
    })
}

/// The reading end of a pipe that gets what comes on our standard input.
pub(super) fn input() -> Result<OwnedFd> {
    let (read, write) = pipe()?;
    // ends with the program: it may wait for input that nobody types any more
    thread::spawn(move || copy(std::io::stdin(), File::from(write)));
    Ok(read)
}

impl Streams {
    /// Standard input, output and error for a program; without `input` its standard input is empty.
    pub(crate) fn pipes(input: bool) -> Result<(Self, Vec<OwnedFd>)> {
        let ((out, stdout), (err, stderr)) = (pipe()?, pipe()?);
        let stdin = match input {
            true => self::input()?,
            false => null()?,
        };
        let threads = vec![
            thread::spawn(move || copy(File::from(out), std::io::stdout())),
            thread::spawn(move || copy(File::from(err), std::io::stderr())),
        ];
        Ok((Streams(threads), vec![stdin, stdout, stderr]))
    }

    /// For a program that nobody listens to.
    pub(crate) fn nothing() -> Result<Vec<OwnedFd>> {
        (0..3).map(|_| null()).collect()
    }

    /// What the program writes to a terminal of its own, where nothing is typed; `lines` get it as well.
    pub(crate) fn terminal(master: OwnedFd, lines: Option<Lines>) -> Self {
        if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdout()) {
            // the program does without a size if this fails
            let _ = rustix::termios::tcsetwinsize(&master, size);
        }
        // its end reads as an error
        Streams(vec![thread::spawn(move || match lines {
            Some(lines) => copy(File::from(master), Both(std::io::stdout(), lines)),
            None => copy(File::from(master), std::io::stdout()),
        })])
    }

    /// Waits for the last output.
    pub(crate) fn finish(self) {
        for thread in self.0 {
            // a panic of that thread has been reported where it happened
            let _ = thread.join();
        }
    }
}

/// Our standard output and a log.
struct Both(std::io::Stdout, Lines);

impl Write for Both {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let length = self.0.write(bytes)?;
        self.1.take(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

fn null() -> Result<OwnedFd> {
    let file = File::options().read(true).write(true).open("/dev/null");
    file.map(OwnedFd::from).map_err(|error| Error::Io {
        act: "open".into(),
        path: "/dev/null".into(),
        source: error,
    })
}

/// Copies until either side has ended; what is there is written at once.
fn copy(mut from: impl Read, mut to: impl Write) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => {
                if to
                    .write_all(&buffer[..length])
                    .and_then(|()| to.flush())
                    .is_err()
                {
                    return;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
