//! One connection to a port of a container: `GET /`, and what comes back. It never waits.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use constrict_sandbox::net::Namespace;

use crate::error::Result;

/// What is listened on answers at once, or its queue is full.
const CONNECT: Duration = Duration::from_secs(1);
/// A status line is shorter.
const HEAD: usize = 256;

/// A connection and what was said on it.
pub(super) struct Conversation {
    stream: TcpStream,
    received: Vec<u8>,
    /// When it began.
    pub(super) since: Instant,
}

/// What a port answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// HTTP with this status.
    Http(u16),
    /// Something else.
    Other,
    /// The end, without a word.
    Closed,
}

impl Conversation {
    /// Connects to a listener as somebody outside would, and asks. `None` if it does not answer the door.
    pub(super) fn open(namespace: &Namespace, listener: SocketAddr) -> Result<Option<Self>> {
        let port = listener.port();
        let address = SocketAddr::new(namespace.address(), port);
        // an address of the sixth kind is reached in networks that have it; here only loopback does
        let six = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port);
        let opened = namespace.inside(|| {
            let stream = TcpStream::connect_timeout(&address, CONNECT);
            match (stream, listener.is_ipv6()) {
                (Err(_), true) => TcpStream::connect_timeout(&six, CONNECT),
                (stream, _) => stream,
            }
        })?;
        Ok(opened.ok().and_then(|stream| ask(stream, port)))
    }

    /// What came so far, if that says what it is.
    pub(super) fn answer(&mut self) -> Option<Answer> {
        let mut buffer = [0; HEAD];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Some(judge(&self.received, true).unwrap_or(Answer::Closed)),
                Ok(length) => {
                    self.received.extend(&buffer[..length]);
                    if let Some(answer) = judge(&self.received, false) {
                        return Some(answer);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(_) => return Some(judge(&self.received, true).unwrap_or(Answer::Closed)),
            }
        }
    }
}

fn ask(mut stream: TcpStream, port: u16) -> Option<Conversation> {
    let request = format!(
        "GET / HTTP/1.1\r\nHost: localhost:{port}\r\nUser-Agent: constrict\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    // so little fits into the socket's buffer; one that is closed already says so when it is read
    let _ = stream.write_all(request.as_bytes());
    stream.set_nonblocking(true).ok()?;
    Some(Conversation {
        stream,
        received: Vec::new(),
        since: Instant::now(),
    })
}

/// What the first bytes are; `None` while they may become a status line.
fn judge(received: &[u8], at_end: bool) -> Option<Answer> {
    const START: &[u8] = b"HTTP/";
    let known = received.len().min(START.len());
    if received[..known] != START[..known] {
        return Some(Answer::Other);
    }
    let line = received.split(|byte| *byte == b'\n').next()?;
    let is_whole = line.len() < received.len();
    if !is_whole && !at_end && received.len() < HEAD {
        return None;
    }
    let status = std::str::from_utf8(line)
        .ok()
        .and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    match (status, received.is_empty()) {
        (Some(status), _) => Some(Answer::Http(status)),
        (None, true) => None,
        (None, false) => Some(Answer::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, judge};

    #[test]
    fn first_bytes_tell_what_speaks() {
        let cases: [(&[u8], bool, Option<Answer>); 8] = [
            (
                b"HTTP/1.1 404 Not Found\r\nServer: x\r\n",
                false,
                Some(Answer::Http(404)),
            ),
            (b"HTTP/1.1 40", false, None),
            (b"HTTP/1.0 200 OK", true, Some(Answer::Http(200))),
            (b"HT", false, None),
            (b"HT", true, Some(Answer::Other)),
            (b"-ERR unknown command\r\n", false, Some(Answer::Other)),
            (b"", true, None),
            (b"HTTP/1.1 what\r\n", false, Some(Answer::Other)),
        ];
        for (bytes, at_end, expected) in cases {
            assert_eq!(judge(bytes, at_end), expected, "{bytes:?} {at_end}");
        }
    }
}
