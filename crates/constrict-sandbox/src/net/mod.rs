//! Network namespaces, their way out through pasta, and published ports.

mod device;
mod names;
mod pasta;
mod relay;

use std::fs::{self, File};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::thread;

use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

pub(crate) use self::device::loopback_up;
pub(crate) use self::pasta::{NAME as KEEPER, keep};
pub use self::relay::{PortRelay, Protocol};
use crate::{Error, Options, Result};

/// Where published ports are relayed to: an address of its own on the loopback device, so that what listens on
/// 127.0.0.1 inside is not reached. From docker's and podman's private range.
const CONTAINER_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 88, 0, 2);
/// A network namespace of a build or a container. Dropping it ends pasta; the namespace lives until its last process
/// ends.
#[derive(Debug)]
pub struct Namespace {
    namespace: OwnedFd,
    outbound: Outbound,
    _pasta: Option<pasta::Keeper>,
    _names: Option<names::NameServer>,
}

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
    pub fn start(options: &Options) -> Result<Self> {
        let namespace = create()?;
        let (outbound, pasta) = match outbound() {
            Outbound::Pasta => match pasta::Keeper::start(namespace.as_fd(), options) {
                Ok(keeper) => (Outbound::Pasta, Some(keeper)),
                Err(error) => (failed(&error), None),
            },
            none @ Outbound::None { .. } => (none, None),
        };
        let names = match outbound {
            Outbound::Pasta => {
                let servers = name_servers(&host_resolv_conf());
                Some(names::NameServer::start(&namespace, servers)?)
            }
            Outbound::None { .. } => None,
        };
        Ok(Namespace {
            namespace,
            outbound,
            _pasta: pasta,
            _names: names,
        })
    }

    /// A new namespace with loopback and the container address, and no way out.
    ///
    /// # Errors
    /// [`Error::Refused`] if there are no network namespaces.
    pub fn closed() -> Result<Self> {
        Ok(Namespace {
            namespace: create()?,
            outbound: Outbound::None {
                reason: "none was asked for".to_owned(),
                remedy: "leave out what asked for none".to_owned(),
            },
            _pasta: None,
            _names: None,
        })
    }

    /// Does something in this namespace, in a thread of its own: sockets that it makes stay in the namespace, and
    /// `/proc/thread-self/net` is the namespace's.
    ///
    /// # Errors
    /// [`Error::Call`] if the namespace cannot be joined.
    pub fn inside<T: Send>(&self, act: impl FnOnce() -> T + Send) -> Result<T> {
        let done = thread::scope(|scope| {
            let thread = scope.spawn(|| join(self.namespace.as_fd()).map(|()| act()));
            thread.join()
        });
        match done {
            Ok(done) => done.map_err(|error| Error::call("join the container's network", error)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// Whether there is a way out.
    #[must_use]
    pub fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    /// For [`Network::Namespace`](crate::Network::Namespace).
    #[must_use]
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!(
            "/proc/{}/fd/{}",
            std::process::id(),
            self.namespace.as_raw_fd()
        ))
    }

    /// The address that published ports are relayed to; not loopback.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        CONTAINER_ADDRESS.into()
    }

    /// What `/etc/resolv.conf` must say inside.
    #[must_use]
    pub fn resolv_conf(&self) -> String {
        for_namespace(&host_resolv_conf())
    }
}

/// Whether a namespace made now would have a way out; costs no process. A build uses the host's network if not.
#[must_use]
pub fn outbound() -> Outbound {
    if pasta::find().is_none() {
        return Outbound::None {
            reason: "`pasta` is not installed".to_owned(),
            remedy: "install the package `passt`".to_owned(),
        };
    }
    // pasta hangs instead of failing where it cannot open this
    match File::options().read(true).write(true).open("/dev/net/tun") {
        Ok(_) => Outbound::Pasta,
        Err(error) => Outbound::None {
            reason: format!("`/dev/net/tun` cannot be opened ({error})"),
            remedy: "run `modprobe tun` and `chmod 666 /dev/net/tun` as root".to_owned(),
        },
    }
}

fn failed(error: &Error) -> Outbound {
    Outbound::None {
        reason: format!("pasta did not start: {error}"),
        remedy: "use `--network host`, or a newer package `passt`".to_owned(),
    }
}

/// What `/etc/resolv.conf` must say with [`Network::Host`](crate::Network::Host): the host's file.
#[must_use]
pub fn host_resolv_conf() -> String {
    fs::read_to_string("/etc/resolv.conf").unwrap_or_default()
}

/// The name servers of a resolv.conf(5).
fn name_servers(text: &str) -> Vec<IpAddr> {
    text.lines()
        .filter_map(|line| line.strip_prefix("nameserver")?.trim().parse().ok())
        .collect()
}

/// The host's file with the namespace's own name server in place of the host's.
fn for_namespace(host: &str) -> String {
    let mut text = format!("nameserver {}\n", names::ADDRESS);
    for line in host.lines().filter(|line| !line.starts_with("nameserver")) {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// Makes a namespace in a thread that ends with it, so that this program's other threads stay where they are.
fn create() -> Result<OwnedFd> {
    let made = thread::spawn(|| -> Result<OwnedFd> {
        // SAFETY: a network namespace concerns this thread only, and no memory or descriptors.
        unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }.map_err(|error| {
            Error::Refused {
                feature: "network namespaces".to_owned(),
                remedy: "use `--network host`".to_owned(),
                source: error.into(),
            }
        })?;
        device::loopback_up().map_err(|error| Error::call("start the loopback device", error))?;
        for (label, address) in [(b"lo:0", CONTAINER_ADDRESS), (b"lo:1", names::ADDRESS)] {
            device::add_address(label, address)
                .map_err(|error| Error::call("add the container's address", error))?;
        }
        let path = "/proc/thread-self/ns/net";
        File::open(path)
            .map(OwnedFd::from)
            .map_err(|error| Error::io("open", path, error))
    });
    made.join().unwrap_or(Err(Error::HelperLost))
}

/// Moves the calling thread into a namespace.
fn join(namespace: BorrowedFd<'_>) -> io::Result<()> {
    Ok(move_into_link_name_space(
        namespace,
        Some(LinkNameSpaceType::Network),
    )?)
}

#[cfg(test)]
mod tests {
    use super::{for_namespace, name_servers};

    #[test]
    fn the_host_s_name_servers_are_asked_by_our_own() {
        let host = "# from the host\nnameserver 127.0.0.53\nnameserver ::1\nsearch example.org\n";
        let expected = "nameserver 10.88.0.1\n# from the host\nsearch example.org\n";
        assert_eq!(for_namespace(host), expected);
        let servers: Vec<String> = name_servers(host).iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["127.0.0.53", "::1"]);
    }
}
