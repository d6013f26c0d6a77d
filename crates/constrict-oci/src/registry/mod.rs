//! A client for image registries: manifests and blobs, down and up, through mirrors, with docker's credentials. Never
//! chooses a platform, unpacks a layer or keeps anything on disk.
//!
//! Protocol: OCI distribution specification 1.1; tokens as distribution's `spec/auth/token.md` and `oauth.md` have them.
//! Blocking, over `ureq`; a [`Client`] is shared by as many threads as there are transfers.

mod auth;
mod challenge;
mod client;
mod credential;
mod document;
mod endpoint;
mod error;
mod options;
mod proxy;
mod pull;
mod push;
mod referrers;
mod retry;
mod session;
mod tls;
mod transport;
mod url;

pub use client::{Client, Found, Resolved};
pub use credential::{Credential, Credentials};
pub use endpoint::Mirror;
pub use error::{Answer, Asked, Error, Outage, Result};
pub use options::{HostConfig, Options, Timeouts};
pub use proxy::Proxies;
pub use pull::{BlobSink, Partial, Progress};
pub use push::OpenBlob;
pub use url::redirected;
