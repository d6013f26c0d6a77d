//! The network of a build: one namespace for all of its RUNs where it has a way out, else the host's.

use std::sync::Mutex;

use constrict_dockerfile::instruction;
use constrict_sandbox::{Network, net};

use crate::error::Result;
use crate::observer::Observer;

/// The build's namespace, made when the first RUN needs it.
#[derive(Default)]
pub(crate) struct BuildNetwork(Mutex<Option<Choice>>);

enum Choice {
    Own(net::Namespace),
    Host,
}

/// A namespace of its own where it has a way out; the host's network is said once.
fn choose(observer: &dyn Observer) -> Result<Choice> {
    let mut outbound = net::outbound();
    if outbound == net::Outbound::Pasta {
        let namespace = net::Namespace::start(&constrict_sandbox::Options::default())?;
        outbound = namespace.outbound().clone();
        if outbound == net::Outbound::Pasta {
            return Ok(Choice::Own(namespace));
        }
    }
    if let net::Outbound::None { reason, .. } = outbound {
        observer.notice(
            &format!("RUN uses the host's network: {reason} (see `constrict doctor`)"),
            None,
        );
    }
    Ok(Choice::Host)
}

impl BuildNetwork {
    /// The network for a RUN that asks for `wanted`.
    pub(super) fn mode(
        &self,
        wanted: instruction::Network,
        observer: &dyn Observer,
    ) -> Result<Network> {
        match wanted {
            instruction::Network::None => return Ok(Network::None),
            instruction::Network::Host => return Ok(Network::Host),
            instruction::Network::Default => {}
        }
        let mut choice = self.0.lock().expect("no panic while the network is held");
        if choice.is_none() {
            *choice = Some(choose(observer)?);
        }
        Ok(match choice.as_ref().expect("just chosen") {
            Choice::Own(namespace) => Network::Namespace(namespace.path()),
            Choice::Host => Network::Host,
        })
    }

    /// What `/etc/resolv.conf` says in such a network.
    pub(super) fn resolv_conf(&self, network: &Network) -> String {
        match (
            network,
            self.0
                .lock()
                .expect("no panic while the network is held")
                .as_ref(),
        ) {
            (Network::Namespace(_), Some(Choice::Own(namespace))) => namespace.resolv_conf(),
            _ => net::host_resolv_conf(),
        }
    }
}
