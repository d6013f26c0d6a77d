//! What a [`Client`](super::Client) is made with. Reads the environment only where the name says so.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::time::Duration;

use super::{Credentials, Mirror, Proxies};

/// How registries are reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the `User-Agent` header says.
    pub user_agent: String,
    /// Where user names, passwords and tokens come from.
    pub credentials: Credentials,
    /// What is known of a registry, by the name that references have (`docker.io`, `registry.example:5000`); a mirror's
    /// own name works too.
    pub hosts: BTreeMap<String, HostConfig>,
    /// The proxies of this machine's network.
    pub proxies: Proxies,
    /// A PEM bundle of certificate authorities that are trusted besides the platform's.
    pub extra_ca: Option<PathBuf>,
    /// How often a request is repeated after the first attempt failed in a way that may pass.
    pub retries: u32,
    /// The pause before the first repetition; each further one doubles it, up to ten seconds.
    pub backoff: Duration,
    /// When a silent peer is given up.
    pub timeouts: Timeouts,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            user_agent: concat!("constrict/", env!("CARGO_PKG_VERSION")).to_owned(),
            credentials: Credentials::Anonymous,
            hosts: BTreeMap::new(),
            proxies: Proxies::default(),
            extra_ca: None,
            retries: 4,
            backoff: Duration::from_millis(250),
            timeouts: Timeouts::default(),
        }
    }
}

impl Options {
    /// The defaults with this machine's credentials, its proxy variables and the bundle that `CONSTRICT_CA` names.
    pub fn from_environment() -> Options {
        Options {
            credentials: Credentials::Machine,
            proxies: Proxies::from_environment(),
            extra_ca: env::var_os("CONSTRICT_CA")
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
            ..Options::default()
        }
    }
}

/// What is known of one registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostConfig {
    /// Asked in this order, before the registry itself, for everything that is pulled.
    pub mirrors: Vec<Mirror>,
    /// Whether the registry is spoken to without TLS.
    pub http: bool,
    /// Whether the registry's certificate is taken unseen.
    pub insecure: bool,
}

/// When a peer that says nothing is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection, TLS included.
    pub connect: Duration,
    /// For the answer to a request; a registry hashes a pushed blob before it answers.
    pub response: Duration,
    /// Between two reads of a body.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            connect: Duration::from_secs(15),
            response: Duration::from_secs(300),
            idle: Duration::from_secs(60),
        }
    }
}
