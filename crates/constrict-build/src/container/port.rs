//! Published ports as docker's `-p` writes them: `[[IP:][HOST]:]CONTAINER[/tcp|/udp]`, each a number or a range.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use constrict_sandbox::net::{Namespace, PortRelay, Protocol};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// One published port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// The host's address; every address if not given.
    pub address: Option<IpAddr>,
    /// The host's port; any that is free if 0.
    pub host: u16,
    /// The container's port.
    pub container: u16,
    /// The protocol.
    pub protocol: Protocol,
}

/// What one `-p` publishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortRange(Vec<Port>);

impl PortRange {
    /// Parses one `-p`.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |what: &str| Error::Invalid(format!("port `{text}`: {what}"));
        let (ports, protocol) = match text.split_once('/') {
            None => (text, Protocol::Tcp),
            Some((ports, name)) => match name.to_ascii_lowercase().as_str() {
                "tcp" => (ports, Protocol::Tcp),
                "udp" => (ports, Protocol::Udp),
                _ => return Err(wrong("the protocol is neither tcp nor udp")),
            },
        };
        let (rest, container) = ports.rsplit_once(':').unwrap_or(("", ports));
        let container = parse_range(container)
            .filter(|(first, _)| *first > 0)
            .ok_or_else(|| wrong("the container's port is no number from 1 to 65535"))?;
        let (address, host) = match rest.rsplit_once(':') {
            Some((address, host)) => (address, host),
            None => ("", rest),
        };
        let address = match address.trim_start_matches('[').trim_end_matches(']') {
            "" => None,
            address => Some(
                address
                    .parse()
                    .map_err(|_| wrong("the host's address is no IP address"))?,
            ),
        };
        let host = match host {
            "" => None,
            host => Some(
                parse_range(host)
                    .ok_or_else(|| wrong("the host's port is no number from 0 to 65535"))?,
            ),
        };
        if host.is_some_and(|host| host.1 - host.0 != container.1 - container.0) {
            return Err(wrong("the ranges have different lengths"));
        }
        let port = |container_port| Port {
            address,
            host: host.map_or(0, |host| host.0 + (container_port - container.0)),
            container: container_port,
            protocol,
        };
        Ok(PortRange((container.0..=container.1).map(port).collect()))
    }

    /// Its ports.
    pub fn ports(&self) -> &[Port] {
        &self.0
    }
}

fn parse_range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last))
}

impl Port {
    /// Listens on the host and relays into the namespace.
    pub(super) fn publish(&self, namespace: &Namespace) -> Result<PortRelay> {
        let start = |address: IpAddr| {
            let host = SocketAddr::new(address, self.host);
            PortRelay::start(host, self.container, self.protocol, namespace)
        };
        if let Some(address) = self.address {
            return Ok(start(address)?);
        }
        // one socket for both families, where there are both
        match start(Ipv6Addr::UNSPECIFIED.into()) {
            Err(constrict_sandbox::Error::Call { source, .. }) if has_no_ipv6(&source) => {
                Ok(start(Ipv4Addr::UNSPECIFIED.into())?)
            }
            other => Ok(other?),
        }
    }
}

fn has_no_ipv6(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    let code = error.raw_os_error();
    [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL]
        .iter()
        .any(|errno| Some(errno.raw_os_error()) == code)
}

#[cfg(test)]
mod tests {
    use super::{Port, PortRange, Protocol};

    fn ports(text: &str) -> String {
        let show = |port: &Port| {
            let address = port
                .address
                .map_or("*".into(), |address| address.to_string());
            let protocol = if port.protocol == Protocol::Tcp {
                ""
            } else {
                "/udp"
            };
            format!("{address} {} {}{protocol}", port.host, port.container)
        };
        match PortRange::parse(text) {
            Ok(range) => range.0.iter().map(show).collect::<Vec<_>>().join(", "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn ports_are_read_as_docker_reads_them() {
        let cases = [
            ("80", "* 0 80"),
            (":80", "* 0 80"),
            ("8080:80", "* 8080 80"),
            ("0:80/TCP", "* 0 80"),
            ("127.0.0.1::80", "127.0.0.1 0 80"),
            ("127.0.0.1:8080:80/udp", "127.0.0.1 8080 80/udp"),
            ("[::1]:8080:80", "::1 8080 80"),
            ("8000-8001:80-81", "* 8000 80, * 8001 81"),
            ("80-81", "* 0 80, * 0 81"),
            (
                "abc",
                "port `abc`: the container's port is no number from 1 to 65535",
            ),
            (
                "80:0",
                "port `80:0`: the container's port is no number from 1 to 65535",
            ),
            (
                "x:80",
                "port `x:80`: the host's port is no number from 0 to 65535",
            ),
            (
                "host:1:80",
                "port `host:1:80`: the host's address is no IP address",
            ),
            (
                "80/sctp",
                "port `80/sctp`: the protocol is neither tcp nor udp",
            ),
            (
                "1-3:1-2",
                "port `1-3:1-2`: the ranges have different lengths",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(ports(text), expected, "{text}");
        }
    }
}
