//! The loopback device of a network namespace, by ioctl. It always works on the calling thread's namespace.

use std::io;
use std::mem;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::net::{AddressFamily, SocketType, socket};

fn request(name: &[u8]) -> libc::ifreq {
    // SAFETY: `ifreq` is plain data for which zeroes are valid.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(name) {
        *to = from.cast_signed() as libc::c_char;
    }
    request
}

fn carry_out(socket: &OwnedFd, operation: libc::Ioctl, request: &libc::ifreq) -> io::Result<()> {
    // SAFETY: the socket is open; `request` is a live `ifreq` with a NUL-terminated name, which these operations read.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), operation, &raw const *request) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Starts the loopback device.
pub(crate) fn loopback_up() -> io::Result<()> {
    let socket = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    let mut request = request(b"lo");
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    carry_out(&socket, libc::SIOCSIFFLAGS, &request)
}

/// Gives the loopback device one more address, which is no loopback address; `label` tells several apart: `lo:0`.
pub(super) fn add_address(label: &[u8], address: Ipv4Addr) -> io::Result<()> {
    let socket = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    for (operation, address) in [
        (libc::SIOCSIFADDR, address),
        (libc::SIOCSIFNETMASK, Ipv4Addr::BROADCAST),
    ] {
        let mut request = request(label);
        request.ifr_ifru.ifru_addr = socket_address(address);
        carry_out(&socket, operation, &request)?;
    }
    Ok(())
}

fn socket_address(address: Ipv4Addr) -> libc::sockaddr {
    let mut bytes = [0; 14];
    // a `sockaddr_in`: port, then address, both in network order
    bytes[2..6].copy_from_slice(&address.octets().map(|byte| byte as libc::c_char));
    libc::sockaddr {
        sa_family: libc::AF_INET as libc::sa_family_t,
        sa_data: bytes,
    }
}
