//! Network namespaces, their way out through pasta, and published ports.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::{Error, Result};

/// A network namespace of a build or a container. Dropping it ends pasta; the namespace lives until its last process
/// ends.
#[derive(Debug)]
pub struct Namespace {}

/// Whether a namespace has a way out, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outbound {
    /// Through pasta.
    Pasta,
    /// None, and the reason, as a clause for the user.
    None {
        /// Such as "`pasta` is not installed".
        reason: String,
        /// What to do about it.
        remedy: String,
    },
}

impl Namespace {
    /// A new namespace with loopback, the container address, and pasta's way out where it works.
    ///
    /// # Errors
    /// [`Error::Refused`] if there are no network namespaces.
    pub fn start() -> Result<Self> {
        Err(Error::HelperLost)
    }

    /// Whether there is a way out.
    #[must_use]
    pub fn outbound(&self) -> &Outbound {
        &Outbound::Pasta
    }

    /// For [`Network::Namespace`](crate::Network::Namespace).
    #[must_use]
    pub fn path(&self) -> PathBuf {
        PathBuf::new()
    }

    /// The address that published ports are relayed to; not loopback.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        IpAddr::from([10, 88, 0, 2])
    }

    /// What `/etc/resolv.conf` must say inside.
    #[must_use]
    pub fn resolv_conf(&self) -> String {
        String::new()
    }
}

/// Whether a namespace made now would have a way out; costs no process. A build uses the host's network if not.
#[must_use]
pub fn outbound() -> Outbound {
    Outbound::Pasta
}

/// What `/etc/resolv.conf` must say with [`Network::Host`](crate::Network::Host): the host's file.
#[must_use]
pub fn host_resolv_conf() -> String {
    std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default()
}

/// Transport of a published port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// A published port: everything sent to an address of the host is relayed into a namespace. Dropping it ends it.
#[derive(Debug)]
pub struct PortRelay {}

impl PortRelay {
    /// Listens on `host` (port 0: any) and relays to `port` of the namespace's address.
    ///
    /// # Errors
    /// [`Error::Call`] if the address is taken or not allowed.
    pub fn start(
        _host: SocketAddr,
        _port: u16,
        _protocol: Protocol,
        _namespace: &Namespace,
    ) -> Result<Self> {
        Err(Error::HelperLost)
    }

    /// The address that it listens on.
    #[must_use]
    pub fn host_address(&self) -> SocketAddr {
        SocketAddr::from(([0, 0, 0, 0], 0))
    }
}

/// Starts the loopback device of this process's network namespace.
pub(crate) fn loopback_up() -> std::io::Result<()> {
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::DGRAM,
        None,
    )?;
    // SAFETY: `ifreq` is plain data for which zeroes are valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = *from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the socket is open and the request is a live `ifreq` with a NUL-terminated name.
    let result = unsafe {
        libc::ioctl(
            std::os::fd::AsRawFd::as_raw_fd(&socket),
            libc::SIOCSIFFLAGS,
            &raw const request,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    }
}
