//! The registry client against a registry in this process.

mod auth;
mod manifests;
mod pull;
mod push;
mod referrers;
mod tls;

use std::time::Duration;

use constrict_oci::registry::{Client, Error, HostConfig, Mirror, Options, Timeouts};
use constrict_oci::{Descriptor, Digest, MediaType, Reference};

/// Options that lose no time.
fn options() -> Options {
    Options {
        backoff: Duration::from_millis(1),
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            response: Duration::from_secs(5),
            idle: Duration::from_secs(5),
        },
        ..Options::default()
    }
}

fn client() -> Client {
    Client::new(options()).expect("nothing to go wrong")
}

/// A client that asks these mirrors for images of `docker.io`, which itself is not there.
fn mirrored(mirrors: &[String]) -> Client {
    let mirrors = mirrors
        .iter()
        .map(|mirror| Mirror::parse(mirror).expect("valid"));
    let hub = HostConfig {
        mirrors: mirrors.collect(),
        ..HostConfig::default()
    };
    let options = Options {
        hosts: [("docker.io".to_owned(), hub)].into(),
        // nobody listens on the discard port
        proxies: constrict_oci::registry::Proxies {
            https: Some("http://127.0.0.1:9".to_owned()),
            ..Default::default()
        },
        retries: 0,
        ..options()
    };
    Client::new(options).expect("nothing to go wrong")
}

fn reference(text: &str) -> Reference {
    Reference::parse(text).expect("a reference")
}

fn blob(content: &[u8]) -> Descriptor {
    Descriptor::of(MediaType::OciLayer, content)
}

/// Bytes that differ everywhere.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn message(error: &Error, hosts: &[(&str, &str)]) -> String {
    let text = error.to_string();
    hosts
        .iter()
        .fold(text, |text, (host, name)| text.replace(host, name))
}

/// What a failure says, with the registry's address as `HOST`.
fn says<T: std::fmt::Debug>(result: Result<T, Error>, host: &str) -> String {
    message(&result.expect_err("a failure"), &[(host, "HOST")])
}

fn missing() -> Digest {
    Digest::of(b"missing")
}
