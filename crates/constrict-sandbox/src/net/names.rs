//! The name server of a namespace: queries that reach it inside are passed on to the host's, from the host's network.
//!
//! pasta could carry them, but the version of Debian 12 loses two queries sent at once, which is how every resolver
//! asks for IPv4 and IPv6 addresses; and a server on the host's loopback device would be out of reach.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::join;
use crate::{Error, Result};

/// Where it listens, on the namespace's loopback device. Not in 127.0.0.0/8, where a container's own may be.
pub(super) const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 88, 0, 1);
const PORT: u16 = 53;
/// How long one of the host's servers may take, as resolvers have it (resolv.conf(5), `timeout`).
const TIMEOUT: Duration = Duration::from_secs(5);
/// How often the end is looked for.
const TICK: Duration = Duration::from_millis(200);
/// Queries at a time; more are dropped, and asked again.
const MAX_QUERIES: usize = 128;
/// The largest datagram.
const DATAGRAM: usize = 64 << 10;

/// A running name server; dropping it ends it.
#[derive(Debug)]
pub(super) struct NameServer {
    stop: Arc<AtomicBool>,
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl NameServer {
    /// Listens in `namespace`, whose loopback device has [`ADDRESS`], for queries to be asked of `servers`.
    pub(super) fn start(namespace: &OwnedFd, servers: Vec<IpAddr>) -> Result<Self> {
        let fail = |error: io::Error| Error::call("start the name server", error);
        let inside = namespace.try_clone().map_err(fail)?;
        // the sockets stay in the namespace that they were made in; the thread is gone afterwards
        let made = thread::spawn(move || -> io::Result<(UdpSocket, TcpListener)> {
            join(inside.as_fd())?;
            let address = SocketAddr::from((ADDRESS, PORT));
            Ok((UdpSocket::bind(address)?, TcpListener::bind(address)?))
        });
        let (udp, tcp) = made
            .join()
            .unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
            .map_err(fail)?;
        udp.set_read_timeout(Some(TICK)).map_err(fail)?;
        tcp.set_nonblocking(true).map_err(fail)?;
        let stop = Arc::new(AtomicBool::new(false));
        let servers = Arc::new(servers);
        let (ended, asked) = (Arc::clone(&stop), Arc::clone(&servers));
        thread::spawn(move || datagrams(&Arc::new(udp), &asked, &ended));
        let ended = Arc::clone(&stop);
        thread::spawn(move || connections(&tcp, &servers, &ended));
        Ok(NameServer { stop })
    }
}

fn datagrams(socket: &Arc<UdpSocket>, servers: &Arc<Vec<IpAddr>>, stop: &AtomicBool) {
    let running = Arc::new(AtomicUsize::new(0));
    let mut buffer = vec![0; DATAGRAM];
    while !stop.load(Ordering::Relaxed) {
        let Ok((size, peer)) = socket.recv_from(&mut buffer) else {
            continue;
        };
        if running.fetch_add(1, Ordering::Relaxed) >= MAX_QUERIES {
            running.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let query = buffer[..size].to_vec();
        let (socket, servers, running) = (
            Arc::clone(socket),
            Arc::clone(servers),
            Arc::clone(&running),
        );
        thread::spawn(move || {
            if let Some(answer) = ask(&servers, &query) {
                // a client that is gone asks no more
                let _ = socket.send_to(&answer, peer);
            }
            running.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// Asks the servers in turn; the first answer.
fn ask(servers: &[IpAddr], query: &[u8]) -> Option<Vec<u8>> {
    let mut buffer = vec![0; DATAGRAM];
    servers.iter().find_map(|server| {
        let any: SocketAddr = match server {
            IpAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
            IpAddr::V6(_) => ([0_u16; 8], 0).into(),
        };
        let socket = UdpSocket::bind(any).ok()?;
        socket.connect((*server, PORT)).ok()?;
        socket.set_read_timeout(Some(TIMEOUT)).ok()?;
        socket.send(query).ok()?;
        let size = socket.recv(&mut buffer).ok()?;
        Some(buffer[..size].to_vec())
    })
}

fn connections(listener: &TcpListener, servers: &Arc<Vec<IpAddr>>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let Ok((client, _)) = listener.accept() else {
            thread::sleep(TICK);
            continue;
        };
        let servers = Arc::clone(servers);
        thread::spawn(move || {
            // what fails here the client sees as a closed connection
            let _ = relay(client, &servers);
        });
    }
}

fn relay(client: TcpStream, servers: &[IpAddr]) -> io::Result<()> {
    client.set_nonblocking(false)?;
    let dial = |server: &IpAddr| TcpStream::connect_timeout(&(*server, PORT).into(), TIMEOUT).ok();
    let server = servers
        .iter()
        .find_map(dial)
        .ok_or(io::ErrorKind::NotConnected)?;
    for stream in [&client, &server] {
        stream.set_read_timeout(Some(TIMEOUT * 2))?;
    }
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(std::net::Shutdown::Write);
    });
    let (mut server, mut client) = (server, client);
    io::copy(&mut server, &mut client).map(drop)
}
