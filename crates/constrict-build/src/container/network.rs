//! The network of a container, and what is published of it.

use std::net::SocketAddr;

use constrict_sandbox::net::{Namespace, Outbound, PortRelay, host_resolv_conf};

use super::files::Names;
use super::port::Port;
use super::request::{Network, Request};
use crate::error::Result;
use crate::observer::Observer;

/// A container's network; dropping it ends the relays and the way out.
pub(super) struct Connected {
    kind: Network,
    namespace: Option<Namespace>,
    relays: Vec<(Port, PortRelay)>,
}

/// Makes the network that is asked for and publishes its ports.
pub(super) fn connect(request: &Request, observer: &dyn Observer) -> Result<Connected> {
    let kind = request.network;
    let mut connected = Connected {
        kind,
        namespace: None,
        relays: Vec::new(),
    };
    if kind == Network::Closed {
        connected.namespace = Some(Namespace::closed()?);
        return Ok(connected);
    }
    let ports = request.ports.iter().flat_map(|range| range.ports());
    if kind != Network::Own {
        if ports.count() > 0 {
            let name = if kind == Network::Host {
                "host"
            } else {
                "none"
            };
            observer.notice(
                &format!("published ports mean nothing with `--network {name}`"),
                None,
            );
        }
        return Ok(connected);
    }
    let namespace = Namespace::start(&constrict_sandbox::Options::default())?;
    if let Outbound::None { reason, .. } = namespace.outbound() {
        let message = format!(
            "the container reaches no network: {reason} (see `constrict doctor`, or use `--network host`)"
        );
        observer.notice(&message, None);
    }
    for port in ports {
        connected.relays.push((*port, port.publish(&namespace)?));
    }
    connected.namespace = Some(namespace);
    Ok(connected)
}

impl Connected {
    /// For the sandbox.
    pub(super) fn network(&self) -> constrict_sandbox::Network {
        match (self.kind, &self.namespace) {
            (Network::Host, _) => constrict_sandbox::Network::Host,
            (_, Some(namespace)) => constrict_sandbox::Network::Namespace(namespace.path()),
            _ => constrict_sandbox::Network::None,
        }
    }

    /// The namespace, if it is the container's own.
    pub(super) fn namespace(&self) -> Option<&Namespace> {
        self.namespace.as_ref()
    }

    /// For `/etc`.
    pub(super) fn names<'a>(&self, hostname: &'a str) -> Names<'a> {
        Names {
            hostname,
            address: self.namespace.as_ref().map(Namespace::address),
            is_host: self.kind == Network::Host,
            resolv_conf: match (&self.namespace, self.kind) {
                (Some(namespace), _) => namespace.resolv_conf(),
                (None, _) => host_resolv_conf(),
            },
        }
    }

    /// What is published: where on the host, and which port.
    pub(super) fn published(&self) -> impl Iterator<Item = (SocketAddr, Port)> {
        self.relays
            .iter()
            .map(|(port, relay)| (relay.host_address(), *port))
    }
}
