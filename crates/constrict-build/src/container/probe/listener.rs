//! Who listens in a network namespace. Reads `/proc/net/tcp` and `tcp6`, as proc(5) describes them:
//!
//! ```text
//!   sl  local_address rem_address   st tx_queue rx_queue …
//!    0: 0100007F:1F40 00000000:0000 0A 00000000:00000001 …
//! ```
//!
//! Addresses are words of the host's byte order; state `0A` is LISTEN, whose `rx_queue` counts connections that nobody
//! has taken yet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The state of a listening socket.
const LISTEN: &str = "0A";

/// A listening socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listener {
    /// Where.
    pub(super) address: SocketAddr,
    /// Connections that nobody has taken yet.
    pub(super) waiting: u32,
}

impl Listener {
    /// Whether nobody outside the container can reach it.
    pub(super) fn is_loopback(&self) -> bool {
        match self.address.ip() {
            IpAddr::V4(ip) => ip.is_loopback(),
            IpAddr::V6(ip) => {
                ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback())
            }
        }
    }
}

/// The listeners of the calling thread's namespace.
pub(super) fn listeners() -> Vec<Listener> {
    let read = |name: &str| {
        // a kernel without IPv6 does not have the second
        std::fs::read_to_string(format!("/proc/thread-self/net/{name}")).unwrap_or_default()
    };
    let (four, six) = (read("tcp"), read("tcp6"));
    parse(&four).chain(parse(&six)).collect()
}

fn parse(table: &str) -> impl Iterator<Item = Listener> {
    table.lines().skip(1).filter_map(line)
}

fn line(line: &str) -> Option<Listener> {
    let mut words = line.split_whitespace().skip(1);
    let local = words.next()?;
    let state = words.nth(1)?;
    let queues = words.next()?;
    if state != LISTEN {
        return None;
    }
    let (ip, port) = local.split_once(':')?;
    let (_, waiting) = queues.split_once(':')?;
    Some(Listener {
        address: SocketAddr::new(address(ip)?, u16::from_str_radix(port, 16).ok()?),
        waiting: u32::from_str_radix(waiting, 16).ok()?,
    })
}

fn address(text: &str) -> Option<IpAddr> {
    let words: Vec<[u8; 4]> = text
        .as_bytes()
        .chunks(8)
        .map(|word| {
            if word.len() != 8 {
                return None;
            }
            let word = std::str::from_utf8(word).ok()?;
            Some(u32::from_str_radix(word, 16).ok()?.to_ne_bytes())
        })
        .collect::<Option<_>>()?;
    match words.as_slice() {
        [word] => Some(Ipv4Addr::from(*word).into()),
        [_, _, _, _] => {
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            Some(Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}

#[cfg(test)]
#[cfg(target_endian = "little")]
mod tests {
    use super::parse;

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n";

    fn shown(rows: &str) -> Vec<String> {
        parse(&format!("{HEAD}{rows}"))
            .map(|found| {
                let (address, waiting) = (found.address, found.waiting);
                format!("{address} {waiting} {}", found.is_loopback())
            })
            .collect()
    }

    #[test]
    fn listening_sockets_are_read_and_others_are_not() {
        let rows = "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000002 00:00000000 00000000\n   \
                       1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000\n   \
                       2: 0100007F:1F40 0100007F:9C40 01 00000000:00000000 00:00000000 00000000\n";
        assert_eq!(shown(rows), ["127.0.0.1:8000 2 true", "0.0.0.0:80 0 false"]);
    }

    #[test]
    fn addresses_of_six_have_four_words() {
        let rows = "   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000\n   \
                       1: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000\n   \
                       2: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000\n";
        assert_eq!(
            shown(rows),
            [
                "[::]:8080 0 false",
                "[::1]:8080 0 true",
                "[::ffff:127.0.0.1]:8080 0 true"
            ]
        );
    }

    #[test]
    fn rows_that_are_cut_are_left_out() {
        assert_eq!(shown("   0: 0100007F:1F40 00000000"), [""; 0]);
        assert_eq!(
            shown("   0: 01:1F40 0:0 0A 0:0\n0: x:1 0:0 0A 0:0\n"),
            [""; 0]
        );
    }
}
