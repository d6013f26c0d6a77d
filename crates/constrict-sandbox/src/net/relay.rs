//! Published ports: what arrives at an address of the host is relayed to the container's own address.
//!
//! The relaying threads keep the host's socket and join the container's namespace, where they dial.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use serde::{Deserialize, Serialize};

use super::{Namespace, join};
use crate::{Error, Result};

/// How long a UDP peer's socket is kept without traffic, as docker's proxy does.
const IDLE: Duration = Duration::from_secs(90);
/// UDP peers at a time: each costs a descriptor.
const MAX_PEERS: usize = 256;
const BUFFER: usize = 64 << 10;

/// Transport of a published port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// A published port: everything sent to an address of the host is relayed into a namespace. Dropping it ends it.
#[derive(Debug)]
pub struct PortRelay {
    address: SocketAddr,
    stop: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl PortRelay {
    /// Listens on `host` (port 0: any) and relays to `port` of the namespace's address.
    ///
    /// # Errors
    /// [`Error::Call`] if the address is taken or not allowed.
    pub fn start(
        host: SocketAddr,
        port: u16,
        protocol: Protocol,
        namespace: &Namespace,
    ) -> Result<Self> {
        let fail = |error: io::Error| Error::call(&format!("publish port {port} on {host}"), error);
        let to = SocketAddr::new(namespace.address(), port);
        let inside = namespace.namespace.try_clone().map_err(fail)?;
        let (watch, stop) = pipe_with(PipeFlags::CLOEXEC).map_err(|error| fail(error.into()))?;
        let (address, thread) = match protocol {
            Protocol::Tcp => {
                let listener = TcpListener::bind(host).map_err(fail)?;
                let address = listener.local_addr().map_err(fail)?;
                (
                    address,
                    thread::spawn(move || relay_tcp(&listener, to, inside.as_fd(), &watch)),
                )
            }
            Protocol::Udp => {
                let socket = UdpSocket::bind(host).map_err(fail)?;
                let address = socket.local_addr().map_err(fail)?;
                (
                    address,
                    thread::spawn(move || relay_udp(&socket, to, inside.as_fd(), &watch)),
                )
            }
        };
        Ok(PortRelay {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn host_address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for PortRelay {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // a panic of that thread has been reported where it happened
            let _ = thread.join();
        }
    }
}

/// Which of the descriptors are ready; none after the time-out.
fn wait(fds: &[BorrowedFd<'_>], timeout: Option<Duration>) -> Vec<bool> {
    let mut watched: Vec<_> = fds
        .iter()
        .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
        .collect();
    let timeout = timeout.and_then(|timeout| rustix::event::Timespec::try_from(timeout).ok());
    let _ = poll(&mut watched, timeout.as_ref());
    watched
        .iter()
        .map(|fd| fd.revents() != PollFlags::empty())
        .collect()
}

fn relay_tcp(listener: &TcpListener, to: SocketAddr, inside: BorrowedFd<'_>, stop: &OwnedFd) {
    if join(inside).is_err() {
        return;
    }
    loop {
        let ready = wait(&[listener.as_fd(), stop.as_fd()], None);
        if ready[1] {
            return;
        }
        if !ready[0] {
            continue;
        }
        match listener.accept() {
            // threads inherit the namespace of the thread that starts them
            Ok((client, _)) => drop(thread::spawn(move || connect(&client, to))),
            // out of descriptors, for one: the next moment may be better
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// A client whose container does not listen sees its connection closed, as with docker's proxy.
fn connect(client: &TcpStream, to: SocketAddr) {
    let Ok(server) = TcpStream::connect(to) else {
        return;
    };
    let (Ok(client_too), Ok(server_too)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    let back = thread::spawn(move || copy(&server_too, &client_too));
    copy(client, &server);
    // a panic of that thread has been reported where it happened
    let _ = back.join();
}

fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    let mut buffer = vec![0; BUFFER];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // the other side may still have something to say
    let _ = to.shutdown(Shutdown::Write);
}

struct Peer {
    socket: UdpSocket,
    used: Instant,
}

fn relay_udp(host: &UdpSocket, to: SocketAddr, inside: BorrowedFd<'_>, stop: &OwnedFd) {
    if join(inside).is_err() {
        return;
    }
    let mut peers: BTreeMap<SocketAddr, Peer> = BTreeMap::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        let mut fds = vec![stop.as_fd(), host.as_fd()];
        fds.extend(peers.values().map(|peer| peer.socket.as_fd()));
        let ready = wait(&fds, Some(IDLE));
        if ready[0] {
            return;
        }
        for ((client, peer), _) in peers
            .iter_mut()
            .zip(&ready[2..])
            .filter(|(_, ready)| **ready)
        {
            if let Ok(length) = peer.socket.recv(&mut buffer) {
                let _ = host.send_to(&buffer[..length], client);
                peer.used = Instant::now();
            }
        }
        if ready[1]
            && let Ok((length, client)) = host.recv_from(&mut buffer)
        {
            forward(&mut peers, client, to, &buffer[..length]);
        }
        peers.retain(|_, peer| peer.used.elapsed() < IDLE);
    }
}

fn forward(
    peers: &mut BTreeMap<SocketAddr, Peer>,
    client: SocketAddr,
    to: SocketAddr,
    datagram: &[u8],
) {
    if !peers.contains_key(&client) && peers.len() < MAX_PEERS {
        let any = SocketAddr::new(IpAddr::from([0, 0, 0, 0]), 0);
        let Ok(socket) =
            UdpSocket::bind(any).and_then(|socket| socket.connect(to).map(|()| socket))
        else {
            return;
        };
        peers.insert(
            client,
            Peer {
                socket,
                used: Instant::now(),
            },
        );
    }
    if let Some(peer) = peers.get_mut(&client) {
        peer.used = Instant::now();
        // lost datagrams are the nature of the protocol
        let _ = peer.socket.send(datagram);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::net::UdpSocket;
    use std::os::fd::AsFd;
    use std::thread;

    use rustix::pipe::{PipeFlags, pipe_with};

    use super::relay_udp;

    #[test]
    fn privileged_datagrams_are_relayed_both_ways() {
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: joining a network namespace needs root");
            return;
        }
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let host = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (to, at) = (server.local_addr().unwrap(), host.local_addr().unwrap());
        let (watch, stop) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let here = File::open("/proc/thread-self/ns/net").unwrap();
        let relay = thread::spawn(move || relay_udp(&host, to, here.as_fd(), &watch));
        let clients = [
            UdpSocket::bind("127.0.0.1:0").unwrap(),
            UdpSocket::bind("127.0.0.1:0").unwrap(),
        ];
        let mut buffer = [0; 16];
        for (number, client) in clients.iter().enumerate() {
            client
                .send_to(format!("ask {number}").as_bytes(), at)
                .unwrap();
            let (length, from) = server.recv_from(&mut buffer).unwrap();
            server.send_to(&buffer[..length], from).unwrap();
        }
        for (number, client) in clients.iter().enumerate() {
            let (length, from) = client.recv_from(&mut buffer).unwrap();
            assert_eq!(
                (&buffer[..length], from),
                (format!("ask {number}").as_bytes(), at)
            );
        }
        drop(stop);
        relay.join().unwrap();
    }
}
