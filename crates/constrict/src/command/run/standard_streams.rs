//! Standard streams of a container without our terminal: pipes, so that it gets hold of nothing of ours, and sees no
//! terminal where docker shows none.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};

use constrict_sandbox::{Error, Result, Stdio};
use rustix::pipe::{PipeFlags, pipe_with};

/// The threads that copy what the container writes.
#[derive(Default)]
pub(super) struct Streams(Vec<JoinHandle<()>>);

impl Streams {
    /// Pipes to and from the container; without `input` its standard input is empty.
    pub(super) fn pipes(input: bool) -> Result<(Self, Stdio)> {
        let pipe = || {
            pipe_with(PipeFlags::CLOEXEC).map_err(|error| Error::Call {
                act: "make a pipe".into(),
                source: error.into(),
            })
        };
        let ((out, stdout), (err, stderr)) = (pipe()?, pipe()?);
        let mut stdin = None;
        if input {
            let (read, write) = pipe()?;
            stdin = Some(read);
            // ends with the program: it may wait for input that nobody types any more
            thread::spawn(move || copy(std::io::stdin(), File::from(write)));
        }
        let threads = vec![
            thread::spawn(move || copy(File::from(out), std::io::stdout())),
            thread::spawn(move || copy(File::from(err), std::io::stderr())),
        ];
        let stdio = Stdio {
            stdin,
            stdout: Some(stdout),
            stderr: Some(stderr),
        };
        Ok((Streams(threads), stdio))
    }

    /// What the container writes to a terminal of its own, where nothing is typed.
    pub(super) fn terminal(master: OwnedFd) -> Self {
        if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdout()) {
            // the container does without a size if this fails
            let _ = rustix::termios::tcsetwinsize(&master, size);
        }
        // its end reads as an error
        Streams(vec![thread::spawn(move || {
            copy(File::from(master), std::io::stdout());
        })])
    }

    /// Waits for the last output.
    pub(super) fn finish(self) {
        for thread in self.0 {
            // a panic of that thread has been reported where it happened
            let _ = thread.join();
        }
    }
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
