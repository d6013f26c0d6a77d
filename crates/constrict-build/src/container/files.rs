//! `/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf` as docker makes them.

use std::fmt::Write as _;
use std::net::IpAddr;

use constrict_sandbox::Mount;

/// What every container knows.
const HOSTS: &str = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\n\
                     ff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n";

/// What the three files say.
pub(super) struct Names<'a> {
    /// The host name.
    pub(super) hostname: &'a str,
    /// The container's own address, if it has one.
    pub(super) address: Option<IpAddr>,
    /// The container shares the host's network, and so its `/etc/hosts`.
    pub(super) is_host: bool,
    /// The content of `/etc/resolv.conf`.
    pub(super) resolv_conf: String,
}

/// The files as mounts.
pub(super) fn mounts(names: Names<'_>, readonly: bool) -> Vec<Mount> {
    let file = |target: &str, contents: String| Mount::Data {
        target: target.into(),
        contents: contents.into_bytes(),
        mode: 0o644,
        uid: 0,
        gid: 0,
        readonly,
    };
    vec![
        file("/etc/hosts", hosts(&names)),
        file("/etc/hostname", format!("{}\n", names.hostname)),
        file("/etc/resolv.conf", names.resolv_conf),
    ]
}

fn hosts(names: &Names<'_>) -> String {
    if names.is_host
        && let Ok(text) = std::fs::read_to_string("/etc/hosts")
    {
        return text;
    }
    let mut text = HOSTS.to_string();
    if let Some(address) = names.address {
        let _ = writeln!(text, "{address}\t{}", names.hostname);
    }
    text
}
